"""What is told of an entry and its lines beside the amounts, in the sequence in which every format tells it."""

from __future__ import annotations

from collections.abc import Iterator

from crossdock.canonical.journal import JournalLine
from crossdock_erp_ledger.books.booked import ENTRY_TEXTS, LINE_TEXTS, Booked, to_dimension, to_members


def told_of_entry(booked: Booked) -> Iterator[tuple[str, str]]:
    """Names and values; its own name comes first."""
    posting, entry = booked.posting, booked.posting.entry
    yield "idem", entry.key
    yield "batch", booked.batch
    yield "transaction_date", str(entry.transaction_date)
    for name, field in ENTRY_TEXTS:
        if (value := getattr(entry, field)) is not None:
            yield name, value
    if posting.late_for:
        yield "late_for", posting.late_for
    if posting.members != (entry.key,):
        yield "members", to_members(posting.members)


def told_of_line(line: JournalLine) -> Iterator[tuple[str, str]]:
    """Names and values."""
    for name, field in LINE_TEXTS:
        if (value := getattr(line, field)) is not None:
            yield name, value
    if line.quantity is not None:
        yield "quantity", f"{line.quantity:f}"
    for name, value in line.dimensions.items():
        yield to_dimension(name), value
