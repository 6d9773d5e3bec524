"""What `doctor` looks for where a ledger lives on what Walmart says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from crossdock import Check, Connection, Finding
from crossdock.http import Reader
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.finance_api import FinanceApi
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.settlements import SettlementSource, date_of
from crossdock_walmart.unshipped import UnshippedSource

_LONGEST_CYCLE = timedelta(days=35)
_WHERE = "Seller Center > Payments"


class SettlementReports(Check):
    """Whether there are settlement reports, and the newest is not older than a cycle."""

    name: ClassVar[str] = "settlement_reports"
    connection: ClassVar[type[Connection]] = WalmartConnection

    async def run(self, connection: WalmartConnection, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """List the reports, if somebody reads them."""
        if not any(isinstance(one, SettlementSource) for one in components):
            return []
        listed = await FinanceApi(http).recon_dates()
        now = await http.vendor_now()
        dates = [found for name in listed if (found := date_of(name)) <= now.date() + timedelta(days=1)]
        if not dates:
            return [Finding("unknown", "there is no settlement report yet: the first comes after a cycle", _WHERE)]
        newest = max(dates)
        if newest < (now - _LONGEST_CYCLE).date():
            fix = f"look in {_WHERE} whether payouts are on hold"
            return [Finding("fail", f"the newest settlement report is of {newest}: no cycle was closed since", fix)]
        return [Finding("pass", f"the newest settlement report is of {newest}; there are {len(dates)}")]


class LedgerSettings(Check):
    """Whether all that reads this account for a ledger means the same by an amount, and by a day."""

    name: ClassVar[str] = "ledger_settings"
    connection: ClassVar[type[Connection]] = WalmartConnection

    async def run(self, connection: WalmartConnection, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Compare settings, whichever plugin they are of."""
        months = [one for one in components if isinstance(one, UnshippedSource)]
        if not months:
            return []
        amounts = {one.charge_amounts for one in components if isinstance(one, OrderSource | UnshippedSource)}
        zones = {zone for one in components if isinstance(zone := getattr(one, "timezone", None), str)}
        found = []
        if len(amounts) > 1:
            fix = "write the same `charge_amounts` in walmart.orders and walmart.unshipped"
            found.append(Finding("fail", "orders are read with charges per line here and per unit there", fix))
        if len(zones) > 1:
            named = ", ".join(sorted(zones))
            fix = "write the books' own `timezone` in walmart.unshipped and in the mappers"
            found.append(Finding("fail", f"months end in several zones: {named}", fix))
        return found or [Finding("pass", f"months end in {months[0].timezone}, and charges are per {min(amounts)}")]
