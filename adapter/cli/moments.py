"""How a point in time is given on the command line."""

from __future__ import annotations

from datetime import datetime

import click


class MomentType(click.ParamType[datetime]):
    """A date or a time; without offset it is Oslo time, and a date is its first instant."""

    name = "TIME"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> datetime:
        from adapter.values import parse_moment

        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            return parse_moment(text if "T" in text else f"{text}T00:00").instant
        except (ValueError, OverflowError):
            self.fail(f"{text} is no date or time such as 2012-03-05 or 2012-03-05T10:15+01:00", param, context)


MOMENT = MomentType()
