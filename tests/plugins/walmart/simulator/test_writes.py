from __future__ import annotations

import time

import httpx
import pytest

LINES = [{"sku": "A", "quantity": 3, "line_number": 1}, {"sku": "B", "line_number": 2}]


@pytest.fixture
def order_id(walmart):
    (order_id,) = walmart.place(lines=LINES)
    return order_id


def slices(walmart, order_id, line=0):
    entries = walmart.order(order_id)["orderLines"]["orderLine"][line]["orderLineStatuses"]["orderLineStatus"]
    return [(entry["status"], entry["statusQuantity"]["amount"]) for entry in entries]


def tracking(**other):
    return {
        "shipDateTime": int(time.time() * 1000),
        "carrierName": {"carrier": "UPS"},
        "methodCode": "Standard",
        "trackingNumber": "1Z000000000000001",
        **other,
    }


def shipment(number="1", amount="1", mode=None, old=None, line=None, **track):
    entry = {
        "status": "Shipped",
        "statusQuantity": {"unitOfMeasurement": "EACH", "amount": amount},
        "trackingInfo": tracking(**track),
    }
    if old:
        entry["currentTrackingInfo"] = {"trackingNumber": old}
    one = {"lineNumber": number, "orderLineStatuses": {"orderLineStatus": [entry]}, **(line or {})}
    return {"orderShipment": {**({"processMode": mode} if mode else {}), "orderLines": {"orderLine": [one]}}}


def cancellation(number="1", amount="1", reason="SELLER_CANCEL_OUT_OF_STOCK"):
    entry = {
        "status": "Cancelled",
        "cancellationReason": reason,
        "statusQuantity": {"unitOfMeasurement": "EA", "amount": amount},
    }
    line = {"lineNumber": number, "orderLineStatuses": {"orderLineStatus": [entry]}}
    return {"orderCancellation": {"orderLines": {"orderLine": [line]}}}


def refused(answer, words="", field="data"):
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]["error"]
    assert error["code"] == "INVALID_REQUEST_CONTENT.GMP_ORDER_API"
    assert error["field"] == field
    assert words in error["description"]


@pytest.fixture
def post(walmart, order_id):
    return lambda verb, body=None: walmart.post(f"/v3/orders/{order_id}/{verb}", body)


# ---------------------------------------------------------------- acknowledge


def test_acknowledging_covers_the_whole_order_and_moves_its_status_date(walmart, order_id, post, simulator):
    before = walmart.order(order_id)["orderLines"]["orderLine"][0]["statusDate"]
    simulator.control("clock", {"advance_s": 60})

    answer = post("acknowledge")

    lines = answer.json()["order"]["orderLines"]["orderLine"]
    assert answer.status_code == 200
    assert [slices(walmart, order_id, line) for line in (0, 1)] == [[("Acknowledged", "3")], [("Acknowledged", "1")]]
    assert lines[0]["statusDate"] >= before + 60_000
    assert walmart.facts(order_id) == [("order_placed", 1, 1), ("acknowledged", 1, 1)]


def test_acknowledging_again_is_fine_and_changes_nothing(walmart, order_id, post):
    first = post("acknowledge").json()

    again = post("acknowledge")

    assert (again.status_code, again.json()) == (200, first)
    assert walmart.facts(order_id)[-1] == ("acknowledged", 1, 1)


def test_acknowledging_after_shipping_or_cancelling_is_refused(walmart, post, simulator):
    post("acknowledge")
    post("shipping", shipment())
    (cancelled,) = walmart.place(purchase_order_id="5")
    simulator.control("cancel", {"purchase_order_id": cancelled})

    refused(post("acknowledge"), "acknowledge API")
    refused(walmart.post("/v3/orders/5/acknowledge"), "Some or all qty in higher status")


