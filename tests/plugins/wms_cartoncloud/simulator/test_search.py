from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_wms_cartoncloud.simulator.search import Search
from crossdock_wms_cartoncloud.simulator.search_terms import OUTBOUND

MODIFIED = "/timestamps/modified/time"


def condition(kind, pointer, value, method=None, field=None):
    made = {
        "type": kind,
        "field": field or {"type": "JsonField", "pointer": pointer},
        "value": {"type": "ValueField", "value": value},
    }
    return made if method is None else {**made, "method": method}


def references(reply):
    return [order["references"]["customer"] for order in reply.json]


def test_root_of_a_search_must_be_composite(client, text):
    reply = client.call("POST", "outbound-orders/search", {"condition": text("/references/customer", "PO-1")})

    assert (reply.status, reply.json) == (400, [{"message": "Missing field: conditions"}])


@pytest.mark.parametrize("body", [{}, [], {"condition": None}, {"condition": {"type": "AndCondition"}}])
def test_search_is_refused_when_its_structure_is_wrong(client, body):
    assert client.call("POST", "outbound-orders/search", body).status == 400


def test_empty_list_of_conditions_finds_everything_newest_first(client, order_body):
    for number in (1, 2, 3):
        client.create(order_body(f"PO-{number}"))

    assert references(client.search("outbound-orders")) == ["PO-3", "PO-2", "PO-1"]


@pytest.mark.parametrize("pointer", ["/status", "/references/numericId", "/id", "references/customer", None, 3])
def test_field_that_is_not_listed_cannot_be_searched(client, text, pointer):
    reply = client.search("outbound-orders", text(pointer, "DISPATCHED"))

    assert reply.status == 422
    assert "is not searchable" in reply.json[0]["message"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (condition("TextComparisonCondition", "/customer/id", "x", "GREATER_THAN"), 422),
        (condition("TextComparisonCondition", "/customer/id", "x"), 422),
        (condition("TextComparisonCondition", "/customer/id", 5, "EQUAL_TO"), 422),
        (condition("NumericComparisonCondition", "/customer/id", 5, "EQUAL_TO"), 422),
        (condition("NumericComparisonCondition", "/customer/id", "5", "EQUAL_TO"), 422),
        (condition("BooleanComparisonCondition", "/customer/id", True), 422),
        (condition("DateTimeComparisonCondition", MODIFIED, "2026-11-02T09:00:00", "EQUAL_TO"), 422),
        (condition("DateTimeComparisonCondition", MODIFIED, "2026-11-02", "EQUAL_TO"), 422),
        (condition("DateTimeComparisonCondition", MODIFIED, "2026-11-02T09:00:00Z", "STARTS_WITH"), 422),
        (condition("DateTimeComparisonCondition", "/customer/id", "2026-11-02T09:00:00Z", "EQUAL_TO"), 422),
        (condition("DateComparisonCondition", MODIFIED, "2026-11-02T09:00:00Z", "EQUAL_TO"), 422),
        (condition("DateComparisonCondition", MODIFIED, "02/11/2026", "EQUAL_TO"), 422),
        (condition("RegexCondition", "/customer/id", "x"), 400),
        ({"type": "TextComparisonCondition", "field": {"type": "JsonField", "pointer": "/customer/id"}}, 400),
        ({"type": "TextComparisonCondition"}, 400),
        ("text", 400),
    ],
)
def test_condition_is_refused_when_type_method_or_value_do_not_fit(client, wrong, status):
    reply = client.search("outbound-orders", wrong)

    assert reply.status == status
    assert isinstance(reply.json, list)


@pytest.mark.parametrize(
    ("method", "value", "found"),
    [
        ("EQUAL_TO", "REF-1", ["REF-1"]),
        ("NOT_EQUAL_TO", "REF-1", ["REF-12"]),
        ("STARTS_WITH", "REF-1", ["REF-12", "REF-1"]),
        ("CONTAINS", "12", ["REF-12"]),
        ("DOES_NOT_CONTAIN", "12", ["REF-1"]),
        ("EQUAL_TO", "ref-1", []),
    ],
)
def test_text_methods_compare_literally(client, order_body, text, method, value, found):
    for reference in ("REF-1", "REF-12"):
        client.create(order_body(reference))

    assert references(client.search("outbound-orders", text("/references/customer", value, method))) == found


def test_conditions_nest_and_combine(client, order_body, text):
    for reference in ("A", "B", "C"):
        client.create(order_body(reference))
    either = {
        "type": "OrCondition",
        "conditions": [text("/references/customer", "A"), text("/references/customer", "B")],
    }

    reply = client.search("outbound-orders", either, text("/references/customer", "A", "NOT_EQUAL_TO"))

    assert references(reply) == ["B"]


def test_nesting_without_end_is_refused(client):
    nested: dict = {"type": "AndCondition", "conditions": []}
    for _ in range(50):
        nested = {"type": "AndCondition", "conditions": [nested]}

    assert client.search("outbound-orders", nested).status == 400


