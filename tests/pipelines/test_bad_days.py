"""Ugly answers, broken records, full disks and wrong keys: a clear error, the good records flow, nothing is lost."""

from __future__ import annotations

import json

import pytest

LIST = {"method": "GET", "path": "/v3/orders"}
CREATE = {"method": "POST", "path": "/tenants/*/outbound-orders"}
FREE = {"quotas": "off"}


def statuses(done):
    return json.loads(done.stdout)["pipelines"][0]


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        ({"status": 200, "body": "<html>be right back</html>", "headers": {"Content-Type": "text/html"}}, 1),
        ({"status": 200, "body": '{"list": {"meta": {"totalCount": 3}, "elem'}, 1),
        ({"status": 200, "body": "{}"}, 1),
        ({"drop": "during"}, 5),
        ({"status": 520, "body": "<html>edge</html>"}, 5),
    ],
)
def test_ugly_page_fails_the_read_and_the_next_one_brings_everything(fault, times, site):
    site.cartoncloud.control("settings", FREE)
    orders = site.place(3)
    site.walmart.control("faults", {**LIST, **fault, "times": times})

    failed = site.run("run", "orders", "--json")
    for _ in range(times):
        if site.run("run", "orders", "--json").returncode == 0:
            break

    assert failed.returncode == 1
    assert statuses(failed)["reason"]
    assert site.created() == dict.fromkeys(orders, 1)


def test_malformed_order_is_kept_as_dead_and_the_others_flow(site):
    site.cartoncloud.control("settings", FREE)
    good = site.place(2)
    broken = site.walmart.control("orders", {"count": 1})["ids"]
    wire = next(order for order in site.walmart.control("state")["orders"] if order["purchaseOrderId"] == broken[0])
    wire["orderLines"]["orderLine"][0]["item"]["sku"] = None
    wire["purchaseOrderId"] = "108999999999999"
    site.walmart.control("orders", {"orders": [wire], "unchecked": True})

    done = site.run("run", "orders", "--json")
    listed = json.loads(site.run("deliveries", "--state", "dead", "--json").stdout)["deliveries"]

    assert done.returncode == 1
    assert statuses(done)["dead"] == 1
    assert [one["key"] for one in listed] == ["108999999999999"]
    assert site.created() == dict.fromkeys([*good, *broken], 1)


def test_refused_credentials_end_with_their_own_exit_code_and_lose_nothing(site):
    orders = site.place(2)
    site.cartoncloud.control("settings", {**FREE, "refused_clients": ["tester"]})

    refused = site.run("run", "orders", "--json")
    site.cartoncloud.control("settings", {**FREE, "refused_clients": []})  # mended there: only a person knows of that
    site.run("resume", "acme_3pl")
    done = site.run("run", "orders", "--json")

    assert refused.returncode == 3
    assert "not-a-secret" not in refused.stdout + refused.stderr
    assert done.returncode == 0
    assert site.created() == dict.fromkeys(orders, 1)


def test_tokens_that_die_in_mid_run_are_renewed_and_nothing_is_lost(site):
    site.cartoncloud.control("settings", FREE)
    orders = site.place(4)
    assert site.run("run", "orders").returncode == 0
    orders += site.place(4)
    site.walmart.control("expire-tokens", {})
    site.cartoncloud.control("expire-tokens", {})

    done = site.run("run", "orders")

    assert done.returncode == 0, done.stderr
    assert site.created() == dict.fromkeys(orders, 1)


def test_disk_without_room_is_named_and_after_it_has_room_nothing_is_lost_or_doubled(site):
    site.cartoncloud.control("settings", {**FREE, "duplicates": "allow"})
    orders = site.place(120)

    full = site.run("run", "orders", "--wait", "5s", file_size_limit=400_000)
    done = site.run("run", "orders", "--wait", "10s")

    assert full.returncode == 2, full.stderr
    assert "crossdock.db" in full.stderr
    assert "fix:" in full.stderr
    assert done.returncode == 0, done.stderr
    assert site.created() == dict.fromkeys(orders, 1)


def test_wrong_key_refuses_to_start_and_says_which_is_needed(site):
    definition = site.folder / "crossdock.yaml"
    definition.write_text(definition.read_text().replace("${env:SHARED_SECRET}", "${secret:shared}"))
    keys = [site.run("secrets", "new-key", f"{name}.key") for name in ("one", "two")]
    assert all(made.returncode == 0 for made in keys), keys[0].stderr
    site.env["CROSSDOCK_KEY_FILE"] = str(site.folder / "one.key")
    kept = site.run("secrets", "set", "shared", stdin="not-a-secret")
    assert kept.returncode == 0, kept.stderr

    site.env["CROSSDOCK_KEY_FILE"] = str(site.folder / "two.key")
    wrong = site.run("run", "orders")
    del site.env["CROSSDOCK_KEY_FILE"]
    missing = site.run("run", "orders")
    site.env["CROSSDOCK_KEY_FILE"] = str(site.folder / "one.key")
    right = site.run("run", "orders")

    assert (wrong.returncode, missing.returncode, right.returncode) == (2, 2, 0)
    assert "key" in wrong.stderr
    assert "fix:" in missing.stderr
    assert "not-a-secret" not in wrong.stderr + missing.stderr


def test_second_process_on_the_same_store_is_refused_and_names_the_first(site):
    site.cartoncloud.control("settings", FREE)
    site.place(2)
    first = site.start("run", "orders", hold_at="effect.before_send#1")
    site.wait_for((site.boundaries / "effect.before_send.held").exists, first, "the send")

    second = site.run("run", "orders")
    beside = site.run("status", "--json")
    site.kill(first)

    assert second.returncode == 2
    assert str(first.pid) in second.stderr
    assert beside.returncode in (0, 1)


def test_interrupted_run_finishes_what_it_has_begun(site):
    site.cartoncloud.control("settings", {**FREE, "duplicates": "allow"})
    orders = site.place(30)
    site.cartoncloud.control("faults", {**CREATE, "delay_s": 0.3, "times": 100})
    process = site.start("run", "orders")
    site.wait_for(lambda: len(site.created()) > 3, process, "some effects")

    process.terminate()
    process.communicate()
    left = json.loads(site.run("status", "--json").stdout)["pipelines"][0]
    done = site.run("run", "orders", "--wait", "10s")

    assert process.returncode == 143
    assert left["attempted"] == 0
    assert left["pending"] > 0
    assert done.returncode == 0, done.stderr
    assert site.created() == dict.fromkeys(orders, 1)
