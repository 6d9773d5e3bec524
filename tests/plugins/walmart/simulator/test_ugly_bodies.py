from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ENTRY = {
    "status": "Shipped",
    "statusQuantity": {"unitOfMeasurement": "EACH", "amount": "1"},
    "trackingInfo": {
        "shipDateTime": 1793523600000,
        "carrierName": {"carrier": "UPS"},
        "methodCode": "Standard",
        "trackingNumber": "1Z1",
        "trackingURL": None,
    },
    "returnCenterAddress": None,
    "currentTrackingInfo": {"trackingNumber": "1Z1"},
    "cancellationReason": "SELLER_CANCEL_OUT_OF_STOCK",
}
LINE = {"lineNumber": "1", "sellerOrderId": "S", "orderLineStatuses": {"orderLineStatus": [ENTRY]}}
BODIES = {
    "shipping": {"orderShipment": {"processMode": None, "orderLines": {"orderLine": [LINE]}}},
    "cancel": {
        "orderCancellation": {
            "orderLines": {
                "orderLine": [{**LINE, "orderLineStatuses": {"orderLineStatus": [{**ENTRY, "status": "Cancelled"}]}}]
            }
        }
    },
}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.just("9" * 5000),
    st.sampled_from([[], {}, [[]], [{}], {"carrier": []}, ["x"], "PARTIAL_UPDATE"]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, item in inner for place in places(item, (*path, key))]


def spoil(body: Any, path: tuple[Any, ...], junk: Any) -> Any:
    spoilt = deepcopy(body)
    target = spoilt
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = junk
    return spoilt


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), verb=st.sampled_from(sorted(BODIES)), shipped=st.booleans())
def test_a_spoilt_write_is_done_or_refused_and_never_breaks(walmart, simulator, data, verb, shipped):
    body = spoil(BODIES[verb], data.draw(st.sampled_from(places(BODIES[verb]))), data.draw(JUNK))
    simulator.control("settings", {"quotas": "off"})
    (order_id,) = walmart.place(lines=[{"sku": "A", "quantity": 3, "line_number": 1}])
    walmart.post(f"/v3/orders/{order_id}/acknowledge")
    if shipped:
        walmart.post(f"/v3/orders/{order_id}/shipping", BODIES["shipping"])
    before = walmart.facts(order_id)

    answer = walmart.post(f"/v3/orders/{order_id}/{verb}", body)

    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert answer.json()["errors"]["error"][0]["code"] == "INVALID_REQUEST_CONTENT.GMP_ORDER_API"
        assert walmart.facts(order_id) == before
    assert quantity(walmart.order(order_id)) == 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), unchecked=st.booleans())
def test_a_spoilt_order_is_placed_or_refused_and_lists_still_work(walmart, simulator, data, unchecked):
    simulator.control("reset", {})
    walmart.token = simulator.tokens.issue("seller-1", 900).value
    walmart.place()
    wire = {**json.loads(json.dumps(walmart.order(walmart.place()[0]))), "purchaseOrderId": "77"}
    body = {"orders": [spoil(wire, data.draw(st.sampled_from(places(wire))), data.draw(JUNK))], "unchecked": unchecked}

    answer = walmart.client.post("/_sim/orders", json=body)

    assert answer.status_code in (200, 400)
    assert walmart.get("/v3/orders").status_code == 200
    assert walmart.get("/v3/orders?sku=A&status=Created&shippingProgramType=TWO_DAY").status_code in (200, 404)
    assert walmart.get("/v3/orders?toExpectedShipDate=2099-01-01").status_code == 200


@pytest.mark.parametrize("query", ["limit=" + "9" * 5000, "sku=%FF%00", "%=%", "&&==", "createdEndDate=" + "2" * 5000])
def test_an_ugly_query_never_breaks(walmart, query):
    walmart.place()

    assert walmart.get(f"/v3/orders?{query}").status_code in (200, 400, 404)


def quantity(order):
    (line,) = order["orderLines"]["orderLine"]
    return sum(int(entry["statusQuantity"]["amount"]) for entry in line["orderLineStatuses"]["orderLineStatus"])


def test_a_malformed_order_is_served_as_it_is_when_a_test_wants_it(walmart, simulator):
    wire = {"purchaseOrderId": "77", "orderLines": {"orderLine": [{"lineNumber": 3}]}}
    with pytest.raises(ValueError, match="customerOrderId"):
        simulator.control("orders", {"orders": [wire]})

    simulator.control("orders", {"orders": [wire], "unchecked": True})

    listed = walmart.get("/v3/orders").json()["list"]["elements"]["order"]
    assert [order["orderLines"] for order in listed] == [wire["orderLines"]]
