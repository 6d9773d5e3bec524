"""The source: windows, cursors, and what each read finds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crossdock import TransientError
from crossdock.http import Response

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
SELLER = "SellerFulfilled"


# ---------------------------------------------------------------- the first read


async def test_the_first_read_is_a_back_fill_by_creation_date(reading, marketplace, now):
    marketplace.place("old", now - 5 * DAY)
    marketplace.place("1", now - 2 * DAY)
    marketplace.place("2", now - DAY)

    keys = await reading.read(reading.source())

    assert keys == ["1", "2"]
    assert all(batch.backfill for batch in reading.batches)
    assert reading.created == [("2026-10-30T09:00:00Z", None)]  # no end: it holds what was placed a moment ago
    assert "lastModifiedStartDate" not in reading.reader.queries[0]


async def test_a_long_past_is_read_in_slices_and_the_cursor_moves_with_each(reading, marketplace, now):
    for days in (19, 12, 5, 1):
        marketplace.place(f"{days}", now - days * DAY)

    keys = await reading.read(reading.source(since=now - 20 * DAY))

    assert keys == ["19", "12", "5", "1"]
    assert [end for _, end in reading.created] == [
        "2026-10-20T09:00:00Z",
        "2026-10-27T09:00:00Z",
        None,
    ]
    assert [bool(batch.records) for batch in reading.batches] == [True, False] * 2 + [True, False]
    assert [batch.cursor is not None for batch in reading.batches] == [False, True] * 3


async def test_a_back_fill_that_broke_off_goes_on_where_it_was(reading, marketplace, now, kit):
    for days in (19, 12, 5):
        marketplace.place(f"{days}", now - days * DAY)
    source = reading.source(since=now - 20 * DAY)
    broken = [0]

    def breaks_in_the_second_slice(request):
        broken[0] += 1
        return Response(200, text="<html>") if broken[0] == 2 else marketplace(request)

    reading.reader.handler = breaks_in_the_second_slice
    with pytest.raises(TransientError):
        await reading.read(source)
    reading.reader.handler = marketplace

    keys = await reading.read(source)

    assert keys == ["12", "5"]
    assert reading.created[0][0] == "2026-10-20T09:00:00Z"
    assert [batch.backfill for batch in reading.batches if batch.records] == [True, True]


async def test_what_changed_during_a_broken_back_fill_is_read_after_it(reading, marketplace, now):
    marketplace.place("19", now - 19 * DAY)
    source = reading.source(since=now - 20 * DAY)
    calls = []

    def breaks_in_the_second_slice(request):
        calls.append(request)
        return Response(200, text="<html>") if len(calls) == 2 else marketplace(request)

    reading.reader.handler = breaks_in_the_second_slice
    with pytest.raises(TransientError):
        await reading.read(source)
    reading.reader.handler = marketplace
    reading.now += timedelta(minutes=10)
    marketplace.modify("19", now + timedelta(minutes=1))

    assert await reading.read(source) == ["19"]
    assert [batch.backfill for batch in reading.batches if batch.records] == [False]


async def test_since_ahead_reads_nothing_and_says_so(reading, now):
    await reading.read(reading.source(since=now + DAY))

    assert reading.reader.requests == []
    assert reading.cursor is None
    assert "lies ahead" in reading.notes[0]


async def test_since_beyond_walmarts_reach_is_read_as_far_as_it_goes_and_said(reading, marketplace, now):
    marketplace.place("179", now - 178 * DAY)

    keys = await reading.read(reading.source(since=now - 400 * DAY))

    assert keys == ["179"]
    assert reading.created[0][0] == "2026-05-07T09:00:00Z"
    assert reading.notes == [
        "Walmart shows orders of the last 180 days only: read from 2026-05-07T09:00:00+00:00, not from `since`"
    ]


async def test_since_beyond_reach_starts_no_second_back_fill_as_days_pass(reading, now):
    source = reading.source(since=now - 400 * DAY)
    await reading.read(source)
    reading.now += 10 * DAY

    await reading.read(source)

    assert len(reading.reader.requests) == 1
    assert reading.notes == []


# ---------------------------------------------------------------- later reads


async def test_later_reads_go_by_modification_with_the_creation_date_beside_it(reading, marketplace, now):
    source = reading.source()
    marketplace.place("1", now - DAY)
    await reading.read(source)
    reading.now += timedelta(hours=1)
    marketplace.place("2", now + timedelta(minutes=30))
    marketplace.modify("1", now + timedelta(minutes=40))

    keys = await reading.read(source)

    assert keys == ["1", "2"]
    assert not any(batch.backfill for batch in reading.batches)
    assert reading.reader.queries == [
        {
            "shipNodeType": SELLER,
            "limit": "200",
            "createdStartDate": "2026-10-30T09:00:00Z",
            "lastModifiedStartDate": "2026-11-02T08:55:00Z",
        }
    ]


async def test_each_read_overlaps_the_one_before(reading, marketplace, now):
    source = reading.source(overlap="20m")
    await reading.read(source)
    marketplace.place("late", now - timedelta(minutes=15))  # it was not yet to be seen
    reading.now += timedelta(minutes=5)

    assert await reading.read(source) == ["late"]


async def test_nothing_new_moves_the_cursor_all_the_same(reading):
    source = reading.source()
    await reading.read(source)
    before = reading.cursor
    reading.now += timedelta(hours=1)

    assert await reading.read(source) == []
    assert reading.cursor != before
    assert reading.cursor["ship_nodes"][SELLER]["modified_to"] == "2026-11-02T10:00:00+00:00"


async def test_the_creation_date_stays_within_walmarts_reach(reading, now):
    source = reading.source(since=now - 170 * DAY)
    await reading.read(source)
    reading.now += 30 * DAY

    await reading.read(source)

    assert reading.created == [("2026-06-06T09:00:00Z", None)]


async def test_a_pause_longer_than_walmarts_reach_is_said(reading, now):
    source = reading.source()
    await reading.read(source)
    reading.now += 300 * DAY

    await reading.read(source)

    assert "longer ago than Walmart's 180 days" in reading.notes[0]


async def test_a_failing_read_leaves_the_cursor_where_it_was(reading, marketplace, now):
    source = reading.source()
    await reading.read(source)
    before = reading.cursor
    marketplace.page_size = 1
    for number in "123":
        marketplace.place(number, now - DAY, modified=now)

    def second_page_is_html(request):
        return Response(200, text="<html>") if "soIndex=2" in str(request.url) else marketplace(request)

    reading.reader.handler = second_page_is_html
    with pytest.raises(TransientError):
        await reading.read(source)

    assert [record.key for batch in reading.batches for record in batch.records] == ["1", "2"]
    assert reading.cursor == before


# ---------------------------------------------------------------- `since` and ship-node types change


async def test_since_moved_earlier_back_fills_the_uncovered_span_only_and_once(reading, marketplace, now):
    marketplace.place("far", now - 9 * DAY)
    marketplace.place("near", now - 2 * DAY)
    await reading.read(reading.source())
    earlier = reading.source(since=now - 10 * DAY)

    first, second = await reading.read(earlier), None
    spans, flags = reading.created, [batch.backfill for batch in reading.batches if batch.records]
    second = await reading.read(earlier)

    assert (first, second) == (["far"], [])
    assert spans == [("2026-10-23T09:00:00Z", "2026-10-30T09:00:00Z"), ("2026-10-23T09:00:00Z", None)]
    assert flags == [True]
    assert reading.created == [("2026-10-23T09:00:00Z", None)]


async def test_since_moved_later_goes_on_following_what_was_imported(reading, marketplace, now):
    marketplace.place("1", now - 2 * DAY)
    await reading.read(reading.source())
    marketplace.modify("1", now + timedelta(minutes=1))
    reading.now += timedelta(minutes=5)

    assert await reading.read(reading.source(since=now)) == ["1"]


async def test_each_ship_node_type_has_its_own_sweep_of_calls(reading, marketplace, now):
    marketplace.place("mine", now - DAY)
    marketplace.place("theirs", now - DAY, type="WFSFulfilled")
    marketplace.place("third", now - DAY, type="3PLFulfilled")

    by_default = await reading.read(reading.source())
    reading.cursor = None
    of_all = await reading.read(reading.source(ship_nodes=[SELLER, "WFSFulfilled", "3PLFulfilled", SELLER]))

    assert by_default == ["mine"]
    assert of_all == ["mine", "theirs", "third"]
    assert [query["shipNodeType"] for query in reading.reader.queries] == [SELLER, "WFSFulfilled", "3PLFulfilled"]


async def test_a_ship_node_type_added_later_is_back_filled_alone(reading, marketplace, now):
    marketplace.place("mine", now - DAY)
    marketplace.place("theirs", now - DAY, type="WFSFulfilled")
    await reading.read(reading.source())
    reading.now += timedelta(hours=1)

    keys = await reading.read(reading.source(ship_nodes=[SELLER, "WFSFulfilled"]))

    assert keys == ["theirs"]
    assert set(reading.cursor["ship_nodes"]) == {SELLER, "WFSFulfilled"}
    assert reading.cursor["ship_nodes"][SELLER]["modified_to"] == "2026-11-02T10:00:00+00:00"


async def test_an_order_found_among_walmarts_own_says_so_even_if_walmart_does_not(reading, marketplace, now):
    marketplace.place("theirs", now - DAY, type="WFSFulfilled", raw={"shipNode": {"id": "9"}})

    await reading.read(reading.source(ship_nodes=["WFSFulfilled"]))

    assert reading.batches[0].records[0].raw["shipNode"] == {"id": "9", "type": "WFSFulfilled"}


# ---------------------------------------------------------------- the sweep


async def test_a_sweep_reads_the_open_window_again_by_creation_date(reading, marketplace, now):
    marketplace.place("1", now - 9 * DAY)
    source = reading.source(since=now - 10 * DAY)
    await reading.read(source)
    reading.now += timedelta(hours=1)
    marketplace.place("2", now + timedelta(minutes=30))

    keys = await reading.read(source, sweep=True)

    assert keys == ["1", "2"]  # "1" did not change its modification date
    assert reading.created == [
        ("2026-10-23T09:00:00Z", "2026-10-30T09:00:00Z"),
        ("2026-10-30T09:00:00Z", "2026-11-02T10:00:00Z"),
    ]
    assert not any(batch.backfill for batch in reading.batches)
    assert [batch.cursor is not None for batch in reading.batches] == [False, False, True]
    assert reading.cursor["ship_nodes"][SELLER]["modified_to"] == "2026-11-02T10:00:00+00:00"


async def test_a_first_sweep_is_the_back_fill(reading, marketplace, now):
    marketplace.place("1", now - DAY)

    assert await reading.read(reading.source(), sweep=True) == ["1"]
    assert len(reading.reader.requests) == 1
