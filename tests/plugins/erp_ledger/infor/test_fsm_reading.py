"""What the ledger holds of ours is read back as it was posted, page by page, and nothing else of it."""

from __future__ import annotations

from datetime import date

import pytest
from tiny_fsm import Carrier, TinyFsm

from crossdock import RejectedError
from ledger_entries import sale

pytestmark = pytest.mark.anyio
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_entries_are_read_back_as_they_were_posted():
    carrier = Carrier(TinyFsm())
    await carrier.carry(sale(), sale("108800000000002", date="2026-10-31"), sale("108800000000003", date="2026-11-01"))

    entries = await carrier.ledger.read_entries(carrier.reader, FIRST, LAST)

    assert [(one.key, one.date, one.reference) for one in entries] == [
        ("wmt:us:108800000000001:sale:v1", date(2026, 10, 5), "108800000000001"),
        ("wmt:us:108800000000002:sale:v1", LAST, "108800000000002"),
    ]
    lines = [(one.account, one.amount, one.unit) for one in entries[0].lines]
    assert lines == [(one.account, one.amount, one.unit) for one in sale().lines]
    assert entries[0].lines[3].dimensions == {"channel": "walmart", "customer": "WALMART-US"}


async def test_lines_of_others_are_not_ours():
    carrier = Carrier(TinyFsm())
    await carrier.carry(sale())
    first, second, *_ = carrier.fsm.ledger
    first["OriginatingTransaction.BusinessClassName"] = "PayablesInvoice"
    second["AccountingEntity"] = "20"

    (entry,) = await carrier.ledger.read_entries(carrier.reader, FIRST, LAST)

    assert len(entry.lines) == 2


async def test_line_that_cannot_be_read_is_not_left_out():
    carrier = Carrier(TinyFsm())
    await carrier.carry(sale())
    carrier.fsm.ledger[0]["TransactionAmount"] = "1,5"

    with pytest.raises(RejectedError, match="amount that can be read"):
        await carrier.ledger.read_entries(carrier.reader, FIRST, LAST)


async def test_list_of_many_lines_is_read_page_by_page(monkeypatch):
    monkeypatch.setattr("crossdock_erp_ledger.infor.fsm.api.PAGE", 60)
    carrier = Carrier(TinyFsm())
    await carrier.carry(*[sale(f"10880000000{number:04}") for number in range(30)])

    entries = await carrier.ledger.read_entries(carrier.reader, date(2026, 10, 5), date(2026, 10, 5))

    assert len(entries) == 30
    assert carrier.fsm.asked.count("posted") == 3
    assert sum(len(one.lines) for one in entries) == 120
