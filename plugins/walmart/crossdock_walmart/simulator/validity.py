"""Orders that a test hands in must be orders: the members that the service always sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from crossdock_walmart.simulator.book import Wire, is_epoch_ms
from crossdock_walmart.simulator.quantities import count

_ORDER = ("purchaseOrderId", "customerOrderId", "orderDate", "shippingInfo", "orderLines")
_LINE = ("lineNumber", "item", "charges", "orderLineQuantity", "statusDate", "orderLineStatuses")


def check_identity(wire: Any) -> Wire:
    """An order that may otherwise be as malformed as a test wants it. Raises: ValueError without id or date."""
    if not isinstance(wire, Mapping) or not isinstance(wire.get("purchaseOrderId"), str):
        raise ValueError("the order has no purchaseOrderId")
    if not is_epoch_ms(wire.get("orderDate")):
        raise ValueError("orderDate must be epoch milliseconds")
    return dict(wire)


def check_order(wire: Any) -> Wire:
    """The order itself. Raises: ValueError, naming what is missing or cannot be."""
    _require(wire, _ORDER, "the order")
    for name in ("purchaseOrderId", "customerOrderId"):
        if not isinstance(wire[name], str) or not wire[name].isdigit():
            raise ValueError(f"{name} must be text of digits")
    lines = wire["orderLines"].get("orderLine")
    if not isinstance(lines, list) or not lines:
        raise ValueError("the order has no lines")
    for line in lines:
        _check_line(line)
    if repeated := [number for number, times in Counter(line["lineNumber"] for line in lines).items() if times > 1]:
        raise ValueError(f"line number {repeated[0]} stands twice")
    return check_identity(wire)


def _check_line(line: Any) -> None:
    _require(line, _LINE, "a line")
    _require(line["item"], ("productName", "sku"), "an item")
    if not isinstance(line["lineNumber"], str):
        raise ValueError("lineNumber must be text")
    total = int(line["orderLineQuantity"]["amount"])
    if sum(count(line).values()) != total or total < 1:
        raise ValueError(f"the statuses of line {line['lineNumber']} do not add up to {total}")


def _require(value: Any, names: tuple[str, ...], what: str) -> None:
    if not isinstance(value, Mapping):
        raise ValueError(f"{what} must be an object")
    if missing := [name for name in names if value.get(name) is None]:
        raise ValueError(f"{what} has no {missing[0]}")
