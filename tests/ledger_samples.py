"""Samples of the ledger plugin's mappers, for the kit: whichever ledger they lead to."""

from __future__ import annotations

from datetime import UTC, date, datetime

from crossdock import Context
from crossdock.canonical import OrderAsOf
from crossdock.testing import conformance
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, SETTINGS, TinyLedger, order, order_line, status

JOURNAL = JournalMapper.model_validate(SETTINGS)


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
MAPPERS = [
    conformance.MapperSample(JOURNAL, documents=[order()]),
    conformance.MapperSample(
        CutoffMapper.model_validate({"deferred": {"us": "Liabilities:Deferred"}}), documents=[UNSHIPPED], context=sold()
    ),
]
