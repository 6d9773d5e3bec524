"""The endpoints that live under a tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Route, answer
from crossdock_wms_cartoncloud.simulator.catalogue import check_product
from crossdock_wms_cartoncloud.simulator.entities import Wire
from crossdock_wms_cartoncloud.simulator.gate import read_body, read_object_body
from crossdock_wms_cartoncloud.simulator.intake import OrderIntake
from crossdock_wms_cartoncloud.simulator.json_patch import patch
from crossdock_wms_cartoncloud.simulator.paging import answer_page, prefers
from crossdock_wms_cartoncloud.simulator.problems import Faults, refusal, refuse
from crossdock_wms_cartoncloud.simulator.search import Search, exact_text
from crossdock_wms_cartoncloud.simulator.search_terms import CONSIGNMENTS, OUTBOUND, PRODUCTS, Searchable
from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings
from crossdock_wms_cartoncloud.simulator.staff import Staff
from crossdock_wms_cartoncloud.simulator.tenant import Tenant

_ORDERS = "/tenants/{tenant}/outbound-orders"
_CONSIGNMENTS = "/tenants/{tenant}/consignments"
_PRODUCTS = "/tenants/{tenant}/warehouse-products"
_CUSTOMERS = "/tenants/{tenant}/customers"

_CREATE = Limit(30, 60.0, "create order")
_OTHER = Limit(120, 60.0, "other")
_MEDIA_PATCH = "application/json-patch+json"

PRODUCT_VERSION = 8
"""The newest version of the product endpoints; everything else knows version 1 only."""


class Api:
    """The documented endpoints of the pipelines: orders, consignments, products, customers."""

    def __init__(self, tenant: Callable[[str], Tenant], settings: Callable[[], CartonCloudSettings]) -> None:
        self._tenant = tenant
        self._settings = settings

    def routes(self) -> list[Route]:
        """All of them, with the roles that each needs."""
        jobs = {"roles": "WMS Create Jobs"}
        view = {"roles": "TMS View Jobs|TMS Create Jobs"}
        see = {"roles": "WMS Add Product|WMS Edit Product", "version": "product"}
        return [
            Route("GET", _CUSTOMERS, self.list_customers, limit=_OTHER, tags={"roles": "WMS Create Jobs|Add Customer"}),
            Route("GET", _CUSTOMERS + "/{id}", self.show_customer, limit=_OTHER, tags=jobs),
            Route("POST", _ORDERS, self.create_order, limit=_CREATE, tags=jobs),
            Route("POST", _ORDERS + "/search", self.search_orders, write=False, limit=_OTHER, tags=jobs),
            Route("GET", _ORDERS + "/{id}", self.show_order, limit=_OTHER, tags=jobs),
            Route("DELETE", _ORDERS + "/{id}", self.delete_order, limit=_OTHER, tags=jobs),
            Route("POST", _CONSIGNMENTS + "/search", self.search_consignments, write=False, limit=_OTHER, tags=view),
            Route("GET", _CONSIGNMENTS + "/{id}", self.show_consignment, limit=_OTHER, tags=view),
            Route("POST", _PRODUCTS, self.create_product, limit=_OTHER, tags={**see, "roles": "WMS Add Product"}),
            Route("POST", _PRODUCTS + "/search", self.search_products, False, _OTHER, {"version": "product"}),
            Route("GET", _PRODUCTS + "/{id}", self.show_product, limit=_OTHER, tags=see),
            Route("PATCH", _PRODUCTS + "/{id}", self.edit_product, None, _OTHER, {**see, "roles": "WMS Edit Product"}),
        ]

    # ------------------------------------------------------------ customers

    def list_customers(self, call: Call) -> Response:
        """The customers in the client's scope."""
        customers = [customer.wire() for customer in self._at(call).parties.customers()]
        return answer_page(call, customers, self._settings())

    def show_customer(self, call: Call) -> Response:
        """One customer."""
        for customer in self._at(call).parties.customers():
            if customer.id == call.params["id"]:
                return answer(customer.wire())
        raise refuse(404, "Customer could not be found")

    # ------------------------------------------------------------ sale orders

    def create_order(self, call: Call) -> Response:
        """Import a sale order: 201, or 228 where it was created but rejected."""
        body, tenant = read_object_body(call), self._at(call)
        if self._settings().consignments == "import" and "TMS Create Jobs" not in self._settings().roles:
            raise refuse(403, "Access is denied")  # the import would make a consignment too
        order = OrderIntake(tenant).create(body)
        Staff(tenant).imported(order)
        return answer(order.wire(tenant.world.stamp), 228 if order.status == "REJECTED" else 201)

    def show_order(self, call: Call) -> Response:
        """One sale order, as it is now: a look-up by id does not lag."""
        tenant = self._at(call)
        return answer(tenant.visible_order(call.params["id"]).wire(tenant.world.stamp))

    def search_orders(self, call: Call) -> Response:
        """The orders that a condition finds, newest numeric id first."""
        tenant, body = self._at(call), read_body(call)
        matches = self._search(OUTBOUND).compile(body)
        reference = exact_text(body, "/references/customer")
        seen: Iterable[Wire] = (
            tenant.order_shelf.seen()
            if reference is None
            else filter(None, map(tenant.order_shelf.find, tenant.by_reference.get(reference, [])))
        )
        return self._page(call, tenant, filter(matches, seen))

    def delete_order(self, call: Call) -> Response:
        """Delete an order that is in a status where the organisation allows it."""
        tenant = self._at(call)
        order = tenant.visible_order(call.params["id"])
        if order.status not in self._settings().delete_statuses:
            raise refusal(422, [{"field": "/status", "message": f"An order in {order.status} cannot be deleted"}])
        if order.status != "DISPATCHED":
            tenant.stock.release(order)
        tenant.remove_order(order)
        for consignment in tenant.consignments_of(order):
            consignment.status = "CANCELLED"
            tenant.change_consignment(consignment)
        tenant.note("deleted", order, order.id)
        return Response(status_code=204)

    # ------------------------------------------------------------ consignments

    def search_consignments(self, call: Call) -> Response:
        """The consignments that a condition finds."""
        tenant, body = self._at(call), read_body(call)
        matches = self._search(CONSIGNMENTS).compile(body)
        order = exact_text(body, "/generatedFromTask/id")
        shelf = tenant.consignment_shelf
        seen: Iterable[Wire] = (
            shelf.seen() if order is None else filter(None, map(shelf.find, tenant.by_order.get(order, [])))
        )
        return self._page(call, tenant, filter(matches, seen))

    def show_consignment(self, call: Call) -> Response:
        """One consignment."""
        tenant = self._at(call)
        found = tenant.consignments.get(call.params["id"])
        if found is None or not tenant.in_scope(found.order.customer.id):
            raise refuse(404, "Consignment could not be found")
        wire = found.wire()
        if not prefers(call, "return=no-items"):
            return answer(wire)
        del wire["items"]
        return answer(wire, headers={"Preference-Applied": "return=no-items"})

    # ------------------------------------------------------------ products

    def create_product(self, call: Call) -> Response:
        """Create a product of a customer."""
        body, tenant, faults = read_object_body(call), self._at(call), Faults()
        check_product(faults, body)
        customer = tenant.parties.find_customer(faults, body.get("customer"))
        faults.raise_any()
        assert customer is not None  # noqa: S101  (else a fault was raised)
        code = body["references"]["code"]
        if (known := tenant.catalogue.find_code(customer, code)) is not None:
            raise refusal(422, [_duplicate_code(known["id"])])
        return answer(_as_of(tenant.catalogue.store(customer, body), call), 201)

    def show_product(self, call: Call) -> Response:
        """One product."""
        return answer(_as_of(self._product(call), call))

    def edit_product(self, call: Call) -> Response:
        """Edit a product by JSON Patch."""
        operations, tenant, product = read_body(call, _MEDIA_PATCH), self._at(call), self._product(call)
        made, faults = patch(product, operations), Faults()
        check_product(faults, made)
        faults.raise_any()
        for other in tenant.catalogue.shelf.all():
            same = other["customer"] == made["customer"] and other["references"]["code"] == made["references"]["code"]
            if same and other["id"] != made["id"]:
                raise refusal(422, [_duplicate_code(other["id"])])
        return answer(_as_of(tenant.catalogue.replace(made), call))

    def search_products(self, call: Call) -> Response:
        """The products that a condition finds."""
        tenant = self._at(call)
        matches = self._search(PRODUCTS).compile(read_body(call))
        found = [_as_of(one, call) for one in tenant.catalogue.shelf.seen() if matches(one)]
        return answer_page(call, [one for one in found if tenant.in_scope(one["customer"]["id"])], self._settings())

    def _product(self, call: Call) -> Wire:
        tenant = self._at(call)
        found: Wire | None = tenant.catalogue.shelf.get(call.params["id"])
        if found is None or not tenant.in_scope(found["customer"]["id"]):
            raise refuse(404, "Product could not be found")
        return found

    # ------------------------------------------------------------ helpers

    def _at(self, call: Call) -> Tenant:
        return self._tenant(call.params["tenant"])

    def _search(self, searchable: Searchable) -> Search:
        return Search(searchable, dates=self._settings().time_filter == "all")

    def _page(self, call: Call, tenant: Tenant, found: Iterable[Wire]) -> Response:
        # No order is documented: newest first, so that nobody leans on an ascending one.
        shown = [wire for wire in found if tenant.in_scope(wire["customer"]["id"])]
        shown.sort(key=lambda wire: int(wire["references"]["numericId"]), reverse=True)
        return answer_page(call, shown, self._settings(), minimal=True)


def _as_of(product: Wire, call: Call) -> Wire:
    """A product as the asked version of the API shows it."""
    if int(call.headers["accept-version"]) >= 7:
        added = {"countryOfOrigin": None, "harmonizedSystemCode": None}
        return {**product, "details": {**added, **product["details"]}}
    hidden = ("countryOfOrigin", "harmonizedSystemCode")
    return {**product, "details": {key: value for key, value in product["details"].items() if key not in hidden}}


def _duplicate_code(product_id: str) -> dict[str, Any]:
    return {
        "field": "/references/code",
        "message": "A Product with this code already exists.",
        "type": "DUPLICATE",
        "details": {"duplicateId": product_id},
    }
