"""What `doctor` looks for in M3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from crossdock import Check, Connection, Finding, RejectedError
from crossdock.http import Reader
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.named import Named, zone_findings

_ACTIVE = "20"


class M3Masters(Check):
    """Whether house customers are there and active, and dimensions have a place. M3 lists no accounts by its API."""

    name: ClassVar[str] = "m3_masters"
    connection: ClassVar[type[Connection]] = M3Connection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Read the customers that the settings name."""
        named = Named.by(components)
        found = [
            _unmapped(name)
            for name in sorted({*named.dimensions, *(["unit"] if named.units else [])} - connection.dimensions.keys())
        ]
        for number in sorted(named.customers):
            found.append(await _customer(connection, http, number))
        return found + zone_findings(named, connection.timezone)


async def _customer(connection: M3Connection, http: Reader, number: str) -> Finding:
    try:
        customer = await connection.api(http).customer(number)
    except RejectedError as error:
        return Finding("unknown", error.message, f"look in CRS610 whether customer {number} can be used")
    if customer is None:
        fix = "create it in CRS610, have `erp_ledger.m3_customers` create it, or name another in the mapper"
        return Finding("fail", f"house customer {number} is not in M3", fix)
    if customer.get("STAT", _ACTIVE) != _ACTIVE:
        return Finding("fail", f"house customer {number} has status {customer['STAT']}", "set it to 20 in CRS610")
    return Finding("pass", f"house customer {number} is there")


def _unmapped(dimension: str) -> Finding:
    fix = f"write `dimensions: {{{dimension}: 2}}` in the connection, with the number of the AIT (2 to 7)"
    return Finding("fail", f"rules name the dimension {dimension}, and the connection does not say which it is", fix)
