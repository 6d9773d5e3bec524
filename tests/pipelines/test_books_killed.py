"""The real program posts orders to books and is killed: every order is in them once, and Beancount agrees."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from crossdock.checking import load
from crossdock.http import Request
from crossdock.registry import Registry
from ledger_books import bean_check

ORDERS = 30
BOOKS = """\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: "${env:WALMART_URL}"
    quotas: off
    timeout: 1s
    auth: {use: walmart.client_credentials, client_id: tester, client_secret: "${env:SHARED_SECRET}"}
  books:
    use: erp_ledger.books
    folder: books
    book: Acme Trading
    timezone: America/New_York
    timeout: 1s
    accounts: {"Assets:Walmart:US:Clearing": USD, "Income:Sales": USD, "Income:Shipping": USD}
pipelines:
  revenue:
    from: {use: walmart.orders, connection: walmart_us, since: 2026-01-01T00:00:00Z}
    to:
      use: erp_ledger.books_entries
      connection: books
      map:
        - use: erp_ledger.journal
          timezone: America/New_York
          clearing: {us: "Assets:Walmart:US:Clearing"}
          rules:
            - {match: {event: shipping}, account: "Income:Shipping"}
            - {account: "Income:Sales"}
"""


@pytest.fixture
def orders(site):
    (site.folder / "crossdock.yaml").write_text(BOOKS)
    return site.place(ORDERS)


def booked(site):
    """How often each order is in the books."""
    env = {"WALMART_URL": "http://localhost:1", "SHARED_SECRET": "not-a-secret"}
    connection = load(site.folder / "crossdock.yaml", registry=Registry(), env=env).connections["books"]
    answer = connection.handle(Request("GET", "http://localhost/entries")).json()
    assert answer["changed"] == []
    return Counter(one["entry"]["reference"] for one in answer["entries"])


def finish(site):
    """Run until all is settled, as the next scheduled runs would."""
    done = site.run("run", "--wait", "10s", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["pipelines"][0]


# What lies before the books are written, and what lies behind it; the rest is the engine's, whoever is written to.
@pytest.mark.parametrize("name", ["effect.in_transaction", "effect.before_send", "effect.before_journal"])
def test_run_that_is_killed_at_a_boundary_books_each_order_once(name, site, orders):
    site.kill_at(f"{name}#1")

    standing = finish(site)

    assert standing["delivered"] == ORDERS
    assert booked(site) == dict.fromkeys(orders, 1)
    assert bean_check(site.folder / "books") == ""


def test_run_that_is_killed_again_and_again_books_each_order_once(site, orders):
    for moment in ("effect.before_journal#1", "settle.in_transaction#1"):
        site.kill_at(moment)
        orders += site.place(5)

    standing = finish(site)

    assert standing["delivered"] == len(orders)
    assert booked(site) == dict.fromkeys(orders, 1)
    assert bean_check(site.folder / "books") == ""


def test_second_run_posts_nothing_and_doctor_finds_the_books_whole(site, orders):
    finish(site)
    before = {file.name: file.stat().st_mtime_ns for file in (site.folder / "books").glob("*.beancount")}

    finish(site)
    tested = site.run("connections", "test", "books")
    looked = site.run("doctor", "--json")

    assert {file.name: file.stat().st_mtime_ns for file in (site.folder / "books").glob("*.beancount")} == before
    assert tested.returncode == 0, tested.stderr
    assert f"{ORDERS} entries in" in tested.stdout
    found = {one["check"]: one for one in json.loads(looked.stdout)["checks"] if one["subject"] == "books"}
    assert {name: one["verdict"] for name, one in found.items() if name.startswith("books_")} == {
        "books_whole": "pass",
        "books_writable": "pass",
        "books_accounts": "pass",
    }
