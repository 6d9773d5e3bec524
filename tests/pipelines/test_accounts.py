"""Accounts side by side, and a file that changes: nothing of others is touched, and nothing is sent again."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from crossdock_walmart.simulator import WalmartSimulator

MUGS = [{"sku": "MUG-01", "quantity": 2}]


def run(site, *pipelines, code=0):
    done = site.run("run", *pipelines, "--wait", "3s")
    assert done.returncode == code, done.stdout + done.stderr


def writes(simulator):
    return [one for one in simulator.control("state")["requests"] if one["write"]]


def edit(site, pattern, replacement):
    file = site.folder / "crossdock.yaml"
    text, times = re.subn(pattern, replacement, file.read_text(), flags=re.DOTALL)
    assert times, pattern
    file.write_text(text)


@pytest.fixture
def second_shop(loop):
    """Another seller's marketplace account: orders of the same numbers, for another customer of the same tenant."""
    shop = WalmartSimulator(seed=1)
    with shop.running() as url:
        shop.control("settings", {"quotas": "off"})
        loop.env["SECOND_URL"] = url
        yield shop


def test_second_walmart_account_of_the_same_order_numbers_is_neither_told_nor_read_for_the_first(loop, second_shop):
    loop.cartoncloud.control("settings", {"quotas": "off"})
    ours = loop.place(2, lines=MUGS)
    theirs = second_shop.control("orders", {"count": 2, "lines": MUGS})["ids"]
    account = re.search(r"  walmart_us:.*?(?=  acme_3pl:)", (loop.folder / "crossdock.yaml").read_text(), re.DOTALL)[0]
    edit(
        loop,
        "  acme_3pl:",
        account.replace("walmart_us", "walmart_two").replace("WALMART_URL", "SECOND_URL") + "  acme_3pl:",
    )
    text = (loop.folder / "crossdock.yaml").read_text()
    pipelines = text.partition("pipelines:\n")[2]
    twins = re.sub(r"^  (\w+):$", r"  \1_two:", pipelines, flags=re.MULTILINE)
    (loop.folder / "crossdock.yaml").write_text(
        text + twins.replace("walmart_us", "walmart_two").replace("Acme Trading", "Second Seller")
    )

    run(loop, "orders", "orders_two")
    run(loop, "acknowledge")
    untouched = writes(second_shop)
    for order in ours:
        loop.dispatch(order, f"1ZOURS{order[-2:]}")
    run(loop, "tracking", "tracking_two")
    still = writes(second_shop)
    for order in theirs:
        loop.dispatch(order, f"1ZTHEIRS{order[-2:]}", customer="Second Seller")
    run(loop, "acknowledge_two")  # at once with tracking, a shipment that came first would wait for the next recheck
    run(loop)
    run(loop)

    assert ours == theirs  # the same numbers, and different orders
    assert (untouched, still) == ([], [])
    facts = {
        (one["kind"], one["key"]): one["count"] for one in second_shop.control("facts") if one["kind"] != "order_placed"
    }
    assert facts == {(kind, order): 1 for kind in ("acknowledged", "shipped") for order in theirs}
    assert loop.told("shipped") == {order: [1] for order in ours}
    assert {number for order in ours for number, _ in loop.shipped(order)} == {f"1ZOURS{order[-2:]}" for order in ours}
    made = [
        (one["customer"]["name"], one["references"]["customer"])
        for one in loop.cartoncloud.control("state")["sale_orders"]
    ]
    assert sorted(made) == sorted((name, order) for name in ("Acme Trading", "Second Seller") for order in ours)


def test_renamed_pipeline_reordered_routes_and_edited_mapping_send_nothing_again(loop):
    loop.cartoncloud.control("settings", {"quotas": "off", "duplicates": "allow"})
    edit(
        loop,
        r"    to:\n(      use: wms_cartoncloud.sale_orders.*?default_warehouse: Sydney DC\n)",
        lambda found: (
            "    to:\n" + _item(found[1], "first", "Acme Trading") + _item(found[1], "second", "Second Seller")
        ),
    )
    orders = loop.place(2, lines=MUGS)
    run(loop, "orders")
    run(loop, "acknowledge")
    before = writes(loop.cartoncloud), writes(loop.walmart)

    edit(loop, "  orders:\n", "  sales:\n")
    run(loop)
    edit(loop, r"(      - name: first.*?)(      - name: second.*?)(?=  acknowledge:)", r"\2\1")
    run(loop)
    edit(loop, "default_warehouse: Sydney DC", "default_warehouse: Melbourne DC")
    run(loop)
    (fresh,) = loop.place(1, lines=MUGS)
    after = writes(loop.cartoncloud), writes(loop.walmart)
    run(loop)

    assert after == before
    made = Counter(
        (one["customer"]["name"], one["references"]["customer"], one["warehouse"]["name"])
        for one in loop.cartoncloud.control("state")["sale_orders"]
    )
    wanted = [*((order, "Sydney DC") for order in orders), (fresh, "Melbourne DC")]
    assert made == {(name, *one): 1 for name in ("Acme Trading", "Second Seller") for one in wanted}
    listed = json.loads(loop.run("deliveries", "--state", "held", "--json").stdout)["deliveries"]
    assert listed == []


def _item(route, name, customer):
    lines = route.replace("Acme Trading", customer).splitlines()
    return "\n".join([f"      - name: {name}", *(f"  {line}" for line in lines)]) + "\n"
