"""What `POST /_sim/settings` may change at the simulated marketplace."""

from __future__ import annotations

from typing import Literal

from crossdock.simulator import Settings

Access = Literal["full_access", "view_only", "no_access"]

ALL_SCOPES: dict[str, Access] = {
    "reports": "full_access",
    "item": "full_access",
    "price": "full_access",
    "lagtime": "full_access",
    "feeds": "full_access",
    "returns": "full_access",
    "orders": "full_access",
    "inventory": "full_access",
    "shipping": "full_access",
    "rules": "full_access",
    "content": "full_access",
}


class WalmartSettings(Settings):
    """Settings of the marketplace, beside those that every simulator has."""

    clients: dict[str, str] | None = None
    """Client ids and their secrets; None takes any."""
    reject_credentials: bool = False
    reject_status: Literal[400, 401] = 401
    """Both are seen for a wrong id or secret."""
    stale_token_status: Literal[400, 401] = 401
    """400 is the older gateway, with INVALID_TOKEN."""
    token_lifetime_s: float = 900
    scopes: dict[str, Access] = ALL_SCOPES
    """A scope that is absent is not granted."""
    settings_access: bool = True
    """Some accounts get 404 on every settings endpoint."""
    last_page: Literal["absent", "null", "repeated", "empty"] = "absent"
    """How paging ends: no cursor, a null one, the same one again, or one that leads to an empty page."""
    max_results: int = 20_000
    replenishment: Literal["iso", "epoch_ms"] = "iso"
    """How `x-next-replenishment-time` is written; both forms are met."""
    tracking_edit_h: float = 4
    charge_amounts: Literal["line", "unit"] = "line"
    """Whether orders that are generated state charges for the whole line, or for one unit of it: nowhere documented."""
    auto_cancel: bool = False
    """Whether lines are cancelled that are not shipped four days after their ship date."""
