from __future__ import annotations

from datetime import UTC, datetime

import pytest


def lines(order):
    return order["orderLines"]["orderLine"]


def test_generated_orders_have_what_real_ones_have(walmart):
    orders = [walmart.order(order_id) for order_id in walmart.place(count=20)]

    for order in orders:
        assert order["purchaseOrderId"].isdigit()
        assert isinstance(order["orderDate"], int)
        assert "Sample Buyer" in order["shippingInfo"]["postalAddress"]["name"]
        assert order["buyerId"] is None
        assert order["x-fulfilment-hint"]
        for line in lines(order):
            amounts = [s["statusQuantity"]["amount"] for s in line["orderLineStatuses"]["orderLineStatus"]]
            assert amounts == [line["orderLineQuantity"]["amount"]]
            assert isinstance(amounts[0], str)
    assert any(len({line["item"]["sku"] for line in lines(order)}) < len(lines(order)) for order in orders)
    assert any(len(lines(order)) > 2 for order in orders)
    assert len({order["purchaseOrderId"] for order in orders}) == 20


def test_money_is_a_json_number_in_cents(walmart):
    (order_id,) = walmart.place(lines=[{"sku": "A", "quantity": 3, "price": "19.10"}])

    assert '"chargeAmount":{"currency":"USD","amount":57.30}' in walmart.get(f"/v3/orders/{order_id}").text


def test_the_same_seed_makes_the_same_orders(walmart, simulator):
    first = walmart.place(count=5)
    simulator.control("reset", {})

    assert walmart.place(count=5) == first


def test_orders_are_made_as_they_are_asked_for(walmart):
    (order_id,) = walmart.place(
        purchase_order_id="108900000000042",
        node="1011100000000000002",
        lines=[{"sku": "A", "quantity": 2, "line_number": 4}, {"sku": "A", "line_number": 3}],
        created_hours_ago=2,
    )

    order = walmart.order(order_id)
    age_h = (datetime.now(UTC).timestamp() - order["orderDate"] / 1000) / 3600
    assert order["shipNode"] == {"type": "SellerFulfilled", "name": "West DC", "id": "1011100000000000002"}
    assert [(line["lineNumber"], line["orderLineQuantity"]["amount"]) for line in lines(order)] == [
        ("4", "2"),
        ("3", "1"),
    ]
    assert 1.9 < age_h < 2.1
    assert walmart.facts(order_id) == [("order_placed", 1, 1)]


def test_wire_orders_are_taken_as_they_are(walmart, simulator):
    (model,) = walmart.place()
    wire = {**simulator.control("state")["orders"][0], "purchaseOrderId": "77", "shipNode": {}, "newMember": [None]}

    assert simulator.control("orders", {"orders": [wire]})["ids"] == ["77"]

    assert walmart.order("77")["newMember"] == [None]
    assert walmart.order("77")["shipNode"] == {}
    assert model != "77"


@pytest.mark.parametrize(
    "asked",
    [
        {"count": -1},
        {"count": 2, "purchase_order_id": "5"},
        {"purchase_order_id": "PO-5"},
        {"orders": {}},
        {"orders": [{}]},
        {"orders": ["x"]},
        {"lines": []},
        {"lines": [{"quantity": 1}]},
        {"lines": [{"sku": "A", "quantity": 0}]},
        {"lines": [{"sku": "A", "line_number": 1}, {"sku": "B", "line_number": 1}]},
        {"colour": "blue"},
    ],
)
def test_orders_that_cannot_be_are_refused_and_none_is_placed(simulator, asked):
    with pytest.raises(ValueError, match="error"):
        simulator.control("orders", asked)

    assert simulator.control("state")["orders"] == []


def test_an_id_that_is_taken_is_refused(walmart, simulator):
    walmart.place(purchase_order_id="5")

    with pytest.raises(ValueError, match="exists already"):
        walmart.place(purchase_order_id="5")


def test_ship_nodes_are_a_bare_array_without_calendars_unless_asked(walmart, simulator):
    simulator.control("ship-nodes", {"ship_node": "1011100000000000009", "name": "New DC"})

    plain = walmart.get("/v3/settings/shipping/shipnodes").json()
    full = walmart.get("/v3/settings/shipping/shipnodes?includeCalendarDayConfiguration=true").json()

    assert [node["status"] for node in plain] == ["ACTIVE", "ACTIVE", "INACTIVE", "ACTIVE", "ACTIVE"]
    assert [node["shipNode"] for node in plain if node["nodeType"] == "VIRTUAL"] == ["10001"]
    assert not any("calendarDayConfiguration" in node for node in plain)
    assert "calendarDayConfiguration" in full[0]


def test_some_accounts_have_no_settings(walmart, simulator):
    before = walmart.get("/v3/settings/partnerprofile")
    simulator.control("settings", {"settings_access": False})

    assert before.json()["partner"]["partnerId"] == "10001"
    assert walmart.get("/v3/settings/partnerprofile").status_code == 404
    assert walmart.get("/v3/settings/shipping/shipnodes").status_code == 404


def test_anything_of_an_order_can_change_but_its_id(walmart, simulator):
    (order_id,) = walmart.place(lines=[{"sku": "A", "quantity": 3}])
    before = walmart.order(order_id)

    simulator.control("change", {"purchase_order_id": order_id, "order": {"shipNode": {"type": None}}})
    after = walmart.order(order_id)

    assert after["shipNode"] == {**before["shipNode"], "type": None}
    assert {**after, "shipNode": before["shipNode"]} == before
    for wrong in ({"purchaseOrderId": "1"}, {"orderDate": "today"}, ["no", "members"]):
        with pytest.raises(ValueError, match="error"):
            simulator.control("change", {"purchase_order_id": order_id, "order": wrong})
    assert walmart.order(order_id) == after
