"""The source of returns: pairs of dates, pages, and what each read finds."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest

from crossdock import CredentialsError, Cursor, TransientError
from crossdock.jsonio import dumps, loads
from crossdock_walmart.returns import ReturnSource

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


class Desk:
    """Answers `GET /v3/returns` as the documentation says; looks at its returns anew for each page."""

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.rows: list[dict[str, Any]] = []
        self.page_size = 200
        self.between_pages = lambda: None
        self.last_cursor: str | None = None

    def open(self, number: str, created: datetime, **row: Any) -> None:
        self.rows.append({"id": number, "created": created, "modified": created, "raw": {}, **row})

    def modify(self, number: str, at: datetime) -> None:
        next(row for row in self.rows if row["id"] == number)["modified"] = at

    def __call__(self, request: Any) -> Any:
        params = dict(parse_qsl(request.url.query.decode()))
        if "offset" in params:
            self.between_pages()
        by = "created" if any(name.startswith("returnCreation") for name in params) else "modified"
        dates = [params[name] for name in params if "Date" in name]
        if "returnOrderId" in params:
            found = [row for row in self.rows if row["id"] == params["returnOrderId"]]
        else:
            start, end = (datetime.fromisoformat(text) for text in dates)  # always a pair
            found = [row for row in self.rows if start <= row[by] <= end]
        offset = int(params.get("offset", "0"))
        if not found[offset:]:
            return self.kit.error(404, "CONTENT_NOT_FOUND.GMP_RETURNS_API")
        last = offset + self.page_size
        cursor = f"?offset={last}&{'&'.join(f'{k}={v}' for k, v in params.items() if k != 'offset')}"
        meta = {"totalCount": len(found), "limit": 200, "nextCursor": cursor if found[last:] else self.last_cursor}
        rows = [{"returnOrderId": row["id"], "customerOrderId": "C1", **row["raw"]} for row in found[offset:last]]
        return self.kit.answer({"meta": meta, "returnOrders": rows})


class Reading:
    """One pipeline's reads, with the cursor kept between them as the store would."""

    def __init__(self, kit: Any, desk: Any, now: datetime) -> None:
        self.kit, self.desk, self.now, self.cursor = kit, desk, now, None
        self.batches: list[Any] = []

    def source(self, **settings: Any) -> ReturnSource:
        source = ReturnSource(**{"since": self.now - 3 * DAY, **settings})
        self.reader = self.kit.reader(self.desk)
        source.bind(self.kit.connection(), self.reader)
        return source

    async def read(self, source: ReturnSource, *, sweep: bool = False) -> list[str]:
        self.batches = []
        self.reader.requests.clear()
        async with aclosing(source.read(Cursor(self.cursor, self.now, sweep))) as batches:
            async for batch in batches:
                self.batches.append(batch)
                self.cursor = loads(dumps(batch.cursor)) if batch.cursor is not None else self.cursor
        return [record.key for batch in self.batches for record in batch.records]

    @property
    def notes(self) -> list[str]:
        return [batch.note for batch in self.batches if batch.note]


@pytest.fixture
def desk(kit):
    return Desk(kit)


@pytest.fixture
def reading(kit, desk, now):
    return Reading(kit, desk, now)


async def test_first_read_is_a_back_fill_of_what_changed_since(reading, desk, now):
    desk.open("old", now - 9 * DAY)
    desk.open("changed", now - 9 * DAY, modified=now - DAY)
    desk.open("new", now - 2 * DAY)

    assert set(await reading.read(reading.source())) == {"changed", "new"}

    assert all(batch.backfill for batch in reading.batches)
    (query,) = reading.reader.queries
    assert query["replacementInfo"] == "true"
    assert query["returnLastModifiedStartDate"] == "2026-10-30T09:00:00Z"
    assert query["returnLastModifiedEndDate"] == "2026-11-03T09:00:00Z"  # ahead: what changes while we page stays in it


async def test_long_past_is_read_in_slices_and_the_cursor_moves_with_each(reading, desk, now):
    for days in (19, 12, 5, 1):
        desk.open(f"{days}", now - days * DAY)

    assert await reading.read(reading.source(since=now - 20 * DAY)) == ["19", "12", "5", "1"]
    assert [batch.cursor is not None for batch in reading.batches] == [False, True] * 3


async def test_what_changed_is_read_again_with_an_overlap(reading, desk, now):
    desk.open("1", now - 2 * DAY)
    desk.open("2", now - 2 * DAY)
    source = reading.source()
    await reading.read(source)
    reading.now = now + timedelta(hours=1)
    desk.modify("2", now - timedelta(minutes=3))

    assert await reading.read(source) == ["2"]
    assert not any(batch.backfill for batch in reading.batches)
    assert reading.reader.queries[0]["returnLastModifiedStartDate"] == "2026-11-02T08:55:00Z"


