"""What happens at Walmart's side: buyers order, ask to cancel, parcels arrive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_walmart.simulator.book import StoredOrder, Wire, moment_of, to_epoch_ms
from crossdock_walmart.simulator.generator import SKUS, OrderGenerator, Wanted
from crossdock_walmart.simulator.quantities import count, move, new_slice, slices
from crossdock_walmart.simulator.validity import check_identity, check_order

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_ANY_NODE = "*"


class Verbs:
    """The marketplace's verbs of the control plane."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator
        self._generator = OrderGenerator(simulator.stream("orders"))

    def routes(self) -> list[Route]:
        """Each answers what it made, with ids."""
        return [
            Route("POST", "/_sim/orders", self.place),
            Route("POST", "/_sim/cancel", self.cancel),
            Route("POST", "/_sim/deliver", self.deliver),
            Route("POST", "/_sim/change", self.change),
            Route("POST", "/_sim/ship-nodes", self.add_node),
        ]

    def place(self, call: Call) -> Response:
        """Orders: `count` generated ones, or the given wire `orders`, malformed only if `unchecked`; all or none."""
        asked = call.options(
            orders=None, unchecked=False, count=1, node=_ANY_NODE, ship_node_type="SellerFulfilled", lines=None,
            skus=SKUS, purchase_order_id=None, customer_order_id=None, created_hours_ago=0, created_at=None,
            method_code="Standard",
        )  # fmt: skip
        wires = (
            self._generated(asked)
            if asked["orders"] is None
            else self._given(asked["orders"], bool(asked["unchecked"]))
        )
        ids = [wire["purchaseOrderId"] for wire in wires]
        taken = [
            order_id for order_id, times in Counter(ids).items() if times > 1 or self._simulator.book.has(order_id)
        ]
        if taken:
            raise ValueError(f"purchase order {taken[0]} exists already")
        for wire in wires:
            order = self._simulator.book.add(wire)
            self._simulator.journal.record("order_placed", order.id)
        return answer({"ids": ids, "customer_order_ids": [wire.get("customerOrderId") for wire in wires]})

    def cancel(self, call: Call) -> Response:
        """The buyer asks to cancel (`intent`), or Walmart cancels what is not shipped, on all lines or those named."""
        asked = call.options(purchase_order_id=None, lines=None, intent=False, reason="Cancelled by Walmart")
        order = self._order(asked["purchase_order_id"])
        draft = self._simulator.book.draft(order)
        touched = set()
        for line in self._lines(draft, asked["lines"]):
            open_quantity = count(line)["Created"] + count(line)["Acknowledged"]
            if not open_quantity:
                continue
            touched.add(line["lineNumber"])
            if asked["intent"]:
                line["intentToCancel"] = "true"
            else:
                to = new_slice("Cancelled", open_quantity, cancellationReason=asked["reason"])
                move(line, open_quantity, ("Created", "Acknowledged"), to)
        if not touched:
            raise ValueError(f"nothing of {order.id} is left to cancel")
        self._simulator.book.save(order, draft, touched)
        kind = "cancel_requested" if asked["intent"] else "cancelled_by_walmart"
        self._simulator.revisions.record(kind, order.id, sorted(touched))
        return answer({"purchase_order_id": order.id, "lines": sorted(touched), "intent": bool(asked["intent"])})

    def deliver(self, call: Call) -> Response:
        """The carrier brought everything that was shipped."""
        order = self._order(call.options(purchase_order_id=None)["purchase_order_id"])
        draft = self._simulator.book.draft(order)
        touched = {line["lineNumber"] for line in draft["orderLines"]["orderLine"] if count(line)["Shipped"]}
        if not touched:
            raise ValueError(f"nothing of {order.id} is shipped")
        for line in draft["orderLines"]["orderLine"]:
            for entry in slices(line):
                entry["status"] = "Delivered" if entry["status"] == "Shipped" else entry["status"]
        self._simulator.book.save(order, draft, touched)
        self._simulator.revisions.record("delivered", order.id, sorted(touched))
        return answer({"purchase_order_id": order.id, "lines": sorted(touched)})

    def change(self, call: Call) -> Response:
        """Anything else that changes in an order at Walmart: members are laid over it, lists whole.

        It is not checked, so that an order can become one that nobody understands, and be mended again.
        """
        asked = call.options(purchase_order_id=None, order=None)
        order = self._order(asked["purchase_order_id"])
        if not isinstance(asked["order"], Mapping):
            raise ValueError("order is an object: the members that change")
        wire = check_identity(_laid_over(order.wire, asked["order"]))
        if wire["purchaseOrderId"] != order.id:
            raise ValueError("the purchase order id stays")
        self._simulator.book.save(order, wire, set())
        self._simulator.revisions.record("changed", order.id, asked["order"])
        return answer({"purchase_order_id": order.id, "order": wire})

    def add_node(self, call: Call) -> Response:
        """One more fulfilment centre."""
        asked = call.options(ship_node=None, name="New DC", status="ACTIVE")
        if not str(asked["ship_node"] or "").isdigit():
            raise ValueError("ship_node is the id of the node, in digits")
        return answer(self._simulator.seller.add_node(str(asked["ship_node"]), asked["name"], asked["status"]))

    def _generated(self, asked: dict[str, Any]) -> list[Wire]:
        if not isinstance(asked["count"], int) or not 0 <= asked["count"] <= 100_000:
            raise ValueError("count is a number from 0 to 100000")
        if asked["count"] != 1 and (asked["purchase_order_id"] or asked["customer_order_id"]):
            raise ValueError("an id is for one order: count must be 1")
        node = self._simulator.seller.nodes[0]["shipNode"] if asked["node"] == _ANY_NODE else asked["node"]
        name = self._simulator.seller.node_named(node) if node else None
        charged = self._simulator.settings.charge_amounts
        wanted = Wanted(
            node, name, asked["ship_node_type"], asked["lines"], asked["skus"], asked["method_code"], charged
        )
        created = self._simulator.clock.now() - timedelta(hours=float(asked["created_hours_ago"]))
        if asked["created_at"] is not None:
            created = moment_of(asked["created_at"])
        ids = asked["purchase_order_id"], asked["customer_order_id"]
        return [check_order(self._generator.make(wanted, created, *ids)) for _ in range(asked["count"])]

    def _given(self, orders: Any, unchecked: bool) -> list[Wire]:
        if not isinstance(orders, list):
            raise ValueError("orders is a list of wire orders")
        now = to_epoch_ms(self._simulator.clock.now())
        check = check_identity if unchecked else check_order
        return [check({"orderDate": now, **order}) for order in orders]

    def _order(self, order_id: Any) -> StoredOrder:
        if not isinstance(order_id, str) or not self._simulator.book.has(order_id):
            raise ValueError(f"there is no purchase order {order_id}")
        return self._simulator.book.one(order_id)

    @staticmethod
    def _lines(draft: Wire, numbers: Any) -> list[Wire]:
        lines: list[Wire] = draft["orderLines"]["orderLine"]
        if numbers is None:
            return lines
        if unknown := [number for number in numbers if number not in [line["lineNumber"] for line in lines]]:
            raise ValueError(f"there is no line {unknown[0]}")
        return [line for line in lines if line["lineNumber"] in numbers]


def _laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return deepcopy(above)
    kept = {name: deepcopy(value) for name, value in below.items() if name not in above}
    return kept | {name: _laid_over(below.get(name), value) for name, value in above.items()}
