"""Double entry: what a ledger takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import model_validator

from crossdock.canonical.base import Document
from crossdock.canonical.money import Money


class JournalLine(Document):
    """One posting: positive is debit, negative is credit."""

    account: str
    amount: Money
    dimensions: Mapping[str, str] = {}
    memo: str | None = None


class JournalEntry(Document):
    """A balanced entry: in each currency its lines add up to zero, or it cannot be made."""

    key: str
    date: date
    description: str
    lines: tuple[JournalLine, ...]
    links: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _balances(self) -> JournalEntry:
        for currency in {line.amount.currency for line in self.lines}:
            total = sum(line.amount.amount for line in self.lines if line.amount.currency == currency)
            if total != 0:
                raise ValueError(f"entry {self.key} does not balance: {total} {currency}")
        return self
