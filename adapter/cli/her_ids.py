"""How a HER-id is given on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapter.values import HerId


class HerIdType(click.ParamType["HerId"]):
    """A HER-id: digits only."""

    name = "HER"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> HerId:
        from adapter.values import HerId

        if isinstance(value, HerId):
            return value
        try:
            return HerId(str(value))
        except ValueError as error:
            self.fail(str(error), param, context)


HER_ID = HerIdType()
