"""What a channel says it owes, amount by amount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crossdock.canonical.base import Document
from crossdock.canonical.money import Money


class SettlementLine(Document):
    """One amount of one settlement report, signed as the channel signs it: positive is the seller's.

    The line that stands for the payout bears `payable`, and what the amounts of the report add up to. Amounts of one
    sale are many lines: the price, its tax, the commission.
    """

    channel: str
    market: str | None = None
    settlement: str  # which report: Walmart's report date, "03172026"
    number: str  # which amount of it; never the same twice within the report
    kind: str  # as the channel says it: "Sale"
    part: str | None = None  # which part of it: "Product Price"
    description: str | None = None
    reason: str | None = None
    amount: Money
    posted_on: date | None = None
    period_start: date | None = None
    period_end: date | None = None
    payable: Money | None = None
    total: Money | None = None  # beside `payable`: the sum of the report's other lines
    remainder: Money | None = None  # of a tax and of what was withheld of it: what both leave, on the first
    order: str | None = None
    order_line: str | None = None  # the report's own numbering, which need not be the order's
    customer_order: str | None = None
    sku: str | None = None
    quantity: Decimal | None = None
    category: str | None = None
    product_type: str | None = None
    fulfilment: str | None = None
