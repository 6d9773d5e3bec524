"""What people in the warehouse do: move, reset and edit orders, write tracking on consignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crossdock_wms_cartoncloud.simulator.entities import Consignment, Line, SaleOrder
from crossdock_wms_cartoncloud.simulator.intake import complaint, reject
from crossdock_wms_cartoncloud.simulator.statuses import APPROVED, BEFORE, FLOOR, back, forward
from crossdock_wms_cartoncloud.simulator.tenant import Tenant


class Staff:
    """The people of one tenant. What they may not do raises ValueError."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._settings = tenant.world.settings

    def move(self, order: SaleOrder, target: str, errors: Sequence[str] = ()) -> None:
        """Bring an order to a status, through every status on the way."""
        for status in forward(order.status, target, self._settings):
            self._enter(order, status, errors)

    def force(self, order: SaleOrder, target: str) -> None:
        """Set any text as status, documented or not, without what usually comes with it."""
        order.status = target
        self._tenant.change_order(order)

    def reset(self, order: SaleOrder, target: str) -> None:
        """Take an approved order back."""
        back(order.status, target)
        if order.status == "DISPATCHED":
            self._tenant.stock.ship(order, sign=-1)
            order.dispatched = None
        if target not in ("PACKED", "DISPATCHED"):
            order.packed = None
        if target in BEFORE:
            self._tenant.stock.release(order)
        order.status = target
        self._tenant.change_order(order)
        self._tenant.note("reset", order, order.version)

    def edit(self, order: SaleOrder, wanted: Sequence[dict[str, Any]]) -> None:
        """Replace the lines of an order that has not left: lines of a SKU keep their ids and custom fields."""
        if order.status == "DISPATCHED":
            raise ValueError("a dispatched order cannot be edited")
        old = list(order.lines)
        lines = [self._edited(old, **line) for line in wanted]
        self._resolve(order, lines)
        self._tenant.stock.release(order)
        order.lines = lines
        if self._counts and order.status not in BEFORE:
            for line in lines:
                self._tenant.stock.allocate(order, line)
        self._tenant.change_order(order)
        self._tenant.note("edited", order, order.version)

    def rename(self, order: SaleOrder, reference: str) -> None:
        """Give an order another customer reference."""
        self._tenant.rename_order(order, reference)
        self._tenant.note("renamed", order, order.version)

    def track(self, order: SaleOrder, tracking: dict[str, Any]) -> None:
        """Write tracking on the newest consignment; with `add` on one more; with none at all into custom fields.

        `lines` says what is in that consignment; else it is all of the order. `package` names another one than the
        newest by its place, from 1.
        """
        tracking = dict(tracking)
        add, package = bool(tracking.pop("add", False)), tracking.pop("package", None)
        if unknown := sorted(tracking.keys() - {"carrier", "number", "url", "status", "lines"}):
            known = "carrier, number, url, status, lines, package and add"
            raise ValueError(f"tracking knows {known}, not {', '.join(unknown)}")
        if self._settings.consignments == "never":
            self._track_in_fields(order, tracking)
        else:
            self._track_on(self._consignment(order, add, package), tracking)
        self._tenant.note("tracking", order, str(tracking.get("number")))

    # ------------------------------------------------------------ steps

    @property
    def _counts(self) -> bool:
        return self._settings.stock != "unlimited"

    def _enter(self, order: SaleOrder, status: str, errors: Sequence[str]) -> None:
        if status == "REJECTED":
            self._tenant.stock.release(order)
            reject(order, list(errors) or ["Rejected by staff"])
            self._tenant.note("rejected", order, order.version + 1)
        elif order.status in BEFORE:
            self._approve(order)
        order.status = status
        if status == "PACKED" or (status == "DISPATCHED" and order.packed is None):
            order.packed = self._tenant.world.now()
        if status == "DISPATCHED":
            self._dispatch(order)
        self._tenant.change_order(order)
        self._consign(order)

    def _approve(self, order: SaleOrder) -> None:
        self._resolve(order, order.lines)
        if self._counts:
            short = [line.sku for line in order.lines if self._tenant.stock.missing(order, line)]
            if short:
                raise ValueError(f"not enough stock of {', '.join(short)}")
            for line in order.lines:
                self._tenant.stock.allocate(order, line)
        order.errors = []

    def _resolve(self, order: SaleOrder, lines: list[Line]) -> None:
        found = [(line, self._tenant.catalogue.resolve(order.customer, line)) for line in lines]
        if left := [complaint(line, trouble) for line, trouble in found if trouble is not None]:
            raise ValueError("; ".join(left))

    def _dispatch(self, order: SaleOrder) -> None:
        order.dispatched = self._tenant.world.now()
        self._tenant.stock.ship(order)
        self._tenant.note("dispatched", order, order.version + 1)

    def _consign(self, order: SaleOrder) -> None:
        """Make or move the consignment, as the organisation's setting says."""
        when, made = self._settings.consignments, self._tenant.consignments_of(order)
        packed = order.status in ("PACKED", "DISPATCHED")
        if when == "import" and not made and order.status in FLOOR:
            self._make(order, "DELIVERY", "AWAITING_SALE_ORDER_PACKING")
        elif when == "packed" and not made and packed:
            self._make(order, "DELIVERY", "IN_WAREHOUSE")
        elif when == "picked" and not made and order.status == "PICKED":
            self._make(order, "WAREHOUSE_FULFILMENT", "IN_WAREHOUSE")
        for consignment in made:
            if packed and consignment.status == "AWAITING_SALE_ORDER_PACKING":
                consignment.status = "IN_WAREHOUSE"
                self._tenant.change_consignment(consignment)

    def imported(self, order: SaleOrder) -> None:
        """What the organisation does with an order that has just come in."""
        if order.status == APPROVED:
            self._consign(order)

    def _make(self, order: SaleOrder, kind: str, status: str) -> Consignment:
        made = self._tenant.consign(order, kind, status)
        self._tenant.note("consignment", order, made.id)
        return made

    def _consignment(self, order: SaleOrder, add: bool, package: int | None) -> Consignment:
        made = self._tenant.consignments_of(order)
        if not made:
            raise ValueError(f"the order has no consignment in status {order.status}")
        if package is not None and package not in range(1, len(made) + 1):
            raise ValueError(f"there is no package {package}")
        if package is not None:
            return made[package - 1]
        return self._make(order, made[-1].kind, made[-1].status) if add else made[-1]

    def _track_on(self, consignment: Consignment, tracking: dict[str, Any]) -> None:
        consignment.status = tracking.pop("status", None) or consignment.status
        lines = tracking.pop("lines", None)
        if lines is not None:
            consignment.items = [self._tenant.packed(**line) for line in lines]
        consignment.tracking = {**consignment.tracking, **tracking}
        self._tenant.change_consignment(consignment)

    def _track_in_fields(self, order: SaleOrder, tracking: dict[str, Any]) -> None:
        names = self._settings.tracking_fields
        order.properties = {**order.properties, **{names[key]: tracking[key] for key in names if key in tracking}}
        self._tenant.change_order(order)

    def _edited(self, old: list[Line], sku: str, quantity: Any) -> Line:
        if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
            raise ValueError(f"the quantity of {sku} must be a whole number above 0")
        same = next((line for line in old if line.sku == sku), None)
        if same is not None:
            old.remove(same)
            return Line(
                same.id, same.number, same.given, quantity, same.unit_given, price=same.price,
                properties=dict(same.properties),
            )  # fmt: skip
        given = {"references": {"code": sku}}
        return Line(self._tenant.world.new_uuid(), self._tenant.number("line"), given, quantity)
