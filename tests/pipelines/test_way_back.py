"""What the warehouse does goes back to the marketplace, once: the real program, from order to tracking."""

from __future__ import annotations

import json

import pytest

MUGS = [{"sku": "MUG-01", "quantity": 2}]


@pytest.fixture
def orders(loop):
    """Two orders in the warehouse, acknowledged."""
    loop.cartoncloud.control("settings", {"quotas": "off"})
    placed = loop.place(2, lines=MUGS)
    run(loop, "orders")
    run(loop, "acknowledge")
    assert loop.told("acknowledged") == {order: [1] for order in placed}
    return placed


@pytest.fixture
def second(loop, orders):
    """Another customer's sale orders in the same tenant, of the same references, made by another installation."""
    definition = (loop.folder / "crossdock.yaml").read_text()
    theirs = definition.replace("Acme Trading", "Second Seller").replace("crossdock.db", "second.db")
    (loop.folder / "second.yaml").write_text(theirs)
    assert loop.run("-c", "second.yaml", "run", "orders", "--wait", "3s").returncode == 0


def run(loop, *pipelines, code=0):
    done = loop.run("run", *pipelines, "--wait", "3s")
    assert done.returncode == code, done.stdout + done.stderr


def sale_orders(loop, customer):
    return [one for one in loop.cartoncloud.control("state")["sale_orders"] if one["customer"]["name"] == customer]


def held(loop):
    listed = json.loads(loop.run("deliveries", "--state", "held", "--json").stdout)["deliveries"]
    return [(one["pipeline"], one["code"]) for one in listed]


def test_tracking_that_goes_from_a_to_b_and_back_to_a_ends_on_a_and_each_change_is_sent_once(loop, orders):
    changed, other = orders
    loop.dispatch(changed, "1ZA")
    loop.dispatch(other, "1ZX")
    shown = []
    for number in ("1ZA", "1ZB", "1ZA"):
        loop.track(changed, {"number": number})
        run(loop, "tracking")
        run(loop, "tracking")
        shown.append(loop.shipped(changed))

    assert shown == [{("1ZA", "MUG-01"): 2}, {("1ZB", "MUG-01"): 2}, {("1ZA", "MUG-01"): 2}]
    assert loop.told("shipped") == {changed: [1], other: [1]}
    assert loop.told("tracking_updated") == {changed: [1, 1]}


def test_order_that_is_held_for_an_unknown_carrier_is_cured_by_staff_alone(loop, orders):
    order, other = orders
    loop.dispatch(order, "1Z5", carrier="Pony Parcels")
    loop.dispatch(other, "1Z6")
    run(loop, "tracking", code=1)
    before = held(loop), loop.told("shipped")

    loop.track(order, {"carrier": "UPS"})
    run(loop, "tracking")

    assert before == ([("tracking", "unknown_carrier")], {other: [1]})
    assert held(loop) == []
    assert loop.told("shipped") == {order: [1], other: [1]}
    assert loop.shipped(order) == {("1Z5", "MUG-01"): 2}


def test_unknown_carrier_with_a_tracking_url_goes_as_another_carrier(loop, orders):
    order, _ = orders
    loop.dispatch(order, "P5", carrier="Pony Parcels", url="https://track.example.test/P5")

    run(loop, "tracking")

    assert loop.shipped(order) == {("P5", "MUG-01"): 2}


def test_second_customer_of_the_tenant_is_neither_read_nor_told_of(loop, orders, second):
    for order in orders:
        loop.dispatch(order, f"1ZTHEIRS{order}", customer="Second Seller")
    loop.dispatch(orders[0], "1ZOURS")
    theirs = sale_orders(loop, "Second Seller")

    run(loop)
    run(loop)

    assert len(theirs) == len(orders)
    assert sale_orders(loop, "Second Seller") == theirs
    assert loop.told("shipped") == {orders[0]: [1]}
    assert loop.shipped(orders[0]) == {("1ZOURS", "MUG-01"): 2}
    known = {one["key"] for one in json.loads(loop.run("deliveries", "--json").stdout)["deliveries"]}
    assert known >= {one["id"] for one in sale_orders(loop, "Acme Trading")}
    assert known.isdisjoint(one["id"] for one in theirs)


def test_cancelled_order_is_deleted_for_its_own_customer_only(loop, orders, second):
    loop.walmart.control("cancel", {"purchase_order_id": orders[0]})

    run(loop, "orders")

    left = {name: len(sale_orders(loop, name)) for name in ("Acme Trading", "Second Seller")}
    assert left == {"Acme Trading": 1, "Second Seller": 2}


def test_status_that_was_read_before_its_link_was_written_is_acknowledged_once_the_link_is_there(loop):
    loop.cartoncloud.control("settings", {"quotas": "off"})
    (order,) = loop.place(1, lines=MUGS)
    loop.kill_at("effect.before_journal#1", "orders")  # it is made, and nobody here knows
    assert loop.created() == {order: 1}

    run(loop, "acknowledge")
    run(loop, "orders")
    run(loop, "acknowledge")

    assert loop.told("acknowledged") == {order: [1]}
