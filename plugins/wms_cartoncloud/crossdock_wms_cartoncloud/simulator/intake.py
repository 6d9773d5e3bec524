"""A new sale order on its way in: products, duplicates, stock, first status."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crossdock_wms_cartoncloud.simulator.catalogue import Trouble
from crossdock_wms_cartoncloud.simulator.entities import Line, SaleOrder, Wire
from crossdock_wms_cartoncloud.simulator.order_body import check_order, keep_details
from crossdock_wms_cartoncloud.simulator.parties import Customer, Warehouse
from crossdock_wms_cartoncloud.simulator.problems import Faults, refusal
from crossdock_wms_cartoncloud.simulator.stock import allocate
from crossdock_wms_cartoncloud.simulator.tenant import Tenant


class OrderIntake:
    """Imports orders into one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._settings = tenant.world.settings

    def create(self, body: Wire) -> SaleOrder:
        """Import one order. Raises: Refusal 422, with everything that is wrong."""
        customer, warehouse = self._check(body)
        replaced = self._existing(customer, body["references"]["customer"])
        lines = [self._tenant.new_line(item) for item in body["items"]]
        troubles = self._resolve(customer, lines)
        order = self._order(body, customer, warehouse, replaced)
        order.lines = self._without_troubles(order, lines, troubles)
        order.references["customer"] = self._settings.reference_prefix + order.reference
        rest = self._allocate(order)
        if replaced is not None:
            self._tenant.change_order(order)
            self._tenant.note("overridden", order, order.version)
        else:
            self._tenant.add_order(order)
            self._tenant.note("sale_order", order)
        if rest:
            self._add_rest(order, rest)
        return order

    def _check(self, body: Wire) -> tuple[Customer, Warehouse]:
        faults = Faults()
        check_order(faults, body, self._settings.currency)
        customer = self._tenant.parties.find_customer(faults, body.get("customer"))
        warehouse = self._tenant.parties.find_warehouse(faults, body.get("warehouse"), customer)
        faults.raise_any()
        assert customer is not None  # noqa: S101  (else a fault was raised)
        assert warehouse is not None  # noqa: S101
        return customer, warehouse

    def _existing(self, customer: Customer, reference: str) -> SaleOrder | None:
        """The order to override, if that is what happens here. Raises: Refusal 422 for a duplicate."""
        found = self._tenant.same_reference(customer.id, reference)
        if not found or self._settings.duplicates == "allow":
            return None
        if self._settings.duplicates == "override" and found[0].status in self._settings.override_statuses:
            return found[0]
        duplicate = {
            "field": "/references/customer",
            "message": "A Sale Order with this Customer Reference already exists.",
            "type": "DUPLICATE",
            "details": {"duplicateId": found[0].id},
        }
        raise refusal(422, [duplicate])

    def _resolve(self, customer: Customer, lines: list[Line]) -> dict[str, Trouble]:
        found = {line.id: self._tenant.catalogue.resolve(customer, line) for line in lines}
        troubles = {line_id: trouble for line_id, trouble in found.items() if trouble is not None}
        if troubles and str(self._settings.unknown_product) == "422":
            faults = Faults()
            for index, line in enumerate(lines):
                if (trouble := troubles.get(line.id)) is not None:
                    faults.add(f"/items/{index}/details/product", complaint(line, trouble), trouble.code)
            faults.raise_any()
        return troubles

    def _order(self, body: Wire, customer: Customer, warehouse: Warehouse, replaced: SaleOrder | None) -> SaleOrder:
        tenant, now = self._tenant, self._tenant.world.now()
        references = {
            key: value for key, value in body["references"].items() if value is not None and key != "numericId"
        }
        order = replaced or SaleOrder(
            tenant.world.new_uuid(), tenant.number("order"), customer, warehouse, references, {}, {}, [], now, now
        )
        tenant.stock.release(order)
        order.warehouse, order.references = warehouse, references
        order.details = keep_details(body["details"])
        order.properties = dict(body.get("properties") or {})
        order.status, order.errors = self._settings.first_status, []
        return order

    def _without_troubles(self, order: SaleOrder, lines: list[Line], troubles: dict[str, Trouble]) -> list[Line]:
        kept = [line for line in lines if line.id not in troubles]
        if not troubles or (kept and self._settings.unknown_product == "drop_line"):
            return kept
        reject(order, [complaint(line, troubles[line.id]) for line in lines if line.id in troubles])
        return lines  # staff can still approve the whole order, once the products are there

    def _allocate(self, order: SaleOrder) -> list[tuple[Line, Decimal]]:
        if order.status == "REJECTED":
            return []
        made = allocate(self._tenant.stock, order, self._settings.stock)
        order.lines = made.lines
        if made.errors and self._settings.stock == "422":
            raise refusal(422, [{"field": "/items", "message": message, "code": 10448} for message in made.errors])
        if made.errors:
            reject(order, made.errors)
        elif made.status:
            order.status = made.status
        return made.rest

    def _add_rest(self, order: SaleOrder, rest: list[tuple[Line, Any]]) -> None:
        """The back order of a split. It bears the same customer reference: two orders then answer to it."""
        tenant, now = self._tenant, self._tenant.world.now()
        lines = [self._rest_line(line, quantity) for line, quantity in rest]
        child = SaleOrder(
            tenant.world.new_uuid(), tenant.number("order"), order.customer, order.warehouse, dict(order.references),
            order.details, dict(order.properties), lines, now, now, status="AWAITING_STOCK",
        )  # fmt: skip
        tenant.add_order(child)
        tenant.note("split", child)

    def _rest_line(self, line: Line, quantity: Any) -> Line:
        return Line(
            self._tenant.world.new_uuid(), self._tenant.number("line"), line.given, quantity, line.unit_given,
            line.product, line.unit, line.price, dict(line.properties),
        )  # fmt: skip


def reject(order: SaleOrder, messages: list[str]) -> None:
    """Put an order aside with the reasons."""
    order.status = "REJECTED"
    order.errors = [{"message": message, "isResolved": False} for message in messages]


def complaint(line: Line, trouble: Trouble) -> str:
    """What is wrong with a line, in the service's words."""
    name = line.given.get("name") or line.sku
    return f"{name} ({line.sku}) x {line.quantity} {line.unit_given or 'UNIT'} - {trouble.message}"
