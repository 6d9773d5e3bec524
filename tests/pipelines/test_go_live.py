"""Going live in the midst of business: orders that are in the warehouse already, and what was done of them by hand."""

from __future__ import annotations

import json
from collections import Counter

import pytest

MUGS = [{"sku": "MUG-01", "quantity": 2}]


@pytest.fixture
def shop(loop):
    loop.cartoncloud.control("settings", {"quotas": "off", "duplicates": "allow"})
    return loop


def adopted(site, *arguments, code=0):
    done = site.run("adopt", *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def counted(shown):
    return Counter((one["pipeline"], one["fate"]) for one in shown["found"])


def run(site, *pipelines, code=0):
    done = site.run("run", *pipelines, "--wait", "3s")
    assert done.returncode == code, done.stdout + done.stderr


def writes(site):
    seen = [*site.cartoncloud.control("state")["requests"], *site.walmart.control("state")["requests"]]
    return [one for one in seen if one["write"]]


def test_orders_that_are_in_the_warehouse_already_are_linked_and_go_the_whole_way_back(shop):
    """The file vouches that duplicates are refused, and they are not: links alone keep them from being made."""
    file = shop.folder / "crossdock.yaml"
    file.write_text(file.read_text().replace("    tenant:", "    duplicates: reject\n    tenant:"))
    there, absent = shop.place(3, lines=MUGS), shop.place(2, lines=MUGS)
    for order in (*there, "another-shop-s-order"):
        shop.enter(order, MUGS)
    before = len(writes(shop))

    plan = adopted(shop, "--plan")
    stored = (shop.folder / "crossdock.db").exists()
    real = adopted(shop)
    sent = writes(shop)[before:]
    run(shop, "orders")
    run(shop, "acknowledge")
    for number, order in enumerate([*there, *absent]):
        shop.dispatch(order, f"1Z{number}")
    run(shop, "tracking")
    run(shop)

    assert (stored, sent) == (False, [])
    for shown in (plan, real):
        assert counted(shown)["orders", "linked"] == 3
        assert counted(shown)["orders", "absent"] == 2
        assert (
            counted(shown)["acknowledge", "absent"] == 3
        )  # ours by the links of the adoption, and nobody told Walmart
    assert shop.created() == dict.fromkeys([*there, *absent, "another-shop-s-order"], 1)
    assert shop.told("acknowledged") == {order: [1] for order in [*there, *absent]}
    assert shop.told("shipped") == {order: [1] for order in [*there, *absent]}


def test_what_was_acknowledged_and_shipped_by_hand_is_not_told_again_and_its_changes_are(shop):
    order, fresh = shop.place(2, lines=MUGS)
    for one in (order, fresh):
        shop.enter(one, MUGS)
        shop.dispatch(one, f"1ZHAND{one[-2:]}")
    shop.ship_by_hand(order, f"1ZHAND{order[-2:]}")

    shown = adopted(shop)
    run(shop, "orders", "acknowledge")
    run(shop, "tracking")
    told = shop.told("acknowledged"), shop.told("shipped")
    shop.track(order, {"number": "1ZNEW"})
    run(shop, "tracking")

    assert counted(shown) == {
        ("orders", "linked"): 2,
        ("acknowledge", "skipped"): 1,  # already acknowledged
        ("acknowledge", "absent"): 1,
        ("tracking", "linked"): 1,
        ("tracking", "waiting"): 1,  # for the acknowledgement
    }
    assert told == ({order: [1], fresh: [1]}, {order: [1], fresh: [1]})
    assert shop.shipped(order) == {("1ZNEW", "MUG-01"): 2}
    assert shop.told("tracking_updated") == {order: [1]}
    assert shop.created() == {order: 1, fresh: 1}


def test_order_that_differs_in_the_warehouse_is_held_and_cured_by_staff(shop):
    (order,) = shop.place(1, lines=MUGS)
    shop.enter(order, [{"sku": "MUG-01", "quantity": 3}])

    shown = adopted(shop, "orders", code=1)
    listed = json.loads(shop.run("deliveries", "--state", "held", "--json").stdout)["deliveries"]
    shop.cartoncloud.control(f"edit/{order}", {"lines": MUGS})
    run(shop, "orders")

    assert [(one["fate"], one["code"]) for one in shown["found"]] == [("differs", "conflict")]
    assert "wanted 2, found 3" in shown["found"][0]["reason"]
    assert [(one["key"], one["code"]) for one in listed] == [(order, "conflict")]
    assert shop.created() == {order: 1}


def test_adoption_that_is_killed_is_taken_up_again(shop):
    there = shop.place(6, lines=MUGS)
    for order in there:
        shop.enter(order, MUGS)
    process = shop.start("adopt", "orders", hold_at="effect.in_transaction#3")
    shop.wait_for((shop.boundaries / "effect.in_transaction.held").exists, process, "the third")
    shop.kill(process)

    shown = adopted(shop, "orders")
    run(shop, "orders")

    assert counted(shown)["orders", "linked"] + counted(shown)["orders", "known"] == 6
    assert counted(shown)["orders", "linked"] >= 1
    assert shop.created() == dict.fromkeys(there, 1)


def test_order_that_was_entered_under_another_reference_is_linked_by_hand_and_goes_the_whole_way_back(shop):
    """The file vouches that duplicates are refused, and they are not: the link alone keeps it from being made."""
    file = shop.folder / "crossdock.yaml"
    file.write_text(file.read_text().replace("    tenant:", "    duplicates: reject\n    tenant:"))
    order, other = shop.place(2, lines=MUGS)
    shop.enter("PHONE-17", MUGS)
    shop.enter("PHONE-18", [{"sku": "MUG-01", "quantity": 5}])

    linked = shop.run("links", "add", "orders", order, "PHONE-17", "--reason", "taken by phone")
    refused = shop.run("links", "add", "orders", other, "PHONE-18", "--reason", "a guess")
    shown = adopted(shop, "orders")
    run(shop, "orders")
    run(shop, "acknowledge")
    shop.dispatch("PHONE-17", "1ZPHONE")
    run(shop, "tracking")

    assert linked.returncode == 0, linked.stderr
    assert refused.returncode == 2
    assert "wanted 2, found 5" in refused.stderr
    assert counted(shown) == {("orders", "linked"): 1, ("orders", "absent"): 1}
    assert shop.created() == {"PHONE-17": 1, "PHONE-18": 1, other: 1}
    assert shop.told("acknowledged") == {order: [1], other: [1]}
    assert shop.shipped(order) == {("1ZPHONE", "MUG-01"): 2}
