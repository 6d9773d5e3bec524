"""Editing the file re-sends nothing; a person sees the difference first, and takes up again what is to be taken up."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

ROUTES = """\
    to:
      - name: main
        use: wms_cartoncloud.sale_orders
        connection: acme_3pl
        map: [{use: wms_cartoncloud.sale_order, customer: Acme Trading, default_warehouse: Sydney DC}]
"""
SPARE = ROUTES.replace("    to:\n", "").replace("main", "spare").replace("acme_3pl", "spare_3pl")


def edit(site, *replacements):
    path = site.folder / "crossdock.yaml"
    text = path.read_text()
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)


def writes(service):
    return [one for one in service.control("state")["requests"] if one["write"] and "token" not in one["path"]]


def run(site, *pipelines, code=0):
    done = site.run("run", *pipelines)
    assert done.returncode == code, done.stdout + done.stderr


def dump(site):
    with closing(sqlite3.connect(site.folder / "crossdock.db")) as connection:
        return [line for line in connection.iterdump() if "sqlite_stat" not in line]


def buyers(site):
    orders = [order["shippingInfo"]["postalAddress"] for order in site.walmart.control("state")["orders"]]
    return [address[part] for address in orders for part in ("name", "address1")]


def plan(site, *arguments):
    done = site.run("replay", "--plan", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def deliveries(site, *arguments):
    return json.loads(site.run("deliveries", "--json", *arguments).stdout)["deliveries"]


@pytest.fixture
def two(site):
    """Two routes: each order goes to two warehouses' tenants."""
    site.cartoncloud.control("settings", {"quotas": "off", "duplicates": "allow"})
    text = (site.folder / "crossdock.yaml").read_text()
    tenant = text[text.index("  acme_3pl:") : text.index("pipelines:")]
    spare = tenant.replace("acme_3pl", "spare_3pl").replace("8f0c7a52", "9f0c7a52")
    head = text[: text.index("    to:\n")].replace("pipelines:", f"{spare}pipelines:")
    (site.folder / "crossdock.yaml").write_text(head + ROUTES + SPARE)
    return site


def test_renaming_a_pipeline_reordering_routes_and_editing_a_mapping_send_nothing_again(two):
    site = two
    orders = site.place(2)
    run(site)
    sent = writes(site.cartoncloud)
    assert len(sent) == 2 * len(orders)

    edit(site, (ROUTES + SPARE, "    to:\n" + SPARE + ROUTES.replace("    to:\n", "")))
    run(site)
    edit(site, ("  orders:\n", "  renamed:\n"))
    run(site)
    edit(site, ("Sydney DC", "Melbourne DC"))
    run(site)

    assert writes(site.cartoncloud) == sent
    newest = [one for one in deliveries(site) if one["pipeline"] == "renamed"]
    assert {(one["state"], one["code"]) for one in newest} == {("skipped", "already_in_effect")}
    assert len(newest) == len(sent)


def test_replay_after_an_edited_mapping_shows_the_difference_first_and_never_makes_a_second(site):
    site.cartoncloud.control("settings", {"quotas": "off", "duplicates": "allow"})
    (order,) = site.place(1)
    run(site)
    sent, kept = writes(site.cartoncloud), dump(site)
    edit(site, ("Sydney DC", "Melbourne DC"))

    shown, text = plan(site, "1"), site.run("replay", "--plan", "1").stdout
    unchanged = dump(site) == kept
    before = site.run("deliveries", "show", "1", "--json").stdout
    done = site.run("replay", "1", "--reason", "it was the wrong warehouse")
    run(site, code=1)

    (fact,) = shown["replays"][0]["facts"]
    assert unchanged
    assert (fact["outcome"], fact["differs"], fact["version"]) == ("hold", True, 1)
    assert not [buyer for buyer in buyers(site) if buyer in text + json.dumps(shown)]
    (old,), (new,) = fact["before"], fact["after"]
    assert "Sydney DC" in json.dumps(old["body"])
    assert "Melbourne DC" in json.dumps(new["body"])
    assert old["body_sha256"] != new["body_sha256"]
    assert old["body_sha256"] == json.loads(before)["effects"][0]["requests"][0]["body_sha256"]
    assert [line for line in text.splitlines() if line.lstrip().startswith(("- ", "-  ")) and "Sydney DC" in line]
    assert [line for line in text.splitlines() if line.lstrip().startswith(("+ ", "+  ")) and "Melbourne DC" in line]
    assert done.returncode == 0, done.stderr
    assert [(one["state"], one["code"]) for one in deliveries(site)] == [("held", "changed_after_delivery")]
    assert writes(site.cartoncloud) == sent
    assert site.created() == {order: 1}