def test_a_line_cancelled_before_does_not_keep_the_others_from_being_acknowledged(walmart, order_id, post, simulator):
    simulator.control("cancel", {"purchase_order_id": order_id, "lines": ["2"]})

    assert post("acknowledge").status_code == 200
    assert [slices(walmart, order_id, line) for line in (0, 1)] == [[("Acknowledged", "3")], [("Cancelled", "1")]]


def test_an_unknown_order_cannot_be_written(walmart):
    assert walmart.post("/v3/orders/999/acknowledge").status_code == 404


def test_orders_fulfilled_by_walmart_cannot_be_written(walmart):
    (order_id,) = walmart.place(ship_node_type="WFSFulfilled")

    refused(walmart.post(f"/v3/orders/{order_id}/acknowledge"))


def test_an_acknowledgement_whose_answer_is_lost_has_happened(walmart, order_id, post, simulator):
    simulator.control("faults", {"method": "POST", "path": "/v3/orders/*/acknowledge", "drop": "after"})

    with pytest.raises(httpx.RemoteProtocolError):
        post("acknowledge")

    assert walmart.facts(order_id)[-1] == ("acknowledged", 1, 1)


def test_a_late_acknowledgement_meets_the_order_as_it_is_by_then(walmart, order_id, post, simulator):
    simulator.control("faults", {"path": "/v3/orders/*/acknowledge", "effect_after_s": 20})
    with pytest.raises(httpx.RemoteProtocolError):
        post("acknowledge")
    simulator.control("cancel", {"purchase_order_id": order_id})

    simulator.control("clock", {"advance_s": 30})

    assert [kind for kind, _, _ in walmart.facts(order_id)] == ["order_placed", "cancelled_by_walmart"]


# ---------------------------------------------------------------- shipping


def test_shipping_before_acknowledging_is_refused(order_id, post):
    refused(post("shipping", shipment()), f"The Line: 1 of PO: {order_id} is in CREATED status")


def test_a_line_ships_in_parts_each_with_its_own_tracking(walmart, order_id, post):
    post("acknowledge")

    post("shipping", shipment(amount="1", trackingNumber="T1"))
    answer = post("shipping", shipment(amount="2", trackingNumber="T2"))

    line = answer.json()["order"]["orderLines"]["orderLine"][0]
    shipped = line["orderLineStatuses"]["orderLineStatus"]
    assert slices(walmart, order_id) == [("Shipped", "1"), ("Shipped", "2")]
    assert [entry["trackingInfo"]["trackingNumber"] for entry in shipped] == ["T1", "T2"]
    assert walmart.facts(order_id)[2:] == [("shipped", 1, 1), ("shipped", 2, 1)]


def test_the_same_part_shipped_twice_shows_as_a_double(walmart, order_id, post):
    post("acknowledge")

    for _ in range(2):
        post("shipping", shipment(amount="1"))

    assert walmart.facts(order_id)[-1] == ("shipped", 1, 2)


def test_more_than_is_left_is_overshipped_and_nothing_is_done(walmart, order_id, post):
    post("acknowledge")

    refused(post("shipping", shipment(amount="4")), "Qty OverShipped")
    assert slices(walmart, order_id) == [("Acknowledged", "3")]


def test_a_request_with_one_bad_line_does_nothing_at_all(walmart, order_id, post):
    post("acknowledge")
    body = shipment(amount="1")
    body["orderShipment"]["orderLines"]["orderLine"] += shipment("2", "9")["orderShipment"]["orderLines"]["orderLine"]

    refused(post("shipping", body), "Qty OverShipped")
    assert slices(walmart, order_id) == [("Acknowledged", "3")]


def test_a_shipped_line_cannot_ship_again(order_id, post):
    post("acknowledge")
    post("shipping", shipment("2"))

    refused(post("shipping", shipment("2")), f"The Line: 2 of PO: {order_id} is in SHIPPED status")


def test_an_unknown_line_is_refused(order_id, post):
    post("acknowledge")

    refused(post("shipping", shipment("7")), f"The Line: 7 of PO: {order_id} does not exist")


