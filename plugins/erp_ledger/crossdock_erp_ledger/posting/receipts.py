"""The receipt of a posted entry: core writes the link from it, and corrections read there what was posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock import Effect, Receipt
from crossdock.canonical.journal import JournalEntry, JournalLine
from crossdock_erp_ledger.posting.planning import posting_of
from crossdock_erp_ledger.posting.totals import name_of

KIND = "journal_entry"
WHOLE = "*"
"""The place of lines that belong to no single line of the order."""


def receipt_of(effect: Effect, batch: str, identifiers: Mapping[str, str] | None = None) -> Receipt:
    """The receipt of one entry, also of one that went into a total: its lines are its own, by order line.

    It is linked to its order, too, whatever record it was made for: a settlement finds there what a return posted.
    `batch` is the name of the bundle in the ledger; `identifiers` are further names that the ledger gave it.
    """
    posting = posting_of(effect)
    if posting is None:
        raise TypeError(f"effect {effect.key} posts no entry")
    entry = posting.entry
    total = None if entry.total is None else name_of(posting, batch)
    names = {"reference": entry.reference, "document": entry.document, "batch": batch, "total": total}
    known = {kind: name for kind, name in names.items() if name}
    return Receipt(
        KIND,
        effect.key,
        identifiers={**known, **(identifiers or {})},
        lines=lines_of(entry),
        concerns={"order": entry.reference} if entry.reference else {},
    )


def lines_of(entry: JournalEntry) -> dict[str, list[dict[str, Any]]]:
    """What an entry posts, by order line: `{"1": [{"event": "sale", "account": …, "amount": "49.98", …}]}`.

    Units: amounts in major units, debits positive; `date` is the day it is posted on.
    """
    placed: dict[str, list[dict[str, Any]]] = {}
    for line in entry.lines:
        placed.setdefault(line.order_line or WHOLE, []).append(_told(line, entry))
    return placed


def _told(line: JournalLine, entry: JournalEntry) -> dict[str, Any]:
    told = {
        "event": line.event or entry.event,
        "account": line.account,
        "unit": line.unit,
        "dimensions": dict(line.dimensions),
        "amount": f"{line.amount.amount:f}",
        "currency": line.amount.currency,
        "quantity": None if line.quantity is None else f"{line.quantity:f}",
        "sku": line.sku,
        "basis": dict(line.basis),
        "customer": entry.customer,
        "date": entry.date.isoformat(),
    }
    return {name: value for name, value in told.items() if value}