async def test_back_fill_that_broke_off_goes_on_and_misses_no_change(reading, desk, now):
    for days in (19, 12, 5):
        desk.open(f"{days}", now - days * DAY)
    source, calls = reading.source(since=now - 20 * DAY), []

    def breaks_in_the_second_slice(request):
        calls.append(request)
        return reading.kit.answer([]) if len(calls) == 2 else desk(request)

    reading.reader.handler = breaks_in_the_second_slice
    with pytest.raises(TransientError):
        await reading.read(source)
    reading.reader.handler = desk
    reading.now = now + timedelta(minutes=10)
    desk.modify("19", now + timedelta(minutes=1))

    assert await reading.read(source) == ["12", "5", "19"]


async def test_earlier_since_is_back_filled_once(reading, desk, now):
    desk.open("old", now - 9 * DAY)
    await reading.read(reading.source())

    assert await reading.read(reading.source(since=now - 10 * DAY)) == ["old"]
    assert await reading.read(reading.source(since=now - 10 * DAY)) == []


async def test_sweep_finds_what_no_modification_announced(reading, desk, now):
    source = reading.source()
    await reading.read(source)
    desk.open("silent", now - DAY, modified=now - 30 * DAY)

    assert await reading.read(source) == []
    assert await reading.read(source, sweep=True) == ["silent"]


async def test_since_ahead_reads_nothing_and_says_so(reading, now):
    assert await reading.read(reading.source(since=now + DAY)) == []

    assert reading.reader.requests == []
    assert "lies ahead" in reading.notes[0]


async def test_pages_follow_the_cursor_as_it_is(reading, desk, now):
    desk.page_size = 2
    for number in range(5):
        desk.open(f"{number}", now - DAY)

    assert await reading.read(reading.source()) == ["0", "1", "2", "3", "4"]
    assert reading.reader.requests[1].url.query.startswith(b"offset=2&returnLastModifiedStartDate=")


async def test_return_that_changes_between_pages_is_not_lost(reading, desk, now):
    desk.page_size = 1
    for number in range(3):
        desk.open(f"{number}", now - DAY)
    desk.between_pages = lambda: desk.modify("2", now + timedelta(hours=1))

    assert set(await reading.read(reading.source())) == {"0", "1", "2"}


async def test_repeated_cursor_ends_paging_and_what_is_missing_is_said(reading, desk, now, kit):
    desk.open("1", now - DAY)

    def always_the_same(request):
        meta = {"totalCount": 3, "nextCursor": "?offset=1"}
        return kit.answer({"meta": meta, "returnOrders": [{"returnOrderId": "1"}]})

    source = reading.source()
    reading.reader.handler = always_the_same

    assert await reading.read(source) == ["1", "1"]
    assert "ended after 2 of 3 returns" in reading.notes[0]


async def test_no_returns_are_no_fault(reading):
    assert await reading.read(reading.source()) == []
    assert reading.cursor is not None


@pytest.mark.parametrize("body", [[], {"meta": {"totalCount": 1}}, {"meta": {"totalCount": 2}, "returnOrders": []}])
async def test_page_of_another_form_is_no_empty_list(reading, kit, body):
    source = reading.source()
    reading.reader.handler = lambda request: kit.answer(body)

    with pytest.raises(TransientError):
        await reading.read(source)
    assert reading.cursor is None


async def test_missing_permission_is_named(reading, kit):
    source = reading.source()
    reading.reader.handler = lambda request: kit.error(403, "FORBIDDEN.GMP_GATEWAY_API")

    with pytest.raises(CredentialsError, match="read returns"):
        await reading.read(source)


async def test_record_knows_every_purchase_order_and_waits_for_its_buyers_order(reading, desk, now):
    lines = [{"purchaseOrderId": number} for number in ("108", "109", "108")]
    desk.open("1", now - DAY, raw={"returnOrderLines": lines})

    await reading.read(reading.source())

    (record,) = reading.batches[0].records
    assert record.identifiers == {"purchase_order": "108", "purchase_order_2": "109", "customer_order": "C1"}
    assert (record.ordering_key, record.version) == ("C1", None)


async def test_return_without_number_is_kept_and_spoils_no_other(reading, desk, now):
    desk.open("1", now - DAY, raw={"returnOrderId": None})
    desk.open("2", now - DAY)

    first, second = await reading.read(reading.source())

    assert first.startswith("malformed:")
    assert second == "2"


async def test_one_return_is_fetched_by_its_number(reading, desk, now):
    desk.open("7", now - 300 * DAY)
    source = reading.source()

    record = await source.fetch("7")

    assert record is not None
    assert record.key == "7"
    assert await source.fetch("8") is None
    assert await source.fetch("malformed:00") is None


async def test_cursor_that_cannot_be_read_counts_as_none(reading, desk, now):
    desk.open("1", now - DAY)
    reading.cursor = {"created_from": "soon"}

    assert await reading.read(reading.source()) == ["1"]


async def test_every_revision_counts():
    assert ReturnSource.every is True