@pytest.mark.parametrize(
    ("track", "field"),
    [
        ({"methodCode": "Teleport"}, "methodCode"),
        ({"carrierName": {"carrier": "Other"}}, "carrier"),
        ({"carrierName": {"otherCarrier": "Star Track"}}, "trackingURL"),
        ({"carrierName": {"carrier": "UPS", "otherCarrier": "Star Track"}}, "carrierName"),
        ({"carrierName": {}}, "carrierName"),
        ({"trackingNumber": " "}, "trackingNumber"),
        ({"shipDateTime": "2026-11-01"}, "shipDateTime"),
        ({"shipDateTime": 638_000_000_000_000_000}, "shipDateTime"),
    ],
)
def test_tracking_that_cannot_be_is_refused_by_its_field(post, track, field):
    post("acknowledge")

    refused(post("shipping", shipment(**track)), field=field)


def test_an_other_carrier_with_its_page_is_accepted(post):
    post("acknowledge")

    answer = post(
        "shipping", shipment(carrierName={"otherCarrier": "Star Track"}, trackingURL="https://track.example.test/1")
    )

    assert answer.status_code == 200


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "", 1, None])
def test_a_quantity_is_text_and_a_whole_number_above_zero(post, amount):
    post("acknowledge")

    assert post("shipping", shipment(amount=amount)).status_code == 400


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"orderShipment": {}}', '{"orderShipment": {"orderLines": {"orderLine": []}}}']
)
def test_a_body_that_is_none_is_refused(walmart, order_id, content):
    answer = walmart(
        "POST", f"/v3/orders/{order_id}/shipping", content=content, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 400


def test_a_single_line_may_stand_without_its_array(post):
    post("acknowledge")
    body = shipment()
    body["orderShipment"]["orderLines"]["orderLine"] = body["orderShipment"]["orderLines"]["orderLine"][0]

    assert post("shipping", body).status_code == 200


def test_a_buyers_wish_to_cancel_stops_shipping_unless_overridden(walmart, order_id, post, simulator):
    post("acknowledge")
    simulator.control("cancel", {"purchase_order_id": order_id, "intent": True})

    refused(post("shipping", shipment()), field="intentToCancelOverride")
    assert post("shipping", shipment(line={"intentToCancelOverride": True})).status_code == 200
    assert walmart.order(order_id)["orderLines"]["orderLine"][0]["intentToCancel"]


# ---------------------------------------------------------------- tracking edits


def test_tracking_of_a_shipped_package_can_be_changed_by_its_old_number(walmart, order_id, post):
    post("acknowledge")
    post("shipping", shipment(trackingNumber="T1"))
    post("shipping", shipment(trackingNumber="T2"))

    answer = post("shipping", shipment(mode="PARTIAL_UPDATE", old="T1", trackingNumber="T9"))

    entries = answer.json()["order"]["orderLines"]["orderLine"][0]["orderLineStatuses"]["orderLineStatus"]
    numbers = [entry["trackingInfo"]["trackingNumber"] for entry in entries if entry["trackingInfo"]]
    assert numbers == ["T9", "T2"]
    assert walmart.facts(order_id)[-1] == ("tracking_updated", 1, 1)


def test_a_tracking_change_names_its_package_where_there_are_several(post):
    post("acknowledge")
    post("shipping", shipment(trackingNumber="T1"))
    post("shipping", shipment(trackingNumber="T2"))

    refused(post("shipping", shipment(mode="PARTIAL_UPDATE", trackingNumber="T9")), field="trackingNumber")
    refused(post("shipping", shipment(mode="PARTIAL_UPDATE", old="T5", trackingNumber="T9")), field="trackingNumber")


def test_tracking_is_closed_after_four_hours_and_when_delivered(walmart, order_id, post, simulator):
    post("acknowledge")
    post("shipping", shipment("2"))
    simulator.control("deliver", {"purchase_order_id": order_id})
    post("shipping", shipment("1"))
    edit = shipment("1", mode="PARTIAL_UPDATE", trackingNumber="T9")

    refused(post("shipping", shipment("2", mode="PARTIAL_UPDATE")), "DELIVERED")
    early = post("shipping", edit).status_code
    simulator.control("clock", {"advance_s": 4 * 3600 + 1})
    walmart.token = simulator.tokens.issue("seller-1", 900).value

    assert early == 200
    refused(post("shipping", edit), "no longer")


def test_what_is_not_shipped_has_no_tracking_to_change(post):
    post("acknowledge")

    assert post("shipping", shipment(mode="PARTIAL_UPDATE")).status_code == 400


# ---------------------------------------------------------------- cancel


def test_a_part_of_a_line_can_be_cancelled_and_the_quantities_still_add_up(walmart, order_id, post):
    post("acknowledge")

    assert post("cancel", cancellation(amount="2")).status_code == 200

    assert slices(walmart, order_id) == [("Acknowledged", "1"), ("Cancelled", "2")]
    assert walmart.facts(order_id)[-1] == ("cancelled", 1, 1)


@pytest.mark.parametrize(
    "reason",
    ["CUSTOMER_CHANGED_MIND", "CANCEL_BY_SELLER", None, "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
     "SELLER_CANCEL_FRAUD_STOP_SHIPMENT"],
)  # fmt: skip
def test_a_reason_that_is_unknown_or_untrue_is_refused(post, reason):
    refused(post("cancel", cancellation(reason=reason)), field="cancellationReason")


def test_the_buyers_wish_makes_its_reason_true(order_id, post, simulator):
    simulator.control("cancel", {"purchase_order_id": order_id, "lines": ["1"], "intent": True})

    assert post("cancel", cancellation(reason="CUSTOMER_REQUESTED_SELLER_TO_CANCEL")).status_code == 200


def test_what_is_shipped_or_more_than_is_left_cannot_be_cancelled(order_id, post):
    post("acknowledge")
    post("shipping", shipment("2"))

    refused(post("cancel", cancellation("2")), f"The Line: 2 of PO: {order_id} is in SHIPPED status")
    refused(post("cancel", cancellation("1", "4")), "Qty more than allowed")


def test_walmart_cancels_what_nobody_shipped_four_days_after_its_date_when_switched_on(walmart, order_id, simulator):
    simulator.control("settings", {"auto_cancel": True})

    simulator.control("clock", {"advance_s": 6 * 86_400 - 60})
    before = walmart.facts(order_id)
    simulator.control("clock", {"advance_s": 120})

    assert [kind for kind, _, _ in before] == ["order_placed"]
    assert [kind for kind, _, _ in walmart.facts(order_id)] == ["order_placed", "auto_cancelled"]


@pytest.mark.parametrize(
    ("verb", "asked"),
    [
        ("cancel", {"purchase_order_id": "999"}),
        ("cancel", {}),
        ("deliver", {"purchase_order_id": "999"}),
        ("ship-nodes", {"ship_node": "here"}),
        ("ship-nodes", {"ship_node": "10001"}),
    ],
)
def test_a_verb_that_cannot_be_is_refused(simulator, verb, asked):
    with pytest.raises(ValueError, match="error"):
        simulator.control(verb, asked)


def test_cancelling_or_delivering_what_is_not_there_is_refused(order_id, simulator):
    simulator.control("cancel", {"purchase_order_id": order_id})

    with pytest.raises(ValueError, match="left to cancel"):
        simulator.control("cancel", {"purchase_order_id": order_id})
    with pytest.raises(ValueError, match="no line"):
        simulator.control("cancel", {"purchase_order_id": order_id, "lines": ["8"]})
    with pytest.raises(ValueError, match="is shipped"):
        simulator.control("deliver", {"purchase_order_id": order_id})
