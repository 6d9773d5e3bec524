"""The suite that every plugin inherits, with books in a folder of their own each time."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from crossdock import Context
from crossdock.canonical import OrderAsOf
from crossdock.testing import conformance
from crossdock_erp_ledger import plugin
from crossdock_erp_ledger.books.entries import BooksEntrySink
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from ledger_books import books
from ledger_entries import APPAREL, CLEARING, line, sale
from tiny_ledger import PO, SETTINGS, TinyLedger, order, order_line, status

JOURNAL = JournalMapper.model_validate(SETTINGS)


def connect(base_url):
    return books(Path(tempfile.mkdtemp()) / "books")


def sold() -> Context:
    """What is known of an order whose sale is posted."""
    ledger = TinyLedger()
    ledger.post(JOURNAL, order(), PO)
    return ledger.context(PO)


UNSHIPPED = OrderAsOf(
    channel="walmart",
    market="us",
    number=PO,
    ordered_at=datetime(2026, 10, 5, tzinfo=UTC),
    as_of=date(2026, 10, 31),
    lines=(order_line(statuses=(status("acknowledged", "2"),)),),
)


class TestBooks(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="erp_ledger",
        connect=connect,
        mappers=[
            conformance.MapperSample(JOURNAL, documents=[order()]),
            conformance.MapperSample(
                CutoffMapper.model_validate({"deferred": {"us": "Liabilities:Deferred"}}),
                documents=[UNSHIPPED],
                context=sold(),
            ),
        ],
        sinks=[
            conformance.SinkSample(
                BooksEntrySink(), sale(), revised=[sale(lines=(line(CLEARING, "1"), line(APPAREL, "-1")))]
            )
        ],
    )
