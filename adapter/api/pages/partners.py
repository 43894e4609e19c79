"""Who the partners are, and why each is treated as it is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from adapter.api.operation import Model
from adapter.api.pages.screen import Screen, Shown, Visit
from adapter.config import Scope
from adapter.errors import PARTNER_UNKNOWN, AdapterError
from adapter.service.partners import explain, summary

PAGE = 50
"""Partners on a page: each may have to be asked about in the address register."""


class PartnersQuery(Model):
    """Which page, from 1."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1


def _list(visit: Visit) -> Shown:
    installation, page = visit.call.installation, visit.call.asked(PartnersQuery).page
    hers = installation.partners.hers()
    rows = [summary(installation, her) for her in hers[(page - 1) * PAGE : page * PAGE]]
    filling = {
        "rows": rows,
        "page": page,
        "more": len(hers) > page * PAGE,
        "soon": installation.settings.keys.warn_days,
    }
    return Shown("partners.html", filling)


def _one(visit: Visit) -> Shown:
    installation, wanted = visit.call.installation, visit.call.path["her"]
    her = next((one for one in installation.partners.hers() if one.value == wanted), None)
    if her is None:
        return Shown("refused.html", {"error": AdapterError(PARTNER_UNKNOWN)}, 404)
    return Shown("partner.html", {"her": her, "name": visit.name_of(her), "reasons": explain(installation, her)})


SCREENS = (
    Screen("GET", "/partners", Scope.READ, _list, "menu.partners", PartnersQuery),
    Screen("GET", "/partners/{her}", Scope.READ, _one),
)
