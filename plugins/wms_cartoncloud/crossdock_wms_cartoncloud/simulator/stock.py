"""Stock of one tenant in base units, and what becomes of an order that it does not cover."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crossdock_wms_cartoncloud.simulator.entities import Line, SaleOrder

Bin = tuple[str, str, str]  # customer, warehouse, product


@dataclass
class Level:
    """What lies in the warehouse, and how much of it belongs to open orders."""

    quantity: Decimal = Decimal(0)
    allocated: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """What no order has claimed."""
        return max(Decimal(0), self.quantity - self.allocated)


class StockRoom:
    """Levels by customer, warehouse and product."""

    def __init__(self) -> None:
        self._levels: dict[Bin, Level] = {}

    def level(self, customer: str, warehouse: str, product: str) -> Level:
        """One level; an empty one where nothing was ever stored."""
        return self._levels.setdefault((customer, warehouse, product), Level())

    def of(self, order: SaleOrder, line: Line) -> Level:
        """The level that a resolved line draws on."""
        return self.level(order.customer.id, order.warehouse.id, str((line.product or {}).get("id")))

    def missing(self, order: SaleOrder, line: Line) -> Decimal:
        """How many base units of the line are neither allocated nor free."""
        return max(Decimal(0), line.base_quantity - line.allocated - self.of(order, line).free)

    def allocate(self, order: SaleOrder, line: Line) -> None:
        """Claim what is free for the line, as much as it needs; of what is too little, only whole units."""
        level, needed = self.of(order, line), line.base_quantity - line.allocated
        taken = needed if needed <= level.free else level.free // line.unit_size * line.unit_size
        level.allocated += taken
        line.allocated += taken

    def release(self, order: SaleOrder) -> None:
        """Give back what the order claimed."""
        for line in order.lines:
            if line.product is not None:
                self.of(order, line).allocated -= line.allocated
            line.allocated = Decimal(0)

    def ship(self, order: SaleOrder, sign: int = 1) -> None:
        """Let what the order claimed leave the warehouse; `sign` -1 takes it back."""
        for line in order.lines:
            if line.allocated:
                self.of(order, line).quantity -= sign * line.allocated
                self.of(order, line).allocated -= sign * line.allocated

    def wire(self) -> list[dict[str, Any]]:
        """Every level that was ever touched."""
        return [
            {
                "customer": customer,
                "warehouse": warehouse,
                "product": product,
                "quantity": level.quantity,
                "quantityAllocated": level.allocated,
                "quantityFree": level.free,
            }
            for (customer, warehouse, product), level in self._levels.items()
        ]


@dataclass
class Allocation:
    """What the stock policy made of an order's lines. `rest` belongs into a second order."""

    status: str
    lines: list[Line]
    rest: list[tuple[Line, Decimal]]
    errors: list[str]


def allocate(stock: StockRoom, order: SaleOrder, policy: str) -> Allocation:
    """Apply one of the policies; `unlimited` claims nothing."""
    lines = list(order.lines)
    if policy == "unlimited":
        return Allocation("", lines, [], [])
    short = {line.id for line in _claim_in_turn(stock, order)}
    if not short:
        return Allocation("", lines, [], [])
    if policy == "split" and not order.details["allowSplitting"]:
        policy = "unassigned"
    return _POLICIES[policy](stock, order, short)


def _claim_in_turn(stock: StockRoom, order: SaleOrder) -> list[Line]:
    for line in order.lines:
        stock.allocate(order, line)
    return [line for line in order.lines if line.allocated < line.base_quantity]


def _reject(stock: StockRoom, order: SaleOrder, short: set[str]) -> Allocation:
    errors = [_complaint(line) for line in order.lines if line.id in short]
    stock.release(order)
    return Allocation("REJECTED", list(order.lines), [], errors)


def _drop(stock: StockRoom, order: SaleOrder, short: set[str]) -> Allocation:
    kept = [line for line in order.lines if line.id not in short]
    if not kept:
        return _reject(stock, order, short)
    _unclaim(stock, order, short)
    return Allocation("", kept, [], [])


def _assign_available(stock: StockRoom, order: SaleOrder, short: set[str]) -> Allocation:
    kept = [line for line in order.lines if line.allocated]
    if not kept:
        return _reject(stock, order, short)
    for line in kept:
        if line.id in short:
            line.quantity = _in_unit(line, line.allocated)
    return Allocation("", kept, [], [])


def _keep_unassigned(stock: StockRoom, order: SaleOrder, short: set[str]) -> Allocation:
    _unclaim(stock, order, short)
    return Allocation("AWAITING_STOCK", list(order.lines), [], [])


def _assign_partial(stock: StockRoom, order: SaleOrder, short: set[str]) -> Allocation:
    return Allocation("AWAITING_STOCK", list(order.lines), [], [])


def _split(stock: StockRoom, order: SaleOrder, short: set[str]) -> Allocation:
    kept = [line for line in order.lines if line.allocated]
    if not kept:
        return _keep_unassigned(stock, order, short)
    rest = [(line, _in_unit(line, line.base_quantity - line.allocated)) for line in order.lines if line.id in short]
    for line in kept:
        line.quantity = _in_unit(line, line.allocated) if line.id in short else line.quantity
    return Allocation("", kept, rest, [])


_POLICIES = {
    "reject_order": _reject,
    "422": _reject,
    "drop_line": _drop,
    "assign_available": _assign_available,
    "unassigned": _keep_unassigned,
    "assign_partial": _assign_partial,
    "split": _split,
}


def _unclaim(stock: StockRoom, order: SaleOrder, short: set[str]) -> None:
    for line in order.lines:
        if line.id in short:
            stock.of(order, line).allocated -= line.allocated
            line.allocated = Decimal(0)


def _in_unit(line: Line, base: Decimal) -> Any:
    quantity = base / line.unit_size
    return int(quantity) if quantity == int(quantity) else quantity


def _complaint(line: Line) -> str:
    name = (line.product or {}).get("name")
    reason = "Not enough stock" if line.allocated else "Out of stock"
    return f"{name} ({line.sku}) x {line.quantity} {line.unit} - {reason}"
