"""Goods and money on the way back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from crossdock.canonical.base import Document
from crossdock.canonical.money import Money
from crossdock.canonical.order import Charge


class ReturnLine(Document):
    """One line of a return, pointing at the order line that was sold. `charges` are for the whole `quantity`."""

    number: str
    order: str
    order_line: str
    sku: str
    quantity: Decimal
    reason: str | None = None
    goods_expected: bool = True
    charges: tuple[Charge, ...] = ()
    refunded_quantity: Decimal = Decimal(0)  # how much of it the seller has paid back by now
    refunded_at: datetime | None = None  # when the newest part of that was
    status: str


class Return(Document):
    """One return order of one channel."""

    channel: str
    market: str | None = None
    number: str
    customer_order: str | None = None
    created_at: datetime
    total: Money | None = None
    lines: tuple[ReturnLine, ...]
