"""The settings of the mapper, as the events read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from crossdock_erp_ledger.journal.rules import Chart

Per = Literal["order", "line", "day"]
On = Literal["order", "ship"]
WhenClosed = Literal["next", "hold"]
Remitter = Literal["channel", "seller"]
Excess = Literal["allowance", "sale"]


@dataclass(frozen=True)
class Policy:
    """How entries are made; the same settings give the same entries."""

    chart: Chart
    zone: ZoneInfo
    per: Per = "order"
    on: On = "order"
    when_closed: WhenClosed = "next"
    customers: Mapping[str, str] = field(default_factory=dict)
    tax_remitted_by: Mapping[str, Remitter] = field(default_factory=dict)
    memo_tax: bool = False
    excess: Excess = "allowance"
    tolerance: Decimal = Decimal("0.02")
    sales_since: date | None = None

    def day(self, moment: datetime) -> date:
        """The day in the books' zone."""
        return moment.astimezone(self.zone).date()

    def remitter(self, market: str | None, state: str | None) -> Remitter | None:
        """Who pays a tax to the authorities; None where nothing says it."""
        market = market or ""
        return self.tax_remitted_by.get(f"{market}/{state}") or self.tax_remitted_by.get(market)
