"""What M3 holds of ours is read back as it was posted, batch by batch, and nothing else of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from test_m3_entries import carry, company, connect, entry

from crossdock import RejectedError
from crossdock.canonical import Money
from crossdock_erp_ledger.infor.m3.reading import read_entries

pytestmark = pytest.mark.anyio
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 4)
LINE = {
    "VTXT": "XD0123456789ABC 1088 SALE", "VSER": "V1", "VONO": "7", "AIT1": "40100", "CUAM": "-70.97", "CUCD": "USD",
    "DBCR": "C",
}  # fmt: skip


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Listed:
    """An M3 that shows these lines on the second of November."""

    def __init__(self, *lines):
        self.lines = lines

    async def lines_on(self, day):
        return list(self.lines) if day == date(2026, 11, 2) else []


@pytest.mark.parametrize("changed", [{}, {"signed_amounts": False}, {"decimal_comma": True}])
async def test_entries_are_read_back_as_they_were_posted_under_their_batch(changed):
    carrier = carry(company(**changed), ledger=connect(**changed))
    wanted = [entry(1, dimensions={"channel": "walmart"}, unit="100"), entry(2, day=date(2026, 11, 3))]
    settled = await carrier.carry(*wanted)

    found = {one.key: one for one in await carrier.ledger.read_entries(carrier.reader, FIRST, LAST)}

    for one in wanted:
        held = found.pop(settled[one.key].identifiers["batch_key"])
        assert (held.date, held.reference) == (one.date, one.reference)
        assert sorted((line.account, line.amount.amount, line.unit) for line in held.lines) == sorted(
            (line.account, line.amount.amount, line.unit) for line in one.lines
        )
    assert found == {}


async def test_lines_of_others_are_not_ours():
    others = [{**LINE, "VTXT": text} for text in ("RENT", "XD short", "xd0123456789abc lower", "")]

    assert await read_entries(Listed(*others), {}, FIRST, LAST) == []


async def test_batch_that_was_taken_in_twice_comes_twice():
    found = await read_entries(Listed(LINE, {**LINE, "VONO": "8"}), {}, FIRST, LAST)

    assert [(one.key, [line.amount for line in one.lines]) for one in found] == [
        ("XD0123456789ABC", [Money(amount=Decimal("-70.97"), currency="USD")])
    ] * 2


@pytest.mark.parametrize("bad", [{"CUAM": "a lot"}, {"CUCD": ""}, {"CUAM": ""}])
async def test_line_that_cannot_be_read_is_not_left_out(bad):
    with pytest.raises(RejectedError, match="amount that can be read"):
        await read_entries(Listed({**LINE, **bad}), {}, FIRST, LAST)
