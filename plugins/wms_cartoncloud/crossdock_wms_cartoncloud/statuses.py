"""From a sale order to where it stands; pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from crossdock.canonical import OrderLine, StatusChange
from crossdock.errors import RejectedError
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.receipts import KIND
from crossdock_wms_cartoncloud.wire import Item, OutboundOrder

KNOWN = frozenset(
    {
        "DRAFT",
        "AWAITING_STOCK",
        "REJECTED",
        "AWAITING_PICK_AND_PACK",
        "PICKING_IN_PROGRESS",  # shown by the web app, not listed by the reference
        "PICKED",
        "PACKING_IN_PROGRESS",
        "PACKED",
        "DISPATCHED",
    }
)
BEFORE_PACKING = frozenset({"DRAFT", "AWAITING_STOCK", "REJECTED", "AWAITING_PICK_AND_PACK"})
DISPATCHED = "DISPATCHED"


def to_status_change(raw: Json) -> StatusChange:
    """Turn one sale order into where it stands.

    Shape: n items become n lines in the same sequence, numbered by their item ids. A rejected order that bears no items
    states no lines: they are not gone, they were never taken over.
    Raises: RejectedError, naming the field and never its value.
    Source: CartonCloud REST API reference, "Outbound orders", revision of 2026-05-06.
    """
    order = read_order(raw)
    return StatusChange(
        kind=KIND,
        id=order.id,
        reference=(order.references.customer or "").strip() or None,
        status=status_of(order),
        known=status_of(order) in KNOWN,
        at=changed_at(order),
        lines=tuple(_line(place, item) for place, item in enumerate(order.items, start=1))
        if states_lines(order)
        else None,
    )


def read_order(raw: Json) -> OutboundOrder:
    """Read a raw sale order. Raises: RejectedError, naming the field and never its value."""
    try:
        return OutboundOrder.model_validate(raw)
    except ValidationError as error:
        # The cause may quote the buyer's data.
        raise RejectedError(
            f"this is no sale order that can be understood: {faulty(error)}", code="malformed_sale_order"
        ) from None


def faulty(error: ValidationError) -> str:
    """The fields that do not fit, without their values."""
    faults: list[Any] = error.errors(include_url=False, include_input=False, include_context=False)
    fields = sorted({".".join(str(part) for part in fault["loc"]) or "the whole of it" for fault in faults})
    return ", ".join(fields[:5])


def status_of(order: OutboundOrder) -> str:
    """The status as CartonCloud says it; empty where it says none."""
    return (order.status or "").strip()


def changed_at(order: OutboundOrder) -> datetime:
    """When it changed last. Raises: RejectedError where no time bears its offset."""
    at = order.timestamps.modified.time or order.timestamps.created.time
    if at is None:
        raise RejectedError(f"sale order {order.number} says at no time with its offset when it changed")
    return at


def states_lines(order: OutboundOrder) -> bool:
    """Whether its items are what the warehouse is to send: empty ones of a rejected order say nothing."""
    return "items" in order.model_fields_set and not (order.rejected and not order.items)


def item_name(place: int, item: Item) -> str:
    """How an item is named: by its id, as links do; `place` counts from 1."""
    return item.id or item.references.numeric_id or str(place)


def _line(place: int, item: Item) -> OrderLine:
    return OrderLine(
        number=item_name(place, item),
        sku=item.sku,
        name=item.details.product.name,
        quantity=item.measures.quantity,
        unit=item.details.unit.type,
    )
