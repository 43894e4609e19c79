"""What did we decide ourselves where the algorithm is silent: each choice with its reason, and when it shows.

The rules of `liability.md` §3 and the words of §3.11 leave questions open whose answer can change a night or what a
person is told. A choice below is never in force against an agreement: the next lawyer who reads it may know better.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapter.liability.readings import Readings
from adapter.liability.reasons import Flag
from adapter.liability.rules import Language


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice about the rule `rule`, carried out in `module` of `adapter/`.

    It is told where it may have decided: where the decision has one of the `notes` (flag and rule) or a night with one
    of the `rules`, or where one of the policy `keys` has changed the outcome.
    """

    id: str
    rule: str
    module: str
    english: str
    reason: str
    norwegian: str
    reason_norwegian: str
    notes: tuple[tuple[Flag, str], ...] = ()
    rules: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def says(self, language: Language) -> str:
        if language is Language.NORWEGIAN:
            return f"{self.norwegian}, {self.reason_norwegian}"
        return f"{self.english}, {self.reason}"


CHOICES: Final[tuple[Choice, ...]] = (
    Choice(
        "LC-01",
        "LI-069",
        "liability/timeline",
        "of several admissions, departures or deaths that are not the same the earliest holds",
        "because a claim must not rest on the later of two facts that contradict each other",
        "av flere innleggelser, utreiser eller dødsfall som ikke er like, gjelder den tidligste",
        "fordi et krav ikke kan bygge på den seneste av to opplysninger som motsier hverandre",
        notes=((Flag.REVIEW, "LI-069"),),
    ),
    Choice(
        "LC-02",
        "LI-022",
        "liability/calendar",
        "a message of which only the date is known is ordered as at the first instant of that date",
        "because some order is needed and no clock time may be invented; a person is asked",
        "en melding med bare dato ordnes som ved begynnelsen av datoen",
        "fordi en rekkefølge trengs og et klokkeslett ikke kan finnes på; et menneske spørres",
        notes=((Flag.REVIEW, "LI-022"),),
    ),
    Choice(
        "LC-03",
        "LI-032",
        "liability/folding",
        "the first AppRec of a message is final; a later one of another kind changes nothing",
        "because the sender has acted on the first, and a moment that money depends on must not move",
        "den første AppRec for en melding er endelig; en senere av et annet slag endrer ingenting",
        "fordi avsenderen har handlet etter den første, og et tidspunkt som penger avhenger av, ikke kan flyttes",
        notes=((Flag.REVIEW, "LI-032"),),
    ),
    Choice(
        "LC-04",
        "LI-057",
        "liability/periods",
        "a repeated withdrawal closes what is open together with the last notice, and nothing else",
        "because a repeat must change nothing that the first has settled",
        "en gjentatt avmelding lukker det som er åpent sammen med det siste varselet, og ikke noe annet",
        "fordi en gjentakelse ikke kan endre det den første har avgjort",
        notes=((Flag.REVIEW, "LI-057"),),
    ),
    Choice(
        "LC-05",
        "LI-059",
        "liability/stretches",
        "where a date of both withdrawal and new readiness is not counted, the new period begins on the next date",
        "because the other reading, to end the old one a day earlier, would take back a night already counted",
        "når en dato med både avmelding og ny utskrivningsklarhet ikke regnes, begynner den nye perioden neste dato",
        "fordi den andre lesemåten ville ta tilbake et døgn som alt er regnet",
        keys=("avmeld_reready",),
    ),
    Choice(
        "LC-06",
        "LI-064",
        "liability/references",
        "a correction of a correction corrects the original; an answer that is no longer `later` keeps no promise",
        "because a promise belongs to the answer in which it was made",
        "en rettelse av en rettelse retter originalen; et svar som ikke lenger er «senere», beholder ikke løftet",
        "fordi et løfte hører til svaret det ble gitt i",
        notes=((Flag.CORRECTED, "LI-064"),),
    ),
    Choice(
        "LC-07",
        "LI-065",
        "liability/references",
        "a cancellation that is itself cancelled does nothing; those that refer in a circle change nothing",
        "because each is as if never sent, and of a circle nobody can say where it begins",
        "en kansellering som selv er kansellert, virker ikke; de som viser til hverandre i ring, endrer ingenting",
        "fordi hver av dem er som aldri sendt, og ingen kan si hvor en ring begynner",
        notes=((Flag.REVIEW, "LI-065"),),
    ),
    Choice(
        "LC-08",
        "LI-049",
        "liability/stretches",
        "an offer that was taken back has ended nothing as long as the patient still waits",
        "because a wait that goes on is open and not over",
        "et tilbud som er trukket tilbake, har ikke avsluttet noe så lenge pasienten fortsatt venter",
        "fordi en ventetid som fortsetter, er åpen og ikke over",
        rules=("LI-049",),
    ),
    Choice(
        "LC-09",
        "LI-062",
        "liability/stretches",
        "a promise that ends liability does so at the beginning of its date, before any answer of that date",
        "because a promise names a date and no hour",
        "et løfte som avslutter betalingsplikten, gjør det ved begynnelsen av datoen, før svar samme dato",
        "fordi et løfte nevner en dato og ikke et klokkeslett",
        keys=("acceptance_ends",),
    ),
    Choice(
        "LC-10",
        "LI-046",
        "liability/stretches",
        "the deadline of the answer is not asked about where an offer ends nothing, or a promise has ended it already",
        "because there is nothing left that a late answer could lengthen",
        "svarfristen spørres det ikke etter der et tilbud ikke avslutter noe, eller et løfte alt har gjort det",
        "fordi det ikke er noe igjen som et sent svar kunne forlenge",
        keys=("answer_deadline_h",),
    ),
    Choice(
        "LC-11",
        "LI-100",
        "liability/periods",
        "of several early answers only the last accept or withdraw counts",
        "because an offer taken back before the notice is no offer when it comes",
        "av flere tidlige svar teller bare den siste aksepten eller tilbaketrekkingen",
        "fordi et tilbud som er trukket før varselet, ikke er noe tilbud når varselet kommer",
        notes=((Flag.EARLY_ANSWER, "LI-100"),),
    ),
    Choice(
        "LC-12",
        "LI-030",
        "liability/periods",
        "to which period an answer belongs is told by when it was received, whatever moment dates it",
        "because the order in which the parties saw the messages does not hang on an agreement about dates",
        "hvilken periode et svar hører til, avgjøres av når det ble mottatt, uansett hva som daterer det",
        "fordi rekkefølgen partene så meldingene i, ikke avhenger av en avtale om datoer",
        keys=("notice_time", "answer_time"),
    ),
    Choice(
        "LC-13",
        "LI-055",
        "liability/stretches",
        "the night of a departure on the start date is given only where nothing else ended the wait by that date",
        "because the key is about departure alone",
        "døgnet ved utreise på startdatoen gis bare der ikke noe annet avsluttet ventetiden innen den datoen",
        "fordi nøkkelen bare gjelder utreise",
        keys=("same_day_departure",),
    ),
    Choice(
        "LC-14",
        "LI-070",
        "liability/decide",
        "by the end date, a wait that is still open has the price of the date of evaluation",
        "because that date stands for its end until there is one",
        "etter sluttdato har en ventetid som ennå er åpen, prisen for vurderingsdatoen",
        "fordi den datoen står for slutten til det finnes en",
        keys=("rate_by",),
    ),
    Choice(
        "LC-15",
        "LI-066",
        "liability/decide",
        "any discharge document that came by the end of the departure date will do, also one sent long before",
        "because no message says which document belongs to which discharge",
        "ethvert utskrivningsdokument som kom innen utreisedatoens slutt, er godt nok, også et som kom lenge før",
        "fordi ingen melding sier hvilket dokument som hører til hvilken utskrivning",
        keys=("require_doc",),
    ),
    Choice(
        "LC-16",
        "LI-014",
        "liability/decide",
        "where nobody has entered when the need was seen, the 24 hours run from admission",
        "because that is the anchor of the baseline; without a clock time of it nothing is late",
        "der ingen har ført når behovet ble sett, løper de 24 timene fra innleggelsen",
        "fordi det er utgangspunktet uten avtale; uten klokkeslett for den er ingenting for sent",
        notes=((Flag.ADM_NOTICE_LATE, "LI-018"),),
        keys=("adm_anchor",),
    ),
    Choice(
        "LC-17",
        "LI-095",
        "liability/succession",
        "under several agreements the case is decided whole under each, and each keeps the nights of its own dates",
        "because a notice or an answer that is torn apart would be judged by rules it was not given under",
        "under flere avtaler avgjøres saken hel etter hver av dem, og hver beholder døgnene på sine egne datoer",
        "fordi et varsel eller svar som deles, ville blitt bedømt etter regler det ikke ble gitt under",
        notes=((Flag.REVIEW, "LI-095"),),
    ),
    Choice(
        "LC-18",
        "LI-069",
        "liability/timeline",
        "facts of one kind and one instant are taken in the order of their text",
        "because the order in which they were handed in must not matter, and no better one is known",
        "opplysninger av samme slag og tidspunkt tas i rekkefølgen av sin tekst",
        "fordi rekkefølgen de ble gitt i, ikke skal ha noe å si, og ingen bedre er kjent",
    ),
    Choice(
        "LC-19",
        "LI-006",
        "liability/payers",
        "where nobody has entered where the patient is registered and stays, the municipality that had the notice pays",
        "because the hospital addressed it as the one responsible, and no message carries the two municipalities",
        "der ingen har ført hvor pasienten er registrert og oppholder seg, betaler kommunen som fikk varselet",
        "fordi sykehuset henvendte seg til den som ansvarlig, og ingen melding har de to kommunene",
    ),
)

BY_ID: Final[Mapping[str, Choice]] = {choice.id: choice for choice in CHOICES}


def decisive(readings: Readings) -> tuple[Choice, ...]:
    """The choices that may have decided in the reading under the agreement, in the order of their ids."""
    decision = readings.agreement
    notes = {(note.flag, note.rule) for note in decision.notes}
    rules = {rule for night in decision.nights for rule in night.rules}
    return tuple(
        choice
        for choice in CHOICES
        if notes & set(choice.notes) or rules & set(choice.rules) or set(readings.changed_by) & set(choice.keys)
    )
