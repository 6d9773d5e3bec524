"""A marketplace and plain-text books."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from crossdock.checking import load
from crossdock.http import Request
from crossdock_walmart.simulator.recon_file import render
from hold_walks.site import RECHECK_S, WALMART, Shop

SALES, RETURNS, SETTLEMENTS = ("sales",), ("returns",), ("settlements",)

_POSTED = re.compile(r'^  idem: "([^"]+)"$', re.MULTILINE)
_MAP = """map:
        - &journal
          use: erp_ledger.journal
          timezone: America/New_York
          clearing: {us: "Assets:Walmart:US:Clearing"}
          rules:
            - {match: {event: sale}, account: "Income:Sales"}
            - {match: {event: shipping}, account: "Income:Shipping"}
            - {match: {event: tax}, account: "Liabilities:Tax"}
            - {match: {event: commission}, account: "Expenses:Commission"}
            - {match: {event: [fee, rounding]}, account: "Expenses:Fees"}
            - {match: {event: payout}, account: "Assets:Bank"}
"""

DEFINITION = f"""\
version: 1
store: sqlite:crossdock.db
connections:
  walmart_us:
    use: walmart
    market: us
    base_url: https://{WALMART}
    read_only: true
    auth: {{use: walmart.client_credentials, client_id: tester, client_secret: "${{env:SHARED_SECRET}}"}}
  books:
    use: erp_ledger.books
    timezone: America/New_York
    folder: books
    book: Acme Trading
    accounts:
      Assets:Walmart:US:Clearing: USD
      Income:Sales: USD
      Income:Shipping: USD
      Liabilities:Tax: USD
      Expenses:Commission: USD
      Expenses:Fees: USD
      Assets:Bank: USD
pipelines:
  sales:
    from: {{use: walmart.orders, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}}
    every: 5m
    recheck: {RECHECK_S}s
    to:
      use: erp_ledger.books_entries
      connection: books
      {_MAP}
  returns:
    from: {{use: walmart.returns, connection: walmart_us, since: 2026-11-01T00:00:00-08:00}}
    every: 5m
    recheck: {RECHECK_S}s
    to: {{use: erp_ledger.books_entries, connection: books, map: [*journal]}}
  settlements:
    from: {{use: walmart.settlements, connection: walmart_us, since: 2026-11-01}}
    every: 5m
    recheck: {RECHECK_S}s
    to: {{use: erp_ledger.books_entries, connection: books, map: [*journal]}}
"""


class Books(Shop):
    """What a walk causes and looks at."""

    def __init__(self, folder: Path, monkeypatch: Any) -> None:
        super().__init__(folder, monkeypatch, DEFINITION, {})

    def sold(self) -> str:
        """An order whose sale is in the books."""
        order = self.place()
        self.run(*SALES)
        return order

    def post_by_hand(self, key: str) -> None:
        """Somebody else posts an entry of this name."""
        lines = [{"account": "Income:Sales", "amount": {"amount": amount, "currency": "USD"}} for amount in ("1", "-1")]
        entry = {"key": key, "date": "2026-11-20", "description": "By hand", "lines": lines}
        body = {"batch": "X", "entries": [{"entry": entry, "members": [key]}]}
        books = load(self.file, registry=self.registry).connections["books"]
        books.handle(Request("POST", "http://localhost/entries", json=body))

    def shipped(self) -> str:
        """An order whose sale is in the books, and that left."""
        order = self.sold()
        self.walmart.control("ship", {"purchase_order_id": order})
        return order

    def settle(self, **options: Any) -> str:
        """A cycle is closed, and its report read; the report's name."""
        name: str = self.walmart.control("settlements", options)["report_date"]
        self.run(*SETTLEMENTS)
        return name

    def settle_anew(self, name: str, number: int, amount: str) -> str:
        """A report is made anew with another amount in one row, and read again a day later; what was there before."""
        closed = self.walmart.settlement.closed[name]
        rows = [dict(row) for row in closed.rows]
        before, rows[number]["Amount"] = rows[number]["Amount"], amount
        options = {"extra_columns": [], "omit_columns": [], "shuffle_columns": False, "quote_all": False, "bom": False}
        content = render(rows, {**options, "count_off": 0, "cut": False, "name": name}, Random(1))
        self.walmart.settlement.closed[name] = replace(closed, rows=rows, content=content)
        self.clock.advance(86_400)
        self.run(*SETTLEMENTS)
        return before

    def change_return(self, number: str, status: str) -> None:
        """Walmart says something else of what was paid back."""

        def edit(wire: Any) -> None:
            for line in wire["returnOrderLines"]:
                for slice_ in line["currentTrackingStatuses"]:
                    slice_["currentRefundStatus"] = status

        self.walmart.returns.change(self.walmart.returns.one(number), edit)

    def book_file(self) -> Path:
        """The file that has the entries."""
        (file,) = (self.folder / "books").rglob("2026-11*.beancount")
        return file

    def facts(self) -> dict[tuple[str, str, Any], int]:
        """How often each entry is in any books."""
        text = "".join(file.read_text() for file in sorted(self.folder.rglob("*.beancount")))
        return {("posted", key, 1): count for key, count in Counter(_POSTED.findall(text)).items()}
