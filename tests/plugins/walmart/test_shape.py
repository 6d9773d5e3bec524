from __future__ import annotations

from crossdock_walmart.shape import ORDER
from crossdock_walmart.simulator import WalmartSimulator


def test_shape_knows_every_field_of_a_simulated_order_but_the_planted_one():
    simulator = WalmartSimulator(seed=3)
    simulator.control("orders", {"count": 25})

    found = set().union(*(ORDER.fields(order) for order in simulator.control("state")["orders"]))

    assert found - ORDER.paths <= {"x-fulfilment-hint"}
    assert len(found & ORDER.paths) > 60
