"""In which words are reasons, flags and facts told to people, in English and in Norwegian bokmål?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum

from adapter.facts import (
    AdmissionNotice,
    Admitted,
    Answer,
    AnswerClassified,
    AnswerKind,
    Cancellation,
    Correction,
    Death,
    Discharged,
    DischargeDocument,
    HowKnown,
    Leave,
    ReadyNotice,
    ReceiptGiven,
    What,
    Withdrawal,
)
from adapter.liability.rates import RateStatus
from adapter.liability.reasons import EndReason, Flag, StartReason, ZeroCode
from adapter.liability.rules import Language

Words = tuple[str, str]
"""English and Norwegian."""

_OF: Mapping[Enum, Words] = {
    StartReason.LATER: ("the municipality said: not now, later", "kommunen svarte: ikke nå, senere"),
    StartReason.REFUSED: ("the municipality said no", "kommunen svarte nei"),
    StartReason.NO_ANSWER: ("the municipality had not answered", "kommunen hadde ikke svart"),
    StartReason.ACCEPTED: (
        "the agreement counts to departure, although the municipality had accepted",
        "avtalen teller til utreise, selv om kommunen hadde takket ja",
    ),
    EndReason.OFFER_READY: ("an offer was ready", "et tilbud var klart"),
    EndReason.DISCHARGED: ("the patient left the hospital", "pasienten reiste fra sykehuset"),
    EndReason.DEATH: ("the patient died", "pasienten døde"),
    EndReason.WITHDRAWN: ("readiness was withdrawn", "pasienten ble avmeldt"),
    EndReason.CANCELLED: ("the notice was cancelled", "varselet ble kansellert"),
    EndReason.OPEN: ("the time of evaluation; the patient still waits", "vurderingstidspunktet; pasienten venter ennå"),
    ZeroCode.OUT_OF_SCOPE: ("the stay is outside the scheme", "oppholdet er utenfor ordningen"),
    ZeroCode.NO_READY_NOTICE: (
        "no notice of a discharge-ready patient was given",
        "varsel om utskrivningsklar pasient er ikke gitt",
    ),
    ZeroCode.CANCELLED: ("the notice was cancelled", "varselet er kansellert"),
    ZeroCode.NOTICE_REJECTED: (
        "the municipality's system rejected the notice",
        "kommunens system avviste varselet",
    ),
    ZeroCode.NOTICE_UNACKED: ("no receipt for the notice came in time", "varselet ble ikke kvittert i tide"),
    ZeroCode.NO_ADMISSION_NOTICE: (
        "no notice of the admitted patient was given",
        "varsel om innlagt pasient er ikke gitt",
    ),
    ZeroCode.ACCEPTED_SAME_DAY: (
        "an offer was ready on or before the first date",
        "et tilbud var klart senest den første datoen",
    ),
    ZeroCode.LEFT_SAME_DAY: (
        "the patient left on or before the first date",
        "pasienten reiste senest den første datoen",
    ),
    ZeroCode.DIED_SAME_DAY: (
        "the patient died on or before the first date",
        "pasienten døde senest den første datoen",
    ),
    ZeroCode.WITHDRAWN_SAME_DAY: (
        "readiness was withdrawn on or before the first date",
        "pasienten ble avmeldt senest den første datoen",
    ),
    ZeroCode.DOCUMENT_MISSING: (
        "the document that the agreement asks for did not come with the patient",
        "dokumentet som avtalen krever, fulgte ikke pasienten",
    ),
    Flag.ADM_NOTICE_LATE: ("the notice of admission came late", "varselet om innlagt pasient kom sent"),
    Flag.ADM_NOTICE_CURED_LATE: (
        "the notice of admission came after the notice of readiness",
        "varselet om innlagt pasient kom etter varselet om utskrivningsklar pasient",
    ),
    Flag.BACKDATED_READY: ("the ready date lies before the notice", "utskrivningsklar-datoen ligger før varselet"),
    Flag.FUTURE_READY: (
        "the ready date lies after the notice; it has to be confirmed",
        "utskrivningsklar-datoen ligger etter varselet og må bekreftes",
    ),
    Flag.CORRECTED: ("a message was corrected", "en melding ble rettet"),
    Flag.LATE_WITHDRAWAL: (
        "the withdrawal came after its effective date",
        "avmeldingen kom etter datoen den gjelder fra",
    ),
    Flag.DUPLICATE: ("a message or notice was repeated", "en melding eller et varsel ble gjentatt"),
    Flag.PROVISIONAL_ACK: ("a receipt is still missing", "en kvittering mangler ennå"),
    Flag.DOCUMENT_MISSING: ("the discharge document is missing", "utskrivningsdokumentet mangler"),
    Flag.EARLY_ANSWER: ("an offer came before the notice", "et tilbud kom før varselet"),
    Flag.PROMISE_NOT_KEPT: ("the promised date was not kept", "den lovede datoen ble ikke holdt"),
    Flag.ANSWER_AFTER_DEADLINE: ("the offer came after the agreed deadline", "tilbudet kom etter avtalt svarfrist"),
    Flag.MANUAL_NOTICE: (
        "the notice was given by telephone or paper; its evidence has to be there",
        "varselet ble gitt på telefon eller papir; dokumentasjonen må foreligge",
    ),
    Flag.SPECIAL_GROUP: ("the patient belongs to a special group", "pasienten tilhører en særlig gruppe"),
    Flag.LEAVE: ("the patient was on leave", "pasienten hadde permisjon"),
    Flag.RATE_UNVERIFIED: ("a price is not verified", "en pris er ikke bekreftet"),
    Flag.RATE_BLOCKED: ("a price is missing; there is no amount", "en pris mangler; det blir ikke noe beløp"),
    Flag.AMBIGUOUS_LOCAL_TIME: (
        "a time without offset fell in the hour that comes twice; the earlier was taken",
        "et klokkeslett uten tidssone falt i timen som kommer to ganger; den første er brukt",
    ),
    Flag.REVIEW: ("a person has to look at this", "dette må et menneske se på"),
    RateStatus.VERIFIED: ("verified", "bekreftet"),
    RateStatus.UNVERIFIED: ("not verified", "ikke bekreftet"),
    RateStatus.PRESS: ("from the press only", "bare fra pressen"),
    HowKnown.THEIR_MESSAGE: ("their signed message", "motpartens signerte melding"),
    HowKnown.THEIR_RECEIPT: ("their signed receipt", "motpartens signerte kvittering"),
    HowKnown.OUR_MESSAGE: ("our own message", "vår egen melding"),
    HowKnown.PERSON: ("a person's note", "notat fra en person"),
    HowKnown.IMPORT: ("a file handed in", "innlest fil"),
    AnswerKind.ACCEPT: ("an offer is ready", "et tilbud er klart"),
    AnswerKind.LATER: ("not now, later", "ikke nå, senere"),
    AnswerKind.REFUSE: ("no", "nei"),
    AnswerKind.WITHDRAW: ("the offer is taken back", "tilbudet er trukket tilbake"),
    AnswerKind.UNCLEAR: ("not classified", "ikke klassifisert"),
}

_FACTS: Mapping[type[What], Words] = {
    Admitted: ("admitted", "innlagt"),
    AdmissionNotice: ("notice of admission", "varsel om innlagt pasient"),
    ReadyNotice: ("notice of readiness", "varsel om utskrivningsklar pasient"),
    Withdrawal: ("withdrawal of readiness", "avmelding"),
    Answer: ("answer of the municipality", "svar fra kommunen"),
    Cancellation: ("cancellation", "kansellering"),
    Correction: ("correction", "rettelse"),
    DischargeDocument: ("discharge document", "utskrivningsdokument"),
    Discharged: ("departure", "utreise"),
    Death: ("death", "død"),
    Leave: ("leave", "permisjon"),
    ReceiptGiven: ("receipt", "kvittering"),
    AnswerClassified: ("reading of an answer", "klassifisering av svar"),
}

_MONTHS: Words = (
    "January February March April May June July August September October November December",
    "januar februar mars april mai juni juli august september oktober november desember",
)


def word(of: Enum, language: Language) -> str:
    """A reason, flag, status or kind as a clause."""
    return _pick(_OF[of], language)


def fact_name(what: What, language: Language) -> str:
    """What kind of fact it is, as a noun."""
    return _pick(_FACTS[type(what)], language)


def day_text(day: date, language: Language) -> str:
    month = _pick(_MONTHS, language).split()[day.month - 1]
    return f"{day.day}. {month} {day.year}" if language is Language.NORWEGIAN else f"{day.day} {month} {day.year}"


def kroner(amount: int) -> str:
    """An amount in groups of three digits, as in `NOK 12 000`."""
    return f"NOK {amount:,}".replace(",", " ")


def _pick(words: Words, language: Language) -> str:
    return words[1] if language is Language.NORWEGIAN else words[0]
