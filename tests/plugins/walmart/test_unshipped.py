"""What had not left when a month ended: which months, which orders, and how they stood."""

from __future__ import annotations

from contextlib import aclosing
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.plugins.walmart.conftest import ORDER

from crossdock import Cursor, RejectedError
from crossdock.jsonio import dumps, loads
from crossdock.testing import check_document
from crossdock_walmart.as_of import judge, month_ends
from crossdock_walmart.unshipped import UnshippedSource

END = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # midnight in New York, still summer time there
ZONE = "America/New_York"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def part(status: str, quantity: int, at: datetime | None = None) -> dict[str, Any]:
    tracking = {"shipDateTime": ms(at), "trackingNumber": "1Z9"} if at else None
    return {"status": status, "statusQuantity": {"amount": str(quantity)}, "trackingInfo": tracking}


def order(*parts: dict[str, Any], changed: datetime = END - DAY, placed: datetime = END - 2 * DAY) -> dict[str, Any]:
    """An order of one line, of as many as its parts."""
    raw = deepcopy(ORDER)
    raw["orderDate"] = ms(placed)
    line = raw["orderLines"]["orderLine"][0]
    del raw["orderLines"]["orderLine"][1:]
    line["statusDate"] = ms(changed)
    line["orderLineQuantity"]["amount"] = str(sum(int(one["statusQuantity"]["amount"]) for one in parts))
    line["orderLineStatuses"]["orderLineStatus"] = list(parts)
    return raw


# ---------------------------------------------------------------- when months end


def ends(since: str, now: str, zone: str = ZONE) -> list[tuple[str, str]]:
    pairs = month_ends(datetime.fromisoformat(since), datetime.fromisoformat(now), zone)
    return [(day.isoformat(), f"{end:%Y-%m-%dT%H:%MZ}") for day, end in pairs]


def test_months_end_at_midnight_of_the_zone():
    assert ends("2026-10-05T00:00Z", "2027-01-15T00:00Z") == [
        ("2026-10-31", "2026-11-01T04:00Z"),
        ("2026-11-30", "2026-12-01T05:00Z"),
        ("2026-12-31", "2027-01-01T05:00Z"),
    ]


def test_month_that_has_not_ended_in_the_zone_has_not_ended():
    assert ends("2026-10-05T00:00Z", "2026-11-01T03:59Z") == []
    assert ends("2026-10-05T00:00Z", "2026-11-01T04:00Z") == [("2026-10-31", "2026-11-01T04:00Z")]
    assert ends("2026-11-01T03:59Z", "2026-11-02T00:00Z") == [("2026-10-31", "2026-11-01T04:00Z")]
    assert ends("2026-11-01T04:00Z", "2026-11-02T00:00Z") == []


@given(
    st.integers(1_577_836_800, 1_893_456_000).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.integers(0, 800),
    st.sampled_from([ZONE, "UTC", "Pacific/Kiritimati", "America/Santiago"]),
)
def test_each_month_ends_once_and_in_order(since, days, zone):
    now = since + timedelta(days=days)

    found = list(month_ends(since, now, zone))

    assert found == sorted(set(found))
    assert all(since < end <= now and (day + DAY).day == 1 for day, end in found)
    assert abs(len(found) - days / 30.44) <= 1.5


# ---------------------------------------------------------------- how an order stood


def unshipped(raw: Any) -> Decimal:
    judgement = judge(loads(dumps(raw)), END)
    source = UnshippedSource(timezone=ZONE, since="2026-10-01T00:00:00Z")
    document = source.to_document(loads(dumps({"as_of": "2026-10-31", "order": judgement.order})))
    check_document(document)
    found = sum(document.unshipped.values(), Decimal(0))
    assert judgement.is_open == bool(found)
    return found


def test_what_left_after_the_end_had_not_left():
    assert unshipped(order(part("Shipped", 1, END - HOUR), part("Shipped", 2, END + HOUR), changed=END + HOUR)) == 2


def test_what_left_in_the_instant_of_the_end_had_not_left():
    assert unshipped(order(part("Shipped", 1, END))) == 1
    assert unshipped(order(part("Shipped", 1, END - timedelta(milliseconds=1)))) == 0


def test_what_is_delivered_had_left_when_it_was_shipped():
    assert unshipped(order(part("Delivered", 1, END - HOUR), changed=END + 3 * DAY)) == 0
    assert unshipped(order(part("Delivered", 1, END + HOUR), changed=END + 3 * DAY)) == 1


def test_what_was_cancelled_before_the_end_was_not_to_be_shipped():
    assert unshipped(order(part("Cancelled", 1), changed=END - HOUR)) == 0
    assert unshipped(order(part("Cancelled", 1), changed=END + HOUR)) == 1


