"""What the marketplace owes a seller for a cycle: computed from its own orders and refunds, amount by amount."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from crossdock_walmart.simulator.book import StoredOrder, Wire, at
from crossdock_walmart.simulator.money import cents, charged, for_line, quantity_of, share
from crossdock_walmart.simulator.quantities import count
from crossdock_walmart.simulator.refunds import KINDS, Refunded

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

COMMISSION = Decimal("0.15")
_CYCLE = timedelta(days=14)
_NAMES = {"PRODUCT": ("Product Price", "Product tax"), "SHIPPING": ("Shipping", "Shipping tax")}


@dataclass(frozen=True, slots=True)
class Closed:
    """One settlement report: its name, what it pays, its rows by column, and the file as it is given out."""

    name: str
    payable: Decimal
    rows: list[dict[str, str]]
    content: bytes


@dataclass(slots=True)
class SettlementBook:
    """What was settled so far."""

    closed: dict[str, Closed] = field(default_factory=dict)
    shipped: dict[tuple[str, str], int] = field(default_factory=dict)
    refunds: int = 0
    reserve: Decimal = Decimal(0)
    number: int = 0
    last: datetime | None = None

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        """From the end of the last cycle until now."""
        return self.last or now - _CYCLE, now

    def key(self, moment: datetime) -> str:
        """A new transaction key."""
        self.number += 1
        return f"{moment:%Y_%m_%d}_{self.number}"


def open_rows(simulator: WalmartSimulator, book: SettlementBook) -> Iterator[dict[str, str]]:
    """A row for each amount that is not settled yet, and the book knows it then."""
    for order in simulator.book.all():
        for place, line in enumerate(order.lines, start=1):
            gone, before = count(line)["Shipped"] + count(line)["Delivered"], book.shipped.get((order.id, _no(line)), 0)
            if gone > before:
                book.shipped[order.id, _no(line)] = gone
                yield from _sale(simulator, book, order, (place, line), (before, gone))
    made = simulator.refunds.made
    for refund in made[book.refunds :]:
        yield from _refund(simulator, book, refund)
    book.refunds = len(made)


def _sale(
    simulator: WalmartSimulator,
    book: SettlementBook,
    order: StoredOrder,
    placed: tuple[int, Wire],
    span: tuple[int, int],
) -> Iterator[dict[str, str]]:
    _, line = placed
    when = order.shipped_at.get(_no(line)) or order.modified
    shared = _shared(simulator, order, placed, book.key(when), when) | {
        "Transaction Type": "Sale",
        "Transaction Description": "Purchase",
        "Ship Qty": str(span[1] - span[0]),
    }
    whole = for_line(line, simulator.settings.charge_amounts)
    for kind in KINDS:
        amount, tax = (share(total, quantity_of(line), span) for total in charged(whole, kind))
        yield from _amounts(shared, kind, amount, tax)


def _refund(simulator: WalmartSimulator, book: SettlementBook, refund: Refunded) -> Iterator[dict[str, str]]:
    order = simulator.book.one(refund.order_id)
    placed = next((n, line) for n, line in enumerate(order.lines, start=1) if _no(line) == refund.line_number)
    shared = _shared(simulator, order, placed, book.key(refund.at), refund.at) | {
        "Transaction Type": "Refund",
        "Transaction Description": refund.description,
        "Ship Qty": str(refund.quantity),
    }
    excess = sum((part.amount for part in refund.parts if part.excess), Decimal(0))
    for part in refund.parts:
        if not part.excess:
            beyond = excess if part.kind == "PRODUCT" else Decimal(0)
            yield from _amounts(shared, part.kind, -part.amount, -part.tax, beyond=-beyond)


def _amounts(
    shared: Mapping[str, str], kind: str, amount: Decimal, tax: Decimal, *, beyond: Decimal = Decimal(0)
) -> Iterator[dict[str, str]]:
    """The price, the tax on it and that it is withheld, and the commission, as far as there is any.

    What is given beyond the price is part of the same amount, and bears no commission.
    """
    price_name, tax_name = _NAMES[kind]
    parts = [(price_name, amount + beyond), (tax_name, tax), (f"{tax_name} withheld", -tax)]
    if kind == "PRODUCT":
        parts.append(("Commission on Product", -cents(amount * COMMISSION)))
    for name, value in parts:
        if value:
            rate = {"Commission Rate": "15.00"} if name.startswith("Commission") else {}
            yield {**shared, "Amount": str(value), "Amount Type": name, **rate}


def _shared(
    simulator: WalmartSimulator, order: StoredOrder, placed: tuple[int, Wire], key: str, when: datetime
) -> dict[str, str]:
    place, line = placed
    address = at(order.wire, "shippingInfo", "postalAddress") or {}
    return {
        "Transaction Key": key,
        "Transaction Posted Timestamp": f"{when:%m/%d/%Y}",
        "Customer Order #": str(order.wire.get("customerOrderId")),
        # Not the number that the order gives the line: reports count for themselves.
        "Customer Order line #": str(place),
        "Purchase Order #": order.id,
        "Purchase Order line #": str(place),
        "Partner Item Id": str(line["item"]["sku"]).lower(),  # casing differs between Walmart's services
        "Partner GTIN": "00012345678905",
        "Partner Item Name": f'{line["item"]["productName"]}, 5" "new"',
        "Ship to State": str(address.get("state") or ""),
        "Ship to City": str(address.get("city") or ""),
        "Ship to Zipcode": str(address.get("postalCode") or ""),
        "Contract Category": "Home",
        "Product Type": "Kitchen",
        "Shipping Method": "Marketplace value",
        "Fulfillment Type": "Seller Fulfilled",
    }


def _no(line: Wire) -> str:
    return str(line["lineNumber"])
