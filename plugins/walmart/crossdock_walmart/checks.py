"""What must be true in Seller Center before orders flow, and what `doctor` says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from crossdock import Check, Connection, Finding
from crossdock.http import Reader
from crossdock.jsonio import Json
from crossdock_walmart.api import WalmartApi
from crossdock_walmart.config import WalmartConnection

_CLOSED = "this account may not read its settings; look in Seller Center yourself"


class AccountSetUp(Check):
    """Whether the seller's account is active, and known here by its own id."""

    name: ClassVar[str] = "account"
    connection: ClassVar[type[Connection]] = WalmartConnection

    async def run(self, connection: WalmartConnection, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Read the partner profile."""
        profile = await WalmartApi(http).partner_profile()
        if profile is None:
            return [Finding("unknown", _CLOSED, "Seller Center > Settings > Account: the launch checklist is complete")]
        return [_status(_account_status(profile)), _seller(connection, profile)]


class ShipNodes(Check):
    """Whether there is a fulfilment centre that orders can come from."""

    name: ClassVar[str] = "ship_nodes"
    connection: ClassVar[type[Connection]] = WalmartConnection

    async def run(self, connection: WalmartConnection, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Read the fulfilment centres."""
        nodes = await WalmartApi(http).ship_nodes()
        if not isinstance(nodes, list):
            return [Finding("unknown", _CLOSED, "Seller Center > Settings > Fulfillment: an active centre is listed")]
        rows = [node for node in nodes if isinstance(node, dict)]
        idle = [node for node in rows if str(node.get("status") or "ACTIVE").upper() != "ACTIVE"]
        if len(idle) == len(rows):
            fix = "activate one in Seller Center > Settings > Fulfillment; a new one needs about four hours"
            return [Finding("fail", "no fulfilment centre is active", fix)]
        named = ", ".join(f"{node.get('shipNode')} {node.get('shipNodeName') or ''}".strip() for node in idle)
        rest = f"; not active: {named}" if idle else ""
        return [Finding("pass", f"{len(rows) - len(idle)} fulfilment centres are active{rest}")]


def _account_status(profile: Json) -> str | None:
    parts = profile.get("configurations")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and part.get("configurationName") == "ACCOUNT":
            found = part.get("configuration")
            return str(found["status"]) if isinstance(found, dict) and found.get("status") else None
    return None


def _status(status: str | None) -> Finding:
    if status is None:
        return Finding("unknown", "Walmart does not say whether the account is set up", "look in Seller Center")
    if status.upper() == "ACTIVE":
        return Finding("pass", "the seller's account is active")
    fix = "finish the launch checklist in Seller Center: business, payment, tax, shipping, and a first item"
    return Finding("fail", f"the seller's account is {status}: it does not receive orders", fix)


def _seller(connection: WalmartConnection, profile: Json) -> Finding:
    partner = profile.get("partner")
    found = partner.get("partnerId") if isinstance(partner, dict) else None
    if connection.seller is not None or not found:
        return Finding("pass", f"the account is known by {connection.seller or 'its client id'}")
    fix = f"before the first run, write `seller: {found}` in the connection: another key then remains the same account"
    return Finding("unknown", "the account is known by its client id alone", fix)
