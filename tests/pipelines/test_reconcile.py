"""Source against target, counted: the real program, with what happened in the warehouse behind its back."""

from __future__ import annotations

import csv
import json
import urllib.request
from decimal import Decimal

import pytest

TENANT = "8f0c7a52-3c1d-4f7e-9a55-0d6f5b1c2e90"
MUGS = [{"sku": "MUG-01", "quantity": 2}]
UNKNOWN = [{"sku": "NO-SUCH-THING", "quantity": 5}]


def reconciled(site, *more, code):
    done = site.run("reconcile", "orders", "--from", "1d", "--json", *more)
    assert done.returncode == code, done.stdout + done.stderr
    (route,) = json.loads(done.stdout)["routes"]
    return route


def said(route):
    return {(one["key"], one["state"], one["code"]): one["explained"] for one in route["differences"]}


def delete(site, order):
    """Delete a sale order as a person does, without crossdock."""
    (there,) = [
        one for one in site.cartoncloud.control("state")["sale_orders"] if one["references"]["customer"] == order
    ]
    base = site.env["CARTONCLOUD_URL"]
    headers = {
        "Accept-Version": "1",
        "Authorization": "Basic YS1wZXJzb246bm90LWEtc2VjcmV0",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    asked = urllib.request.Request(f"{base}/uaa/oauth/token", b"grant_type=client_credentials", headers)
    with urllib.request.urlopen(asked) as answer:
        token = json.loads(answer.read())["access_token"]
    headers = {"Accept-Version": "1", "Authorization": f"Bearer {token}"}
    gone = urllib.request.Request(
        f"{base}/tenants/{TENANT}/outbound-orders/{there['id']}", headers=headers, method="DELETE"
    )
    urllib.request.urlopen(gone).close()


@pytest.fixture
def ran(site):
    """Three orders in the warehouse, one held, one cancelled before it was read."""
    site.cartoncloud.control("settings", {"catalogue": "listed", "unknown_product": "422"})
    site.cartoncloud.control("products", {"products": [{"code": "MUG-01"}], "tenant": TENANT})
    placed = site.place(3, lines=MUGS)
    held, cancelled = site.place(1, lines=UNKNOWN) + site.place(1, lines=MUGS)
    site.walmart.control("cancel", {"purchase_order_id": cancelled})
    assert site.run("run", "orders").returncode == 1
    return placed, held, cancelled


def test_reconcile_explains_what_is_held_or_was_skipped_and_its_table_adds_up(site, ran):
    _, held, cancelled = ran

    route = reconciled(site, "--csv", "all.csv", code=0)

    assert said(route) == {(held, "held", "unknown_sku"): True, (cancelled, "skipped", "nothing_to_do"): True}
    assert [route[side]["records"] for side in ("source", "target", "there")] == [5, 3, 3]
    assert [route[side]["units"] for side in ("source", "target", "there")] == ["11", "6", "6"]
    rows = list(csv.DictReader((site.folder / "all.csv").read_text().splitlines()))
    read, sent = (next(row for row in rows if row["what"] == what) for what in ("read", "sent"))
    missing = [row for row in rows if row["what"] == "difference"]
    for column in ("records", "units", "money"):
        assert sum(Decimal(row[column] or 0) for row in missing) + Decimal(sent[column]) == Decimal(read[column])


def test_reconcile_finds_what_was_deleted_or_edited_there_and_knows_what_was_renamed(site, ran):
    (gone, edited, renamed), *_ = ran
    delete(site, gone)
    site.cartoncloud.control(f"edit/{edited}", {"lines": [{"sku": "MUG-01", "quantity": 3}]})
    site.cartoncloud.control(f"edit/{renamed}", {"reference": "OTHER"})

    route = reconciled(site, code=1)
    text = site.run("reconcile", "orders", "--from", "1d").stdout
    without_looking = reconciled(site, "--no-look", code=0)

    assert {(key, state) for (key, state, _), explained in said(route).items() if not explained} == {
        (gone, "not there"),
        (edited, "differs there"),
    }
    assert (route["target"]["units"], route["there"]["units"]) == ("6", "5")
    assert f"UNEXPLAINED {edited} differs there (-1 units): 2 units sent, 3 there" in text
    assert "2 unexplained differences, 2 explained by where they stand" in text
    assert without_looking["there"] is None


def test_reconcile_says_what_cannot_be_looked_at_and_what_was_not_read_to_its_end(site, ran):
    fault = {"method": "POST", "path": "/tenants/*/outbound-orders/search", "status": 403, "times": 9}
    site.cartoncloud.control("faults", fault)

    route = reconciled(site, "--to", "2099-01-01", code=1)

    states = {one["state"]: one["explained"] for one in route["differences"]}
    assert (states["not read back"], states["not read"]) == (False, True)


def test_reconcile_leaves_out_what_is_of_another_period(site, ran):
    done = site.run("reconcile", "--from", "2026-10-01", "--to", "2026-10-02", "--json")

    (route,) = json.loads(done.stdout)["routes"]
    assert (done.returncode, route["source"]["records"], route["differences"]) == (0, 0, [])


def test_reconcile_refuses_a_period_that_ends_before_it_begins(site):
    done = site.run("reconcile", "--from", "2026-11-02", "--to", "2026-11-01")

    assert done.returncode == 2
    assert "the period ends before it begins" in done.stderr
