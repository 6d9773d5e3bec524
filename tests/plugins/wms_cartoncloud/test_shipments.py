"""From a dispatched sale order and its consignments to packages whose quantities add up."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import HoldError, NothingToDo, NotYetError, RejectedError
from crossdock.canonical import Shipment
from crossdock_wms_cartoncloud.dispatches import DispatchSource, TrackingFields

FIELDS = TrackingFields(carrier="carrier_name", number="tracking_number", url="tracking_url")
AT = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)


def order(*items: tuple[str, int | str], **changes: Any) -> dict[str, Any]:
    stated = items or (("MUG-01", 2), ("CUP-02", 1))
    return {
        "id": "so-1",
        "status": "DISPATCHED",
        "references": {"customer": "108900000000001", "numericId": "787061"},
        "details": {"deliver": {"method": {"requestedService": "Standard"}}},
        "items": [
            {"id": f"item-{at}", "details": {"product": {"references": {"code": sku}}}, "measures": {"quantity": q}}
            for at, (sku, q) in enumerate(stated, start=1)
        ],
        "timestamps": {"dispatched": {"time": "2026-11-03T00:00:00+10:00"}, "modified": {"time": AT.isoformat()}},
        **changes,
    }


def consignment(key: str, number: str | None, *items: tuple[str, int | str], **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "type": "CONSIGNMENT",
        "status": "IN_WAREHOUSE",
        "references": {"tracking": number},
        "details": {"type": "DELIVERY", "tracking": {"companyName": "UPS", "url": f"https://ups.example.test/{key}"}},
        "items": [{"properties": {"description": sku}, "measures": {"quantity": q}} for sku, q in items],
        **changes,
    }


def shipment(sale_order: Any, *consignments: Any, **settings: Any) -> Shipment:
    source = DispatchSource(customer="Acme Trading", **settings)
    return source.to_document({"sale_order": sale_order, "consignments": list(consignments)})


def contents(document: Shipment) -> list[tuple[str | None, dict[str, Decimal]]]:
    return [(one.tracking_number, {line.line: line.quantity for line in one.lines}) for one in document.packages]


def test_one_consignment_is_one_package_with_all_lines() -> None:
    document = shipment(order(), consignment("con-1", " 1Z9 ", ("box", 1)))

    assert (document.order, document.shipped_at) == ("108900000000001", AT)
    (package,) = document.packages
    assert (package.id, package.carrier, package.tracking_number) == ("con-1", "UPS", "1Z9")
    assert (package.tracking_url, package.method) == ("https://ups.example.test/con-1", "Standard")
    assert [(line.line, line.sku, line.quantity) for line in package.lines] == [
        ("item-1", "MUG-01", 2),
        ("item-2", "CUP-02", 1),
    ]


def test_several_consignments_that_name_products_state_their_own() -> None:
    lines = order(("MUG-01", 2), ("CUP-02", 1), ("MUG-01", 1))

    document = shipment(
        lines,
        consignment("con-1", "A", ("mug-01", 1)),
        consignment("con-2", "B", ("MUG-01", 2), ("CUP-02", "1.0")),
    )

    assert contents(document) == [("A", {"item-1": 1}), ("B", {"item-1": 1, "item-2": 1, "item-3": 1})]


def test_contents_that_do_not_add_up_go_into_the_first_package_that_has_tracking() -> None:
    document = shipment(
        order(), consignment("con-1", None, ("box", 1)), consignment("con-2", "B"), consignment("con-3", "C")
    )

    assert contents(document) == [("B", {"item-1": 2, "item-2": 1}), ("C", {})]


def test_a_part_without_tracking_yet_keeps_its_contents() -> None:
    document = shipment(order(), consignment("con-1", None, ("MUG-01", 2)), consignment("con-2", "B", ("CUP-02", 1)))

    assert contents(document) == [(None, {"item-1": 2}), ("B", {"item-2": 1})]


@pytest.mark.parametrize(
    "changes", [{"status": "CANCELLED"}, {"details": {"type": "RETURNED"}}, {"details": {"type": "DUPLICATE"}}]
)
def test_what_was_cancelled_returned_or_doubled_is_no_package(changes: dict[str, Any]) -> None:
    document = shipment(order(), consignment("con-1", "OLD", **changes), consignment("con-2", "NEW"))

    assert [one.tracking_number for one in document.packages] == ["NEW"]


def test_carrier_is_taken_in_either_spelling() -> None:
    tracking = {"type": "DELIVERY", "tracking": {"company": "Star Track"}}

    (package,) = shipment(order(), consignment("con-1", "A", details=tracking)).packages

    assert (package.carrier, package.tracking_url) == ("Star Track", None)


def test_custom_fields_bear_tracking_where_no_consignment_does() -> None:
    fields = {"carrier_name": "Star Track", "tracking_number": 123, "tracking_url": " "}

    (package,) = shipment(order(properties=fields), tracking_fields=FIELDS).packages

    assert (package.carrier, package.tracking_number, package.tracking_url) == ("Star Track", "123", None)
    assert [line.quantity for line in package.lines] == [2, 1]


def test_consignment_counts_for_more_than_custom_fields() -> None:
    fields = {"tracking_number": "OLD"}

    document = shipment(order(properties=fields), consignment("con-1", "NEW"), tracking_fields=FIELDS)

    assert [one.tracking_number for one in document.packages] == ["NEW"]


@pytest.mark.parametrize("consignments", [[], [consignment("con-1", None)], [consignment("con-1", " ")]])
@pytest.mark.parametrize("fields", [None, FIELDS])
def test_dispatched_without_tracking_waits_and_tells_a_person_in_time(consignments: Any, fields: Any) -> None:
    with pytest.raises(NotYetError, match="dispatched, no tracking yet") as caught:
        shipment(order(), *consignments, tracking_fields=fields, alert_after="2h", watch="3d")

    assert caught.value.alert_at == AT + timedelta(hours=2)
    assert "2026-11-05" in str(caught.value)


@pytest.mark.parametrize("status", ["AWAITING_PICK_AND_PACK", "PACKED", "ON_THE_MOON", None])
def test_order_that_is_not_dispatched_any_more_ships_nothing(status: str | None) -> None:
    with pytest.raises(NothingToDo, match="reset by staff"):
        shipment(order(status=status), consignment("con-1", "A"))


@pytest.mark.parametrize("items", [[], None])
def test_dispatched_order_that_does_not_say_what_was_in_it_is_held(items: Any) -> None:
    with pytest.raises(HoldError) as caught:
        shipment(order(items=items), consignment("con-1", "A"))

    assert caught.value.code == "dispatched_without_lines"


def test_ugly_consignments_are_read_leniently() -> None:
    ugly = {"id": 7, "references": {"tracking": 99}, "details": {"tracking": []}, "items": None, "properties": []}

    (package,) = shipment(order(properties=[]), ugly).packages

    assert (package.id, package.tracking_number, package.carrier) == ("7", "99", None)


def test_malformed_consignment_is_rejected_and_not_quoted() -> None:
    with pytest.raises(RejectedError) as caught:
        shipment(order(), consignment("con-1", "A", details="Robin Sample"))

    assert caught.value.code == "malformed_consignment"
    assert "Robin" not in str(caught.value)


ITEMS = st.lists(st.tuples(st.sampled_from(["A", "B", "C"]), st.integers(1, 5)), min_size=1, max_size=5)


@given(ITEMS, st.lists(st.tuples(st.booleans(), st.lists(ITEMS, max_size=1)), min_size=1, max_size=4), st.data())
def test_quantities_over_packages_add_up_to_the_order_whatever_consignments_say(
    items: Any, carried: Any, data: st.DataObject
) -> None:
    split = data.draw(st.booleans())
    if split:  # every unit goes into one of them
        boxes: list[list[tuple[str, int]]] = [[] for _ in carried]
        for sku, quantity in items:
            for _ in range(quantity):
                boxes[data.draw(st.integers(0, len(boxes) - 1))].append((sku, 1))
    else:
        boxes = [one[0] if one else [] for _, one in carried]
    consignments = [
        consignment(f"con-{at}", f"T{at}" if tracked or at == 0 else None, *box)
        for at, ((tracked, _), box) in enumerate(zip(carried, boxes, strict=True))
    ]

    document = shipment(order(*items), *consignments)

    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for package in document.packages:
        for line in package.lines:
            assert line.quantity > 0
            total[line.line] += line.quantity
    assert dict(total) == {f"item-{at}": quantity for at, (_, quantity) in enumerate(items, start=1)}
    if split:
        by_number = dict(zip((f"T{at}" for at in range(len(boxes))), boxes, strict=True))
        for package in document.packages:
            if package.tracking_number:
                assert sum(line.quantity for line in package.lines) == len(by_number[package.tracking_number])
