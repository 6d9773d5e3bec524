"""Settlements: which reports are read, what their rows become, and what is kept back."""

from __future__ import annotations

from contextlib import aclosing
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError
from tests.plugins.walmart.test_recon import ROWS, SUMMARY, amount, written, zipped

from crossdock import CredentialsError, Cursor, HoldError, RejectedError, TransientError
from crossdock.http import Response
from crossdock.jsonio import dumps, loads
from crossdock.testing import check_document
from crossdock_walmart.recon import BrokenReportError
from crossdock_walmart.settlements import SettlementSource

DATES = "/v3/report/reconreport/availableReconFiles"
PO = "108900000000001"


class Office:
    """Answers both report calls as the documentation says."""

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.files: dict[str, bytes | None] = {}
        self.asked: list[str] = []

    def __call__(self, request: Any) -> Any:
        params = dict(request.url.params)
        assert params["reportVersion"] == "v1"
        if request.url.path == DATES:
            if not self.files:
                return self.kit.error(404, "CONTENT_NOT_FOUND.GMP_REPORT_API")
            return self.kit.answer({"availableApReportDates": list(self.files)})
        assert request.headers["Accept"] == "application/octet-stream"
        self.asked.append(params["reportDate"])
        content = self.files[params["reportDate"]]
        if content is None:
            return self.kit.error(404, "CONTENT_NOT_FOUND.GMP_REPORT_API")
        return Response(200, content=content, headers={"Content-Type": "application/octet-stream"})


class Reading:
    """One pipeline's reads, with the cursor kept between them as the store would."""

    def __init__(self, kit: Any, office: Office, now: Any) -> None:
        self.kit, self.office, self.now, self.cursor = kit, office, now, None
        self.batches: list[Any] = []

    def source(self, **settings: Any) -> SettlementSource:
        source = SettlementSource(**{"since": "2026-09-01", **settings})
        self.reader = self.kit.reader(self.office)
        source.bind(self.kit.connection(), self.reader)
        return source

    async def read(self, source: SettlementSource, *, sweep: bool = False) -> list[str]:
        self.batches, self.office.asked = [], []
        async with aclosing(source.read(Cursor(self.cursor, self.now, sweep))) as batches:
            async for batch in batches:
                self.batches.append(batch)
                self.cursor = loads(dumps(batch.cursor)) if batch.cursor is not None else self.cursor
        return [record.key for record in self.records]

    @property
    def records(self) -> list[Any]:
        return [record for batch in self.batches for record in batch.records]


@pytest.fixture
def office(kit):
    return Office(kit)


@pytest.fixture
def reading(kit, office, now):
    return Reading(kit, office, now)


GOOD = zipped(written(ROWS, count=3))
KEYS = [
    "paymentsummary:deposited-in-sample-account",
    "2026_11_08_1:product-price",
    "2026_11_08_1:commission-on-product",
]


@pytest.mark.anyio
async def test_each_report_is_read_once_and_the_oldest_first(reading, office):
    office.files = {"10202026": GOOD, "09152026": GOOD}
    source = reading.source()

    assert await reading.read(source) == [f"{day}/{key}" for day in ("09152026", "10202026") for key in KEYS]
    assert all(batch.backfill for batch in reading.batches[:-1])
    assert await reading.read(source) == []
    office.files["11032026"] = GOOD
    assert await reading.read(source) == [f"11032026/{key}" for key in KEYS]
    assert office.asked == ["11032026"]
    assert not any(batch.backfill for batch in reading.batches)


@pytest.mark.anyio
async def test_before_the_first_cycle_there_is_nothing(reading):
    assert await reading.read(reading.source()) == []


@pytest.mark.anyio
async def test_reports_before_since_are_not_read_and_dates_are_given_back_as_listed(reading, office):
    office.files = {"08312026": GOOD, "20260901": GOOD, "Q3-2026": GOOD}

    await reading.read(reading.source())

    assert office.asked == ["20260901", "Q3-2026"]  # a name that is no date is taken for new


@pytest.mark.anyio
async def test_sweep_reads_recent_reports_again(reading, office):
    office.files = {"09152026": GOOD, "10202026": GOOD}
    source = reading.source()
    await reading.read(source)

    await reading.read(source, sweep=True)
    assert office.asked == ["10202026"]
    await reading.read(reading.source(look_again=timedelta(days=1)), sweep=True)
    assert office.asked == []


@pytest.mark.anyio
async def test_broken_report_is_asked_for_again_and_does_not_stop_the_others(reading, office):
    office.files = {"09152026": GOOD[:-30], "10202026": GOOD}
    source = reading.source()

    with pytest.raises(BrokenReportError, match=r"settlement report 09152026: .* nothing of it was taken"):
        await reading.read(source)
    assert [record.key.partition("/")[0] for record in reading.records] == ["10202026"] * 3
    office.files["09152026"] = GOOD

    assert len(await reading.read(source)) == 3
    assert office.asked == ["09152026"]


