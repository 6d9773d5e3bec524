"""The orders of the marketplace, and what it knows of each beside its JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from crossdock.simulator import Shelf, VirtualClock
from crossdock_walmart.simulator.errors import nothing_found

Wire = dict[str, Any]

_YEAR_2100 = 4_102_444_800_000


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """One purchase order. `wire` is never changed in place."""

    wire: Wire
    modified: datetime
    shipped_at: Mapping[str, datetime] = field(default_factory=dict)
    """When each line was last marked shipped, by the marketplace's clock."""

    @property
    def id(self) -> str:
        """The purchase order id."""
        return str(self.wire["purchaseOrderId"])

    @property
    def created(self) -> datetime:
        """When the buyer ordered."""
        return from_epoch_ms(self.wire["orderDate"])

    @property
    def ship_node_type(self) -> str:
        """Who fulfils it; the seller where the order does not say."""
        return str(at(self.wire, "shipNode", "type") or "SellerFulfilled")

    @property
    def ship_by(self) -> datetime:
        """When it should leave; when it was ordered, where the order does not say."""
        wanted = at(self.wire, "shippingInfo", "estimatedShipDate")
        return from_epoch_ms(wanted) if is_epoch_ms(wanted) else self.created

    @property
    def lines(self) -> list[Wire]:
        """The wire lines; a malformed order, placed on purpose, may have none."""
        lines = at(self.wire, "orderLines", "orderLine")
        return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


class OrderBook:
    """Every order; lists see a change only after the read lag."""

    def __init__(self, clock: VirtualClock, lag_s: Callable[[], float]) -> None:
        self._clock = clock
        self._shelf: Shelf[StoredOrder] = Shelf(clock, lag_s)

    def add(self, wire: Wire) -> StoredOrder:
        """A new order, modified when it was created. Raises: ValueError where its id is taken."""
        order = StoredOrder(wire, from_epoch_ms(wire["orderDate"]))
        if self._shelf.get(order.id) is not None:
            raise ValueError(f"purchase order {order.id} exists already")
        self._shelf.put(order.id, order)
        return order

    def one(self, order_id: str) -> StoredOrder:
        """The order as it is. Raises: Refusal with 404."""
        if (order := self._shelf.get(order_id)) is None:
            raise nothing_found(f"Order not found for purchase order id {order_id}")
        return order

    def has(self, order_id: str) -> bool:
        """Whether that id is taken."""
        return self._shelf.get(order_id) is not None

    def seen(self) -> Iterator[StoredOrder]:
        """The orders as a list sees them."""
        return self._shelf.seen()

    def all(self) -> list[StoredOrder]:
        """The orders as they are."""
        return self._shelf.all()

    def draft(self, order: StoredOrder) -> Wire:
        """A copy of the order's JSON, to be changed and saved."""
        return deepcopy(order.wire)

    def save(self, order: StoredOrder, wire: Wire, touched: set[str], *, shipped: bool = False) -> StoredOrder:
        """Store a changed order: its last modification and the status date of the touched lines are now."""
        now = self._clock.now()
        for line in wire["orderLines"]["orderLine"] if touched else ():
            if line["lineNumber"] in touched:
                line["statusDate"] = to_epoch_ms(now)
        marks = {**order.shipped_at, **dict.fromkeys(touched, now)} if shipped else order.shipped_at
        saved = replace(order, wire=wire, modified=now, shipped_at=marks)
        self._shelf.put(saved.id, saved)
        return saved


def at(value: Any, *names: str) -> Any:
    """The member at the end of a path; None where the path breaks off."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def is_epoch_ms(value: Any) -> bool:
    """Whether a value can be a date in JSON."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _YEAR_2100


def to_epoch_ms(moment: datetime) -> int:
    """As dates stand in JSON."""
    return int(moment.timestamp() * 1000)


def from_epoch_ms(value: int) -> datetime:
    """The moment of a date in JSON."""
    return datetime.fromtimestamp(int(value) / 1000, UTC)


def moment_of(text: str) -> datetime:
    """A moment in ISO 8601, as control verbs name it; UTC where it bears no zone. Raises: ValueError."""
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
