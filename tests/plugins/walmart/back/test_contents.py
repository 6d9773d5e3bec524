"""What is in a package, by Walmart's lines: laws that hold for any order and any way of packing it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import HoldError, Known, Link, Links, NothingToDo, Ref
from crossdock.canonical import PackageLine, StatusChange
from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.contents import contents_of
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.shipments import ShipmentSink
from crossdock_walmart.standing import to_standing

AT = datetime(2026, 11, 2, tzinfo=UTC)
ORDER = "108900000000001"


def standing(lines):
    """An order of (sku, open, cancelled) whose lines are numbered from 1."""
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


def link_to(lines, merged):
    """Each line its own item, or all lines of one product one item, as warehouses may merge them."""
    recorded: dict = {}
    for number, (sku, open_, cancelled) in enumerate(lines, start=1):
        item = f"item-{sku}" if merged else f"item-{number}"
        recorded.setdefault(item, []).append({"id": str(number), "sku": sku, "quantity": str(open_ + cancelled)})
    return Link(Ref("w", "sale_order", "so-1"), Ref("walmart", "order", ORDER), recorded)


def packed(link, packing):
    """The updates of packages that hold, of each item, what `packing` gives to each."""
    packages: dict[int, list] = {}
    for item, several in link.lines.items():
        left = sum(int(one["quantity"]) for one in several)
        for place in range(left):
            number = packing[(place + len(item)) % len(packing)]
            packages.setdefault(number, []).append(PackageLine(line=item, sku=several[0]["sku"], quantity=Decimal(1)))
    sequence = [tuple(packages[number]) for number in sorted(packages)]
    everything = tuple(line for held in sequence for line in held)
    return [
        ShipmentUpdate(
            order=ORDER,
            record="so-1",
            package=f"con-{place}",
            shipped_at=AT,
            carrier="UPS",
            tracking_number=f"T{place}",
            lines=held,
            dispatched=everything,
            earlier=tuple(line for before in sequence[:place] for line in before),
        )
        for place, held in enumerate(sequence)
    ]


orders = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 4), st.integers(0, 3)).filter(lambda line: line[1] + line[2] > 0),
    min_size=1,
    max_size=5,
)
packings = st.lists(st.integers(0, 3), min_size=1, max_size=7)


@given(orders, packings, st.booleans())
def test_packages_add_up_to_the_order_line_by_line(lines, packing, merged):
    link, order = link_to(lines, merged), standing(lines)
    told, cancelled = Counter(), Counter()

    for update in packed(link, packing):
        contents = contents_of(update, link, order)
        held = sum(line.quantity for line in update.lines)
        assert sum(contents.lines.values()) + sum(contents.cancelled.values()) == held
        told.update(contents.lines)
        cancelled.update(contents.cancelled)

    assert {number: told[number] for number in map(str, range(1, len(lines) + 1))} == {
        str(number): open_ for number, (_, open_, _) in enumerate(lines, start=1)
    }
    assert sum(cancelled.values()) == sum(gone for _, _, gone in lines)


@given(orders, packings, st.booleans(), st.sampled_from("ABCD"), st.integers(1, 3))
def test_more_of_any_product_than_was_ordered_is_held(lines, packing, merged, sku, more):
    link, order = link_to(lines, merged), standing(lines)
    extra = PackageLine(line="item-new", sku=sku, quantity=Decimal(more))

    for update in packed(link, packing):
        edited = update.model_copy(update={"lines": (*update.lines, extra), "dispatched": (*update.dispatched, extra)})
        with pytest.raises(HoldError) as held:
            contents_of(edited, link, order)
        assert held.value.code == "lines_edited"
        assert f"{sku} from" in held.value.message


refs = st.builds(Ref, st.sampled_from(["walmart", "w"]), st.sampled_from(["order", "shipment"]), st.just(ORDER))
strangers = st.lists(
    st.builds(Link, st.builds(Ref, st.just("w"), st.just("sale_order"), st.sampled_from(["so-2", ORDER, ""])), refs)
    | st.builds(
        Link,
        st.just(Ref("w", "sale_order", "so-1")),
        st.builds(Ref, st.just("walmart"), st.sampled_from(["shipment", "acknowledgement", "return"]), st.just(ORDER)),
    ),
    max_size=4,
)


@given(strangers, orders, st.sampled_from(["accepted", "imported", "never"]))
def test_nothing_is_ever_planned_without_a_link_of_our_own(links, lines, when):
    known = Known(Links(links), None, standing(lines))
    (update, *_) = packed(link_to(lines, merged=False), [0])
    update = update.model_copy(update={"order": "787061"})
    change = StatusChange(kind="sale_order", id="so-1", reference=ORDER, status="PACKED", at=AT)

    with pytest.raises(NothingToDo):
        ShipmentSink().plan(update, known)
    with pytest.raises(NothingToDo):
        AcknowledgementSink(when=when).plan(change, known)
    assert ShipmentSink().effect_key(update, known) is None
