"""What do the pages say, in English and in bokmål? One row per text; a text that is missing is a defect of a test.

What the rest of the adapter says in English (next steps, reasons, the journal, errors of the catalogue) is said in
bokmål by `bokmal.py`, from `data/bokmal.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final

from adapter.api.pages.bokmal import Piece, in_bokmal, in_english, unfolded
from adapter.liability.rules import Language
from adapter.liability.wording import kroner, word
from adapter.values import in_oslo, instant_of

TEXTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        # ── the frame ──
        "skip": ("Skip to the content", "Gå til innholdet"),
        "menu": ("Menu", "Meny"),
        "menu.front": ("Overview", "Oversikt"),
        "menu.exchanges": ("Exchanges", "Utvekslinger"),
        "menu.stays": ("Stays", "Opphold"),
        "menu.answers": ("Answers", "Svar"),
        "menu.certificates": ("Certificates", "Sertifikater"),
        "menu.partners": ("Partners", "Partnere"),
        "menu.quarantine": ("Quarantine", "Karantene"),
        "language.other": ("Norsk", "English"),
        "login": ("Log in", "Logg inn"),
        "logout": ("Log out", "Logg ut"),
        "login.token": ("Token", "Token (tilgangsnøkkel)"),
        "login.hint": (
            "An operator of this machine makes one with",
            "En driftsansvarlig på denne maskinen lager en med",
        ),
        "login.wrong": (
            "This token is not known, has expired, or was revoked. Check that all of it was pasted.",
            "Denne tokenen er ukjent, utløpt eller trukket tilbake. Se etter at hele ble limt inn.",
        ),
        "as_of": ("As of", "Per"),
        "oslo_time": (", Oslo time.", ", norsk tid."),
        "live.on": ("Brought up to date by itself.", "Oppdateres av seg selv."),
        "live.off": (
            "Not up to date: the adapter does not answer, or the session has ended. Load the page again.",
            "Ikke oppdatert: adapteren svarer ikke, eller økten er slutt. Last siden på nytt.",
        ),
        "refused": ("This was not done", "Dette ble ikke gjort"),
        "age.minutes": ("{minutes} min", "{minutes} min"),
        "age.hours": ("{hours} h {minutes} min", "{hours} t {minutes} min"),
        "age.days": ("{days} d {hours} h", "{days} d {hours} t"),
        "days": ("{days} days", "{days} dager"),
        "any": ("Any", "Alle"),
        "pages": ("Pages", "Sider"),
        "older": ("Older →", "Eldre →"),
        "more": ("More →", "Flere →"),
        # ── columns ──
        "col.message": ("Message", "Melding"),
        "col.partner": ("Partner", "Partner"),
        "col.state": ("State", "Tilstand"),
        "col.apprec": ("AppRec", "AppRec"),
        "col.age": ("Age", "Alder"),
        "col.next": ("Next step", "Neste steg"),
        "col.certificate": ("Certificate", "Sertifikat"),
        "col.days": ("Days left", "Dager igjen"),
        "direction.in": ("received", "mottatt"),
        "direction.out": ("sent", "sendt"),
        "handled": ("Handled", "Håndtert"),
        "reason": ("Reason", "Årsak"),
        # ── the first page ──
        "front.title": ("Is somebody waiting?", "Er det noen som venter?"),
        "front.oldest": ("Oldest message without an answer", "Eldste melding uten svar"),
        "front.oldest.says": ("The longest wait is for {partner}.", "Lengst har vi ventet på {partner}."),
        "front.waiting": ("Messages without an answer, per partner", "Meldinger uten svar, per partner"),
        "front.age": ("Oldest is", "Eldste er"),
        "front.since": ("Since", "Siden"),
        "front.count": ("Messages", "Meldinger"),
        "front.none": ("None", "Ingen"),
        "front.none.says": (
            "No acknowledgment and no AppRec is waited for.",
            "Vi venter ikke på noen bekreftelse eller applikasjonskvittering.",
        ),
        "front.health": ("Health", "Helse"),
        "front.queues": ("Queues", "Køer"),
        "front.stuck": ("For a person to look at", "Noen må se på"),
        "front.stuck.none": ("Nothing.", "Ingenting."),
        "front.certificates": ("Certificates that end first", "Sertifikater som utløper først"),
        "health.ready": ("Ready", "Klar"),
        "health.unready": ("Not ready", "Ikke klar"),
        "health.dead": ("Stuck: start the daemon again", "Sitter fast: start tjenesten på nytt"),
        "health.nothing": ("Everything is as it should be.", "Alt er som det skal."),
        "reason.store": ("Store", "Lager"),
        "reason.loop": ("Daemon", "Tjeneste"),
        "reason.mail_out": ("Mail out", "E-post ut"),
        "reason.mailbox": ("Mailbox", "Postkasse"),
        "reason.defect": ("Defect", "Feil i programmet"),
        "reason.backlog": ("Backlog", "Etterslep"),
        "reason.apprec_owed": ("AppRec owed", "Applikasjonskvittering mangler"),
        "reason.full": ("No more is taken in", "Ingenting tas imot"),
        "reason.revoked": ("Revoked", "Trukket tilbake"),
        "reason.certificate": ("Certificate", "Sertifikat"),
        "reason.partner_certificate": ("Partner's certificate", "Partners sertifikat"),
        "reason.prices": ("Prices", "Priser"),
        "reason.other": ("Notice", "Merknad"),
        "queue": ("Queue", "Kø"),
        "queue.count": ("Waiting", "Venter"),
        "queue.oldest": ("Oldest", "Eldste"),
        "queue.outbox": ("To be sent", "Skal sendes"),
        "queue.mails": ("To be judged", "Skal vurderes"),
        "queue.inbox": ("For the application", "Til fagsystemet"),
        # ── exchanges ──
        "exchanges.table": ("Exchanges, the newest first", "Utvekslinger, nyeste først"),
        "exchanges.none": ("No exchange fits.", "Ingen utveksling passer."),
        "search": ("Search", "Søk"),
        "search.label": ("Find by id", "Finn med id"),
        "search.hint": (
            "The id of an exchange or the beginning of it, or a MsgId. Nothing about a patient is searched.",
            "Id til en utveksling eller starten på den, eller en MsgId. Det søkes ikke på pasienter.",
        ),
        "search.found": ("Found: {count}", "Funnet: {count}"),
        "filter": ("Filter", "Filter"),
        "filter.direction": ("Direction", "Retning"),
        "filter.type": ("Type", "Type"),
        "filter.transport": ("Sent, in state", "Sendt, i tilstand"),
        "filter.reception": ("Received, in state", "Mottatt, i tilstand"),
        "filter.apprec": ("AppRec", "AppRec"),
        "filter.first": ("From", "Fra og med"),
        "filter.last": ("To", "Til og med"),
        "filter.show": ("Show", "Vis"),
        "filter.clear": ("Show all", "Vis alle"),
        # ── one exchange ──
        "exchange.facts": ("What is known", "Det vi vet"),
        "exchange.from": ("From", "Fra"),
        "exchange.to": ("To", "Til"),
        "exchange.created": ("Created", "Opprettet"),
        "exchange.due": ("Next attempt", "Neste forsøk"),
        "exchange.id": ("Exchange", "Utveksling"),
        "exchange.receipt_for": ("AppRec for", "AppRec for"),
        "exchange.answers": ("Answers", "Svarer på"),
        "exchange.related": ("Answered by", "Besvart av"),
        "exchange.findings": ("Findings", "Funn"),
        "exchange.findings.none": ("Nothing was found wrong.", "Det ble ikke funnet noe galt."),
        "findings.register": (
            "The texts of rules are those of the register of rules.",
            "Regeltekster vises på engelsk, slik de står i regelregisteret; regelnummeret er det samme overalt.",
        ),
        "exchange.journal": ("Timeline", "Tidslinje"),
        "exchange.mails": ("Raw headers of its mails", "Rå e-posthoder"),
        "exchange.mails.none": ("No mail of it is known.", "Ingen e-post er kjent."),
        "exchange.no_resend": ("It cannot be sent again:", "Den kan ikke sendes på nytt:"),
        "mail.sent": ("What we send (the MIME body)", "Det vi sender (MIME-kroppen)"),
        "mail.received": ("Received mail", "Mottatt e-post"),
        "mail.gone": ("It is not kept any more.", "Den er ikke lenger bevart."),
        # ── what a person does ──
        "deeds": ("What you can do", "Dette kan du gjøre"),
        "deeds.reason": ("Reason", "Begrunnelse"),
        "deeds.hint": (
            "Kept for ever with your name. No name and no national identity number of a patient.",
            "Lagres for alltid sammen med navnet ditt. Ikke skriv navn eller fødselsnummer på pasienter.",
        ),
        "deed.resend": ("Send again", "Send på nytt"),
        "deed.resend.says": (
            "The same octets go again, or the same document in a new envelope where the old one is no use.",
            "De samme oktettene går på nytt, eller samme dokument i ny konvolutt der den gamle ikke duger.",
        ),
        "deed.give_up": ("Give up", "Gi opp"),
        "deed.give_up.says": (
            "It is never sent by itself again. A late answer still counts.",
            "Den sendes aldri av seg selv igjen. Et sent svar teller fortsatt.",
        ),
        "deed.handled": ("Mark as handled", "Merk som håndtert"),
        "deed.handled.says": (
            "Somebody has dealt with it elsewhere. Nothing changes but the mark.",
            "Noen har ordnet det et annet sted. Bare merket endres.",
        ),
        "deed.accept": ("Give to the application", "Gi til fagsystemet"),
        "deed.accept.says": (
            "It goes on as if it had just arrived; it counts as received when it was received.",
            "Den går videre som om den nettopp kom; den regnes som mottatt da den ble mottatt.",
        ),
        "deed.refuse": ("Refuse", "Avvis"),
        "deed.refuse.says": (
            "The application never gets it. The sender is told only if a code is chosen.",
            "Fagsystemet får den aldri. Avsenderen får beskjed bare hvis en kode er valgt.",
        ),
        "deeds.code": ("AppRec to the sender, if refused", "Kvittering til avsenderen ved avvisning"),
        "deeds.code.none": ("None: nothing is sent", "Ingen: det sendes ikke noe"),
        "deeds.code.hint": (
            "A code sends a negative AppRec. X99 needs a text; no name and no national identity number.",
            "En kode sender en negativ applikasjonskvittering. X99 må ha tekst; ingen navn og ikke fødselsnummer.",
        ),
        "deeds.text": ("Text with the code", "Tekst til koden"),
        "done.accept": ("The application gets it.", "Fagsystemet får den."),
        "done.refuse": ("It was refused.", "Den er avvist."),
        "done.resend": ("It goes again.", "Den går på nytt."),
        "done.give_up": ("It was given up.", "Den er gitt opp."),
        "done.handled": ("It is marked as handled.", "Den er merket som håndtert."),
        "mail.deed.resend": ("Judge again", "Vurder på nytt"),
        "mail.deed.resend.says": (
            "The mail goes through every check once more; for when the cause was mended here.",
            "E-posten går gjennom alle kontroller en gang til; når årsaken er rettet hos oss.",
        ),
        "mail.deed.give_up": ("Lay aside", "Legg til side"),
        "mail.deed.give_up.says": (
            "It leaves this list. The mail itself is kept.",
            "Den forsvinner fra denne lista. Selve e-posten bevares.",
        ),
        "mail.deed.handled": ("Mark as handled", "Merk som håndtert"),
        "mail.deed.handled.says": (
            "Somebody has dealt with it elsewhere. Nothing changes but the mark.",
            "Noen har ordnet det et annet sted. Bare merket endres.",
        ),
        "mail.done.resend": ("It will be judged again.", "Den blir vurdert på nytt."),
        "mail.done.give_up": ("It was laid aside.", "Den er lagt til side."),
        "mail.done.handled": ("It is marked as handled.", "Den er merket som håndtert."),
        "mail.received_at": ("Received", "Mottatt"),
        "mail.envelope_from": ("From (not verified)", "Fra (ikke verifisert)"),
        "mail.envelope_to": ("To", "Til"),
        "quarantine.says": (
            "Mails that became no message, the newest first. Nothing of them has reached the application.",
            "E-poster som ikke ble meldinger, de nyeste først. Ingenting av dem har nådd fagsystemet.",
        ),
        "quarantine.which": ("Which", "Hvilke"),
        "quarantine.quarantine": ("Wait for a person", "Venter på noen"),
        "quarantine.answered": ("The sender was told", "Avsender har fått beskjed"),
        "quarantine.mail": ("Mail", "E-post"),
        "quarantine.since": ("Since", "Siden"),
        "quarantine.none": ("No mail is here.", "Det er ingen e-post her."),
        # ── stays ──
        "stays.says": (
            "Decided now from the facts, those with the newest facts first.",
            "Avgjort nå ut fra fakta, de med nyeste fakta først.",
        ),
        "stays.table": ("Stays, nights and reasons", "Opphold, døgn og årsaker"),
        "stays.none": ("No stay is known.", "Ingen opphold er kjent."),
        "stay": ("Stay", "Opphold"),
        "stay.all": ("All stays", "Alle opphold"),
        "stay.hospital": ("Hospital", "Sykehus"),
        "stay.municipality": ("Municipality", "Kommune"),
        "stay.nights": ("Nights", "Døgn"),
        "stay.amount": ("Amount", "Beløp"),
        "stay.dates": ("Payable", "Betales for"),
        "stay.reasons": ("Reasons", "Årsaker"),
        "stay.start": ("Start", "Start"),
        "stay.end": ("End", "Slutt"),
        "stay.zero": ("No night", "Ingen døgn"),
        "stay.flag": ("Look at", "Se på"),
        "stay.come_to": ("{nights} payable nights", "{nights} døgn å betale"),
        "stay.picture": ("Timeline", "Tidslinje"),
        "stay.picture.alt": (
            "The timeline of the stay: days, nights, messages and receipts. The same is told in words below.",
            "Tidslinjen for oppholdet: dager, døgn, meldinger og kvitteringer. Det samme står med ord nedenfor.",
        ),
        "stay.why": ("Why", "Hvorfor"),
        "no_price": ("no price", "uten pris"),
        # ── answers ──
        "answers.title": ("Answers that a person has to read", "Svar som noen må lese"),
        "answers.says": (
            "What a municipality answered in its own words decides who pays. Read it, and say what it means.",
            "Det en kommune har svart med egne ord, avgjør hvem som betaler. Les det og si hva det betyr.",
        ),
        "answers.none": ("No answer waits to be read.", "Ingen svar venter på å bli lest."),
        "answer.title": ("Can the municipality take the patient?", "Kan kommunen ta imot pasienten?"),
        "answer.words": ("What it says", "Dette står det"),
        "answer.read_as": ("Read as", "Lest som"),
        "answer.which": ("The answer", "Svaret"),
        "answer.accept": ("Yes: an offer is ready", "Ja: et tilbud er klart"),
        "answer.later": ("Later: an offer is ready on a date", "Senere: et tilbud er klart på en dato"),
        "answer.refuse": ("No, and no date is known", "Nei, og ingen dato er kjent"),
        "answer.withdraw": ("An earlier yes no longer holds", "Et tidligere ja gjelder ikke lenger"),
        "answer.unclear": ("It cannot be told", "Det går ikke an å si"),
        "answer.day": ("Date (only for later)", "Dato (bare for senere)"),
        "answer.text": ("Words for the hospital", "Tekst til sykehuset"),
        "answer.send": ("Send the answer", "Send svaret"),
        "answer.classify": ("Say what it means", "Si hva det betyr"),
        "answer.given": ("The answer is noted.", "Svaret er registrert."),
        "exchange.answer.in": ("Read and answer", "Les og svar"),
        "exchange.answer.out": ("Note an answer that came by telephone", "Registrer et svar som kom på telefon"),
        # ── certificates and partners ──
        "certificates.table": (
            "Certificates, those that end first on top",
            "Sertifikater, de som utløper først øverst",
        ),
        "certificate.ours": ("Ours:", "Vårt:"),
        "certificate.valid": ("Valid", "Gyldig"),
        "certificate.revocation": ("Revocation", "Tilbaketrekking"),
        "certificate.named": ("Named", "Navn"),
        "certificate.details": ("Details", "Detaljer"),
        "certificate.subject": ("Subject", "Innehaver"),
        "certificate.issuer": ("Issuer", "Utsteder"),
        "certificate.serial": ("Serial number", "Serienummer"),
        "usage.signing": ("signing", "signering"),
        "usage.encryption": ("encryption", "kryptering"),
        "partner.address": ("EDI address", "EDI-adresse"),
        "partner.agreements": ("Agreements", "Avtaler"),
        "partner.trouble": ("Trouble", "Problem"),
        "partners.none": ("No partner has a file.", "Ingen partner har noen fil."),
        "partner.exchanges": ("Exchanges with this partner", "Utvekslinger med denne partneren"),
        "partner.reasons": ("What holds, and why", "Hva som gjelder, og hvorfor"),
        "partner.what": ("What", "Hva"),
        "partner.holds": ("Holds", "Gjelder"),
        "partner.because": ("Because", "Fordi"),
        # ── states ──
        "state.new": ("New", "Ny"),
        "state.put_off": ("Waits: cannot be sealed now", "Venter: kan ikke forsegles nå"),
        "state.ready": ("Ready to be sent", "Klar til sending"),
        "state.await_ack": ("Waits for acknowledgment", "Venter på bekreftelse"),
        "state.acked": ("Acknowledged", "Bekreftet"),
        "state.acknowledged": ("Acknowledged", "Bekreftet"),
        "state.acked_implied": ("Acknowledged by its AppRec", "Bekreftet ved AppRec"),
        "state.acked_warn": ("Acknowledged with a warning", "Bekreftet med advarsel"),
        "state.acked_late": ("Acknowledged late", "Bekreftet sent"),
        "state.apprec_rejected": (
            "Rejected by the receiver's application (AppRec)",
            "Avvist av mottakerens fagsystem (AppRec)",
        ),
        "state.apprec_timed_out": ("Acknowledged, but no AppRec in time", "Bekreftet, men AppRec kom ikke i tide"),
        "state.rejected": ("Rejected", "Avvist"),
        "state.faulted": ("Unreadable for the receiver", "Uleselig for mottaker"),
        "state.bounced": ("Given back by a mail server", "Returnert av e-posttjener"),
        "state.transport_failed": ("Refused by the mail server", "Avvist av e-posttjener"),
        "state.delivery_failed": ("No answer: delivery unknown", "Ikke besvart: levering ukjent"),
        "state.failed_local": ("Not sent: an error here", "Ikke sendt: feil hos oss"),
        "state.cancelled": ("Given up", "Gitt opp"),
        "state.fetched": ("Fetched", "Hentet"),
        "state.stored": ("Stored", "Lagret"),
        "state.parsed": ("Read", "Lest"),
        "state.validating": ("Being checked", "Kontrolleres"),
        "state.pending": ("Cannot be judged yet", "Kan ikke vurderes ennå"),
        "state.accepted": ("Accepted", "Godtatt"),
        "state.responded": ("Accepted and answered", "Godtatt og besvart"),
        "state.delivered": ("With the application", "Hos fagsystemet"),
        "state.duplicate": ("A copy", "En kopi"),
        "state.false_duplicate": ("One MessageId for two messages", "Samme MessageId for to meldinger"),
        "state.quarantine": ("In quarantine", "I karantene"),
        "state.fault_sent": ("Unreadable; the sender was told", "Uleselig; avsender har fått beskjed"),
        "state.closed": ("Closed", "Lukket"),
        "state.held": ("Held: a person decides", "Holdes tilbake: noen må avgjøre"),
        "state.unknown": ("Unknown", "Ukjent"),
        "apprec.ok": ("OK", "OK"),
        "apprec.waiting": ("Waited for", "Ventes"),
        "apprec.rejected": ("Rejected", "Avvist"),
        "apprec.timed_out": ("Did not come in time", "Kom ikke i tide"),
        "apprec.sent": ("Message not acknowledged yet", "Meldingen er ikke bekreftet ennå"),
        "apprec.transported": ("Waited for", "Ventes"),
        "apprec.failed_transport": ("Message did not get there", "Meldingen kom ikke fram"),
        "apprec.accepted": ("OK", "OK"),
        # ── words of the journal ──
        "act.resend": ("send again", "send på nytt"),
        "act.give_up": ("give up", "gi opp"),
        "act.handled": ("handled", "håndtert"),
        "act.accept": ("accept", "godta"),
        "act.refuse": ("refuse", "avvis"),
        "alarm.send_rule": ("a rule for sending", "en regel for sending er brutt"),
        "alarm.mail_waiting": ("the mail server takes nothing", "e-posttjeneren tar ikke imot"),
        "alarm.mail_refused": ("refused by the mail server", "avvist av e-posttjeneren"),
        "alarm.sent_after_cancel": ("sent after it was given up", "sendt etter at den ble gitt opp"),
        "alarm.ack_references": ("acknowledges other octets", "kvitterer for et annet innhold"),
        "alarm.signal_not_verified": ("a signal does not verify", "et signal lar seg ikke verifisere"),
        "alarm.refused": ("refused by the receiver", "avvist av mottakeren"),
        "alarm.fault": ("unreadable for the receiver", "uleselig for mottakeren"),
        "alarm.bounce": ("given back by a mail server", "returnert av en e-posttjener"),
        "alarm.no_answer": ("no answer", "ikke besvart"),
        "alarm.late_answer": ("answered late", "besvart for sent"),
        "alarm.apprec_without_ack": (
            "AppRec without acknowledgment",
            "applikasjonskvittering uten transportkvittering",
        ),
        "alarm.signals_contradict": ("signals contradict each other", "signaler motsier hverandre"),
        "alarm.apprec_not_expected": ("an AppRec nobody waited for", "en applikasjonskvittering ingen ventet på"),
        "alarm.apprec_owed": ("its AppRec is owed", "applikasjonskvittering mangler"),
        "news.not_sent": ("not sent", "ikke sendt"),
        "news.transport_ok": ("the receiver has it", "mottakeren har den"),
        "news.transport_ok_with_warning": ("the receiver has it, with a warning", "mottakeren har den, med advarsel"),
        "news.transport_ok_late": ("the receiver has it, answered late", "mottakeren har den, svarte sent"),
        "news.refused": ("refused", "avvist"),
        "news.not_delivered": ("not delivered", "ikke levert"),
        "news.outcome_unknown": ("nobody answered", "ingen svarte; mottakeren kan ha den"),
        "news.cancelled": ("given up", "gitt opp"),
        "news.nothing_to_cancel": ("nothing to give up", "ingenting å gi opp"),
        "key.keys.signing": ("our signing certificate", "signeringssertifikatet vårt"),
        "key.keys.encryption": ("our encryption certificate", "krypteringssertifikatet vårt"),
    }
)
"""By key: English, bokmål. `{name}` is a value."""


_INSTANT = re.compile(r"(?<![\w:.+-])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z(?![\w:.-])")


def moment_of(instant: datetime) -> str:
    """An instant for a person: Oslo time to the second, as a text that sorts."""
    return in_oslo(instant).strftime("%Y-%m-%d %H:%M:%S")


def at_oslo(text: str) -> str:
    """A text with the instants in it (UTC, as the adapter writes them) as a person reads them on the pages."""

    def told(found: re.Match[str]) -> str:
        try:
            return moment_of(instant_of(found[0]))
        except ValueError:
            return found[0]

    return _INSTANT.sub(told, text)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The texts of one language, for the templates."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key."""
        return said(self.language, key, **values)

    def told(self, text: str) -> tuple[Piece, ...]:
        """A sentence of the adapter in this language, codes in it as words; what it cannot say is marked as foreign."""
        if f"key.{text}" in TEXTS:
            return (Piece(self(f"key.{text}"), code=text),)
        say = in_bokmal if self.language is Language.NORWEGIAN else in_english
        return tuple(replace(piece, text=at_oslo(piece.text)) for piece in say(unfolded(text), self._word))

    def word(self, of: Enum) -> str:
        """A reason or flag of a stay as a clause."""
        return word(of, self.language)

    def _word(self, key: str) -> str | None:
        return said(self.language, key) if key in TEXTS else None

    def kroner(self, amount: int | None) -> str:
        """An amount of money; a word where a night has no price."""
        return self("no_price") if amount is None else kroner(amount)

    def reason(self, what: str) -> str:
        """The word for what a reason of the health is about."""
        key = f"reason.{what}"
        return self(key if key in TEXTS else "reason.other")


def said(language: Language, key: str, **values: object) -> str:
    """A text. Raises `KeyError` for a key that has no row."""
    return TEXTS[key][0 if language is Language.ENGLISH else 1].format(**values)