def test_reference_and_customer_together_find_one_of_two(client, order_body, text):
    customers = client.call("GET", "customers").json
    for customer in customers:
        client.create(order_body(changes={"/customer": {"id": customer["id"]}}))

    reply = client.search(
        "outbound-orders", text("/references/customer", "PO-1"), text("/customer/id", customers[1]["id"])
    )

    assert [order["customer"]["name"] for order in reply.json] == ["Second Seller"]


def test_deprecated_field_names_still_work(client, order_body):
    client.create(order_body())
    old = {"type": "ValueField", "value": "reference"}

    found = client.search("outbound-orders", condition("TextComparisonCondition", None, "PO-1", "EQUAL_TO", old))
    wrong = condition("TextComparisonCondition", None, "x", "EQUAL_TO", {"type": "ValueField", "value": "status"})

    assert references(found) == ["PO-1"]
    assert client.search("outbound-orders", wrong).status == 422


def test_times_are_compared_as_moments_whatever_their_offset(client, simulator, order_body):
    client.create(order_body("OLD"))
    simulator.control("clock", {"advance_s": 1800})
    order = client.create(order_body("NEW")).json
    moment = datetime.fromisoformat(order["timestamps"]["modified"]["time"])
    elsewhere = (moment - timedelta(seconds=10)).astimezone(tz=datetime.fromisoformat("2026-01-01T00:00-06:00").tzinfo)

    since = condition("DateTimeComparisonCondition", MODIFIED, elsewhere.isoformat(), "GREATER_THAN_OR_EQUAL_TO")

    assert references(client.search("outbound-orders", since)) == ["NEW"]


def test_dates_are_days_of_the_tenant(client, settings, order_body):
    settings(utc_offset_minutes=840)
    order = client.create(order_body()).json
    day = order["timestamps"]["created"]["time"][:10]

    def found(method):
        return references(
            client.search(
                "outbound-orders", condition("DateComparisonCondition", "/timestamps/created/time", day, method)
            )
        )

    assert (found("EQUAL_TO"), found("LESS_THAN")) == (["PO-1"], [])


def test_time_that_an_order_has_not_is_never_found(client, order_body):
    client.create(order_body())
    never = condition("DateComparisonCondition", "/timestamps/packed/time", "1990-01-01", "NOT_EQUAL_TO")

    assert client.search("outbound-orders", never).json == []


def test_tenant_that_knows_starts_with_only_refuses_other_time_filters(client, settings, order_body, text):
    settings(time_filter="starts_with_only")
    day = client.create(order_body()).json["timestamps"]["modified"]["time"][:10]

    refused = client.search("outbound-orders", condition("DateComparisonCondition", MODIFIED, day, "EQUAL_TO"))

    assert refused.status == 422
    assert "DateComparisonCondition" in refused.json[0]["message"]
    assert client.search("outbound-orders", text(MODIFIED, day)).status == 422
    assert references(client.search("outbound-orders", text(MODIFIED, day, "STARTS_WITH"))) == ["PO-1"]
    assert references(client.search("outbound-orders", text("/references/customer", "PO-1"))) == ["PO-1"]


def test_search_does_not_see_a_fresh_order_while_a_look_up_by_id_does(client, simulator, settings, order_body):
    settings(read_lag_s=30)
    order = client.create(order_body()).json

    assert client.find("PO-1") == []
    assert client.order(order["id"]) == order
    assert client.create(order_body()).json[0]["type"] == "DUPLICATE"

    simulator.control("clock", {"advance_s": 31})
    assert [one["id"] for one in client.find("PO-1")] == [order["id"]]


def test_search_sees_changes_and_deletions_late(client, simulator, settings, order_body):
    order = client.create(order_body()).json["id"]
    simulator.control("clock", {"advance_s": 60})
    settings(read_lag_s=30)

    simulator.control("orders/PO-1", {"status": "PACKING_IN_PROGRESS"})
    assert (client.find("PO-1")[0]["version"], client.order(order)["version"]) == (1, 2)

    simulator.control("orders/PO-1", {"status": "AWAITING_PICK_AND_PACK", "reset": True})
    client.call("DELETE", f"outbound-orders/{order}")
    assert len(client.find("PO-1")) == 1
    simulator.control("clock", {"advance_s": 31})
    assert client.find("PO-1") == []


@given(have=st.text(), want=st.text(), method=st.sampled_from(["EQUAL_TO", "CONTAINS"]))
def test_negated_text_methods_are_the_opposite(have, want, method):
    opposite = {"EQUAL_TO": "NOT_EQUAL_TO", "CONTAINS": "DOES_NOT_CONTAIN"}[method]

    def found(asked):
        root = {
            "type": "AndCondition",
            "conditions": [condition("TextComparisonCondition", "/references/customer", want, asked)],
        }
        return Search(OUTBOUND).compile({"condition": root})({"references": {"customer": have}})

    assert found(method) is not found(opposite)
