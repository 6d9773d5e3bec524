"""Lines that a person linked: other products, other quantities, several products for a line, and what is for none."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from crossdock import HoldError, Link, Ref
from crossdock.canonical import PackageLine
from crossdock_walmart.contents import contents_of
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.standing import to_standing

AT = datetime(2026, 11, 2, tzinfo=UTC)
ORDER = "108900000000001"


def order(*lines):
    """An order of (sku, acknowledged, cancelled) whose lines are numbered from 1."""
    wire = [
        {
            "lineNumber": str(number),
            "item": {"sku": sku},
            "orderLineQuantity": {"amount": str(open_ + cancelled)},
            "orderLineStatuses": {
                "orderLineStatus": [
                    {"status": "Acknowledged", "statusQuantity": {"amount": str(open_)}},
                    {"status": "Cancelled", "statusQuantity": {"amount": str(cancelled)}},
                ]
            },
        }
        for number, (sku, open_, cancelled) in enumerate(lines, start=1)
    ]
    raw = {"purchaseOrderId": ORDER, "orderDate": 1793523600000, "orderLines": {"orderLine": wire}}
    return to_standing(raw, ORDER, AT)


def by_hand(*lines):
    """A link as it is seen from the warehouse: (number, product, quantity), the number empty for an extra."""
    said: dict = {}
    for number, product, quantity in lines:
        said.setdefault(product, []).append({"id": number, "sku": product, "quantity": quantity})
    return Link(Ref("w", "sale_order", "so-1"), Ref("walmart", "order", ORDER), said)


def sent(*packages):
    """The updates of packages of (sku, quantity); each item has an id that no person knows."""
    lines = [
        tuple(PackageLine(line=f"uuid-{sku}", sku=sku, quantity=Decimal(much)) for sku, much in one) for one in packages
    ]
    flat = [tuple(line for one in lines[:place] for line in one) for place in range(len(lines) + 1)]
    return [
        ShipmentUpdate(
            order="so-1", record="so-1", package=f"p{place}", shipped_at=AT, carrier="UPS",
            tracking_number=f"1Z{place}",
            lines=one, dispatched=flat[-1], earlier=flat[place],
        )
        for place, one in enumerate(lines)
    ]  # fmt: skip


def told(link, standing, *packages):
    return [contents_of(update, link, standing).lines for update in sent(*packages)]


def test_another_product_counts_for_the_line_that_it_was_linked_with():
    assert told(by_hand(("1", "MUG-02", "2")), order(("MUG-01", 2, 0)), [("MUG-02", 2)]) == [{"1": 2}]


def test_more_than_was_ordered_is_not_told():
    link, standing = by_hand(("1", "MUG-02", "3")), order(("MUG-01", 2, 0))

    assert told(link, standing, [("MUG-02", 3)]) == [{"1": 2}]
    assert told(link, standing, [("MUG-02", 1)], [("MUG-02", 2)]) == [{"1": 1}, {"1": 1}]


def test_several_products_fill_one_line():
    link = by_hand(("1", "MUG-02", "1"), ("1", "MUG-03", "1"))

    assert told(link, order(("MUG-01", 2, 0)), [("MUG-02", 1), ("MUG-03", 1)]) == [{"1": 2}]


def test_extra_is_for_no_line_and_line_that_was_left_out_is_not_told():
    link = by_hand(("2", "CAP-01", "1"), ("", "PEN-01", "4"))

    assert told(link, order(("MUG-01", 2, 0), ("CAP-01", 1, 0)), [("CAP-01", 1), ("PEN-01", 4)]) == [{"2": 1}]


def test_what_was_cancelled_and_sent_is_still_seen_beside_a_surplus():
    (update,) = sent([("MUG-02", 4)])

    contents = contents_of(update, by_hand(("1", "MUG-02", "4")), order(("MUG-01", 1, 2)))

    assert (contents.lines, contents.cancelled) == ({"1": 1}, {"1": 2})


@pytest.mark.parametrize("packages", [[("MUG-02", 3)], [("MUG-02", 2), ("PEN-01", 1)], [("MUG-01", 2)]])
def test_edit_after_it_was_linked_by_hand_is_held_again(packages):
    with pytest.raises(HoldError) as held:
        told(by_hand(("1", "MUG-02", "2")), order(("MUG-01", 2, 0)), packages)

    assert held.value.code == "lines_edited"
    assert f"`crossdock links lines {ORDER} --line" in held.value.fix
