"""Returns and refunds at the simulated marketplace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crossdock.jsonio import loads

LINES = [
    {"sku": "A", "quantity": 3, "line_number": 1, "price": "10.00"},
    {"sku": "B", "quantity": 1, "line_number": 4, "price": "7.50"},
]


@pytest.fixture
def shipped(walmart, simulator):
    (order_id,) = walmart.place(lines=LINES)
    simulator.control("ship", {"purchase_order_id": order_id, "at": "2026-11-20T10:00:00Z"})
    return order_id


def opened(simulator, order_id, **asked):
    return simulator.control("returns", {"purchase_order_id": order_id, **asked})["return_order_id"]


def returns(walmart, query="?limit=200&replacementInfo=true"):
    return loads(walmart.get(f"/v3/returns{query}").content)


def the_return(walmart):
    (found,) = returns(walmart)["returnOrders"]
    return found


def order_line(walmart, order_id, number):
    order = loads(walmart.get(f"/v3/orders/{order_id}").content)["order"]
    return next(line for line in order["orderLines"]["orderLine"] if line["lineNumber"] == number)


def refused(answer, api, field="data"):
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]["error"]
    assert (error["code"].split(".")[1], error["field"]) == (api, field)


def test_what_left_without_a_warehouse_is_shipped_at_the_moment_asked_for(walmart, shipped):
    (status,) = order_line(walmart, shipped, "1")["orderLineStatuses"]["orderLineStatus"]

    assert (status["status"], status["statusQuantity"]["amount"]) == ("Shipped", "3")
    assert status["trackingInfo"]["shipDateTime"] == 1795168800000
    assert ("shipped_without_warehouse", 1, 1) in walmart.facts(shipped)


def test_part_of_a_line_leaves_and_no_more_than_there_is(walmart, simulator):
    (order_id,) = walmart.place(lines=LINES)
    simulator.control("ship", {"purchase_order_id": order_id, "lines": {"1": 2}})

    assert order_line(walmart, order_id, "4")["orderLineStatuses"]["orderLineStatus"][0]["status"] == "Created"
    with pytest.raises(ValueError, match="only 1 can be shipped"):
        simulator.control("ship", {"purchase_order_id": order_id, "lines": {"1": 2}})


def test_no_returns_is_404_with_info(walmart):
    answer = walmart.get("/v3/returns?limit=200")

    assert answer.status_code == 404
    assert answer.json()["errors"]["error"][0]["code"] == "CONTENT_NOT_FOUND.GMP_RETURNS_API"
    assert answer.json()["errors"]["error"][0]["severity"] == "INFO"


def test_new_return_has_what_real_ones_have(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=[{"line": "1", "quantity": 2}], keep_it=True)

    found = the_return(walmart)
    (line,) = found["returnOrderLines"]
    assert (found["returnOrderId"], found["returnType"]) == (return_id, "REFUND")
    assert (line["purchaseOrderId"], line["purchaseOrderLineNumber"], line["item"]["sku"]) == (shipped, 1, "A")
    assert line["quantity"] == {"unitOfMeasure": "EACH", "measurementValue": 2}
    assert line["charges"][0]["chargePerUnit"] == {"currencyAmount": Decimal("10.00"), "currencyUnit": "USD"}
    assert (line["isKeepIt"], line["returnExpectedFlag"], line["status"]) == (True, False, "INITIATED")
    assert line["currentTrackingStatuses"][0]["currentRefundStatus"] == "NOT_REFUNDED"
    assert [event["eventTag"] for event in line["returnTrackingDetail"]] == ["RETURN_INITIATED"]
    assert walmart.facts(return_id) == [("return_opened", 1, 1)]


def test_only_what_was_shipped_comes_back(walmart, simulator):
    (order_id,) = walmart.place(lines=LINES)

    with pytest.raises(ValueError, match="nothing of"):
        opened(simulator, order_id)
    simulator.control("ship", {"purchase_order_id": order_id, "lines": {"1": 1}})
    with pytest.raises(ValueError, match="1 can still come back, not 2"):
        opened(simulator, order_id, lines=[{"line": "1", "quantity": 2}])


def test_nothing_comes_back_twice_unless_it_was_called_off(simulator, shipped):
    return_id = opened(simulator, shipped, lines=[{"line": "1", "quantity": 2}])
    with pytest.raises(ValueError, match="1 can still come back, not 2"):
        opened(simulator, shipped, lines=[{"line": "1", "quantity": 2}])

    simulator.control("returns", {"return_order_id": return_id, "status": "CANCELLED"})

    assert opened(simulator, shipped, lines=["1"]) != return_id


def test_seller_pays_back_part_of_a_return(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=["1"])
    body = {
        "customerOrderId": the_return(walmart)["customerOrderId"],
        "refundLines": [{"returnOrderLineNumber": 1, "quantity": {"unitOfMeasure": "EA", "measurementValue": 1}}],
    }

    answer = walmart.post(f"/v3/returns/{return_id}/refund", json=body)

    assert answer.status_code == 200
    assert answer.json() == {"returnOrderId": return_id, **body}
    (line,) = the_return(walmart)["returnOrderLines"]
    statuses = [
        (entry["currentRefundStatus"], entry["quantity"]["measurementValue"])
        for entry in line["currentTrackingStatuses"]
    ]
    assert statuses == [("NOT_REFUNDED", 2), ("REFUND_COMPLETED", 1)]
    assert (line["refundedQty"], line["status"]) == (1, "INITIATED")
    assert [event["sequenceNo"] for event in line["returnTrackingDetail"]] == [2, 1, 0]
    assert walmart.facts(f"{return_id}-1") == [("return_refunded", 1, 1)]


def test_refund_of_a_return_shows_on_the_order(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=["1"], refund="issued")

    line = order_line(walmart, shipped, "1")

    assert line["returnOrderId"] == return_id
    (charge,) = line["refund"]["refundCharges"]["refundCharge"]
    assert charge["charge"]["chargeAmount"] == {"currency": "USD", "amount": Decimal("-30.00")}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customerOrderId": "1"}, "customerOrderId"),
        ({"refundLines": []}, "refundLines"),
        ({"refundLines": [{"returnOrderLineNumber": 9}]}, "returnOrderLineNumber"),
        ({"refundLines": [{"returnOrderLineNumber": 1, "quantity": {"measurementValue": 4}}]}, "measurementValue"),
        ({"refundLines": [{"returnOrderLineNumber": 1, "quantity": {"measurementValue": "1"}}]}, "measurementValue"),
        ({"refundLines": [{"returnOrderLineNumber": 1}] * 2}, "returnOrderLineNumber"),
    ],
)
def test_refund_of_a_return_that_cannot_be_is_refused_and_changes_nothing(walmart, simulator, shipped, change, field):
    return_id = opened(simulator, shipped, lines=["1"])
    before = the_return(walmart)
    body = {"customerOrderId": before["customerOrderId"], "refundLines": [{"returnOrderLineNumber": 1}], **change}

    refused(walmart.post(f"/v3/returns/{return_id}/refund", json=body), "GMP_RETURNS_API", field)

    assert the_return(walmart) == before


def test_unknown_return_is_404(walmart):
    answer = walmart.post("/v3/returns/1/refund", json={"customerOrderId": "1", "refundLines": []})

    assert answer.status_code == 404


def test_refund_begins_and_is_issued_later(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=["4"], refund="initiated")
    assert walmart.facts(f"{return_id}-1") == []

    simulator.control("refunds", {"return_order_id": return_id})

    (line,) = the_return(walmart)["returnOrderLines"]
    assert [entry["currentRefundStatus"] for entry in line["currentTrackingStatuses"]] == ["REFUND_COMPLETED"]
    assert walmart.facts(f"{return_id}-1") == [("return_refunded", 1, 1)]


def test_cancelled_return_is_completed_and_not_refunded(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=["4"])

    simulator.control("returns", {"return_order_id": return_id, "status": "CANCELLED"})

    (line,) = the_return(walmart)["returnOrderLines"]
    assert (line["status"], line["currentRefundStatus"]) == ("COMPLETED", "NOT_REFUNDED")
    assert line["returnTrackingDetail"][0]["eventTag"] == "RETURN_CANCELLED"


def test_replacement_moves_no_money(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=["4"], type="REPLACEMENT", refund="issued")

    assert the_return(walmart)["totalRefundAmount"]["currencyAmount"] == 0
    assert order_line(walmart, shipped, "4")["refund"] is None
    assert walmart.facts(f"{return_id}-1") == []


def test_replacement_is_told_only_to_those_who_ask(walmart, simulator, shipped):
    opened(simulator, shipped, lines=["4"], type="REPLACEMENT")

    (found,) = returns(walmart, "?limit=10")["returnOrders"]

    assert "returnType" not in found
    assert "returnCancellationReason" not in found["returnOrderLines"][0]


def test_one_return_may_be_of_two_purchase_orders_of_a_buyer(walmart, simulator):
    first, second = (walmart.place(lines=LINES, customer_order_id="200010000000042")[0] for _ in range(2))
    for order_id in (first, second):
        simulator.control("ship", {"purchase_order_id": order_id})

    opened(simulator, first, lines=["1", {"line": "4", "purchase_order_id": second}])

    assert [line["purchaseOrderId"] for line in the_return(walmart)["returnOrderLines"]] == [first, second]


def test_returns_are_paged_by_a_cursor_that_counts_as_it_was_given(walmart, simulator, shipped):
    made = [opened(simulator, shipped, lines=[{"line": "1", "quantity": 1}]) for _ in range(3)]
    first = returns(walmart, "?limit=2")

    rest = returns(walmart, first["meta"]["nextCursor"])

    listed = [one["returnOrderId"] for page in (first, rest) for one in page["returnOrders"]]
    assert listed == made[::-1]
    assert "nextCursor" not in rest["meta"]
    again = returns(walmart, first["meta"]["nextCursor"].replace("sn=", "SN="))
    assert again["returnOrders"][0]["returnOrderId"] == made[-1]


@pytest.mark.parametrize(
    "query",
    [
        "?returnCreationStartDate=2026-11-01",
        "?returnLastModifiedEndDate=2026-11-01",
        "?limit=201",
        "?limit=0",
        "?status=Completed",
        "?returnCreationStartDate=soon&returnCreationEndDate=2026-11-01",
    ],
)
def test_list_of_returns_that_cannot_be_is_refused(walmart, query):
    answer = walmart.get(f"/v3/returns{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"]["error"][0]["code"] == "INVALID_REQUEST_PARAM.GMP_RETURNS_API"


def test_returns_are_found_by_modification(walmart, simulator, shipped):
    return_id = opened(simulator, shipped, lines=["4"])
    simulator.control("clock", {"advance_s": 600})
    after = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    span = f"?returnLastModifiedStartDate={after}&returnLastModifiedEndDate=2036-01-01T00:00:00Z"
    assert walmart.get(f"/v3/returns{span}").status_code == 404

    simulator.control("refunds", {"return_order_id": return_id})

    assert [one["returnOrderId"] for one in returns(walmart, span)["returnOrders"]] == [return_id]


def test_returns_need_their_own_scope(walmart, simulator):
    simulator.control("settings", {"scopes": {"orders": "full_access", "returns": "view_only"}})
    assert walmart.get("/v3/returns").status_code == 404
    assert walmart.post("/v3/returns/1/refund", json={}).status_code == 403

    simulator.control("settings", {"scopes": {"orders": "full_access"}})

    assert walmart.get("/v3/returns").status_code == 403


def adjustment(order_id, *charges, full=False, number="1", reason="DamagedItem"):
    parts = [
        {
            "refundReason": reason,
            "charge": {
                "chargeType": kind,
                "chargeName": "Item Price",
                "chargeAmount": {"currency": currency, "amount": amount},
                "tax": None,
            },
        }
        for kind, amount, currency in charges
    ]
    line = {
        "lineNumber": number,
        "isFullRefund": full,
        "refunds": {"refund": [{"refundCharges": {"refundCharge": parts}}]},
    }
    return {"orderRefund": {"purchaseOrderId": order_id, "orderLines": {"orderLine": [line]}}}


def test_seller_pays_back_part_of_a_price(walmart, shipped):
    body = adjustment(shipped, ("PRODUCT", -5.5, "USD"))

    answer = walmart.post(f"/v3/orders/{shipped}/refund", json=body)

    assert answer.status_code == 200
    line = order_line(walmart, shipped, "1")
    (charge,) = line["refund"]["refundCharges"]["refundCharge"]
    assert charge["charge"]["chargeAmount"] == {"currency": "USD", "amount": Decimal("-5.5")}
    assert line["returnOrderId"] is None
    assert ("order_refunded", 1, 1) in walmart.facts(shipped)


def test_whole_price_takes_tax_and_shipping_with_it(walmart, simulator, shipped):
    walmart.post(f"/v3/orders/{shipped}/refund", json=adjustment(shipped, ("PRODUCT", -30, "USD")))

    line = order_line(walmart, shipped, "1")
    charged = sum(charge["chargeAmount"]["amount"] for charge in line["charges"]["charge"])
    charges = [part["charge"] for part in line["refund"]["refundCharges"]["refundCharge"]]
    assert sum(charge["chargeAmount"]["amount"] for charge in charges) == -charged


@pytest.mark.parametrize(
    ("charges", "more", "field"),
    [
        ([("PRODUCT", 5, "USD")], {}, "amount"),
        ([("PRODUCT", -30.01, "USD")], {}, "amount"),
        ([("PRODUCT", -5, "CAD")], {}, "currency"),
        ([("FEE", -5, "USD")], {}, "chargeType"),
        ([("PRODUCT", -5, "USD")], {"reason": "Because"}, "refundReason"),
        ([("PRODUCT", -5, "USD")], {"number": "9"}, "data"),
        ([], {}, "refundCharges"),
    ],
)
def test_refund_that_cannot_be_is_refused(walmart, shipped, charges, more, field):
    body = adjustment(shipped, *charges, **more)

    refused(walmart.post(f"/v3/orders/{shipped}/refund", json=body), "GMP_ORDER_API", field)

    assert order_line(walmart, shipped, "1")["refund"] is None


def test_no_more_is_paid_back_than_was_charged_over_several_refunds(walmart, shipped):
    body = adjustment(shipped, ("PRODUCT", -20, "USD"))
    assert walmart.post(f"/v3/orders/{shipped}/refund", json=body).status_code == 200

    refused(walmart.post(f"/v3/orders/{shipped}/refund", json=body), "GMP_ORDER_API", "amount")


def test_what_is_not_shipped_is_not_refunded(walmart):
    (order_id,) = walmart.place(lines=LINES)

    answer = walmart.post(f"/v3/orders/{order_id}/refund", json=adjustment(order_id, ("PRODUCT", -5, "USD")))

    refused(answer, "GMP_ORDER_API")


def test_refund_in_full_and_in_part_do_not_mix(walmart, shipped):
    body = adjustment(shipped, ("PRODUCT", -5, "USD"))
    full = adjustment(shipped, ("PRODUCT", -7.5, "USD"), full=True, number="4")
    lines = body["orderRefund"]["orderLines"]["orderLine"]
    lines += full["orderRefund"]["orderLines"]["orderLine"]

    refused(walmart.post(f"/v3/orders/{shipped}/refund", json=body), "GMP_ORDER_API", "isFullRefund")
