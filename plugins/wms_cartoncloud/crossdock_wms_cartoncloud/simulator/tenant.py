"""Everything that one tenant has, and how a change to it becomes visible."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Any

from crossdock_wms_cartoncloud.simulator.catalogue import Catalogue
from crossdock_wms_cartoncloud.simulator.entities import Consignment, Line, SaleOrder, Wire
from crossdock_wms_cartoncloud.simulator.parties import Parties
from crossdock_wms_cartoncloud.simulator.problems import refuse
from crossdock_wms_cartoncloud.simulator.stock import StockRoom
from crossdock_wms_cartoncloud.simulator.world import World


class Tenant:
    """One organisation: parties, products, stock, orders, consignments."""

    def __init__(self, world: World, tenant_id: str) -> None:
        self.id = tenant_id
        self.world = world
        self.parties = Parties(world.seed, tenant_id, lambda: world.settings)
        self.catalogue = Catalogue(world, tenant_id)
        self.stock = StockRoom()
        self.orders: dict[str, SaleOrder] = {}
        self.consignments: dict[str, Consignment] = {}
        self.order_shelf = world.shelf()
        self.consignment_shelf = world.shelf()
        self.by_reference: dict[str, list[str]] = defaultdict(list)
        """Order ids by customer reference, deleted ones too: a search that lags behind may still show them."""
        self.by_order: dict[str, list[str]] = defaultdict(list)
        """Consignment ids by order id."""
        self._numbers = {"order": count(780001), "line": count(990001), "consignment": count(55001)}

    def number(self, kind: str) -> str:
        """The next numeric id."""
        return str(next(self._numbers[kind]))

    def new_line(self, item: Wire) -> Line:
        """A line from an item of a request."""
        details = item["details"]
        unit = (details.get("unitOfMeasure") or {}).get("type")
        return Line(
            id=self.world.new_uuid(),
            number=self.number("line"),
            given=details["product"],
            quantity=item["measures"]["quantity"],
            unit_given=unit,
            price=details.get("approximateUnitPrice"),
            properties=dict(item.get("properties") or {}),
        )

    # ------------------------------------------------------------ sale orders

    def add_order(self, order: SaleOrder) -> None:
        """Keep a new order."""
        self.orders[order.id] = order
        self.by_reference[order.reference].append(order.id)
        self.publish(order)

    def change_order(self, order: SaleOrder) -> None:
        """Make a change visible: one version more, modified now."""
        order.version += 1
        order.modified = self.world.now()
        self.publish(order)

    def rename_order(self, order: SaleOrder, reference: str) -> None:
        """Let an order answer to another customer reference."""
        order.references["customer"] = reference
        self.by_reference[reference].append(order.id)
        self.change_order(order)

    def publish(self, order: SaleOrder) -> None:
        """Let look-ups see the order as it is now."""
        self.order_shelf.put(order.id, order.wire(self.world.stamp))

    def remove_order(self, order: SaleOrder) -> None:
        """Forget an order; searches see it until the read lag is over."""
        del self.orders[order.id]
        self.order_shelf.remove(order.id)

    def same_reference(self, customer_id: str, reference: str) -> list[SaleOrder]:
        """The orders of a customer that bear this reference now."""
        found = [self.orders[one] for one in self.by_reference.get(reference, []) if one in self.orders]
        return [order for order in found if order.customer.id == customer_id]

    def visible_order(self, order_id: str) -> SaleOrder:
        """An order in the API client's scope. Raises: Refusal 404."""
        order = self.orders.get(order_id)
        if order is None or not self.in_scope(order.customer.id):
            raise refuse(404, "Outbound order could not be found")
        return order

    def in_scope(self, customer_id: str) -> bool:
        """Whether the API client may see what belongs to this customer."""
        return self.world.settings.client_customers is None or any(
            customer.id == customer_id for customer in self.parties.customers()
        )

    # ------------------------------------------------------------ consignments

    def consign(self, order: SaleOrder, kind: str, status: str) -> Consignment:
        """Make a consignment for an order."""
        items = [self.packed(line.sku, line.quantity) for line in order.lines]
        made = Consignment(self.world.new_uuid(), self.number("consignment"), order, kind, status, items)
        self.consignments[made.id] = made
        self.by_order[order.id].append(made.id)
        self.consignment_shelf.put(made.id, made.wire())
        return made

    def packed(self, sku: str, quantity: Any) -> dict[str, Any]:
        """An item of a consignment: it describes the product, and names no code."""
        measures = {"quantity": quantity, "weight": None, "cubic": None}
        return {"id": self.world.new_uuid(), "properties": {"description": sku}, "measures": measures}

    def change_consignment(self, consignment: Consignment) -> None:
        """Make an edit visible: it is the consignment's version that rises, not the order's."""
        consignment.version += 1
        self.consignment_shelf.put(consignment.id, consignment.wire())

    def consignments_of(self, order: SaleOrder) -> list[Consignment]:
        """The order's consignments, the newest last."""
        return [self.consignments[one] for one in self.by_order.get(order.id, [])]

    # ------------------------------------------------------------ what was done

    def note(self, kind: str, order: SaleOrder, revision: int | str = 1) -> None:
        """Record a fact about an order, under its customer's reference."""
        self.world.journal.record(kind, order.reference, revision, account=f"{self.id}/{order.customer.name}")

    def snapshot(self) -> dict[str, list[Any]]:
        """Everything, for the control plane."""
        return {
            "sale_orders": self.order_shelf.all(),
            "consignments": self.consignment_shelf.all(),
            "products": self.catalogue.shelf.all(),
            "stock": [{"tenant": self.id, **level} for level in self.stock.wire()],
        }