@pytest.mark.anyio
async def test_report_that_walmart_refuses_to_give_does_not_stop_the_others(reading, office, kit):
    office.files = {"09152026": GOOD, "10202026": GOOD}
    source = reading.source()
    refused = kit.error(400, "INVALID_REQUEST_PARAM.GMP_REPORT_API", field="reportDate")
    reading.reader.handler = lambda request: refused if "09152026" in str(request.url) else office(request)

    with pytest.raises(BrokenReportError, match=r"settlement report 09152026: .* 400, INVALID_REQUEST_PARAM"):
        await reading.read(source)
    assert len(reading.records) == 3


@pytest.mark.anyio
async def test_listed_report_that_is_not_there_yet_is_asked_for_again(reading, office):
    office.files = {"10202026": None}
    source = reading.source()
    assert await reading.read(source) == []
    office.files["10202026"] = GOOD

    assert len(await reading.read(source)) == 3


@pytest.mark.anyio
async def test_long_report_comes_in_batches_and_the_cursor_after_the_last(reading, office):
    office.files = {"10202026": zipped(written([SUMMARY, *[amount(1, key=f"k{n}") for n in range(1200)]]))}

    await reading.read(reading.source())

    assert [len(batch.records) for batch in reading.batches] == [500, 500, 201, 0, 0]
    assert [batch.cursor is not None for batch in reading.batches] == [False, False, False, True, True]


@pytest.mark.anyio
async def test_records_of_one_order_go_one_after_another(reading, office):
    office.files = {"10202026": zipped(written([SUMMARY, amount(1) | {"Customer Order #": "200010000000001"}]))}

    await reading.read(reading.source())

    summary, price = reading.records
    assert (summary.ordering_key, summary.identifiers) == (None, {})
    assert price.ordering_key == PO
    assert price.identifiers == {"purchase_order": PO, "customer_order": "200010000000001"}


@pytest.mark.anyio
@pytest.mark.parametrize(("withheld", "left"), [("-4.12", "0"), ("-4.00", "0.12"), (None, "4.12")])
async def test_tax_and_what_was_withheld_tell_what_they_leave_on_the_first_of_them(reading, office, withheld, left):
    taxes = [amount("4.12", "Product tax")]
    taxes += [amount(withheld, "Product tax withheld", key="2026_11_08_2")] if withheld else []
    office.files = {"10202026": zipped(written([*ROWS, *taxes]))}
    source = reading.source()

    await reading.read(source)

    lines = [source.to_document(record.raw) for record in reading.records]
    told = [line.remainder for line in lines]
    assert [remainder and str(remainder.amount) for remainder in told[3:]] == [left, "0"][: len(taxes)]
    assert told[:3] == [None, None, None]


@pytest.mark.anyio
async def test_one_row_is_fetched_by_its_key(reading, office):
    office.files = {"10202026": GOOD}
    source = reading.source()

    assert (await source.fetch(f"10202026/{KEYS[1]}")).raw["row"]["amount"] == "49.98"
    assert await source.fetch("10202026/other") is None
    assert await source.fetch("10202026") is None
    office.files["10202026"] = None
    assert await source.fetch(f"10202026/{KEYS[1]}") is None


@pytest.mark.anyio
async def test_missing_permission_is_named(reading, kit):
    source = reading.source()
    reading.reader.handler = lambda request: kit.error(403, "FORBIDDEN.GMP_GATEWAY_API")

    with pytest.raises(CredentialsError, match="read reports") as refused:
        await reading.read(source)
    assert refused.value.code == "permission_missing"


@pytest.mark.anyio
@pytest.mark.parametrize("body", [[], {}, {"dates": []}])
async def test_list_of_another_form_is_no_empty_list(reading, kit, body):
    source = reading.source()
    reading.reader.handler = lambda request: kit.answer(body)

    with pytest.raises(TransientError):
        await reading.read(source)


@pytest.mark.parametrize("since", [20261101, "soon", "11/01/2026"])
def test_since_is_a_date(since):
    with pytest.raises(ValidationError):
        SettlementSource(since=since)


def test_every_revision_counts():
    assert SettlementSource.every is True


# ---------------------------------------------------------------- what a row becomes

SOURCE = SettlementSource(since="2026-09-01")


def stored(row: dict[str, str], **more: Any) -> dict[str, Any]:
    cells = {name.lower(): text for name, text in row.items() if text}
    period = ["11/07/2026", "11/20/2026"]
    return {"report": "11212026", "currency": "USD", "period": period, "number": "k:1", "row": cells, **more}