def test_what_is_open_now_was_open_then():
    assert unshipped(order(part("Created", 2))) == 2
    assert unshipped(order(part("Acknowledged", 2), changed=END + HOUR)) == 2


def test_judgement_bears_no_buyer_and_changes_with_nothing_else():
    raw = order(part("Shipped", 1, END - HOUR), part("Acknowledged", 1))
    later = order(part("Delivered", 1, END - HOUR), part("Shipped", 1, END + 2 * DAY), changed=END + 3 * DAY)
    later["orderLines"]["orderLine"][0] |= {"intentToCancel": "true", "returnOrderId": "1037", "refund": {}}

    before, after = judge(raw, END), judge(later, END)

    assert dumps(before.order) == dumps(after.order)
    assert b"Sample" not in dumps(before.order).replace(b"Sample DC", b"")
    assert "shippingInfo" not in before.order


def test_shipment_that_was_confirmed_late_is_told():
    late = judge(order(part("Shipped", 1, END - HOUR), changed=END + HOUR), END)

    assert (late.is_open, late.told_late) == (False, True)
    assert not judge(order(part("Shipped", 1, END - HOUR), changed=END - HOUR), END).told_late


def test_document_says_what_the_lines_were():
    source = UnshippedSource(timezone=ZONE, since="2026-10-01T00:00:00Z", charge_amounts="unit")
    judgement = judge(order(part("Shipped", 1, END - HOUR), part("Created", 1)), END)

    made = source.to_document({"as_of": "2026-10-31", "order": judgement.order})

    assert (made.channel, made.market, made.number) == ("walmart", "us", "108900000000001")
    assert (made.as_of, made.fulfilled_by, made.node) == (date(2026, 10, 31), "seller", "1011100000000000001")
    (line,) = made.lines
    assert (line.number, line.sku, line.quantity, line.name) == ("2", "KET-BLU", Decimal(2), "Blue kettle")
    assert [(one.status, one.quantity) for one in line.statuses] == [("shipped", 1), ("created", 1)]
    assert str(line.charges[0].amount) == "39.80 USD"
    assert made.unshipped == {"2": Decimal(1)}


@pytest.mark.parametrize("broken", [{"item": None}, {"orderLineQuantity": {"amount": "x"}}, {"lineNumber": None}])
def test_order_that_nobody_understands_is_kept_and_refused_by_name(broken):
    raw = order(part("Created", 1))
    raw["orderLines"]["orderLine"][0] |= broken
    judgement = judge(raw, END)

    assert judgement.is_open
    with pytest.raises(RejectedError) as refused:
        UnshippedSource(timezone=ZONE, since="2026-10-01T00:00:00Z").to_document(
            {"as_of": "2026-10-31", "order": judgement.order}
        )
    assert refused.value.code == "malformed_order"


@pytest.mark.parametrize("raw", [None, {}, {"as_of": "soon", "order": {}}, {"as_of": "2026-10-31", "order": []}])
def test_what_is_no_judged_order_is_refused(raw):
    with pytest.raises(RejectedError):
        UnshippedSource(timezone=ZONE, since="2026-10-01T00:00:00Z").to_document(raw)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd"])
def test_zone_is_one_that_there_is(zone):
    with pytest.raises(ValidationError, match="no time zone"):
        UnshippedSource(timezone=zone, since="2026-10-01T00:00:00Z")


# ---------------------------------------------------------------- which orders


class Reading:
    """One pipeline's reads, with the cursor kept between them as the store would."""

    def __init__(self, kit: Any, marketplace: Any) -> None:
        self.kit, self.marketplace, self.cursor = kit, marketplace, None
        self.batches: list[Any] = []

    def source(self, **settings: Any) -> UnshippedSource:
        source = UnshippedSource(**{"timezone": ZONE, "since": "2026-10-05T00:00:00Z", **settings})
        self.reader = self.kit.reader(self.marketplace, END + HOUR)
        source.bind(self.kit.connection(), self.reader)
        return source

    async def read(
        self, source: UnshippedSource, now: datetime = END + HOUR, *, ahead: timedelta = HOUR * 0, sweep: bool = False
    ) -> list[str]:
        """Read to the end; the keys found. `ahead` is how far our clock is ahead of Walmart's."""
        self.batches, self.reader.now = [], now - ahead
        self.reader.requests.clear()
        async with aclosing(source.read(Cursor(self.cursor, now, sweep))) as batches:
            async for batch in batches:
                self.batches.append(batch)
                self.cursor = loads(dumps(batch.cursor)) if batch.cursor is not None else self.cursor
        return [record.key for batch in self.batches for record in batch.records]

    def place(self, number: str, *parts: Any, **more: Any) -> None:
        raw = {**order(*parts, **more), "purchaseOrderId": number}
        self.marketplace.rows[:] = [row for row in self.marketplace.rows if row["id"] != number]
        self.marketplace.place(number, datetime.fromtimestamp(raw["orderDate"] / 1000, UTC), raw=raw)


