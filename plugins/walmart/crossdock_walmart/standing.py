"""Where an order stands at Walmart: what is open, shipped and cancelled of each line, without the buyer's data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pydantic import ValidationError

from crossdock import Hold, HoldError, RejectedError
from crossdock.canonical import OrderLineStatus
from crossdock.jsonio import Json
from crossdock_walmart.api import WalmartApi
from crossdock_walmart.mapping import asks_to_cancel, to_fulfiller, to_quantity, to_statuses, utc
from crossdock_walmart.wire import WalmartShippedLine, WalmartShippedOrder

NOTHING = Decimal(0)
_GONE = ("shipped", "delivered", "refunded")

ORDER_HOLDS = (Hold("order_not_found"), Hold("order_not_understood"), Hold("permission_missing"))
"""Why an order cannot be looked at, whatever is to be told of it."""


@dataclass(frozen=True, slots=True)
class ShippedPart:
    """A part of a line that left, with the tracking that Walmart shows for it."""

    quantity: Decimal
    number: str
    carrier: str
    url: str | None
    delivered: bool


@dataclass(frozen=True, slots=True)
class LineStanding:
    """One line: how much of it is in which status, and what left."""

    number: str
    sku: str
    quantity: Decimal
    statuses: tuple[OrderLineStatus, ...]
    shipped: tuple[ShippedPart, ...]
    cancel_requested: bool
    changed_at: datetime | None

    def quantity_in(self, *statuses: str) -> Decimal:
        """How much of the line is in any of `statuses`."""
        return sum((part.quantity for part in self.statuses if part.status in statuses), NOTHING)

    @property
    def standing(self) -> Decimal:
        """What is not cancelled."""
        return self.quantity - self.quantity_in("cancelled")

    def shipped_as(self, number: str) -> Decimal:
        """How much left under that tracking number."""
        return sum((part.quantity for part in self.shipped if same_number(part.number, number)), NOTHING)


@dataclass(frozen=True, slots=True)
class Standing:
    """One purchase order as Walmart showed it at `seen_at`, by Walmart's clock."""

    number: str
    ordered_at: datetime
    ship_by: datetime | None
    method: str | None
    fulfilled_by: str
    lines: tuple[LineStanding, ...]
    seen_at: datetime

    @property
    def all_cancelled(self) -> bool:
        """Whether nothing is left of it."""
        return all(line.standing == 0 for line in self.lines)

    @property
    def unacknowledged(self) -> bool:
        """Whether any of it waits to be acknowledged."""
        return any(line.quantity_in("created") for line in self.lines)

    def line(self, number: str) -> LineStanding | None:
        """The line of that number."""
        return next((line for line in self.lines if line.number == number), None)


async def look(api: WalmartApi, purchase_order_id: str) -> Standing:
    """Read an order as it stands now.

    Raises: HoldError where Walmart shows no such order, or one that cannot be understood; and what reading raises.
    """
    raw = await api.order(purchase_order_id)
    if raw is None:
        raise order_not_found(purchase_order_id)
    return to_standing(raw, purchase_order_id, await api.now())


def to_standing(raw: Json, purchase_order_id: str, seen_at: datetime) -> Standing:
    """Turn a raw order into where it stands. Raises: HoldError, naming no value, where it is not understood."""
    try:
        wire = WalmartShippedOrder.model_validate(raw)
        lines = tuple(_line(position, line) for position, line in enumerate(wire.lines, start=1))
    except (ValidationError, RejectedError):
        raise _not_understood(purchase_order_id) from None  # the cause quotes the buyer's data
    if wire.purchase_order_id != purchase_order_id or not lines:
        raise _not_understood(purchase_order_id)
    return Standing(
        number=wire.purchase_order_id,
        ordered_at=utc(wire.order_date),
        ship_by=utc(wire.ship_by) if wire.ship_by else None,
        method=wire.method or None,
        fulfilled_by=to_fulfiller(wire),
        lines=lines,
        seen_at=seen_at,
    )


def order_not_found(purchase_order_id: str) -> HoldError:
    """Walmart says that there is no such order."""
    return HoldError(
        "order_not_found",
        f"Walmart shows no order {purchase_order_id} to this account",
        fix="compare the account and `base_url` of the connection with where the order came from; orders older than "
        "180 days are no longer shown: finish those in Seller Center, then discard the delivery",
        order=purchase_order_id,
    )


def same_number(one: str, other: str) -> bool:
    """Whether two tracking numbers are one: spaces and case do not count."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def numbers_of(lines: Iterable[LineStanding]) -> list[str]:
    """The tracking numbers that Walmart shows on these lines, each once."""
    return list(dict.fromkeys(part.number for line in lines for part in line.shipped if part.number))


def _line(position: int, line: WalmartShippedLine) -> LineStanding:
    quantity = to_quantity(position, line)
    statuses = to_statuses(position, line, quantity)
    return LineStanding(
        number=line.number or "",
        sku=line.sku or "",
        quantity=quantity,
        statuses=statuses,
        shipped=tuple(
            ShippedPart(
                part.quantity,
                part.tracking_number or "",
                part.carrier or "",
                wire.tracking_url,
                part.status != "shipped",
            )
            for part, wire in zip(statuses, line.statuses, strict=False)
            if part.status in _GONE
        ),
        cancel_requested=asks_to_cancel(line),
        changed_at=utc(line.status_date) if line.status_date else None,
    )


def _not_understood(purchase_order_id: str) -> HoldError:
    return HoldError(
        "order_not_understood",
        f"order {purchase_order_id} as Walmart shows it now cannot be understood: quantities, line numbers or dates "
        "of it are missing or contradict each other",
        fix="look at it in Seller Center and finish it there if need be; it is looked at again by itself",
        order=purchase_order_id,
    )
