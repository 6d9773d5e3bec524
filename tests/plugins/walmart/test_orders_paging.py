"""The source: the ceiling of a query, paging, records and settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from crossdock import RejectedError, TransientError
from crossdock.jsonio import dumps, loads
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.records import record_of

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)
SELLER = "SellerFulfilled"


# ---------------------------------------------------------------- the ceiling


@pytest.mark.parametrize("counts_only", [False, True])
async def test_a_window_beyond_the_ceiling_is_halved_until_it_fits(reading, marketplace, now, counts_only, monkeypatch):
    monkeypatch.setattr("crossdock_walmart.order_pages.CEILING", 3)
    marketplace.ceiling, marketplace.counts_only = 3, counts_only
    for hour in range(12):
        marketplace.place(str(hour), now - DAY + timedelta(hours=hour))

    keys = await reading.read(reading.source())

    assert sorted(set(keys), key=int) == [str(hour) for hour in range(12)]
    cursors = [batch.cursor["ship_nodes"][SELLER]["pending"] for batch in reading.batches if batch.cursor]
    assert len(cursors) > 2
    assert cursors[-1] == []


@pytest.mark.parametrize("counts_only", [False, True])
async def test_changes_beyond_the_ceiling_are_halved_and_move_the_cursor_once(
    reading, marketplace, now, counts_only, monkeypatch
):
    monkeypatch.setattr("crossdock_walmart.order_pages.CEILING", 3)
    marketplace.ceiling, marketplace.counts_only = 3, counts_only
    source = reading.source()
    await reading.read(source)
    for hour in range(12):
        marketplace.place(str(hour), now - DAY + timedelta(hours=hour), modified=now + timedelta(minutes=1))
    reading.now += timedelta(minutes=5)

    keys = await reading.read(source)

    assert sorted(set(keys), key=int) == [str(hour) for hour in range(12)]
    assert [batch.cursor is not None for batch in reading.batches].count(True) == 1
    assert reading.batches[-1].cursor is not None
    assert reading.created[-1][1] is None  # the newest part leaves its end open


async def test_a_second_with_more_than_the_ceiling_is_said_when_walmart_refuses_it(reading, marketplace, now):
    marketplace.ceiling = 3
    for number in range(5):
        marketplace.place(str(number), now - DAY)

    with pytest.raises(TransientError, match="more than 20000 orders"):
        await reading.read(reading.source())


async def test_a_second_with_more_than_the_ceiling_is_read_when_walmart_lists_it(
    reading, marketplace, now, monkeypatch
):
    monkeypatch.setattr("crossdock_walmart.order_pages.CEILING", 3)
    marketplace.ceiling, marketplace.counts_only = 3, True
    for number in range(5):
        marketplace.place(str(number), now - DAY)

    keys = await reading.read(reading.source())

    assert set(keys) == {"0", "1", "2", "3", "4"}


# ---------------------------------------------------------------- paging


async def test_pages_are_read_one_after_another_by_the_raw_cursor(reading, marketplace, now):
    marketplace.page_size = 2
    for number in range(5):
        marketplace.place(str(number), now - DAY + timedelta(hours=number))

    keys = await reading.read(reading.source())

    assert keys == ["0", "1", "2", "3", "4"]
    assert [len(batch.records) for batch in reading.batches] == [2, 2, 1, 0]
    assert [batch.cursor is not None for batch in reading.batches] == [False, False, False, True]
    assert reading.reader.requests[1].url.raw_path.startswith(b"/v3/orders?soIndex=2&shipNodeType=")


async def test_an_order_that_appears_between_pages_hides_no_other(reading, marketplace, now):
    marketplace.page_size = 2
    for number in range(5):
        marketplace.place(str(number), now - DAY + timedelta(hours=number))
    arrivals = iter(["new"])

    def one_more_at_the_front():
        for number in arrivals:
            marketplace.place(number, now - 2 * DAY)

    marketplace.between_pages = one_more_at_the_front

    keys = await reading.read(reading.source())

    assert {"0", "1", "2", "3", "4"} <= set(keys)


async def test_a_repeated_cursor_ends_the_paging_and_says_what_is_missing(reading, kit):
    listing = {"meta": {"totalCount": 9, "nextCursor": "?soIndex=1"}, "elements": {"order": [{"purchaseOrderId": "1"}]}}
    reading.handler = lambda request: kit.answer({"list": listing})

    keys = await reading.read(reading.source())

    assert keys == ["1", "1"]
    assert reading.notes == ["Walmart's paging ended after 2 of 9 orders; the next sweep looks again"]
    assert reading.cursor is not None


async def test_an_empty_page_ends_the_paging(reading, kit):
    pages = [
        {"meta": {"totalCount": 1, "nextCursor": "?soIndex=1"}, "elements": {"order": [{"purchaseOrderId": "1"}]}},
        {"meta": {"totalCount": 1, "nextCursor": "?soIndex=2"}, "elements": {"order": []}},
    ]
    reading.handler = lambda request: kit.answer({"list": pages.pop(0)})

    assert await reading.read(reading.source()) == ["1"]
    assert (pages, reading.notes) == ([], [])


# ---------------------------------------------------------------- records


async def test_a_record_is_the_raw_order_under_its_purchase_order_id(kit):
    record = record_of(kit.order)

    assert record.key == "108900000000001"
    assert record.raw == kit.order
    assert record.version is None
    assert dict(record.identifiers) == {"customer_order": "200010000000001"}


@pytest.mark.parametrize(
    "raw", [None, 3, "x", [], {}, {"purchaseOrderId": None}, {"purchaseOrderId": " "}, {"purchaseOrderId": True}]
)
async def test_an_order_without_id_is_kept_under_a_key_of_its_content_and_rejected_by_name(reading, raw):
    record = record_of(raw)

    assert record.key == record_of(raw).key
    assert record.key.startswith("malformed:")
    with pytest.raises(RejectedError, match="no order that can be understood"):
        reading.source().to_document(record.raw)


async def test_a_malformed_order_spoils_no_other_of_its_page(reading, kit):
    orders = [{"purchaseOrderId": "1"}, {"customerOrderId": "2"}, {"purchaseOrderId": 3}]
    reading.handler = lambda request: kit.answer({"list": {"elements": {"order": orders}}})

    first, malformed, last = await reading.read(reading.source())

    assert (first, last) == ("1", "3")
    assert malformed.startswith("malformed:")


async def test_to_document_names_the_fields_and_not_the_buyer(reading, kit):
    raw = kit.changed(kit.order, "shippingInfo.postalAddress.name", {"first": "Jane"})

    with pytest.raises(RejectedError, match=r"shippingInfo\.postalAddress\.name: string_type") as raised:
        reading.source().to_document(raw)

    assert "Jane" not in f"{raised.value} {raised.value.facts} {raised.value.__cause__!r}"
    assert raised.value.__suppress_context__


async def test_to_document_turns_a_raw_order_into_an_order(reading, kit):
    assert reading.source().to_document(loads(dumps(kit.order))).number == "108900000000001"


async def test_fetch_reads_one_order(reading, kit):
    reading.handler = lambda request: kit.answer({"order": kit.order})

    record = await reading.source().fetch("108900000000001")

    assert record is not None
    assert record.key == "108900000000001"


async def test_fetch_asks_who_fulfils_an_order_that_does_not_say_so(reading, marketplace, kit, now):
    marketplace.place("1", now - DAY, type="3PLFulfilled", raw={"shipNode": None})
    marketplace.place("2", now - DAY)
    untyped = kit.changed(kit.order, "shipNode", {"id": "9"})

    def single_or_list(request):
        return kit.answer({"order": untyped}) if request.url.path != "/v3/orders" else marketplace(request)

    reading.handler = single_or_list
    source = reading.source()

    theirs = await source.fetch("1")
    mine = await source.fetch("2")

    assert theirs.raw["shipNode"] == {"id": "9", "type": "3PLFulfilled"}
    assert mine.raw == untyped


async def test_fetch_finds_nothing_where_there_is_none(reading, kit):
    reading.handler = lambda request: kit.error(404, "CONTENT_NOT_FOUND.GMP_ORDER_API")

    assert await reading.source().fetch("1") is None
    assert await reading.source().fetch("malformed:0123456789abcdef") is None
    assert reading.reader.requests == []


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("since", "message"),
    [
        ("2026-11-01T00:00:00", "since needs a time zone"),
        (datetime(2026, 11, 1), "since needs a time zone"),  # noqa: DTZ001
        ("2026-11-01", "since needs a time zone"),
        (20261101, "since is a date and time"),
        (None, "since is a date and time"),
        ("last week", "valid datetime"),
    ],
)
async def test_since_needs_a_date_and_a_zone(since, message):
    with pytest.raises(ValidationError, match=message):
        OrderSource(since=since)


async def test_settings_have_the_documented_defaults():
    source = OrderSource(since="2026-11-01T00:00:00-08:00")

    assert source.since == datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
    assert (source.ship_nodes, source.overlap) == ((SELLER,), timedelta(minutes=5))


@pytest.mark.parametrize("ship_nodes", [[], ["Mine"], "SellerFulfilled"])
async def test_ship_nodes_are_a_list_of_known_types(ship_nodes):
    with pytest.raises(ValidationError):
        OrderSource(since="2026-11-01T00:00:00Z", ship_nodes=ship_nodes)


async def test_settings_have_a_json_schema():
    properties = OrderSource.model_json_schema()["properties"]

    assert properties["since"]["format"] == "date-time"
    assert set(properties) == {"since", "ship_nodes", "overlap", "charge_amounts"}


async def test_an_unbound_source_says_so():
    with pytest.raises(RuntimeError, match="not bound"):
        await OrderSource(since="2026-11-01T00:00:00Z").fetch("1")
