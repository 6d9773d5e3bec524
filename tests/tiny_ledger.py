"""A ledger in a few lines: it keeps what mappers post, and gives back the links that core would have written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crossdock import Context, Link, Links, NothingToDo, Ref
from crossdock.canonical import (
    Address,
    Charge,
    JournalEntry,
    Money,
    Order,
    OrderLine,
    OrderLineStatus,
)
from crossdock_erp_ledger.posting import plan_entry, receipt_of

WALMART, BOOKS = "walmart:us:test", "erp_ledger.books:test"
PO = "108800000000001"
RULES = [
    {"match": {"event": "sale", "category": "apparel"}, "account": "Income:Sales:Apparel", "unit": "100"},
    {"match": {"event": "sale"}, "account": "Income:Sales:Other", "dimensions": {"channel": "{channel}"}},
    {"match": {"event": "shipping"}, "account": "Income:Shipping"},
    {"match": {"event": "tax"}, "account": "Liabilities:SalesTax"},
    {"match": {"event": "excess"}, "account": "Expenses:Allowances"},
]
SETTINGS: Mapping[str, Any] = {
    "timezone": "America/New_York",
    "rules": RULES,
    "clearing": {"us": "Assets:Clearing:US", "ca": "Assets:Clearing:CA"},
    "categories": {"TEE-*": "apparel"},
    "customers": {"us": "WALMART-US"},
    "tax_remitted_by": {"us": "channel", "ca": "seller"},
}


@dataclass
class TinyLedger:
    """What was posted, by key, and by which record."""

    closed_through: Any = None
    entries: dict[str, JournalEntry] = field(default_factory=dict)
    facts: set[str] = field(default_factory=set)
    links: list[Link] = field(default_factory=list)

    def context(self, key: str, identifiers: Sequence[str] = (), choice: str | None = None) -> Context:
        """What a mapper gets for the record of that key."""
        found = [link for link in self.links if {link.near.id, link.far.id} & {key, *identifiers}]
        return Context(key=key, pipeline="ledger", links=Links(found), choice=choice)

    def post(
        self, mapper: Any, document: Any, key: str, *identifiers: str, choice: str | None = None, refused: int = 0
    ) -> list[JournalEntry]:
        """Map a document and post all of it, as core does; nothing where nothing is to be done.

        `refused` says bit by bit which of the entries the ledger refuses.
        """
        try:
            entries = mapper.map(document, self.context(key, identifiers, choice))
        except NothingToDo:
            return []
        for place, entry in enumerate(entries):
            if not refused >> place & 1:
                self.keep(entry, key)
        return list(entries)

    def keep(self, entry: JournalEntry, record: str) -> None:
        """Post one entry, once."""
        assert entry.key not in self.entries, f"{entry.key} a second time"
        twice = self.facts & {*entry.facts}
        assert not twice, f"{twice} a second time"
        assert entry.facts
        assert len({*entry.facts}) == len(entry.facts)
        effect = plan_entry(entry, self.closed_through)
        receipt = receipt_of(effect, "XD1")
        far = Ref(BOOKS, receipt.kind, receipt.id)
        self.links.append(Link(Ref(WALMART, "record", record), far, dict(receipt.lines)))
        if entry.reference and entry.reference != record:
            self.links.append(Link(Ref(WALMART, "order", entry.reference), far, dict(receipt.lines)))
        self.entries[entry.key] = entry
        self.facts |= {*entry.facts}

    def balances(self) -> dict[str, Decimal]:
        """By account, debits positive; accounts at nothing are left out."""
        found: dict[str, Decimal] = {}
        for entry in self.entries.values():
            for line in entry.lines:
                found[line.account] = found.get(line.account, Decimal(0)) + line.amount.amount
        return {account: amount for account, amount in sorted(found.items()) if amount}


def money(amount: str | Decimal, currency: str = "USD") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


def charge(amount: str, kind: str = "product", tax: str | None = None, currency: str = "USD") -> Charge:
    return Charge(kind=kind, amount=money(amount, currency), tax=None if tax is None else money(tax, currency))


def status(word: str, quantity: str, at: str | None = None) -> OrderLineStatus:
    moment = None if at is None else datetime.fromisoformat(at).replace(tzinfo=UTC)
    return OrderLineStatus(status=word, quantity=Decimal(quantity), raw=word.capitalize(), at=moment)


def order_line(number: str = "1", quantity: str = "2", sku: str = "TEE-BLK-M", **changed: Any) -> OrderLine:
    line = {
        "number": number,
        "sku": sku,
        "quantity": Decimal(quantity),
        "charges": (charge("49.98"),),
        "statuses": (status("created", quantity),),
    }
    return OrderLine.model_validate(line | changed)


def order(*lines: OrderLine, **changed: Any) -> Order:
    value = {
        "channel": "walmart",
        "market": "us",
        "number": PO,
        "customer_number": "200000000000001",
        "ordered_at": datetime(2026, 10, 5, 12, tzinfo=UTC),
        "ship_to": Address(line1="1 Example Way", city="Sampleton", region="NY", country="US"),
        "lines": lines or (order_line(),),
    }
    return Order.model_validate(value | changed)
