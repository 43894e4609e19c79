"""Which certificates end first, and is anything wrong with one?"""

from __future__ import annotations

from adapter.api.pages.screen import Screen, Shown, Visit
from adapter.config import Scope
from adapter.service import key_list


def _list(visit: Visit) -> Shown:
    installation = visit.call.installation
    rows = sorted(key_list.rows(installation), key=lambda row: row.days_left)
    return Shown("certificates.html", {"rows": rows, "soon": installation.settings.keys.warn_days})


SCREENS = (Screen("GET", "/certificates", Scope.READ, _list, "menu.certificates"),)
