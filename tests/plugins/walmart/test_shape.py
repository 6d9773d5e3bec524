from __future__ import annotations

from crossdock_walmart.shape import ORDER, RETURN
from crossdock_walmart.simulator import WalmartSimulator


def test_shape_knows_every_field_of_a_simulated_order_but_the_planted_one():
    simulator = WalmartSimulator(seed=3)
    simulator.control("orders", {"count": 25})

    found = set().union(*(ORDER.fields(order) for order in simulator.control("state")["orders"]))

    assert found - ORDER.paths <= {"x-fulfilment-hint"}
    assert len(found & ORDER.paths) > 60


def test_shape_knows_every_field_of_a_refunded_order_and_of_its_return():
    simulator = WalmartSimulator(seed=3)
    for order_id in simulator.control("orders", {"count": 6})["ids"]:
        simulator.control("ship", {"purchase_order_id": order_id})
        simulator.control("returns", {"purchase_order_id": order_id, "refund": "issued", "shipping": True})

    state = simulator.control("state")
    orders = set().union(*(ORDER.fields(order) for order in state["orders"]))
    returns = set().union(*(RETURN.fields(one) for one in state["returns"]))

    assert orders - ORDER.paths <= {"x-fulfilment-hint"}
    assert "orderLines.orderLine.refund.refundCharges.refundCharge.charge.chargeType" in orders
    assert returns - RETURN.paths <= {"x-processing-hint"}
    assert len(returns & RETURN.paths) > 50
