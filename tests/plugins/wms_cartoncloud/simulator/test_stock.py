from __future__ import annotations

import pytest


@pytest.fixture
def stocked(simulator, settings):
    """Four mugs and no cup in Sydney, under a policy."""

    def under(policy):
        settings(stock=policy)
        simulator.control("stock", {"stock": [{"sku": "MUG-1", "quantity": 4, "warehouse": "Sydney DC"}]})

    return under


@pytest.fixture
def level(simulator):
    def read(sku="MUG-1"):
        state = simulator.control("state")
        product = next(one["id"] for one in state["products"] if one["references"]["code"] == sku)
        found = next(one for one in state["stock"] if one["product"] == product)
        return found["quantity"], found["quantityAllocated"], found["quantityFree"]

    return read


def quantities(order):
    return {item["details"]["product"]["references"]["code"]: item["measures"]["quantity"] for item in order["items"]}


def test_stock_is_unlimited_unless_said(client, order_body):
    assert client.create(order_body(lines={"MUG-1": 1_000_000})).status == 201


@pytest.mark.parametrize(
    ("policy", "status", "state", "left"),
    [
        ("reject_order", 228, "REJECTED", None),
        ("drop_line", 201, "AWAITING_PICK_AND_PACK", {"MUG-1": 3}),
        ("assign_available", 201, "AWAITING_PICK_AND_PACK", {"MUG-1": 3}),
        ("unassigned", 201, "AWAITING_STOCK", {"MUG-1": 3, "CUP-9": 2}),
        ("assign_partial", 201, "AWAITING_STOCK", {"MUG-1": 3, "CUP-9": 2}),
        ("split", 201, "AWAITING_STOCK", {"MUG-1": 3, "CUP-9": 2}),
    ],
)
def test_line_without_stock_is_treated_as_the_policy_says(client, stocked, order_body, policy, status, state, left):
    stocked(policy)

    reply = client.create(order_body(lines={"MUG-1": 3, "CUP-9": 2}))

    assert (reply.status, reply.json["status"]) == (status, state)
    assert left is None or quantities(reply.json) == left


@pytest.mark.parametrize(
    ("policy", "sent", "allocated"),
    [("assign_available", 4, 4), ("unassigned", 6, 0), ("assign_partial", 6, 4), ("drop_line", None, 0)],
)
def test_line_with_too_little_stock_claims_as_the_policy_says(
    client, stocked, order_body, level, policy, sent, allocated
):
    stocked(policy)

    order = client.create(order_body(lines={"MUG-1": 6})).json

    assert order.get("items") is None or quantities(order) == {"MUG-1": sent}
    assert level() == (4, allocated, 4 - allocated)


def test_order_without_stock_is_refused_whole_where_the_policy_says_so(client, stocked, order_body, level):
    stocked("422")

    reply = client.create(order_body(lines={"MUG-1": 3, "CUP-9": 2}))

    assert (reply.status, [problem["code"] for problem in reply.json]) == (422, [10448])
    assert client.find("PO-1") == []
    assert level() == (4, 0, 4)
    assert client.create(order_body(lines={"MUG-1": 3})).status == 201


def test_split_puts_the_rest_into_a_second_order_of_the_same_reference(client, simulator, stocked, order_body):
    stocked("split")

    order = client.create(order_body(lines={"MUG-1": 6, "CUP-9": 1}, changes={"/details/allowSplitting": True})).json

    rest, first = client.find("PO-1")
    assert (first["id"], first["status"], quantities(first)) == (order["id"], "AWAITING_PICK_AND_PACK", {"MUG-1": 4})
    assert (rest["status"], quantities(rest)) == ("AWAITING_STOCK", {"MUG-1": 2, "CUP-9": 1})
    assert {fact["kind"]: fact["count"] for fact in simulator.control("facts")} == {"sale_order": 1, "split": 1}


def test_only_whole_cartons_are_claimed_of_too_little(client, simulator, stocked, order_body, level):
    stocked("assign_available")
    simulator.control("stock", {"stock": [{"sku": "MUG-1", "quantity": 30, "warehouse": "Sydney DC"}]})

    order = client.create(
        order_body(lines={"MUG-1": 5}, changes={"/items/0/details/unitOfMeasure": {"type": "CTN"}})
    ).json

    assert quantities(order) == {"MUG-1": 2}
    assert level() == (30, 24, 6)


def test_delete_and_reject_release_what_was_claimed(client, simulator, stocked, order_body, level):
    stocked("reject_order")
    first = client.create(order_body("PO-1", {"MUG-1": 3})).json["id"]
    assert client.create(order_body("PO-2", {"MUG-1": 3})).status == 228

    client.call("DELETE", f"outbound-orders/{first}")
    assert level() == (4, 0, 4)

    client.create(order_body("PO-3", {"MUG-1": 3}))
    simulator.control("orders/PO-3", {"status": "REJECTED"})
    assert level() == (4, 0, 4)


def test_dispatch_takes_stock_out_and_a_reset_brings_it_back(client, simulator, stocked, order_body, level):
    stocked("reject_order")
    client.create(order_body(lines={"MUG-1": 3}))
    assert level() == (4, 3, 1)

    simulator.control("orders/PO-1", {"status": "DISPATCHED"})
    assert level() == (1, 0, 1)

    simulator.control("orders/PO-1", {"status": "AWAITING_PICK_AND_PACK", "reset": True})
    assert level() == (4, 3, 1)


def test_order_that_waits_for_stock_is_approved_when_it_came(client, simulator, stocked, order_body, level):
    stocked("unassigned")
    client.create(order_body(lines={"MUG-1": 6}))
    with pytest.raises(ValueError, match="not enough stock of MUG-1"):
        simulator.control("orders/PO-1", {"status": "AWAITING_PICK_AND_PACK"})

    simulator.control("stock", {"stock": [{"sku": "MUG-1", "quantity": 9, "warehouse": "Sydney DC"}]})
    simulator.control("orders/PO-1", {"status": "AWAITING_PICK_AND_PACK"})

    assert level() == (9, 6, 3)


@pytest.mark.parametrize("wrong", [{"quantity": -1}, {"warehouse": "Moon"}, {"customer": "Nobody"}])
def test_stock_that_makes_no_sense_is_refused(simulator, wrong):
    with pytest.raises(ValueError, match="error"):
        simulator.control("stock", {"stock": [{"sku": "MUG-1", "quantity": 1, **wrong}]})
