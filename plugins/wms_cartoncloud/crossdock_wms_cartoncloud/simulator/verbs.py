"""What tests and scenarios can make happen in the warehouse: the vendor's verbs of the control plane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_wms_cartoncloud.simulator.checks import is_number
from crossdock_wms_cartoncloud.simulator.entities import SaleOrder
from crossdock_wms_cartoncloud.simulator.parties import Customer
from crossdock_wms_cartoncloud.simulator.problems import Faults
from crossdock_wms_cartoncloud.simulator.staff import Staff
from crossdock_wms_cartoncloud.simulator.tenant import Tenant


class Verbs:
    """Orders are named by id or by customer reference; where that is not enough, `customer` and `tenant` help."""

    def __init__(self, tenants: Mapping[str, Tenant], tenant: Callable[[str | None], Tenant]) -> None:
        self._tenants = tenants
        self._tenant = tenant

    def routes(self) -> list[Route]:
        """Under `/_sim/`."""
        return [
            Route("POST", "/_sim/orders/{key}", self.move),
            Route("POST", "/_sim/edit/{key}", self.edit),
            Route("POST", "/_sim/products", self.add_products),
            Route("POST", "/_sim/stock", self.set_stock),
        ]

    def move(self, call: Call) -> Response:
        """Move an order to a status, and write its tracking."""
        given = call.options(
            status=None, tracking=None, errors=[], reset=False, force=False, customer=None, tenant=None
        )
        tenant, order = self._find(call.params["key"], given)
        staff = Staff(tenant)
        if given["status"] is None and given["tracking"] is None:
            raise ValueError("say status, tracking, or both")
        if given["status"] is not None:
            self._set(staff, order, given)
        if given["tracking"] is not None:
            staff.track(order, given["tracking"])
        return self._show(tenant, order)

    def edit(self, call: Call) -> Response:
        """Replace an order's lines, or its customer reference, or both."""
        given = call.options(lines=None, reference=None, customer=None, tenant=None)
        lines, reference = given["lines"], given["reference"]
        if reference is not None and (not isinstance(reference, str) or not reference.strip()):
            raise ValueError("reference must be a text")
        if reference is not None and lines is None:
            tenant, order = self._find(call.params["key"], given)
            Staff(tenant).rename(order, reference)
            return self._show(tenant, order)
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines) or not lines:
            raise ValueError("lines must be a list of {sku, quantity}")
        tenant, order = self._find(call.params["key"], given)
        Staff(tenant).edit(order, lines)
        if reference is not None:
            Staff(tenant).rename(order, reference)
        return self._show(tenant, order)

    def add_products(self, call: Call) -> Response:
        """Make products known; without a customer, to every one of them. Rejected orders still wait for staff."""
        given = call.options(products=[], tenant=None)
        tenant = self._tenant(given["tenant"])
        made = [product for one in given["products"] for product in self._products(tenant, **one)]
        return answer({"products": made})

    def set_stock(self, call: Call) -> Response:
        """Say how much lies in a warehouse, in base units; without a customer, the first one's."""
        given = call.options(stock=[], tenant=None)
        tenant = self._tenant(given["tenant"])
        for one in given["stock"]:
            self._put(tenant, **one)
        return answer({"stock": tenant.stock.wire()})

    # ------------------------------------------------------------ steps

    def _set(self, staff: Staff, order: SaleOrder, given: dict[str, Any]) -> None:
        if not isinstance(given["status"], str):
            raise ValueError("status must be a text")
        if given["reset"]:
            staff.reset(order, given["status"])
        elif given["force"]:
            staff.force(order, given["status"])
        else:
            staff.move(order, given["status"], given["errors"])

    def _find(self, key: str, given: dict[str, Any]) -> tuple[Tenant, SaleOrder]:
        found = [
            (tenant, order)
            for tenant in self._tenants.values()
            if given["tenant"] in (None, tenant.id)
            for order_id in {key, *tenant.by_reference.get(key, [])}
            if (order := tenant.orders.get(order_id)) is not None
            and given["customer"] in (None, order.customer.name, order.customer.id)
        ]
        if len(found) != 1:
            ids = ", ".join(sorted(order.id for _, order in found))
            raise ValueError(f"{key} names {len(found)} orders: {ids}" if found else f"there is no order {key}")
        return found[0]

    def _show(self, tenant: Tenant, order: SaleOrder) -> Response:
        consignments = [consignment.wire() for consignment in tenant.consignments_of(order)]
        return answer({"id": order.id, "sale_order": order.wire(tenant.world.stamp), "consignments": consignments})

    def _products(
        self,
        tenant: Tenant,
        code: str,
        name: str | None = None,
        customer: str | None = None,
        barcode: str | None = None,
    ) -> list[dict[str, Any]]:
        owners = tenant.parties.customers() if customer is None else [_customer(tenant, customer)]
        return [tenant.catalogue.add(owner, code, name, barcode) for owner in owners]

    def _put(
        self, tenant: Tenant, sku: str, quantity: Any, warehouse: str | None = None, customer: str | None = None
    ) -> None:
        if not is_number(quantity) or quantity < 0:
            raise ValueError(f"the quantity of {sku} must be a number, not below 0")
        owner = _customer(tenant, customer or tenant.parties.customers()[0].name)
        place = tenant.parties.find_warehouse(faults := Faults(), {"name": warehouse} if warehouse else None, owner)
        if place is None:
            raise ValueError(f"{warehouse}: {faults.found[0]['message']}")
        product = tenant.catalogue.add(owner, sku)
        tenant.stock.level(owner.id, place.id, product["id"]).quantity = Decimal(str(quantity))


def _customer(tenant: Tenant, name: str) -> Customer:
    for customer in tenant.parties.customers():
        if name in (customer.name, customer.id, customer.code):
            return customer
    raise ValueError(f"there is no customer {name}")
