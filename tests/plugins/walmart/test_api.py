"""The endpoints: what is sent, what is read, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crossdock import CredentialsError, RejectedError, TransientError
from crossdock.http import Response
from crossdock_walmart.answers import TooManyOrdersError
from crossdock_walmart.api import OrderQuery, WalmartApi, reach

pytestmark = pytest.mark.anyio
FROM = datetime(2026, 10, 1, 8, 0, 0, 123456, tzinfo=UTC)
TO = datetime(2026, 10, 2, 8, 0, tzinfo=timezone(timedelta(hours=-8)))
QUERY = OrderQuery("SellerFulfilled", FROM, TO)


async def test_orders_are_asked_for_by_utc_dates_without_milliseconds(kit):
    reader = kit.reader(lambda request: kit.answer({"list": {"elements": {"order": []}}}))

    await WalmartApi(reader).orders(QUERY)

    assert reader.queries == [
        {
            "shipNodeType": "SellerFulfilled",
            "limit": "200",
            "createdStartDate": "2026-10-01T08:00:00Z",
            "createdEndDate": "2026-10-02T16:00:00Z",
        }
    ]


async def test_an_open_ended_query_leaves_the_end_to_walmart(kit):
    reader = kit.reader(lambda request: kit.answer({"list": {"elements": {"order": []}}}))
    query = OrderQuery("WFSFulfilled", FROM, TO, modified_from=FROM + kit.day, open_ended=True)

    await WalmartApi(reader).orders(query)

    assert reader.queries[0] == {
        "shipNodeType": "WFSFulfilled",
        "limit": "200",
        "createdStartDate": "2026-10-01T08:00:00Z",
        "lastModifiedStartDate": "2026-10-02T08:00:00Z",
    }


async def test_the_next_page_is_asked_for_with_the_cursor_byte_for_byte(kit):
    cursor = "?limit=10&hasMoreElements=true&soIndex=31&sku=A%2fB+C&createdEndDate=2026-09-17T18:47:03.703Z"
    reader = kit.reader(lambda request: kit.answer({"list": {"elements": {"order": []}}}))

    await WalmartApi(reader).more_orders(cursor)

    assert reader.requests[0].url.raw_path == b"/v3/orders" + cursor.encode()


async def test_a_page_has_its_orders_its_cursor_and_its_total(kit):
    listing = {"meta": {"totalCount": 31, "nextCursor": "?soIndex=31"}, "elements": {"order": [{"a": 1}, {"b": 2}]}}
    reader = kit.reader(lambda request: kit.answer({"list": listing}))

    page = await WalmartApi(reader).orders(QUERY)

    assert (page.orders, page.next_cursor, page.total) == (({"a": 1}, {"b": 2}), "?soIndex=31", 31)


async def test_a_bare_order_is_a_page_of_one(kit):
    reader = kit.reader(lambda request: kit.answer({"list": {"meta": None, "elements": {"order": {"a": 1}}}}))

    page = await WalmartApi(reader).orders(QUERY)

    assert (page.orders, page.next_cursor, page.total) == (({"a": 1},), None, None)


async def test_content_not_found_means_no_orders(kit):
    reader = kit.reader(lambda request: kit.error(404, "CONTENT_NOT_FOUND.GMP_ORDER_API"))

    assert (await WalmartApi(reader).orders(QUERY)).orders == ()


@pytest.mark.parametrize(
    "body", ["<html>no such page</html>", "", '{"error":[{"code":"URI_NOT_FOUND.GMP_GATEWAY_API"}]}']
)
async def test_another_404_is_not_taken_for_no_orders(kit, body):
    reader = kit.reader(lambda request: Response(404, text=body))

    with pytest.raises(TransientError, match="answered 404") as raised:
        await WalmartApi(reader).orders(QUERY)

    assert "base_url" in raised.value.fix


@pytest.mark.parametrize(
    "body",
    [
        "<html>maintenance</html>",
        '{"list": {"meta": {"totalCount": 1}, "elements": {"order": [{"purcha',
        "",
        "[]",
        "null",
        '{"error": []}',
        '{"list": null}',
        '{"list": {"meta": {"totalCount": 4}}}',
        '{"list": {"meta": {}}}',
        '{"list": {"meta": {"totalCount": 4}, "elements": {"order": []}}}',
        '{"list": {"meta": {"totalCount": 4}, "elements": null}}',
    ],
)
async def test_a_page_that_is_none_is_read_again_later(kit, body):
    reader = kit.reader(lambda request: Response(200, text=body, headers={"Content-Type": "text/html"}))

    with pytest.raises(TransientError):
        await WalmartApi(reader).orders(QUERY)


async def test_an_empty_listing_means_no_orders(kit):
    reader = kit.reader(lambda request: kit.answer({"list": {"meta": {"totalCount": 0}, "elements": None}}))

    assert (await WalmartApi(reader).orders(QUERY)).orders == ()


async def test_a_page_of_html_does_not_reach_the_message(kit):
    reader = kit.reader(lambda request: Response(200, text="<p>Jane</p>", headers={"Content-Type": "text/html; x"}))

    with pytest.raises(TransientError, match=r"no JSON \(text/html, 11 bytes\)") as raised:
        await WalmartApi(reader).orders(QUERY)

    assert "Jane" not in repr(raised.value)


async def test_a_missing_permission_is_named(kit):
    reader = kit.reader(lambda request: kit.error(403, "FORBIDDEN.GMP_GATEWAY_API"))

    with pytest.raises(CredentialsError, match="read orders") as raised:
        await WalmartApi(reader).orders(QUERY)

    assert raised.value.code == "permission_missing"
    assert raised.value.facts["scope"] == "orders"
    assert "'orders'" in raised.value.fix


async def test_a_page_of_a_proxy_that_says_403_is_no_missing_permission(kit):
    reader = kit.reader(lambda request: Response(403, text="\n<html>Access Denied</html>"))

    with pytest.raises(TransientError, match="403"):
        await WalmartApi(reader).orders(QUERY)


async def test_the_ceiling_asks_for_a_shorter_span(kit):
    reader = kit.reader(lambda request: kit.error(400, "INVALID_REQUEST.GMP_ORDER_API", "more than 20,000 orders"))

    with pytest.raises(TooManyOrdersError):
        await WalmartApi(reader).orders(QUERY)


async def test_a_bare_invalid_request_is_believed_to_be_an_outage_five_times(kit):
    reader = kit.reader(lambda request: kit.error(400, "INVALID_REQUEST.GMP_ORDER_API", "Invalid Request"))
    api = WalmartApi(reader)

    for _ in range(5):
        with pytest.raises(TransientError, match="outage") as raised:
            await api.orders(QUERY)
        assert raised.value.retry_after == 60.0
    with pytest.raises(RejectedError, match="INVALID_REQUEST"):
        await api.orders(QUERY)


async def test_an_answer_ends_the_count_of_outages(kit):
    outage = kit.error(400, "INVALID_REQUEST.GMP_ORDER_API", "Invalid Request")
    answers = [outage] * 5 + [kit.error(404, "CONTENT_NOT_FOUND.GMP_ORDER_API")] + [outage]
    api = WalmartApi(kit.reader(lambda request: answers.pop(0)))

    for _ in range(5):
        with pytest.raises(TransientError):
            await api.orders(QUERY)
    await api.orders(QUERY)
    with pytest.raises(TransientError, match="outage"):
        await api.orders(QUERY)


async def test_a_request_that_walmart_finds_wrong_is_not_repeated(kit):
    reader = kit.reader(
        lambda request: kit.error(400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", "Jane is no limit", field="limit")
    )

    with pytest.raises(RejectedError, match=r"400, INVALID_REQUEST_PARAM\.GMP_ORDER_API") as raised:
        await WalmartApi(reader).orders(QUERY)

    assert raised.value.facts["field"] == "limit"
    assert "Jane" not in f"{raised.value} {raised.value.facts}"


@pytest.mark.parametrize("status", [408, 423, 429, 500, 503, 520])
async def test_what_may_pass_is_tried_again(kit, status):
    reader = kit.reader(lambda request: kit.error(status, "SYSTEM_ERROR.GMP_ORDER_API"))

    with pytest.raises(TransientError):
        await WalmartApi(reader).orders(QUERY)


async def test_one_order_is_asked_for_by_its_quoted_id(kit):
    reader = kit.reader(lambda request: kit.answer({"order": {"purchaseOrderId": "1/2"}}))

    order = await WalmartApi(reader).order("1/2")

    assert order == {"purchaseOrderId": "1/2"}
    assert reader.requests[0].url.raw_path == b"/v3/orders/1%2F2"


async def test_an_order_that_is_not_there_is_none(kit):
    reader = kit.reader(lambda request: kit.error(404, "CONTENT_NOT_FOUND.GMP_ORDER_API"))

    assert await WalmartApi(reader).order("1") is None


@pytest.mark.parametrize("body", ["{}", '{"order": null}', "<html>", "[]"])
async def test_an_answer_without_the_order_is_read_again_later(kit, body):
    reader = kit.reader(lambda request: Response(200, text=body))

    with pytest.raises(TransientError):
        await WalmartApi(reader).order("1")


def test_a_query_halves_into_two_that_meet():
    first, second = QUERY.halves()

    assert first.created_from == FROM
    assert first.created_to == second.created_from
    assert second.created_to == TO
    assert first.created_to.microsecond == 0


def test_halves_of_an_open_ended_query_leave_the_end_open_in_the_second_only():
    first, second = OrderQuery("SellerFulfilled", FROM, TO, modified_from=FROM, open_ended=True).halves()

    assert (first.open_ended, second.open_ended) == (False, True)
    assert first.modified_from == second.modified_from == FROM


def test_a_second_is_not_divided():
    start = datetime(2026, 10, 1, tzinfo=UTC)

    assert OrderQuery("SellerFulfilled", start, start + timedelta(seconds=1)).halves() is None
    assert OrderQuery("SellerFulfilled", start, start).halves() is None


def test_reach_is_180_days_less_a_day():
    assert reach(datetime(2026, 11, 2, 9, 0, 0, 5, tzinfo=UTC)) == datetime(2026, 5, 7, 9, 0, tzinfo=UTC)
