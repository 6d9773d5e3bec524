"""From a Walmart order to an order: the usual one, the ugly ones, and laws."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock import RejectedError
from crossdock.canonical import Money, Order
from crossdock.jsonio import dumps, loads
from crossdock.testing import check_document
from crossdock_walmart.mapping import to_order
from crossdock_walmart.wire import WalmartOrder

LINE = "orderLines.orderLine.1"
STATUSES = LINE + ".orderLineStatuses.orderLineStatus"


def parse(wire) -> Order:
    order = to_order(WalmartOrder.model_validate(loads(dumps(wire))))
    check_document(order)
    return order


def status(name, amount, **more):
    return {"status": name, "statusQuantity": {"unitOfMeasurement": "EACH", "amount": amount}, **more}


def test_to_order_takes_the_head_over(kit):
    order = parse(kit.order)

    assert (order.channel, order.market, order.number) == ("walmart", "us", "108900000000001")
    assert order.customer_number == "200010000000001"
    assert order.ordered_at == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    assert order.ship_by == datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    assert order.deliver_by == datetime(2026, 11, 6, 9, 0, tzinfo=UTC)
    assert order.shipping_method == "Value"
    assert (order.node, order.node_name, order.fulfilled_by) == ("1011100000000000001", "Main DC", "seller")


def test_to_order_takes_the_address_over_with_a_two_letter_country(kit):
    address = parse(kit.order).ship_to

    assert (address.name, address.line1, address.line2) == ("Sample Buyer", "1 Example Way", None)
    assert (address.city, address.region, address.postcode, address.country) == ("Sampleton", "NY", "10001", "US")
    assert (address.phone, address.email) == ("5550100000", "0F0000000000000A@relay.example.test")


def test_to_order_keeps_the_lines_in_sequence_under_their_own_numbers(kit):
    order = parse(kit.order)

    assert [(line.number, line.sku, line.quantity) for line in order.lines] == [
        ("2", "KET-BLU", Decimal(2)),
        ("5", "MUG-01", Decimal(1)),
    ]
    assert order.lines[0].fulfilment == "S2H"
    assert order.lines[0].unit == "EACH"


def test_to_order_keeps_money_exact_and_for_the_whole_line(kit):
    product, shipping = parse(kit.order).lines[0].charges

    assert (product.kind, product.name) == ("product", "ItemPrice")
    assert str(product.amount) == "19.90 USD"
    assert product.tax == Money(amount=Decimal("1.65"), currency="USD")
    assert (shipping.kind, shipping.tax) == ("shipping", None)


def test_to_order_takes_charges_for_one_unit_where_the_settings_say_so(kit):
    order = to_order(WalmartOrder.model_validate(kit.order), charge_amounts="unit")

    product, shipping = order.lines[0].charges
    assert (str(product.amount), str(product.tax)) == ("39.80 USD", "3.30 USD")
    assert (str(shipping.amount), shipping.tax) == ("9.00 USD", None)


def test_to_order_dates_what_left_by_its_shipment_and_the_rest_by_the_last_change_of_its_line(kit):
    slices = [status("Shipped", "1", trackingInfo={"shipDateTime": 1793600000000}), status("Cancelled", "1")]
    wire = kit.changed(kit.order, "orderLines.orderLine.0.orderLineStatuses.orderLineStatus", slices)

    shipped, cancelled = parse(wire).lines[0].statuses

    assert shipped.at == datetime(2026, 11, 2, 6, 13, 20, tzinfo=UTC)
    assert cancelled.at == datetime(2026, 11, 1, 9, 1, 40, tzinfo=UTC)


@pytest.mark.parametrize("unreadable", [None, "yesterday", {}, ""])
def test_to_order_leaves_out_a_date_that_cannot_be_read(kit, unreadable):
    wire = kit.changed(kit.order, LINE + ".statusDate", unreadable)

    assert parse(wire).lines[1].statuses[0].at is None


def refund(*charges, **more):
    parts = [
        {
            "refundReason": "DamagedItem",
            "charge": {
                "chargeType": kind,
                "chargeName": name,
                "chargeAmount": {"currency": "USD", "amount": Decimal(amount)},
                "tax": {"taxName": "T", "taxAmount": {"currency": "USD", "amount": Decimal(tax)}} if tax else None,
            },
        }
        for kind, name, amount, tax in charges
    ]
    return {"refundId": "77", "refundCharges": {"refundCharge": parts}, **more}


def test_to_order_takes_what_was_paid_back_as_positive(kit):
    paid = refund(("PRODUCT", "Item Price", "-19.90", "-1.65"), ("SHIPPING", "Shipping", "-4.50", None))
    wire = kit.changed(kit.order, LINE + ".refund", paid)
    wire = kit.changed(wire, LINE + ".returnOrderId", "1037")

    (made,) = parse(wire).lines[1].refunds

    assert [(charge.kind, str(charge.amount), str(charge.tax)) for charge in made.charges] == [
        ("product", "19.90 USD", "1.65 USD"),
        ("shipping", "4.50 USD", "None"),
    ]
    assert (made.id, made.return_number, made.reason) == ("77", "1037", "DamagedItem")
    assert made.at == datetime(2026, 11, 1, 9, 1, 40, tzinfo=UTC)


def test_to_order_keeps_what_a_refund_holds_back_below_zero(kit):
    paid = refund(("PRODUCT", "Item Price", "-19.90", None), ("PRODUCT", "SubscriptionDiscount", "1.90", None))

    (made,) = parse(kit.changed(kit.order, LINE + ".refund", paid)).lines[1].refunds

    assert [str(charge.amount) for charge in made.charges] == ["19.90 USD", "-1.90 USD"]


def test_to_order_takes_a_refund_that_was_written_positive_as_one(kit):
    paid = refund(("PRODUCT", "Item Price", "5.00", "0.41"))

    (made,) = parse(kit.changed(kit.order, LINE + ".refund", paid)).lines[1].refunds

    assert (str(made.charges[0].amount), str(made.charges[0].tax)) == ("5.00 USD", "0.41 USD")


@pytest.mark.parametrize(
    ("refund_id", "return_id", "known_as"), [(None, "1037", "1037"), (None, None, "1"), ("", "", "1")]
)
def test_to_order_names_a_refund_without_id_by_its_return_or_its_place(kit, refund_id, return_id, known_as):
    paid = refund(("PRODUCT", "Item Price", "-5", None), refundId=refund_id)
    wire = kit.changed(kit.order, LINE + ".refund", [paid])
    wire = kit.changed(wire, LINE + ".returnOrderId", return_id)

    assert parse(wire).lines[1].refunds[0].id == known_as


@pytest.mark.parametrize(
    "nothing", [None, {}, [], {"refundCharges": None}, refund(), {"refundCharges": {"refundCharge": [{}]}}]
)
def test_to_order_takes_no_money_for_a_refund(kit, nothing):
    assert parse(kit.changed(kit.order, LINE + ".refund", nothing)).lines[1].refunds == ()


def test_to_order_rejects_a_line_without_sku(kit):
    wire = kit.changed(kit.order, LINE + ".item.sku", None)

    with pytest.raises(RejectedError, match="order line 2 bears no SKU"):
        parse(wire)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (LINE + ".item.sku", "  ", "order line 2 bears no SKU"),
        (LINE + ".item", None, "order line 2 bears no SKU"),
        (LINE + ".lineNumber", None, "order line 2 bears no line number"),
        ("orderLines.orderLine", [], "bears no lines"),
        ("orderLines.orderLine", None, "bears no lines"),
        ("orderLines", None, "bears no lines"),
        ("shippingInfo", None, "no delivery address"),
        ("shippingInfo.postalAddress", None, "no delivery address"),
        ("shippingInfo.postalAddress.city", "", "no delivery address"),
        (STATUSES, [status("Created", "2")], "order line 2: its statuses do not add up"),
        (STATUSES, [status("Created", None), status("Shipped", None)], "order line 2: its statuses do not add up"),
        (
            "orderLines.orderLine.0.charges.charge.0.chargeAmount.currency",
            "$",
            "order line 1: a charge bears no currency",
        ),
    ],
)
def test_to_order_names_its_fault(kit, path, value, message):
    with pytest.raises(RejectedError, match=message):
        parse(kit.changed(kit.order, path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("purchaseOrderId", None),
        ("orderDate", None),
        ("orderDate", "yesterday"),
        (LINE + ".orderLineQuantity.amount", "-1"),
        (LINE + ".orderLineQuantity.amount", "1e999999999"),
        (LINE + ".orderLineQuantity.amount", "NaN"),
        (LINE + ".orderLineQuantity.amount", "two"),
        (LINE + ".orderLineQuantity.amount", "1.0000001"),
        ("orderLines.orderLine.0.charges.charge.0.chargeAmount.amount", Decimal("1e99999")),
    ],
)
def test_wire_refuses_what_cannot_be_meant(kit, path, value):
    with pytest.raises(ValidationError):
        parse(kit.changed(kit.order, path, value))


def test_to_order_reads_an_order_full_of_nulls(kit):
    wire = {
        "purchaseOrderId": "1",
        "customerOrderId": None,
        "customerEmailId": None,
        "orderDate": 1793523600000,
        "shippingInfo": {
            "phone": None,
            "estimatedShipDate": None,
            "estimatedDeliveryDate": "",
            "methodCode": None,
            "postalAddress": {"name": None, "address1": "1 Example Way", "city": "Sampleton", "country": None},
        },
        "orderLines": {
            "orderLine": {
                "lineNumber": 3,
                "item": {"sku": "A", "productName": None},
                "charges": None,
                "orderLineQuantity": {"amount": 1, "unitOfMeasurement": None},
                "orderLineStatuses": None,
                "fulfillment": None,
                "intentToCancel": "",
            }
        },
        "shipNode": None,
        "somethingNew": {"from": ["Walmart"]},
    }

    order = parse(wire)

    assert (order.node, order.fulfilled_by, order.ship_to.country) == (None, "seller", "US")
    assert [(line.number, line.charges) for line in order.lines] == [("3", ())]
    assert [(part.status, part.quantity) for part in order.lines[0].statuses] == [("unknown", Decimal(1))]


def test_to_order_keeps_several_statuses_of_one_line_with_their_tracking(kit):
    tracking = {"trackingNumber": "1Z999", "carrierName": {"carrier": "UPS", "otherCarrier": None}}
    other = {"trackingNumber": "AB1", "carrierName": {"carrier": None, "otherCarrier": "Star Track"}}
    wire = kit.changed(kit.order, LINE + ".orderLineQuantity.amount", "4")
    slices = [
        status("Shipped", "1", trackingInfo=tracking),
        status("Shipped", "1", trackingInfo=other),
        status("CANCELLED", "1"),
        status("Acknowledged", "1"),
    ]

    line = parse(kit.changed(wire, STATUSES, slices)).lines[1]

    assert [(part.status, part.raw) for part in line.statuses] == [
        ("shipped", "Shipped"),
        ("shipped", "Shipped"),
        ("cancelled", "CANCELLED"),
        ("acknowledged", "Acknowledged"),
    ]
    assert [(part.tracking_number, part.carrier) for part in line.statuses[:2]] == [
        ("1Z999", "UPS"),
        ("AB1", "Star Track"),
    ]
    assert line.quantity_in("shipped") == 2


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Created", "created"),
        ("acknowledged", "acknowledged"),
        ("SHIPPED", "shipped"),
        ("Delivered", "delivered"),
        ("Canceled", "cancelled"),
        ("Refund", "refunded"),
        ("ReadyToShip", "unknown"),
        (None, "unknown"),
    ],
)
def test_to_order_knows_statuses_whatever_their_case_and_keeps_unknown_ones(kit, raw, expected):
    (part,) = parse(kit.changed(kit.order, STATUSES, [status(raw, "1")])).lines[1].statuses

    assert (part.status, part.raw) == (expected, raw or "")


def test_to_order_gives_a_status_without_quantity_what_is_left(kit):
    wire = kit.changed(kit.order, LINE + ".orderLineQuantity.amount", "5")

    line = parse(kit.changed(wire, STATUSES, [status("Shipped", "2"), status("Created", None)])).lines[1]

    assert [part.quantity for part in line.statuses] == [Decimal(2), Decimal(3)]


def test_to_order_counts_a_line_by_its_statuses_where_it_bears_no_quantity(kit):
    wire = kit.changed(kit.order, LINE + ".orderLineQuantity", None)

    line = parse(kit.changed(wire, STATUSES, [status("Shipped", "2"), status("Created", "1")])).lines[1]

    assert line.quantity == 3


def test_to_order_rejects_a_line_without_any_quantity(kit):
    wire = kit.changed(kit.order, LINE + ".orderLineQuantity", None)

    with pytest.raises(RejectedError, match="order line 2 bears no quantity"):
        parse(kit.changed(wire, STATUSES, []))


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "SellerFulfilled"}, "seller"),
        ({"type": "WFSFulfilled"}, "channel"),
        ({"type": "wfsfulfilled"}, "channel"),
        ({"type": "3PLFulfilled"}, "third_party"),
        ({"type": "Drone"}, "unknown"),
        ({}, "seller"),
        (None, "seller"),
    ],
)
def test_to_order_says_who_fulfils(kit, node, expected):
    assert parse(kit.changed(kit.order, "shipNode", node)).fulfilled_by == expected


@pytest.mark.parametrize(
    ("intent", "expected"),
    [(None, False), ("", False), (" ", False), ("CUSTOMER_REQUEST", True), (True, True), ([], False)],
)
def test_to_order_takes_any_intent_to_cancel_for_one(kit, intent, expected):
    assert parse(kit.changed(kit.order, LINE + ".intentToCancel", intent)).lines[1].cancel_requested is expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("USA", "US"),
        ("CAN", "CA"),
        ("MEX", "MX"),
        ("CHL", "CL"),
        ("MX", "MX"),
        ("us", "US"),
        ("PRI", "PR"),
        ("FRA", "FRA"),
    ],
)
def test_to_order_writes_countries_in_two_letters(kit, raw, expected):
    assert parse(kit.changed(kit.order, "shippingInfo.postalAddress.country", raw)).ship_to.country == expected


def test_to_order_reads_a_bare_object_in_place_of_each_list(kit):
    line = kit.order["orderLines"]["orderLine"][0]
    wire = kit.changed(kit.order, "orderLines.orderLine", line)
    wire = kit.changed(wire, "orderLines.orderLine.charges.charge", line["charges"]["charge"][0])
    wire = kit.changed(wire, "orderLines.orderLine.orderLineStatuses.orderLineStatus", status("Created", "2"))

    (read,) = parse(wire).lines

    assert (len(read.charges), len(read.statuses)) == (1, 1)


def test_to_order_leaves_out_a_charge_without_amount_and_keeps_one_that_is_tax_only(kit):
    charges = [
        {"chargeType": "SHIPPING", "chargeAmount": None, "tax": None},
        {
            "chargeType": "FEE",
            "chargeAmount": None,
            "tax": {"taxAmount": {"currency": "usd", "amount": Decimal("0.10")}},
        },
    ]

    (charge,) = parse(kit.changed(kit.order, LINE + ".charges.charge", charges)).lines[1].charges

    assert (charge.kind, str(charge.amount), str(charge.tax)) == ("fee", "0 USD", "0.10 USD")


@pytest.mark.parametrize(
    "date", ["2026-11-01T09:00:00.000Z", "2026-11-01T09:00:00", "1793523600000", "2026-11-01T01:00:00-08:00"]
)
def test_to_order_reads_iso_dates_too(kit, date):
    assert parse(kit.changed(kit.order, "orderDate", date)).ordered_at == datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


@given(
    quantities=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    names=st.lists(st.text(max_size=12), min_size=6, max_size=6),
    surplus=st.integers(0, 5),
)
def test_quantities_of_the_statuses_always_add_up_to_the_line(kit, quantities, names, surplus):
    slices = [status(name, str(quantity)) for quantity, name in zip(quantities, names, strict=False)]
    wire = kit.changed(kit.order, LINE + ".orderLineQuantity.amount", str(sum(quantities) + surplus))

    line = parse(kit.changed(wire, STATUSES, slices)).lines[1]

    assert sum(part.quantity for part in line.statuses) == line.quantity == sum(quantities) + surplus


@given(amount=st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_money_is_the_number_that_was_on_the_wire(kit, amount):
    wire = kit.changed(kit.order, "orderLines.orderLine.0.charges.charge.0.chargeAmount.amount", amount)

    read = parse(wire).lines[0].charges[0].amount.amount

    assert (read, str(read)) == (amount, str(loads(dumps(amount))))


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.decimals(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
PATHS = st.sampled_from(
    [
        "purchaseOrderId", "customerOrderId", "orderDate", "shippingInfo", "shippingInfo.postalAddress",
        "shippingInfo.estimatedShipDate", "shippingInfo.postalAddress.country", "orderLines", "orderLines.orderLine",
        LINE, LINE + ".lineNumber", LINE + ".item", LINE + ".item.sku", LINE + ".charges", LINE + ".charges.charge",
        LINE + ".orderLineQuantity", LINE + ".orderLineQuantity.amount", LINE + ".orderLineStatuses", STATUSES,
        STATUSES + ".0.status", STATUSES + ".0.statusQuantity.amount", LINE + ".intentToCancel", "shipNode",
        "orderLines.orderLine.0.charges.charge.0.chargeAmount.amount",
        "orderLines.orderLine.0.charges.charge.0.chargeAmount.currency",
        "orderLines.orderLine.0.charges.charge.0.tax",
    ]
)  # fmt: skip


@given(path=PATHS, value=JSON)
def test_whatever_stands_in_a_field_gives_an_order_or_a_named_fault(kit, path, value):
    wire = kit.changed(kit.order, path, value)

    try:
        order = to_order(WalmartOrder.model_validate(wire))
    except (RejectedError, ValidationError):
        return

    assert all(sum(part.quantity for part in line.statuses) == line.quantity for line in order.lines)
    check_document(order)


@given(value=JSON)
def test_arbitrary_json_is_no_order(value):
    with pytest.raises((RejectedError, ValidationError)):
        to_order(WalmartOrder.model_validate(value))