@pytest.fixture
def reading(kit, marketplace):
    return Reading(kit, marketplace)


@pytest.mark.anyio
async def test_nothing_is_read_before_a_month_ended(reading):
    reading.place("1", part("Created", 1))

    assert await reading.read(reading.source(), END - HOUR) == []
    assert (reading.reader.requests, reading.cursor) == ([], None)


@pytest.mark.anyio
async def test_month_is_judged_some_time_after_its_end(reading):
    reading.place("1", part("Created", 1))

    assert await reading.read(reading.source(), END + timedelta(minutes=14)) == []
    assert await reading.read(reading.source(delay="5m"), END + timedelta(minutes=14)) == ["2026-10/1"]


@pytest.mark.anyio
@pytest.mark.parametrize("orders", [0, 1])
async def test_month_is_not_judged_before_it_ended_at_walmart(reading, orders):
    for number in range(orders):
        reading.place(f"{number}", part("Created", 1))

    assert await reading.read(reading.source(), ahead=2 * HOUR) == []
    assert reading.cursor is None


@pytest.mark.anyio
async def test_month_that_ended_is_judged_once(reading):
    reading.place("open", part("Created", 1))
    reading.place("gone", part("Shipped", 1, END - HOUR))
    reading.place("left since", part("Shipped", 1, END + HOUR / 2), changed=END + HOUR / 2)
    reading.place("of the next month", part("Created", 1), placed=END)
    source = reading.source()

    assert set(await reading.read(source)) == {"2026-10/open", "2026-10/left since"}
    assert await reading.read(source, END + DAY) == []
    assert reading.reader.requests == []


@pytest.mark.anyio
async def test_record_is_known_by_its_order(reading):
    reading.place("108", part("Created", 1))

    await reading.read(reading.source())

    (record,) = [record for batch in reading.batches for record in batch.records]
    assert record.identifiers == {"purchase_order": "108", "customer_order": "200010000000001"}
    assert record.ordering_key == "108"


@pytest.mark.anyio
async def test_each_month_that_ended_since_is_judged(reading):
    reading.place("1", part("Created", 1))

    keys = await reading.read(reading.source(since="2026-09-05T00:00:00Z"), END + 31 * DAY)

    assert keys == ["2026-10/1", "2026-11/1"]  # in September it was not placed yet
    assert reading.cursor == {"months": ["2026-09", "2026-10", "2026-11"]}


@pytest.mark.anyio
async def test_orders_before_the_lookback_are_not_looked_at(reading):
    reading.place("old", part("Created", 1), placed=END - 20 * DAY)

    assert await reading.read(reading.source(lookback="14d")) == []


@pytest.mark.anyio
async def test_sweep_tells_only_what_was_confirmed_late_and_only_for_a_while(reading):
    reading.place("open", part("Created", 1))
    reading.place("late", part("Acknowledged", 1))
    source = reading.source()
    await reading.read(source)
    reading.place("late", part("Shipped", 1, END - HOUR), changed=END + 2 * HOUR)

    assert await reading.read(source, END + DAY, sweep=True) == ["2026-10/late"]
    (raw,) = [record.raw for batch in reading.batches for record in batch.records]
    assert source.to_document(raw).unshipped == {}
    assert await reading.read(source, END + 8 * DAY, sweep=True) == []


@pytest.mark.anyio
async def test_more_orders_than_one_query_may_find_are_read_in_halves(reading, marketplace):
    marketplace.ceiling = 3
    for number in range(6):
        reading.place(f"{number}", part("Created", 1), placed=END - DAY - number * HOUR)

    assert set(await reading.read(reading.source())) == {f"2026-10/{number}" for number in range(6)}


@pytest.mark.anyio
async def test_one_order_is_judged_by_its_key(reading, kit):
    source = reading.source()
    reading.reader.handler = lambda request: kit.answer({"order": order(part("Created", 2))})

    record = await source.fetch("2026-10/108900000000001")

    assert record is not None
    assert source.to_document(record.raw).unshipped == {"2": Decimal(2)}
    assert await source.fetch("2026-09/108900000000001") is None
    assert await source.fetch("108900000000001") is None
