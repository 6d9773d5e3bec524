from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def stamp(**ago):
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ids(answer):
    assert answer.status_code == 200, answer.text
    return {order["purchaseOrderId"] for order in answer.json()["list"]["elements"]["order"]}


def test_no_order_is_a_404_that_is_only_information(walmart):
    answer = walmart.get("/v3/orders")

    (error,) = answer.json()["errors"]["error"]
    assert answer.status_code == 404
    assert (error["code"], error["severity"]) == ("CONTENT_NOT_FOUND.GMP_ORDER_API", "INFO")


def test_orders_of_the_last_seven_days_are_listed_unless_a_start_is_given(walmart):
    old, new = walmart.place(created_hours_ago=8 * 24) + walmart.place(created_hours_ago=6 * 24)

    assert ids(walmart.get("/v3/orders")) == {new}
    assert ids(walmart.get(f"/v3/orders?createdStartDate={stamp(days=9)}")) == {old, new}


def test_a_modification_date_alone_does_not_lift_the_seven_days(walmart):
    (old,) = walmart.place(created_hours_ago=8 * 24)
    walmart.post(f"/v3/orders/{old}/acknowledge")
    query = {"lastModifiedStartDate": stamp(hours=1)}

    assert walmart.get("/v3/orders?" + urlencode(query)).status_code == 404
    assert ids(walmart.get("/v3/orders?" + urlencode({**query, "createdStartDate": stamp(days=30)}))) == {old}


@pytest.mark.parametrize(
    "text",
    ["2026-11-01T10:30:15.000Z", "2026-11-01T10:30:15.1Z", "2026-11-01T10:30:15+00:00", "2026-11-01 10:30", "17672256",
     "2026-13-01", "yesterday"],
)  # fmt: skip
@pytest.mark.parametrize("name", ["createdStartDate", "lastModifiedStartDate", "toExpectedShipDate"])
def test_a_date_with_milliseconds_or_in_another_form_is_refused(walmart, name, text):
    walmart.place()

    answer = walmart.get("/v3/orders?" + urlencode({name: text}))

    (error,) = answer.json()["errors"]["error"]
    assert (answer.status_code, error["code"]) == (400, "INVALID_REQUEST.GMP_ORDER_API")
    assert "date format" in error["description"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=ten", "limit=-1", "status=created", "status=Open", "shipNodeType=Seller",
     "orderType=NEW", "productInfo=yes"],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused(walmart, query):
    walmart.place()

    answer = walmart.get(f"/v3/orders?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"]["error"][0]["field"] == query.partition("=")[0]


def test_more_than_180_days_back_is_refused(walmart):
    walmart.place()

    assert walmart.get(f"/v3/orders?createdStartDate={stamp(days=181)}").status_code == 400
    assert walmart.get(f"/v3/orders?createdStartDate={stamp(days=179)}").status_code == 200


def test_more_matches_than_the_service_gives_are_an_error_and_not_a_short_list(walmart, simulator):
    simulator.control("settings", {"max_results": 5})
    walmart.place(count=6)

    assert walmart.get("/v3/orders?limit=2").status_code == 400


def test_seller_fulfilled_orders_are_listed_unless_another_type_is_asked_for(walmart):
    kinds = ("SellerFulfilled", "WFSFulfilled", "3PLFulfilled")
    placed = {kind: set(walmart.place(ship_node_type=kind)) for kind in kinds}
    placed["SellerFulfilled"] |= set(walmart.place(node=None))

    assert ids(walmart.get("/v3/orders")) == placed["SellerFulfilled"]
    for kind in kinds:
        assert ids(walmart.get(f"/v3/orders?shipNodeType={kind}")) == placed[kind]


def test_filters_narrow_the_list(walmart):
    first, second = walmart.place(lines=[{"sku": "A B&C"}], customer_order_id="200012345") + walmart.place(
        lines=[{"sku": "D"}]
    )
    walmart.post(f"/v3/orders/{second}/acknowledge")

    def asked(**query):
        return ids(walmart.get("/v3/orders?" + urlencode(query)))

    assert asked(sku="A B&C") == {first}
    assert asked(customerOrderId="200012345") == {first}
    assert asked(purchaseOrderId=second) == {second}
    assert asked(status="Created") == {first}
    assert asked(status="Acknowledged") == {second}
    assert asked(orderType="REGULAR") == {first, second}
    assert asked(toExpectedShipDate=stamp(days=-3)) == {first, second}
    assert walmart.get("/v3/orders?toExpectedShipDate=" + stamp(days=-1)).status_code == 404


def test_there_is_no_filter_by_ship_node(walmart):
    placed = set(walmart.place(node="1011100000000000001") + walmart.place(node="1011100000000000002"))

    assert ids(walmart.get("/v3/orders?shipNode=1011100000000000002")) == placed


def test_released_orders_are_those_with_created_lines(walmart):
    first, second = walmart.place(count=2)
    walmart.post(f"/v3/orders/{first}/acknowledge")

    assert ids(walmart.get("/v3/orders/released")) == {second}


