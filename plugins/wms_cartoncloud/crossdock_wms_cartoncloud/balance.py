"""How many units our sale orders were of, and how many they are of now: what `crossdock reconcile` compares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from crossdock import SettledEffect
from crossdock.canonical import Measure
from crossdock_wms_cartoncloud.api import CartonCloudApi, any_of, same_order
from crossdock_wms_cartoncloud.statuses import read_order
from crossdock_wms_cartoncloud.wire import OutboundOrder

_AT_ONCE = 20
"""How many references one search names."""

Record = Sequence[SettledEffect]


def units_sent(effects: Record) -> Measure:
    """The units of what was created, and not deleted again."""
    return Measure(
        sum((Decimal(line["quantity"]) for one in standing(effects) for line in one.memo["lines"]), Decimal(0))
    )


async def units_there(api: CartonCloudApi, records: Sequence[Record]) -> list[Measure | None]:
    """The units of what is there of each record; None where a sale order that we made is gone.

    Raises: ReadRefusedError, TransientError.
    """
    created = [standing(effects) for effects in records]
    found = await _find(api, [one for ones in created for one in ones])
    return [_units([found.get(one.receipt.id) for one in ones]) for ones in created]


def standing(effects: Record) -> list[SettledEffect]:
    """The creations that were not deleted again."""
    deleted = {one.memo["cancels"] for one in effects if "cancels" in one.memo}
    return [one for one in effects if "cancels" not in one.memo and one.receipt.id not in deleted]


async def _find(api: CartonCloudApi, wanted: Sequence[SettledEffect]) -> dict[str, OutboundOrder]:
    """The sale orders by id: many at once by their references, and what was renamed there one by one."""
    found: dict[str, OutboundOrder] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        piece = wanted[start : start + _AT_ONCE]
        condition = any_of(*(same_order(one.memo["reference"], one.memo["customer"]) for one in piece))
        found |= {order.id: order for order in await api.search_orders(condition)}
    for one in wanted:
        if one.receipt.id not in found and (raw := await api.order(one.receipt.id)) is not None:
            found[one.receipt.id] = read_order(raw)
    return found


def _units(orders: Iterable[OutboundOrder | None]) -> Measure | None:
    there = list(orders)
    if any(order is None for order in there):
        return None
    return Measure(sum((item.measures.quantity for order in there if order for item in order.items), Decimal(0)))