def line(row: dict[str, str], **more: Any) -> Any:
    made = SOURCE.to_document(loads(dumps(stored(row, **more))))
    check_document(made)
    return made


FULL = amount("49.98") | {
    "Customer Order #": "200010000000001",
    "Purchase Order line #": "1",
    "Ship Qty": "2",
    "Partner Item Id": "KET-BLU",
    "Contract Category": "Home",
    "Product Type": "Kettles",
    "Fulfillment Type": "Seller Fulfilled",
    "Transaction Reason Description": "Because",
}


def test_row_becomes_one_amount():
    made = line(FULL)

    assert (made.channel, made.market, made.settlement, made.number) == ("walmart", "us", "11212026", "k:1")
    assert (made.kind, made.part, made.description) == ("Sale", "Product Price", "Purchase")
    assert (str(made.amount), made.posted_on, made.reason) == ("49.98 USD", date(2026, 11, 8), "Because")
    assert (made.period_start, made.period_end) == (date(2026, 11, 7), date(2026, 11, 20))
    assert (made.order, made.order_line, made.customer_order) == (PO, "1", "200010000000001")
    assert (made.sku, made.quantity, made.category) == ("KET-BLU", Decimal(2), "Home")
    assert (made.product_type, made.fulfilment) == ("Kettles", "Seller Fulfilled")
    assert (made.payable, made.total) == (None, None)


@pytest.mark.parametrize("payable", ["42.48", "-17.03"])
def test_summary_bears_what_is_paid_and_what_the_amounts_add_up_to(payable):
    made = line(SUMMARY | {"Total Payable": payable}, total="42.48")

    assert (made.kind, str(made.amount), str(made.payable), str(made.total)) == (
        "PaymentSummary", f"{payable} USD", f"{payable} USD", "42.48 USD",
    )  # fmt: skip


def test_summary_of_a_report_that_cannot_be_added_up_has_no_total():
    assert line(SUMMARY, total=None).total is None


@pytest.mark.parametrize("damaged", ["1.19111E+14", "1,19111E+14", "1.08812E14", "#N/A", "108900000000001.0", "PO-1"])
def test_order_that_went_through_a_spreadsheet_is_held_by_its_row(damaged):
    with pytest.raises(HoldError, match="row k:1") as held:
        line(FULL | {"Purchase Order #": damaged})

    assert held.value.code == "damaged_order_id"


@pytest.mark.anyio
async def test_damaged_row_is_kept_without_the_order_and_the_rest_goes_on(reading, office):
    damaged = amount(5, key="k2") | {"Purchase Order #": "1.19111E+14"}
    office.files = {"10202026": zipped(written([*ROWS, damaged]))}

    await reading.read(reading.source())

    assert len(reading.records) == 4
    assert reading.records[3].identifiers == {}


def test_damaged_customer_order_is_left_out():
    assert line(FULL | {"Customer Order #": "2.0001E+14"}).customer_order is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/7/2026", date(2026, 3, 7)), ("03/07/2026", date(2026, 3, 7)), ("2026-03-07", date(2026, 3, 7)),
        ("03/07/2026 11:59 PM", date(2026, 3, 7)), ("2026-03-07T00:00:00Z", date(2026, 3, 7)), ('""', None), ("", None),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(text, day):
    assert line(FULL | {"Transaction Posted Timestamp": text}).posted_on == day


@pytest.mark.parametrize(
    ("row", "more", "code"),
    [
        ({"Amount": "x"}, {}, "malformed_settlement"),
        ({"Amount": ""}, {}, "malformed_settlement"),
        ({"Transaction Type": ""}, {}, "malformed_settlement"),
        ({"Ship Qty": "two"}, {}, "malformed_settlement"),
        ({"Transaction Posted Timestamp": "13/13/2026"}, {}, "malformed_settlement"),
        ({"Transaction Posted Timestamp": "soon"}, {}, "malformed_settlement"),
        ({}, {"fault": "it has more cells than there are columns"}, "malformed_settlement"),
        ({}, {"number": None}, "malformed_settlement"),
        ({}, {"currency": None}, "no_currency"),
        ({"Currency": "$"}, {}, "no_currency"),
    ],
)
def test_row_names_its_fault_and_not_its_values(row, more, code):
    with pytest.raises(RejectedError) as refused:
        line(FULL | row, **more)

    assert refused.value.code == code


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"report": "1", "number": "1", "row": []}])
def test_what_is_no_row_is_refused(raw):
    with pytest.raises(RejectedError):
        SOURCE.to_document(raw)