def test_a_change_moves_the_last_modification(walmart, simulator):
    (order_id,) = walmart.place()
    simulator.control("clock", {"advance_s": 600})
    since = {"lastModifiedStartDate": stamp(seconds=-300)}
    before = walmart.get("/v3/orders?" + urlencode(since)).status_code

    walmart.post(f"/v3/orders/{order_id}/acknowledge")

    assert before == 404
    assert ids(walmart.get("/v3/orders?" + urlencode(since))) == {order_id}


def test_a_list_sees_new_orders_only_after_the_read_lag(walmart, simulator):
    simulator.control("settings", {"read_lag_s": 30})
    (order_id,) = walmart.place()

    early = walmart.get("/v3/orders").status_code, walmart.get(f"/v3/orders/{order_id}").status_code
    simulator.control("clock", {"advance_s": 31})

    assert early == (404, 200)
    assert ids(walmart.get("/v3/orders")) == {order_id}


def test_product_and_replacement_details_are_shown_only_to_those_who_ask(walmart):
    (order_id,) = walmart.place()

    plain = walmart.order(order_id)
    full = walmart.get(f"/v3/orders/{order_id}?productInfo=true&replacementInfo=true").json()["order"]

    assert "imageUrl" not in plain["orderLines"]["orderLine"][0]["item"]
    assert full["orderLines"]["orderLine"][0]["item"]["weight"]["unit"] == "Pounds"
    assert ("orderType" in plain, full["orderType"]) == (False, "REGULAR")


def test_an_unknown_order_is_not_found(walmart):
    answer = walmart.get("/v3/orders/999")

    assert answer.status_code == 404
    assert answer.json()["errors"]["error"][0]["code"] == "CONTENT_NOT_FOUND.GMP_ORDER_API"


# ---------------------------------------------------------------- paging


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 45), limit=st.integers(1, 50), last_page=st.sampled_from(["absent", "null"]))
def test_every_order_comes_exactly_once_whatever_the_limit(walmart, simulator, count, limit, last_page):
    simulator.control("reset", {})
    walmart.token = simulator.tokens.issue("seller-1", 900).value
    simulator.control("settings", {"last_page": last_page})
    placed = walmart.place(count=count)

    pages = list(walmart.pages(f"?limit={limit}"))

    seen = [order["purchaseOrderId"] for page in pages for order in page["elements"]["order"]]
    assert sorted(seen) == sorted(placed)
    assert [len(page["elements"]["order"]) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    assert {page["meta"]["totalCount"] for page in pages} == {count}


def test_the_cursor_is_a_query_string_that_repeats_the_filters_with_milliseconds(walmart):
    walmart.place(count=3)

    cursor = walmart.get("/v3/orders?limit=2&status=Created").json()["list"]["meta"]["nextCursor"]

    assert cursor.startswith("?limit=2&hasMoreElements=true&soIndex=3&poIndex=2&partnerId=10001&")
    assert "status=Created" in cursor
    assert cursor.rpartition("createdEndDate=")[2][19] == "."


def test_a_cursor_that_was_coded_anew_gives_page_one_again(walmart):
    walmart.place(count=4)
    first = walmart.get("/v3/orders?limit=2").json()["list"]
    cursor = first["meta"]["nextCursor"]

    coded = walmart.get("/v3/orders" + cursor.replace(":", "%3A")).json()["list"]
    longer = walmart.get("/v3/orders" + cursor + "&productInfo=false").json()["list"]
    true = walmart.get("/v3/orders" + cursor).json()["list"]

    def numbers(page):
        return [order["purchaseOrderId"] for order in page["elements"]["order"]]

    assert numbers(coded) == numbers(longer) == numbers(first)
    assert set(numbers(true)).isdisjoint(numbers(first))


def test_the_same_cursor_gives_the_same_page_twice(walmart):
    walmart.place(count=4)
    cursor = walmart.get("/v3/orders?limit=2").json()["list"]["meta"]["nextCursor"]

    assert walmart.get("/v3/orders" + cursor).json() == walmart.get("/v3/orders" + cursor).json()


def test_the_last_page_may_repeat_its_cursor_or_lead_to_an_empty_page(walmart, simulator):
    walmart.place(count=3)

    simulator.control("settings", {"last_page": "repeated"})
    first = walmart.get("/v3/orders?limit=2").json()["list"]["meta"]["nextCursor"]
    repeated = walmart.get("/v3/orders" + first).json()["list"]["meta"]["nextCursor"]
    simulator.control("settings", {"last_page": "empty"})
    sizes = [len(page["elements"]["order"]) for page in walmart.pages("?limit=2")]

    assert repeated == first
    assert sizes == [2, 1, 0]


def test_orders_that_appear_between_pages_hide_none_of_the_others(walmart):
    placed = walmart.place(count=7, created_hours_ago=3)
    seen = []
    for page in walmart.pages("?limit=2"):
        seen += [order["purchaseOrderId"] for order in page["elements"]["order"]]
        if len(seen) < 5:
            walmart.place(created_hours_ago=1)

    assert set(placed) <= set(seen)
    assert len(seen) > len(set(seen))
