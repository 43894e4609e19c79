"""Which rules does the engine apply: each with what it says in both languages, and which source is cited for it.

The numbers are those of the project's rule list (`liability.md` §3), where the certainty of each is marked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from adapter.liability.profiles import Citations


class Language(StrEnum):
    """The language of the sentences: English, or Norwegian bokmål."""

    ENGLISH = "en"
    NORWEGIAN = "nb"


class Source(StrEnum):
    """What a rule rests on: a citation of the profile, named by its field, or the project's own choice."""

    REGULATION = "regulation"
    ADMISSION_NOTICE = "admission_notice"
    READY = "ready"
    READY_NOTICE = "ready_notice"
    ANSWER = "answer"
    DUTY = "duty"
    COUNTING = "counting"
    WITHDRAWAL = "withdrawal"
    PRICE = "price"
    CHOICE = "choice"


_CHOICE = {
    Language.ENGLISH: "choice of this adapter, open to agreement",
    Language.NORWEGIAN: "adapterens valg, kan avtales annerledes",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `english` and `norwegian` say it in a clause."""

    id: str
    source: Source
    english: str
    norwegian: str

    def says(self, language: Language) -> str:
        return self.norwegian if language is Language.NORWEGIAN else self.english

    def cites(self, citations: Citations, language: Language) -> str:
        """The source in the words of the profile."""
        if self.source is Source.CHOICE:
            return _CHOICE[language]
        cited: str = getattr(citations, self.source)
        return cited


_ALL = (
    Rule(
        "LI-002",
        Source.REGULATION,
        "only nights in a hospital that the scheme covers are payable",
        "bare døgn i sykehus som ordningen omfatter, kan kreves betalt",
    ),
    Rule(
        "LI-005",
        Source.REGULATION,
        "no night before the scheme's start is payable; who waited before it is looked at by a person",
        "ingen døgn før ordningen begynte, kan kreves betalt; den som ventet alt da, vurderes av et menneske",
    ),
    Rule(
        "LI-006",
        Source.REGULATION,
        "the municipality of registration pays for nights through 2018, that of the stay from 2019 on",
        "kommunen pasienten er registrert i, betaler døgn til og med 2018, oppholdskommunen fra 2019",
    ),
    Rule(
        "LI-010",
        Source.CHOICE,
        "for this group no rule was found; it is excluded only by agreement",
        "for denne gruppen er det ikke funnet noen regel; den unntas bare etter avtale",
    ),
    Rule(
        "LI-016",
        Source.DUTY,
        "without notice of admission there is no liability until one arrives",
        "uten varsel om innlagt pasient er det ingen betalingsplikt før det kommer",
    ),
    Rule(
        "LI-017",
        Source.DUTY,
        "liability starts no earlier than the notice of admission arrives",
        "betalingsplikten begynner tidligst når varselet om innlagt pasient kommer",
    ),
    Rule(
        "LI-018",
        Source.ADMISSION_NOTICE,
        "notice of admission is due within 24 hours",
        "varsel om innlagt pasient skal gis innen 24 timer",
    ),
    Rule(
        "LI-022",
        Source.CHOICE,
        "a date without clock time is never taken for midnight",
        "en dato uten klokkeslett regnes aldri som midnatt",
    ),
    Rule(
        "LI-023",
        Source.READY_NOTICE,
        "a ready date ahead starts nothing before that date",
        "en utskrivningsklar-dato fram i tid gir ingenting før den datoen",
    ),
    Rule(
        "LI-030",
        Source.COUNTING,
        "the municipality must have received the notice",
        "kommunen må ha mottatt varselet",
    ),
    Rule(
        "LI-031",
        Source.CHOICE,
        "what the receiving system rejected was not given",
        "det mottakersystemet avviste, er ikke gitt",
    ),
    Rule(
        "LI-032",
        Source.CHOICE,
        "without receipt a message is provisional for the agreed hours and void after them",
        "uten kvittering er en melding foreløpig i avtalt tid og deretter uten virkning",
    ),
    Rule(
        "LI-034",
        Source.CHOICE,
        "a repeat of a valid notice changes nothing",
        "gjentakelse av et gyldig varsel endrer ingenting",
    ),
    Rule(
        "LI-035",
        Source.CHOICE,
        "the same message twice is one message",
        "samme melding to ganger er én melding",
    ),
    Rule(
        "LI-036",
        Source.CHOICE,
        "a notice to another service of the right municipality counts, and a person looks at it",
        "varsel til en annen tjeneste i riktig kommune gjelder, og et menneske ser på det",
    ),
    Rule(
        "LI-037",
        Source.CHOICE,
        "a notice by telephone or paper counts when it is documented",
        "varsel på telefon eller papir gjelder når det er dokumentert",
    ),
    Rule(
        "LI-038",
        Source.CHOICE,
        "a notice after the agreed hour counts on a later date",
        "varsel etter avtalt klokkeslett gjelder fra en senere dato",
    ),
    Rule(
        "LI-039",
        Source.CHOICE,
        "a notice counts after the agreed lead time",
        "varsel gjelder etter avtalt frist",
    ),
    Rule(
        "LI-040",
        Source.ANSWER,
        "a municipality that cannot receive is liable, also without naming a date",
        "en kommune som ikke kan ta imot, har betalingsplikt også når den ikke nevner en dato",
    ),
    Rule(
        "LI-042",
        Source.CHOICE,
        "a free-text answer counts only as a person has read it",
        "et svar i fritekst gjelder bare slik et menneske har lest det",
    ),
    Rule(
        "LI-044",
        Source.COUNTING,
        "able to receive on a later date is not able to receive",
        "å kunne ta imot en senere dato er ikke å kunne ta imot",
    ),
    Rule(
        "LI-045",
        Source.DUTY,
        "no answer is the same as being unable to receive",
        "manglende svar er det samme som ikke å kunne ta imot",
    ),
    Rule(
        "LI-046",
        Source.CHOICE,
        "an offer after the agreed deadline ends liability on the next date",
        "tilbud etter avtalt svarfrist avslutter betalingsplikten neste dato",
    ),
    Rule(
        "LI-047",
        Source.COUNTING,
        "an express message that an offer is ready ends liability from its date",
        "uttrykkelig melding om at tilbudet er klart, avslutter betalingsplikten fra sin dato",
    ),
    Rule(
        "LI-048",
        Source.CHOICE,
        "an answer that was rejected or never receipted was not given",
        "et svar som ble avvist eller aldri kvittert, er ikke gitt",
    ),
    Rule(
        "LI-049",
        Source.CHOICE,
        "an offer taken back starts liability again from the date it was taken back; nothing else undoes an offer",
        "et tilbud som trekkes tilbake, gir betalingsplikt igjen fra den datoen; ingenting annet opphever et tilbud",
    ),
    Rule(
        "LI-050",
        Source.DUTY,
        "liability starts on the latest of ready date, notice of readiness, notice of admission and scheme start",
        "betalingsplikten begynner på den seneste av utskrivningsklar dato, varsel om utskrivningsklar "
        "pasient, varsel om innlagt pasient og ordningens start",
    ),
    Rule(
        "LI-051",
        Source.COUNTING,
        "liability ends on the earliest of offer, withdrawal, departure, death and the date of evaluation",
        "betalingsplikten slutter på den tidligste av tilbud, avmelding, utreise, død og vurderingsdato",
    ),
    Rule(
        "LI-052",
        Source.COUNTING,
        "the first date counts, the last does not",
        "første dato regnes med, siste ikke",
    ),
    Rule(
        "LI-053",
        Source.CHOICE,
        "dates are those of Europe/Oslo; a time without offset is read as Oslo time",
        "datoer er norske; et klokkeslett uten tidssone leses som norsk tid",
    ),
    Rule(
        "LI-056",
        Source.WITHDRAWAL,
        "the day of death is not payable",
        "dødsdagen kan ikke kreves betalt",
    ),
    Rule(
        "LI-057",
        Source.WITHDRAWAL,
        "a withdrawal of readiness works from its effective date, however late it comes",
        "en avmelding virker fra sin egen dato, uansett når den kommer",
    ),
    Rule(
        "LI-058",
        Source.WITHDRAWAL,
        "after a withdrawal a new notice of readiness is needed",
        "etter avmelding trengs et nytt varsel om utskrivningsklar pasient",
    ),
    Rule(
        "LI-059",
        Source.CHOICE,
        "a date of both withdrawal and new readiness is treated as agreed",
        "en dato med både avmelding og ny utskrivningsklarhet regnes som avtalt",
    ),
    Rule(
        "LI-062",
        Source.COUNTING,
        "a promised date does not end liability; the express message does",
        "en lovet dato avslutter ikke betalingsplikten; det gjør den uttrykkelige meldingen",
    ),
    Rule(
        "LI-063",
        Source.COUNTING,
        "an earlier ready date makes no nights before the notice was received",
        "en tidligere utskrivningsklar-dato gir ingen døgn før varselet var mottatt",
    ),
    Rule(
        "LI-064",
        Source.CHOICE,
        "a correction replaces content; the corrected message keeps its own time",
        "en rettelse erstatter innholdet; meldingen som rettes, beholder sin egen tid",
    ),
    Rule(
        "LI-065",
        Source.CHOICE,
        "a cancelled message was never sent, unless the parties have agreed that cancelling only ends",
        "en kansellert melding er aldri sendt, om ikke partene har avtalt at kansellering bare avslutter",
    ),
    Rule(
        "LI-066",
        Source.CHOICE,
        "by agreement nothing is payable without the document due at discharge",
        "etter avtale kan ingenting kreves betalt uten dokumentet som skal følge ved utskrivning",
    ),
    Rule(
        "LI-068",
        Source.CHOICE,
        "leave during the wait is counted",
        "permisjon i ventetiden regnes med",
    ),
    Rule(
        "LI-069",
        Source.CHOICE,
        "facts that contradict each other are decided by the earliest and shown to a person",
        "opplysninger som motsier hverandre, avgjøres av den tidligste og vises et menneske",
    ),
    Rule(
        "LI-070",
        Source.PRICE,
        "a night has the price that the policy names, normally that of its own date",
        "et døgn har prisen som avtalen peker på, normalt prisen for sin egen dato",
    ),
    Rule(
        "LI-072",
        Source.PRICE,
        "a missing price blocks the amount, never the nights",
        "manglende pris stanser beløpet, aldri døgnene",
    ),
    Rule(
        "LI-073",
        Source.PRICE,
        "a price that is not verified is used and marked",
        "en pris som ikke er bekreftet, brukes og merkes",
    ),
    Rule(
        "LI-095",
        Source.CHOICE,
        "each night is decided by the agreement that holds on its date, unless the agreement says otherwise",
        "hvert døgn avgjøres etter avtalen som gjelder på datoen, om ikke avtalen sier noe annet",
    ),
    Rule(
        "LI-100",
        Source.CHOICE,
        "an offer before the notice does not answer it, unless agreed",
        "et tilbud før varselet er ikke svar på det, om ikke det er avtalt",
    ),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _ALL}
