"""Orders as a sales channel states them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from crossdock.canonical.base import Document
from crossdock.canonical.money import Money
from crossdock.canonical.party import Address

LineStatus = Literal["created", "acknowledged", "shipped", "delivered", "cancelled", "refunded", "unknown"]
Fulfiller = Literal["seller", "channel", "third_party", "unknown"]
_NOTHING = Decimal(0)
_CLOSED: tuple[LineStatus, ...] = ("shipped", "delivered", "cancelled", "refunded")


class Charge(Document):
    """One charge of a line, for the whole quantity of that line."""

    kind: str  # "product", "shipping", …: an open set, lower case
    name: str | None = None
    amount: Money
    tax: Money | None = None


class OrderLineStatus(Document):
    """How much of a line is in one status. `raw` is the channel's own word, kept where we do not know it."""

    status: LineStatus
    quantity: Decimal
    raw: str
    tracking_number: str | None = None
    carrier: str | None = None
    at: datetime | None = None  # since when, where the channel says so: for what was shipped, when it left


class Refund(Document):
    """Money that went back for one line, and what it was charged for. The amounts are positive."""

    id: str
    charges: tuple[Charge, ...]
    at: datetime | None = None
    reason: str | None = None
    return_number: str | None = None  # the return that it belongs to, if one was opened


class OrderLine(Document):
    """One line. The quantities in `statuses` add up to `quantity`."""

    number: str  # the channel's own, a text: not contiguous, not from 1
    sku: str
    name: str | None = None
    quantity: Decimal
    unit: str | None = None
    charges: tuple[Charge, ...] = ()
    statuses: tuple[OrderLineStatus, ...] = ()
    fulfilment: str | None = None  # the channel's fulfilment option, as it says it
    cancel_requested: bool = False
    refunds: tuple[Refund, ...] = ()

    def quantity_in(self, *statuses: LineStatus) -> Decimal:
        """How much of the line is in any of `statuses`."""
        quantity = _NOTHING  # a loop, for it runs several times for each line of an order
        for slice_ in self.statuses:
            if slice_.status in statuses:
                quantity += slice_.quantity
        return quantity


class Order(Document):
    """One order of one sales channel, as that channel states it now."""

    channel: str  # where it comes from: "walmart"
    market: str | None = None
    number: str  # the reference of every later call: Walmart's purchase order id
    customer_number: str | None = None  # the number that the buyer sees
    ordered_at: datetime
    ship_by: datetime | None = None
    deliver_by: datetime | None = None
    shipping_method: str | None = None
    ship_to: Address
    node: str | None = None  # id of the fulfilment node that the channel chose
    node_name: str | None = None
    fulfilled_by: Fulfiller = "seller"
    lines: tuple[OrderLine, ...]


class OrderAsOf(Document):
    """What an order's lines were when a day ended, judged later; without the buyer, whom no ledger needs.

    What had left or been cancelled by then has that status in `statuses`; all else was still to be shipped, in whatever
    status. Charges are for the whole quantity of the line, as ever.
    """

    channel: str
    market: str | None = None
    number: str
    customer_number: str | None = None
    ordered_at: datetime
    as_of: date  # the day that ended, in the zone of the source's settings: the last of a month
    node: str | None = None
    node_name: str | None = None
    fulfilled_by: Fulfiller = "seller"
    lines: tuple[OrderLine, ...]

    @property
    def unshipped(self) -> dict[str, Decimal]:
        """How much of each line, by its number, was still to be shipped; lines of which nothing was are left out."""
        left = {line.number: line.quantity - line.quantity_in(*_CLOSED) for line in self.lines}
        return {number: quantity for number, quantity in left.items() if quantity > _NOTHING}
