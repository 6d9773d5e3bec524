from __future__ import annotations

from copy import deepcopy
from datetime import UTC
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from crossdock.canonical import Address, Charge, JournalEntry, JournalLine, Money, Order, OrderLine
from crossdock.contract.values import Context
from crossdock.errors import HoldError, NothingToDo
from crossdock.mappers import FieldsMapper, FilterMapper, RouteMapper

CASES = (
    {"name": "east", "when": "ship_to.region in ['NY', 'NJ']"},
    {"name": "west", "when": "ship_to.country = 'US'"},
    {"name": "abroad"},
)


def moved(order, **address):
    return order.model_copy(update={"ship_to": order.ship_to.model_copy(update=address)})


# ---------------------------------------------------------------- filter


def test_filter_lets_pass_what_its_expression_is_true_for(order, context):
    assert FilterMapper(when="market = 'us'").map(order, context) is order


@pytest.mark.parametrize(
    ("mapper", "reason"),
    [
        (FilterMapper(when="market = 'ca'"), "filtered: not market = 'ca'"),
        (FilterMapper(when="market = 'ca'", reason="Canada only"), "filtered: Canada only"),
        (FilterMapper(when="node"), "filtered: not node"),
        (FilterMapper(when="null"), "filtered: not null"),
    ],
)
def test_filter_skips_the_others_and_says_why(order, context, mapper, reason):
    with pytest.raises(NothingToDo) as raised:
        mapper.map(order, context)

    assert raised.value.message == reason


def test_filter_that_fails_holds_and_names_pipeline_key_and_expression(order, context, buyer):
    with pytest.raises(HoldError) as raised:
        FilterMapper(when="ship_to.name > 1").map(order, context)

    assert raised.value.code == "expression_failed"
    assert all(part in raised.value.message for part in ("orders", "1796", "ship_to.name > 1"))
    assert buyer not in raised.value.message


def test_expression_may_ask_for_key_pipeline_and_customer(order, context):
    when = "$key = '1796' and $pipeline = 'orders' and $customer = 'acme' and $document.market = 'us'"

    assert FilterMapper(when=when).map(order, context) is order


# ---------------------------------------------------------------- route


@pytest.mark.parametrize(
    ("region", "country", "way"), [("NY", "US", "east"), ("CA", "US", "west"), ("BC", "CA", "abroad")]
)
def test_document_goes_exactly_one_way(order, context, region, country, way):
    taken, refused = [], []
    for case in CASES:
        try:
            RouteMapper(take=case["name"], cases=CASES).map(moved(order, region=region, country=country), context)
            taken.append(case["name"])
        except NothingToDo as other:
            refused.append(other.message)

    assert taken == [way]
    assert refused == [f"goes another way: {way}"] * 2


def test_document_that_no_case_is_true_for_is_held(order, context):
    mapper = RouteMapper(take="east", cases=CASES[:1])

    with pytest.raises(HoldError) as raised:
        mapper.map(order, context)

    assert raised.value.code == "no_route"


def test_route_whose_case_fails_holds(order, context):
    mapper = RouteMapper(take="a", cases=[{"name": "a", "when": "market > 1"}, {"name": "b"}])

    with pytest.raises(HoldError, match="case a of route"):
        mapper.map(order, context)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"take": "north", "cases": CASES}, "no case 'north'"),
        ({"take": "east", "cases": (CASES[2], CASES[0])}, "only the last"),
        ({"take": "east", "cases": (CASES[0], CASES[0])}, "same name"),
        ({"take": "east", "cases": ()}, "at least 1"),
    ],
)
def test_route_that_leads_nowhere_is_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        RouteMapper(**settings)


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize(
    ("path", "expression", "read", "expected"),
    [
        ("node", "'N1'", lambda o: o.node, "N1"),
        ("market", "null", lambda o: o.market, None),
        ("market", "node", lambda o: o.market, "us"),
        ("ship_to.region", "$document.market & '-' & region", lambda o: o.ship_to.region, "us-"),
        ("ship_to.region", "ship_to.country", lambda o: o.ship_to.region, "US"),
        ("lines[1].sku", "$uppercase(lines[1].sku)", lambda o: [one.sku for one in o.lines], ["mug-01", "CUP-02"]),
        ("lines[*].sku", "$uppercase(sku)", lambda o: [one.sku for one in o.lines], ["MUG-01", "CUP-02"]),
        ("lines[*].sku", "sku & $document.market", lambda o: [one.sku for one in o.lines], ["mug-01us", "cup-02us"]),
        ("lines[*].name", "sku = 'mug-01' ? 'Mug'", lambda o: [one.name for one in o.lines], ["Mug", None]),
        ("lines[*].charges[*].kind", "'k-' & kind", lambda o: o.lines[0].charges[0].kind, "k-product"),
        ("lines", "[lines[0]]", lambda o: len(o.lines), 1),
        ("lines[0].quantity", "$money_add(lines.quantity)", lambda o: str(o.lines[0].quantity), "3.50"),
        (
            "lines[*].charges[*].amount",
            "$money_add(amount, tax)",
            lambda o: [str(one.charges[0].amount) for one in o.lines],
            ["10.10 USD", "20.20 USD"],
        ),
    ],
)  # fmt: skip
def test_fields_sets_what_a_path_names(order, context, path, expression, read, expected):
    before = deepcopy(order)

    made = FieldsMapper(set={path: expression}).map(order, context)

    assert read(made) == expected
    assert type(made) is Order
    assert order == before


