"""From a channel's order to a sale order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock import Context, HoldError, Link, Links, NothingToDo, Ref, RejectedError
from crossdock.canonical import Address, Charge, Money, Order, OrderLine, OrderLineStatus
from crossdock.testing import check_document
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderCancellation
from crossdock_wms_cartoncloud.mapping import to_address, to_date
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper

NODE = "1011100000000000001"
CREATED = Links([Link(near=Ref("walmart/1", "order", "108900000000001"), far=Ref("cc/1", "sale_order", "so-1"))])
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=4)
STATUSES = ("created", "acknowledged", "shipped", "delivered", "cancelled", "refunded")


def context(links: Links | None = None) -> Context:
    return Context(key="108900000000001", pipeline="orders", links=links or Links())


def mapper(**settings: Any) -> SaleOrderMapper:
    return SaleOrderMapper.model_validate({"customer": "Acme Trading", "default_warehouse": "Sydney DC", **settings})


def quantities(sale_order: SaleOrder) -> dict[str, Decimal]:
    return {line.number: line.quantity for line in sale_order.lines}


def test_map_carries_the_order_over(order: Any) -> None:
    sale_order = mapper(unknown_sku="flag", line_property="sop_custom_field_1").map(order(), context())

    assert sale_order.reference == "108900000000001"
    assert (sale_order.customer, sale_order.warehouse, sale_order.channel) == ("Acme Trading", "Sydney DC", "walmart")
    assert (sale_order.method, sale_order.allow_splitting) == ("Standard", False)
    assert (sale_order.unknown_sku, sale_order.line_property) == ("flag", "sop_custom_field_1")
    (line,) = sale_order.lines
    assert (line.number, line.sku, line.quantity, line.unit) == ("1", "MUG-01", Decimal(2), None)
    assert line.price == Money(amount=Decimal(5), currency="USD")


def test_map_keeps_two_lines_of_one_sku_apart(order: Any, line: Any) -> None:
    sale_order = mapper().map(order(line("4", "MUG-01", 1), line("9", "MUG-01", 3)), context())

    assert quantities(sale_order) == {"4": 1, "9": 3}


# ---------------------------------------------------------------- which warehouse


def test_map_sends_a_mapped_node_to_its_warehouse_without_notice(order: Any) -> None:
    seen = context()

    sale_order = mapper(warehouses={NODE: " Melbourne DC "}).map(order(), seen)

    assert sale_order.warehouse == "Melbourne DC"
    assert seen.notices == []


def test_map_sends_an_unmapped_node_to_the_default_and_reports_it(order: Any) -> None:
    seen = context()

    sale_order = mapper(warehouses={"other": "Melbourne DC"}).map(order(), seen)

    assert sale_order.warehouse == "Sydney DC"
    (notice,) = seen.notices
    assert (notice.code, notice.subject) == ("node_without_mapping", NODE)
    assert "Elm Street" in notice.message
    assert f'warehouses: {{"{NODE}":' in notice.fix


@given(st.sampled_from([None, "", " ", "\t\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_map_takes_a_blank_mapping_for_the_default_without_notice(order: Any, blank: str | None) -> None:
    seen = context()

    assert mapper(warehouses={NODE: blank}).map(order(), seen).warehouse == "Sydney DC"
    assert seen.notices == []


@pytest.mark.parametrize("default", [None, "", "  "])
@pytest.mark.parametrize("rows", [{}, {"other": "Melbourne DC"}, {NODE: None}, {NODE: " "}])
def test_map_holds_a_node_with_neither_mapping_nor_default(order: Any, default: str | None, rows: Any) -> None:
    with pytest.raises(HoldError, match=rf"{NODE} \(Elm Street\)") as caught:
        mapper(default_warehouse=default, warehouses=rows).map(order(), context())

    assert caught.value.code == "unmapped_node"
    assert f'warehouses: {{"{NODE}": WAREHOUSE NAME}}' in str(caught.value.fix)
    assert "default_warehouse: WAREHOUSE NAME" in str(caught.value.fix)
    assert caught.value.facts == {"node": NODE, "node_name": "Elm Street"}


def test_map_sends_an_order_without_node_to_the_default(order: Any) -> None:
    seen = context()

    assert mapper().map(order(node=None, node_name=None), seen).warehouse == "Sydney DC"
    assert seen.notices == []


def test_map_holds_an_order_without_node_when_there_is_no_default(order: Any) -> None:
    with pytest.raises(HoldError, match="names no fulfilment node") as caught:
        mapper(default_warehouse=None).map(order(node=None), context())

    assert str(caught.value.fix).startswith("set `default_warehouse")


# ---------------------------------------------------------------- whose, and how much


@pytest.mark.parametrize(("who", "reason"), [("channel", "channel's own warehouse"), ("third_party", "third party")])
def test_map_leaves_alone_what_another_warehouse_fulfils(order: Any, who: str, reason: str) -> None:
    with pytest.raises(NothingToDo, match=reason):
        mapper().map(order(fulfilled_by=who), context())


def test_map_holds_an_order_of_unknown_fulfilment(order: Any) -> None:
    with pytest.raises(HoldError) as caught:
        mapper().map(order(fulfilled_by="unknown"), context())

    assert caught.value.code == "unknown_fulfilment"


def test_map_leaves_cancelled_quantities_out(order: Any, line: Any) -> None:
    lines = (
        line("1", quantity=3, statuses={"created": 2, "cancelled": 1}),
        line("2", quantity=1, statuses={"cancelled": 1}),
        line("3", quantity="1.5", statuses={"acknowledged": "1.5"}),
    )

    assert quantities(mapper().map(order(*lines), context())) == {"1": 2, "3": Decimal("1.5")}


def test_map_takes_a_line_without_statuses_for_outstanding(order: Any, line: Any) -> None:
    assert quantities(mapper().map(order(line(statuses={})), context())) == {"1": 2}


def test_map_has_nothing_to_do_for_a_cancelled_order(order: Any, line: Any) -> None:
    with pytest.raises(NothingToDo, match="cancelled"):
        mapper().map(order(line(statuses={"cancelled": 2})), context())


def test_map_has_nothing_to_do_for_an_order_shipped_before_we_came(order: Any, line: Any) -> None:
    lines = (line("1", statuses={"shipped": 2}), line("2", statuses={"delivered": 1, "cancelled": 1}))

    with pytest.raises(NothingToDo, match="already shipped"):
        mapper().map(order(*lines), context())


def test_map_sends_only_the_rest_of_an_order_shipped_in_part_before_we_came(order: Any, line: Any) -> None:
    lines = (line("1", quantity=3, statuses={"shipped": 1, "acknowledged": 2}), line("2", statuses={"delivered": 2}))

    assert quantities(mapper().map(order(*lines), context())) == {"1": 2}


def test_map_gives_the_cancellation_of_an_order_cancelled_after_its_creation(order: Any, line: Any) -> None:
    placed = order(line(statuses={"cancelled": 2}), node="unmapped", ship_to=Address(line1="", city="", country=""))

    mapped = mapper(default_warehouse=None).map(placed, context(CREATED))

    assert mapped == SaleOrderCancellation(reference=placed.number, customer="Acme Trading", channel="walmart")


def test_map_says_what_was_cancelled_of_which_line(order: Any, line: Any) -> None:
    lines = (line("1", quantity=3, statuses={"created": 2, "cancelled": 1}), line("2", statuses={"cancelled": 2}))

    mapped = mapper().map(order(*lines, line("3")), context(CREATED))

    assert mapped.cancelled == {"1": 1, "2": 2}


@pytest.mark.parametrize("links", [Links(), CREATED])
def test_map_holds_an_order_whose_buyer_asks_to_cancel(order: Any, line: Any, links: Links) -> None:
    with pytest.raises(HoldError, match="line 2 of order") as caught:
        mapper().map(order(line("1"), line("2", cancel_requested=True)), context(links))

    assert caught.value.code == "cancel_requested"


def test_map_ignores_a_request_to_cancel_what_is_shipped(order: Any, line: Any) -> None:
    shipped = line(statuses={"shipped": 2}, cancel_requested=True)

    assert quantities(mapper().map(order(shipped), context(CREATED))) == {"1": 2}


def test_map_holds_a_status_it_does_not_know_until_the_order_is_created(order: Any, line: Any) -> None:
    held = order(line(statuses={"unknown": 2}))

    with pytest.raises(HoldError, match="line 1") as caught:
        mapper().map(held, context())

    assert caught.value.code == "unknown_line_status"
    assert quantities(mapper().map(held, context(CREATED))) == {"1": 2}


@pytest.mark.parametrize("sku", ["", "  "])
def test_map_rejects_a_line_without_sku(order: Any, line: Any, sku: str) -> None:
    with pytest.raises(RejectedError, match="order line 7 bears no SKU"):
        mapper().map(order(line("7", sku)), context())


def test_map_refuses_an_order_or_a_line_without_number(order: Any, line: Any) -> None:
    with pytest.raises(ValidationError, match="reference"):
        mapper().map(order(line("1", "MUG-01", 1)).model_copy(update={"number": " "}), context())
    with pytest.raises(ValidationError, match="number"):
        mapper().map(order(line(" ", "MUG-01", 1)), context())


@given(
    texts=st.lists(st.text(max_size=6), min_size=9, max_size=9),
    price=st.lists(st.tuples(AMOUNTS, st.sampled_from(["USD", "AUD"])), max_size=3),
    quantity=AMOUNTS.filter(bool),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_map_gives_what_validation_would_give_whatever_the_order_says(
    order: Any, texts: list[str], price: list[tuple[Decimal, str]], quantity: Decimal
) -> None:
    number, sku, method, *place = texts
    charges = tuple(
        Charge(kind="product", amount=Money(amount=amount, currency=currency)) for amount, currency in price
    )
    lines = (OrderLine(number=number, sku=sku, quantity=abs(quantity), charges=charges),)
    fields = zip(("line1", "city", "country", "phone", "email", "name"), place, strict=True)
    address = order().ship_to.model_copy(update=dict(fields))
    changes = {"number": number, "lines": lines, "shipping_method": method, "ship_to": address}

    try:
        mapped = mapper().map(order().model_copy(update=changes), context())
    except (HoldError, RejectedError, ValidationError):
        return

    check_document(mapped)
    assert mapped.lines[0].sku == sku.strip()  # type: ignore[union-attr]


def test_map_rejects_an_order_without_lines(order: Any) -> None:
    empty = order().model_copy(update={"lines": ()})

    with pytest.raises(RejectedError, match="bears no lines"):
        mapper().map(empty, context())


@st.composite
def order_lines(draw: st.DrawFn) -> tuple[OrderLine, ...]:
    amounts = st.decimals(min_value=0, max_value=9, places=1)
    lines = []
    for number in draw(st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True)):
        slices = draw(st.dictionaries(st.sampled_from(STATUSES), amounts, min_size=1))
        if not sum(slices.values()):
            continue
        statuses = tuple(OrderLineStatus(status=s, quantity=q, raw=s) for s, q in slices.items())  # type: ignore[arg-type]
        sku = draw(st.sampled_from(["MUG-01", "CUP-02"]))
        lines.append(
            OrderLine(number=str(number), sku=sku, quantity=sum(slices.values(), Decimal(0)), statuses=statuses)
        )
    return tuple(lines)


@given(lines=order_lines(), created=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_planned_quantities_add_up_to_what_is_outstanding(
    order: Any, lines: tuple[OrderLine, ...], created: bool
) -> None:
    document: Order = order().model_copy(update={"lines": lines})
    wanted = ("created", "acknowledged", *(("shipped", "delivered", "refunded") if created else ()))
    outstanding = {line.number: line.quantity_in(*wanted) for line in lines}  # type: ignore[arg-type]

    try:
        mapped = mapper().map(document, context(CREATED if created else None))
        check_document(mapped)
        planned = {} if isinstance(mapped, SaleOrderCancellation) else quantities(mapped)
    except (NothingToDo, HoldError, RejectedError):
        planned = {}

    assert planned == {number: quantity for number, quantity in outstanding.items() if quantity}


@given(lines=order_lines())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_happens_after_creation_plans_the_identical_sale_order(order: Any, lines: tuple[OrderLine, ...]) -> None:
    before = [_with(line, "created") for line in lines if line.quantity_in("cancelled") < line.quantity]
    after = [line for line in lines if line.quantity_in("cancelled") < line.quantity]
    if not before:
        return

    first = mapper().map(order().model_copy(update={"lines": tuple(before)}), context())
    then = mapper().map(order().model_copy(update={"lines": tuple(after)}), context(CREATED))

    assert then == first


def _with(line: OrderLine, status: Any) -> OrderLine:
    kept = tuple(
        slice_ if slice_.status == "cancelled" else slice_.model_copy(update={"status": status, "raw": status})
        for slice_ in line.statuses
    )
    return line.model_copy(update={"statuses": kept})


# ---------------------------------------------------------------- address and dates


def test_address_names_the_channel_and_keeps_the_buyer_as_contact(address: Address) -> None:
    mapped = to_address(address.model_copy(update={"company": "Sample Ltd"}), channel="walmart", party="channel")

    assert (mapped.company, mapped.name) == ("Walmart", "Robin Sample, Sample Ltd")


def test_address_names_the_buyer_where_settings_say_so(address: Address) -> None:
    mapped = to_address(address, channel="walmart", party="buyer")

    assert (mapped.company, mapped.name) == (None, "Robin Sample")


def test_address_has_nothing_blank(address: Address) -> None:
    blank = address.model_copy(
        update={"line2": " ", "region": "", "postcode": "", "phone": " ", "email": "", "company": "", "country": "us"}
    )

    mapped = to_address(blank, channel="walmart", party="buyer")

    assert (mapped.line2, mapped.region, mapped.postcode, mapped.phone, mapped.email) == (None,) * 5
    assert mapped.country == "US"


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"name": None, "company": " "}, "name or company"),
        ({"line1": ""}, "line1"),
        ({"city": " "}, "city"),
        ({"country": ""}, "country"),
    ],
)
@pytest.mark.parametrize("party", ["channel", "buyer"])
def test_address_that_cannot_be_delivered_to_is_held_naming_fields_only(
    address: Address, change: dict[str, Any], missing: str, party: Any
) -> None:
    with pytest.raises(HoldError, match=f"bears no {missing}") as caught:
        to_address(address.model_copy(update=change), channel="walmart", party=party)

    assert caught.value.code == "address_incomplete"
    assert caught.value.facts == {"missing": [missing]}
    assert "Robin" not in str(caught.value)


@pytest.mark.parametrize(
    "email", [".robin@example.test", "robin@", "@example.test", "robin", "ro bin@example.test", "a@b@c"]
)
def test_address_leaves_an_invalid_email_out(address: Address, email: str) -> None:
    assert to_address(address.model_copy(update={"email": email}), channel="walmart", party="buyer").email is None


def test_address_cuts_a_phone_that_is_too_long(address: Address) -> None:
    mapped = to_address(address.model_copy(update={"phone": "5" * 80}), channel="walmart", party="buyer")

    assert mapped.phone == "5" * 64


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 4, 7, 59, 59, tzinfo=UTC), date(2026, 11, 3)),  # midnight at the Pacific coast
        (datetime(2026, 11, 4, 20, 0, tzinfo=UTC), date(2026, 11, 4)),
        (datetime(2026, 11, 3, 13, 0, tzinfo=UTC), date(2026, 11, 3)),  # midnight in Sydney
        (None, None),
    ],
)
def test_date_of_a_deadline_is_never_late(moment: datetime | None, expected: date | None) -> None:
    assert to_date(moment) == expected


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    "settings",
    [{"customer": ""}, {"customer": None}, {"split": "maybe"}, {"party": "me"}, {"unknown_sku": "drop"}, {"sku": 1}],
)
def test_mapper_refuses_settings_it_does_not_know(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        mapper(**settings)


def test_mapper_settings_are_those_that_are_documented() -> None:
    assert set(SaleOrderMapper.model_fields) == {
        "customer", "default_warehouse", "warehouses", "split", "unknown_sku", "party", "line_property",
    }  # fmt: skip
    assert (mapper().split, mapper().unknown_sku, mapper().party) == ("hold", "hold", "channel")
