"""How is a decision written for other programs: the result contract of design §5, as JSON."""

from __future__ import annotations

import json

from adapter.liability.decision import Night, Span
from adapter.liability.readings import Readings


def result_json(readings: Readings) -> str:
    """The result of the policy in force, one line, keys in the order of the contract."""
    decision = readings.agreement
    nights = decision.nights
    return json.dumps(
        {
            "nights": len(nights),
            "amount_nok": decision.amount_nok,
            "amount_known_nok": decision.known_nok,
            **_first_and_last(nights),
            "start_reason": decision.start_reason,
            "end_reason": decision.end_reason,
            "flags": decision.flags,
            "periods": [_period(span) for span in decision.spans],
            "nights_by_date": [_night(night) for night in nights],
            "policy": readings.profile.cited,
            "changed_by": readings.changed_by,
            "rates_version": readings.rates.version,
        },
        ensure_ascii=False,
    )


def _first_and_last(nights: tuple[Night, ...]) -> dict[str, str | None]:
    first, last = (nights[0].date.isoformat(), nights[-1].date.isoformat()) if nights else (None, None)
    return {"first": first, "last": last}


def _period(span: Span) -> dict[str, object]:
    return {
        **_first_and_last(span.nights),
        "nights": len(span.nights),
        "start_reason": span.start_reason,
        "end_reason": span.end_reason,
    }


def _night(night: Night) -> dict[str, object]:
    return {
        "date": night.date.isoformat(),
        "rate_nok": night.rate.amount if night.rate else None,
        "reasons": list(dict.fromkeys(night.rules)),
    }