def test_fields_keeps_everything_else_as_the_very_same_values(order, context):
    made = FieldsMapper(set={"lines[1].sku": "'x'"}).map(order, context)

    assert made.lines[0] is order.lines[0]
    assert made.lines[1].charges == order.lines[1].charges
    assert made.ship_to is order.ship_to
    assert made.ordered_at is order.ordered_at


def test_every_expression_sees_the_document_as_it_came(order, context):
    mapper = FieldsMapper(set={"market": "node", "node": "market", "number": "market & '1'"})

    made = mapper.map(order.model_copy(update={"node": "N1"}), context)

    assert (made.market, made.node, made.number) == ("N1", "us", "us1")


def test_large_orders_are_within_the_bounds(orders, context):
    order = orders()
    large = order.model_copy(update={"lines": order.lines * 500})

    made = FieldsMapper(set={"lines[*].sku": "$uppercase(sku) & $document.market"}).map(large, context)

    assert {line.sku for line in made.lines} == {"MUG-01us", "CUP-02us"}


def test_fields_of_a_mapping_may_be_new(context):
    line = JournalLine(account="1", amount=Money(amount=Decimal("0.00"), currency="USD"), dimensions={"a": "1"})
    entry = JournalEntry(key="k", date="2026-11-01", description="d", lines=(line,))

    made = FieldsMapper(set={"lines[*].dimensions.region": "$document.key"}).map(entry, context)

    assert made.lines[0].dimensions == {"a": "1", "region": "k"}


def test_changes_are_judged_together(context):
    usd = Money(amount=Decimal(5), currency="USD")
    lines = (JournalLine(account="1", amount=usd), JournalLine(account="2", amount=-usd))
    entry = JournalEntry(key="k", date="2026-11-01", description="d", lines=lines)

    made = FieldsMapper(set={"lines[*].amount": "$money_mul(amount, 2)"}).map(entry, context)

    assert [str(line.amount) for line in made.lines] == ["10 USD", "-10 USD"]


@pytest.mark.parametrize(
    ("path", "expression", "said"),
    [
        ("colour", "'red'", "there is no colour"),
        ("lines[7].sku", "'x'", r"there is no lines\[7\]"),
        ("market.name", "'x'", "there is no market.name"),
        ("lines[0].quantity", "ship_to.name", r"lines\.0\.quantity"),
        ("lines[0].quantity", "1.5", "may not be exact"),
        ("lines[0].quantity", "$number_of('1') / 3", "may not be exact"),
        ("ship_to", "null", "ship_to"),
        ("ordered_at", "'soon'", "ordered_at"),
        ("lines[*].sku", "sku > 1", "failed on 1796"),
    ],
)
def test_change_that_does_not_fit_is_held_without_showing_a_value(order, context, buyer, path, expression, said):
    with pytest.raises(HoldError, match=said) as raised:
        FieldsMapper(set={path: expression}).map(order, context)

    assert raised.value.code == "expression_failed"
    assert buyer not in f"{raised.value.message}{raised.value.fix}"
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["lines[0]sku"], "is no path"),
        (["lines.*"], "is no path"),
        ([""], "is no path"),
        (["lines", "lines[0].sku"], "same place"),
        (["lines[*].sku", "lines[0].sku"], "same place"),
        ([], "at least 1"),
    ],
)
def test_paths_that_cannot_be_are_refused(paths, said):
    with pytest.raises(ValidationError, match=said):
        FieldsMapper(set=dict.fromkeys(paths, "1"))


MONEY = st.builds(
    Money,
    amount=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=9),
    currency=st.sampled_from(["USD", "CLP", "BHD"]),
)
LINES = st.builds(
    OrderLine,
    number=st.text(max_size=5),
    sku=st.text(max_size=9),
    quantity=st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**9),
    charges=st.lists(st.builds(Charge, kind=st.text(max_size=5), amount=MONEY, tax=st.none() | MONEY), max_size=3).map(
        tuple
    ),
)
ORDERS = st.builds(
    Order,
    channel=st.text(max_size=5),
    number=st.text(max_size=9),
    ordered_at=st.datetimes(timezones=st.just(UTC)),
    ship_to=st.builds(Address, line1=st.text(max_size=9), city=st.just("x"), country=st.just("US")),
    lines=st.lists(LINES, max_size=4).map(tuple),
)
MOVES = {
    "lines[*].name": "sku",
    "lines[*].charges[*].tax": "amount",
    "lines[*].quantity": "quantity",
    "customer_number": "number",
}


@given(order=ORDERS)
def test_expressions_that_move_money_keep_every_digit_of_it(order):
    made = FieldsMapper(set=MOVES).map(order, Context(key="k", pipeline="p"))

    for line, before in zip(made.lines, order.lines, strict=True):
        assert str(line.quantity) == str(before.quantity)
        assert [str(one.tax) for one in line.charges] == [str(one.amount) for one in before.charges]
        assert [str(one.amount) for one in line.charges] == [str(one.amount) for one in before.charges]


@given(order=ORDERS)
def test_mapper_is_pure(order):
    before, mapper, context = order.model_dump_json(), FieldsMapper(set=MOVES), Context(key="k", pipeline="p")

    first = mapper.map(order, context)

    assert mapper.map(order, context) == first
    assert mapper.map(Order.model_validate_json(before), context) == first
    assert order.model_dump_json() == before
