"""How does a statement look on paper: one HTML page that needs nothing else and reads well in black and white."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from html import escape

from adapter.liability.rates import RateStatus
from adapter.liability.reasons import EndReason, Flag, StartReason, ZeroCode
from adapter.liability.rules import Language
from adapter.liability.statement import Booking, Entry, Line, Statement
from adapter.liability.wording import day_text, kroner, word
from adapter.values import oslo_text

_STYLE = """
@page { size: A4; margin: 16mm 14mm }
* { box-sizing: border-box }
body { font: 10.5pt/1.4 "Liberation Sans", Arial, sans-serif; color: #000; background: #fff; margin: 0 auto;
  max-width: 182mm; padding: 6mm 0 }
h1 { font-size: 16pt; margin: 0 0 1mm } h2 { font-size: 11.5pt; margin: 7mm 0 2mm }
p { margin: 0 0 2mm }
dl { display: grid; grid-template-columns: 34mm 1fr; margin: 4mm 0; border-top: 1.5pt solid #000;
  border-bottom: 1.5pt solid #000; padding: 2mm 0 }
dt, dd { margin: 0; padding: .4mm 0 } dt { font-weight: bold }
table { border-collapse: collapse; width: 100% }
th { text-align: left; border-bottom: 1pt solid #000; padding: 1mm 2mm 1mm 0; vertical-align: bottom }
td { border-bottom: .4pt solid #888; padding: 1mm 2mm 1mm 0; vertical-align: top }
th.n, td.n { text-align: right; white-space: nowrap }
tr { break-inside: avoid } thead { display: table-header-group }
tfoot td { border-top: 1.5pt solid #000; border-bottom: 0; font-weight: bold; font-size: 12pt; padding-top: 2mm }
.key { font-family: "Liberation Mono", monospace; font-size: 8.5pt; white-space: nowrap }
.small { font-size: 9pt }
.credit { font-style: italic }
"""


@dataclass(frozen=True, slots=True)
class _Words:
    """The texts of one language."""

    title: str
    correction: str
    hospital: str
    municipality: str
    period: str
    evaluated: str
    policy: str
    prices: str
    number: str
    heads: tuple[str, str, str, str, str]
    total: str
    missing: str
    nothing: str
    credit: str
    agreement: str
    looked_at: str
    price_list: str
    price_missing: str
    basis: str
    issued: str
    draft: str


_WORDS: Mapping[Language, _Words] = {
    Language.ENGLISH: _Words(
        "Payable nights of discharge-ready patients",
        "Correction of payable nights of discharge-ready patients",
        "Hospital",
        "Municipality",
        "Period",
        "Evaluated",
        "Policy",
        "Prices",
        "Statement",
        ("Stay", "Dates", "Nights", "NOK", "Why"),
        "Total",
        "price missing",
        "No night is payable.",
        "credit",
        "Without the agreement: {nights} nights. Changed by {keys}.",
        "For a person to look at",
        "Prices used",
        "A price is missing: no total amount can be given. The nights that have a price come to {known}.",
        "This is a basis for invoicing and for the control of an invoice, calculated from recorded messages. It is no "
        "invoice and no legal advice. Stays are named by a key that says nothing of the patient; each party finds the "
        "patient in its own records.",
        "Issued",
        "draft, not issued",
    ),
    Language.NORWEGIAN: _Words(
        "Døgn å betale for utskrivningsklare pasienter",
        "Rettelse av døgn å betale for utskrivningsklare pasienter",
        "Sykehus",
        "Kommune",
        "Periode",
        "Vurdert",
        "Regelsett",
        "Priser",
        "Oppgave",
        ("Opphold", "Datoer", "Døgn", "Kroner", "Hvorfor"),
        "Sum",
        "pris mangler",
        "Ingen døgn kan kreves betalt.",
        "kredit",
        "Uten avtalen: {nights} døgn. Endret av {keys}.",
        "Dette bør et menneske se på",
        "Priser som er brukt",
        "En pris mangler, så samlet beløp kan ikke oppgis. Døgnene som har pris, utgjør {known}.",
        "Dette er et grunnlag for faktura og for kontroll av faktura, beregnet av registrerte meldinger. Det er ingen "
        "faktura og ingen juridisk rådgivning. Opphold er nevnt med en nøkkel som ikke sier noe om pasienten; partene "
        "finner pasienten i egne systemer.",
        "Utstedt",
        "utkast, ikke utstedt",
    ),
}
_REASONS = {reason.value: reason for kind in (StartReason, EndReason, ZeroCode) for reason in kind}


def statement_page(one: Statement, language: Language, issued_at: datetime | None) -> str:
    """The statement as an HTML document; `issued_at` None marks it as a draft."""
    words = _WORDS[language]
    title = words.correction if one.is_correction else words.title
    heads = [
        (words.hospital, _party(one.hospital.name, one.hospital.her.value)),
        (words.municipality, _party(one.municipality.name, one.municipality.her.value)),
        (words.period, f"{day_text(one.month.first, language)} – {day_text(one.month.last, language)}"),
        (words.number, one.id),
        (words.issued, words.draft if issued_at is None else oslo_text(issued_at)),
        (words.evaluated, oslo_text(one.as_of)),
        (words.policy, ", ".join(one.policies) or "–"),
        (words.prices, one.rates_version),
    ]
    parts = [
        "<!doctype html>",
        f'<html lang="{language.value}"><head><meta charset="utf-8"><title>{escape(title)} {one.month}</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        "<dl>",
        *(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in heads),
        "</dl>",
        *_table(one, words, language),
        *_flags(one, words, language),
        *_prices(one, words, language),
        f'<p class="small" style="margin-top:7mm">{escape(words.basis)}</p>',
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _party(name: str, her: str) -> str:
    return f"{name} (HER-id {her})" if name else f"HER-id {her}"


def _table(one: Statement, words: _Words, language: Language) -> Iterable[str]:
    if not one.lines:
        yield f"<p><strong>{escape(words.nothing)}</strong></p>"
        return
    stay, dates, nights, kroner_head, why = (escape(head) for head in words.heads)
    yield f"<table><thead><tr><th>{stay}</th><th>{dates}</th>"
    yield f'<th class="n">{nights}</th><th class="n">{kroner_head}</th><th>{why}</th></tr></thead><tbody>'
    for line in one.lines:
        yield from _rows(line, words, language)
    total = "–" if one.amount_nok is None else kroner(one.amount_nok)
    yield f'</tbody><tfoot><tr><td colspan="2">{escape(words.total)}</td><td class="n">{one.nights}</td>'
    yield f'<td class="n" colspan="2" style="text-align:left;padding-left:4mm">{total}</td></tr></tfoot></table>'
    if one.amount_nok is None:
        yield f"<p><strong>{escape(words.price_missing.format(known=kroner(one.known_nok)))}</strong></p>"


def _rows(line: Line, words: _Words, language: Language) -> Iterable[str]:
    """A row for each run of dates that are booked the same way at the same price; the stay is named in the first."""
    for number, run in enumerate(_runs(line.entries)):
        first, last = run[0].date, run[-1].date
        dates = first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}"
        credit = run[0].booking is Booking.CREDIT
        known = [entry.sign * entry.amount for entry in run if entry.amount is not None]
        amount = words.missing if len(known) < len(run) else f"{sum(known):,}".replace(",", "\u00a0")
        why = _why(line, words, language) if number == 0 else ""
        marked = f" <span class='credit'>({escape(words.credit)})</span>" if credit else ""
        yield f'<tr><td class="key">{escape(line.stay) if number == 0 else ""}</td><td>{dates}{marked}</td>'
        yield f'<td class="n">{sum(entry.sign for entry in run)}</td><td class="n">{escape(amount)}</td>'
        yield f'<td class="small">{why}</td></tr>'


def _runs(entries: Iterable[Entry]) -> list[list[Entry]]:
    runs: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda entry: (entry.booking is Booking.DEBIT, entry.date)):
        before = runs[-1][-1] if runs else None
        follows = before is not None and entry.date == before.date + timedelta(days=1)
        same = before is not None and (entry.booking, entry.amount) == (before.booking, before.amount)
        if follows and same:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return runs


def _why(line: Line, words: _Words, language: Language) -> str:
    said = "; ".join(
        word(_REASONS[reason], language)
        for reason in (line.start_reason, line.end_reason)
        if reason in _REASONS and reason != StartReason.NOTHING
    )
    said = f"{said} ({line.start_reason} / {line.end_reason})" if said else "–"
    if line.changed_by:
        keys = ", ".join(line.changed_by)
        said += ". " + words.agreement.format(nights=line.regulation_nights, keys=keys)
    return escape(said)


def _flags(one: Statement, words: _Words, language: Language) -> Iterable[str]:
    raised = {flag for line in one.lines for flag in line.flags}
    if not raised:
        return
    yield f'<h2>{escape(words.looked_at)}</h2><table class="small"><tbody>'
    for flag in sorted(raised):
        stays = ", ".join(line.stay for line in one.lines if flag in line.flags)
        yield f"<tr><td>{escape(word(Flag(flag), language))}<br>{escape(flag)}</td>"
        yield f'<td class="key" style="white-space:normal">{escape(stays)}</td></tr>'
    yield "</tbody></table>"


def _prices(one: Statement, words: _Words, language: Language) -> Iterable[str]:
    entries = sorted((entry for line in one.lines for entry in line.entries), key=lambda entry: entry.date)
    used: dict[tuple[int, str, str], date] = {}
    for entry in entries:
        if entry.amount is not None:
            used.setdefault((entry.amount, entry.status, entry.source), entry.date)
    if not used:
        return
    yield f'<h2>{escape(words.price_list)}</h2><ul class="small">'
    for (amount, status, source), first in used.items():
        how = word(RateStatus(status), language)
        yield f"<li>{first.year}: {kroner(amount)} ({escape(how)}). {escape(source)}</li>"
    yield "</ul>"