def test_replay_of_an_unknown_outcome_looks_first_and_makes_no_second(site):
    site.cartoncloud.control("settings", {"quotas": "off", "duplicates": "allow"})
    (order,) = site.place(1, lines=[{"sku": "MUG-01", "quantity": 2}])
    site.kill_at("effect.before_journal#1", "orders")  # it is made, and nobody here knows
    staff_sets(site, order, 3)  # and then it is not as it was meant
    run(site, code=1)
    (held,) = deliveries(site)

    ((fact,),) = [one["facts"] for one in plan(site, str(held["id"]))["replays"]]
    site.run("replay", str(held["id"]), "--reason", "is it really there?")
    run(site, code=1)
    (still,) = deliveries(site)
    staff_sets(site, order, 2)
    site.run("replay", str(held["id"]), "--reason", "restored in the warehouse")
    run(site)

    assert held["code"] == still["code"] == "outcome_unknown"
    assert (fact["outcome"], len(fact["before"])) == ("look", 1)
    assert [one["state"] for one in deliveries(site)] == ["delivered"]
    assert site.created() == {order: 1}


def staff_sets(site, order, quantity):
    site.cartoncloud.control(f"edit/{order}", {"lines": [{"sku": "MUG-01", "quantity": quantity}]})


def test_new_route_is_filled_by_a_replay_and_what_is_there_already_is_linked(two):
    site = two
    edit(site, (SPARE, ""))
    orders = site.place(2)
    run(site)
    edit(site, (ROUTES, ROUTES + SPARE))
    run(site)
    before = writes(site.cartoncloud)

    shown = plan(site, "--route", "spare")
    done = site.run("replay", "--route", "spare", "--reason", "a second warehouse")
    run(site)
    again = site.run("replay", "--route", "spare", "--reason", "once more")

    assert len(before) == len(orders)
    assert [fact["outcome"] for one in shown["replays"] for fact in one["facts"]] == ["send", "send"]
    assert "2 stored records of orders never went along spare" in done.stderr
    assert len(writes(site.cartoncloud)) == 2 * len(orders)
    assert "0 deliveries to take up again" in again.stderr


def test_held_order_is_cured_by_staff_alone_and_a_replay_of_the_old_one_is_refused(loop):
    loop.cartoncloud.control("settings", {"quotas": "off"})
    (order,) = loop.place(1, lines=[{"sku": "MUG-01", "quantity": 2}])
    run(loop, "orders")
    run(loop, "acknowledge")
    loop.dispatch(order, "1Z5", carrier="Pony Parcels")
    run(loop, "tracking", code=1)
    (held,) = deliveries(loop, "--state", "held")

    loop.track(order, {"carrier": "UPS"})
    run(loop, "tracking")
    refused = loop.run("replay", str(held["id"]), "--reason", "the carrier is known now")
    shown = plan(loop, str(held["id"]))
    run(loop, "tracking")

    assert held["code"] == "unknown_carrier"
    assert refused.returncode == 2
    assert "a newer one" in refused.stderr
    assert shown["refused"] == [held["id"]]
    assert loop.told("shipped") == {order: [1]}
    assert loop.shipped(order) == {("1Z5", "MUG-01"): 2}
    kept = {one["id"]: (one["state"], one["code"]) for one in deliveries(loop)}
    assert kept[held["id"]] == ("skipped", "superseded")
