"""The real program carries what Walmart says into books: at the end Walmart owes nothing, and the bank has the rest."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal

import pytest

from crossdock.checking import load
from crossdock.http import Request
from crossdock.registry import Registry

RULES = """\
timezone: America/New_York, clearing: {us: "Assets:Clearing"}, rules: [
              {match: {event: sale}, account: "Income:Sales"}, {match: {event: shipping}, account: "Income:Shipping"},
              {match: {event: commission}, account: "Expenses:Commission"},
              {match: {event: fee}, account: "Expenses:Fees"}, {match: {event: payout}, account: "Assets:Bank"},
              {match: {event: excess}, account: "Expenses:Allowances"},
              {match: {event: reserve}, account: "Assets:Reserve"}]"""
LEDGER = f"""\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: "${{env:WALMART_URL}}"
    read_only: true
    quotas: off
    auth: {{use: walmart.client_credentials, client_id: tester, client_secret: "${{env:SHARED_SECRET}}"}}
  books:
    use: erp_ledger.books
    folder: books
    book: Acme Trading
    timezone: America/New_York
    accounts: {{"Assets:Clearing": USD, "Assets:Bank": USD, "Assets:Reserve": USD, "Income:Sales": USD,
      "Income:Shipping": USD, "Expenses:Commission": USD, "Expenses:Fees": USD, "Expenses:Allowances": USD}}
pipelines:
  sales:
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-01-01T00:00:00Z}}
    to: {{use: erp_ledger.books_entries, connection: books, map: [{{use: erp_ledger.journal, {RULES}}}]}}
  returns:
    from: {{use: walmart.returns, connection: walmart_us, since: 2026-01-01T00:00:00Z}}
    to: {{use: erp_ledger.books_entries, connection: books, map: [{{use: erp_ledger.journal, {RULES}}}]}}
  settlements:
    from: {{use: walmart.settlements, connection: walmart_us, since: 2026-01-01}}
    recheck: 1s
    to: {{use: erp_ledger.books_entries, connection: books, map: [{{use: erp_ledger.journal, {RULES}}}]}}
"""
LINES = [
    {"sku": "MUG-01", "quantity": 3, "line_number": 2, "price": "10.01"},
    {"sku": "LAMP-7", "quantity": 1, "line_number": 5, "price": "7.35"},
]


@pytest.fixture
def walmart(site):
    (site.folder / "crossdock.yaml").write_text(LEDGER)
    return site.walmart.control


def balances(site):
    """What the accounts hold."""
    env = {"WALMART_URL": "http://localhost:1", "SHARED_SECRET": "not-a-secret"}
    connection = load(site.folder / "crossdock.yaml", registry=Registry(), env=env).connections["books"]
    found: Counter[str] = Counter()
    for one in connection.handle(Request("GET", "http://localhost/entries")).json()["entries"]:
        for line in one["entry"]["lines"]:
            found[line["account"]] += Decimal(line["amount"]["amount"])
    return found


def run(site, *, wait="0s"):
    done = site.run("run", "--wait", wait, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["name"]: one for one in json.loads(done.stdout)["pipelines"]}


def test_once_all_is_settled_walmart_owes_nothing_and_the_bank_has_what_was_paid(site, walmart):
    orders = site.place(5, lines=LINES)
    for order in orders:
        walmart("ship", {"purchase_order_id": order})
    assert run(site)["sales"]["delivered"] == 5
    some = {"purchase_order_id": orders[0], "lines": [{"line": "2", "quantity": 2}], "excess": "1.50"}
    number = walmart("returns", some)["return_order_id"]
    walmart("refunds", {"return_order_id": number, "lines": {"1": 1}})
    walmart("returns", {"purchase_order_id": orders[1], "refund": "issued", "shipping": True})
    walmart("returns", {"purchase_order_id": orders[2], "type": "REPLACEMENT", "refund": "issued"})
    walmart("refunds", {"purchase_order_id": orders[3], "lines": [{"line": "5", "amount": "2.35"}]})
    fee = {"amount": "-3.65", "description": "Walmart Shipping Label Service Charge"}
    closed = walmart("settlements", {"fees": [fee], "reserve": "20.00", "shuffle_columns": True, "bom": True})

    standing = run(site, wait="20s")

    held = balances(site)
    assert {name: one["held"] + one["waiting"] + one["dead"] for name, one in standing.items()} == dict.fromkeys(
        ("sales", "returns", "settlements"), 0
    )
    assert held["Assets:Clearing"] == 0
    assert held["Assets:Bank"] == Decimal(str(closed["payable"]))
    assert (held["Assets:Reserve"], held["Expenses:Fees"]) == (Decimal("20.00"), Decimal("3.65"))
    assert held["Income:Sales"] == -(5 * Decimal("37.38") - Decimal("10.01") - Decimal("37.38") - Decimal("2.35"))
    assert not any(request["write"] for request in walmart("state")["requests"])


def test_settlement_refutes_that_charges_are_for_the_line_where_they_are_for_one_unit(site, walmart):
    walmart("settings", {"charge_amounts": "unit"})
    (order,) = site.place(1, lines=LINES[:1])
    walmart("ship", {"purchase_order_id": order})
    run(site)
    walmart("settlements", {})

    assert site.run("run").returncode == 1

    held = json.loads(site.run("deliveries", "--state", "held", "--json").stdout)["deliveries"]
    assert {one["code"] for one in held} == {"settlement_differs"}
    assert any("charge_amounts: unit" in one["reason"] for one in held)
