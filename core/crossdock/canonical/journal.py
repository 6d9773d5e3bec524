"""Double entry: what a ledger takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import model_validator

from crossdock.canonical.base import Document
from crossdock.canonical.money import Money

Day = date


class JournalLine(Document):
    """One posting: positive is debit, negative is credit."""

    account: str
    amount: Money
    unit: str | None = None  # the accounting unit: a cost or profit centre
    dimensions: Mapping[str, str] = {}
    memo: str | None = None
    event: str | None = None  # what it is about: "sale", "shipping", "commission"
    order_line: str | None = None  # the line of the source that it comes from, as the source numbers it
    sku: str | None = None
    quantity: Decimal | None = None
    basis: Mapping[str, str] = {}  # what the source said of its line, so that a change of it shows


class JournalEntry(Document):
    """A balanced entry: in each currency its lines add up to zero, or it cannot be made.

    `date` decides the period; `transaction_date` is when it happened. `facts` name what it covers, so that another
    entry never covers it again. `reference` and `document` are what a person looks it up by (the purchase order, the
    buyer's order number). Entries of one `total` are posted as one, their lines summed up.
    """

    key: str
    date: Day
    transaction_date: Day | None = None
    description: str
    lines: tuple[JournalLine, ...]
    event: str | None = None
    channel: str | None = None
    market: str | None = None
    customer: str | None = None
    reference: str | None = None
    document: str | None = None
    facts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    reverses: str | None = None  # the key of the entry that this one undoes
    total: str | None = None
    when_closed: Literal["next", "hold"] = "next"  # where `date` lies in a closed period

    @model_validator(mode="after")
    def _balances(self) -> JournalEntry:
        for currency in {line.amount.currency for line in self.lines}:
            total = sum(line.amount.amount for line in self.lines if line.amount.currency == currency)
            if total != 0:
                raise ValueError(f"entry {self.key} does not balance: {total} {currency}")
        return self
