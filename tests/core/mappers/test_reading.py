from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, PlainSerializer, RootModel, computed_field, field_serializer, model_serializer

from crossdock.canonical import Order
from crossdock.mappers.expression import Expression, Nothing, as_json
from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.paths import read_path
from crossdock.mappers.reading import unknown_names
from crossdock.mappers.shapes import LEAF, astray, fields_of, follow, names_in, shape_of, where

ORDER = shape_of(Order)
MONEY = {"amount": "10.50", "currency": "USD"}
FULL = as_json(
    Order.model_validate(
        {
            "channel": "walmart",
            "market": "us",
            "number": "PO1",
            "customer_number": "C1",
            "ordered_at": "2026-11-01T00:00:00Z",
            "ship_by": "2026-11-02T00:00:00Z",
            "deliver_by": "2026-11-03T00:00:00Z",
            "shipping_method": "Value",
            "ship_to": dict.fromkeys(
                ("name", "company", "line1", "line2", "city", "region", "postcode", "country", "phone", "email"), "x"
            ),
            "node": "1",
            "node_name": "Main",
            "lines": [
                {
                    "number": str(number),
                    "sku": "MUG",
                    "name": "Mug",
                    "quantity": "2",
                    "unit": "EACH",
                    "charges": [{"kind": "product", "name": "Price", "amount": MONEY, "tax": MONEY}],
                    "statuses": [
                        {"status": "created", "quantity": "2", "raw": "Created", "tracking_number": "T", "carrier": "U"}
                    ],
                    "fulfilment": "S2H",
                }
                for number in (1, 2)
            ],
        }
    )
)


def names(text: str, item: Any = ORDER) -> list[str]:
    """What is reported, checked to stand where it is said to stand."""
    found = unknown_names(Expression(text), item, ORDER)
    for one in found:
        assert text[one.at :].lstrip("`\"'").startswith(one.name)
    return [one.name for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lines[0].skuu", ["skuu"]),
        ("order.lines[0].skuu", ["order"]),  # nothing is known of what follows
        ("lines[skuu = 'A'].quantity", ["skuu"]),
        ("lines.charges.amount.amnt", ["amnt"]),
        ("lines[0].charges[kinde = 'product']", ["kinde"]),
        ("$document.ship_to.regionn", ["regionn"]),
        ("$$.liness", ["liness"]),
        ("$.liness", ["liness"]),
        ("lines[$$.markett = 'us']", ["markett"]),
        ("market.code", ["code"]),
        ("`skuu`", ["skuu"]),
        ('"skuu".x', ["skuu"]),
        ("a ? b : c", ["a", "b", "c"]),
        ("nod = '1' and lines.quantty", ["nod", "quantty"]),
        ("-nod", ["nod"]),
        ("[nod, market]", ["nod"]),
        ('lines.{"sku": skuu}', ["skuu"]),
        ("lines{skuu: $sum(quantity)}", ["skuu"]),
        ("lines{sku: quantty}", ["quantty"]),
        ("lines^(>quantty).sku", ["quantty"]),
        ("lines^(>quantity).skuu", ["skuu"]),
        ("lines.(skuu; sku)", ["skuu"]),
        ("lines.[sku, skuu]", ["skuu"]),
        ("(lines; ship_to).regionn", ["regionn"]),
        ("(node ? lines : ship_to).colour", ["colour"]),
        ("($line := lines[0]; $line.skuu)", ["skuu"]),
        ("$uppercase(ship_to.nam)", ["nam"]),
        ("$map(lines, function($line) { $line.skuu })", ["skuu"]),
        ("$map(lines, function($line) { skuu })", ["skuu"]),  # names are looked for where the function was written
        ("$map(lines, function($line, $at, $all) { $all.skuu })", ["skuu"]),
        ("$filter(lines, function($line) { $line.quantity }).skuu", ["skuu"]),
        ("$reduce(lines, function($sum, $line) { $sum & $line.skuu })", ["skuu"]),
        ("$sort(lines, function($one, $other) { $one.skuu > $other.quantity })", ["skuu"]),
        ("lines ~> $filter(function($line) { $line.quantty })", ["quantty"]),
        ("lines ~> |$|{'sku': skuu}|", ["skuu"]),
        ("$reverse(lines).skuu", ["skuu"]),
        ("lines@$line#$at[$line.skuu]", ["skuu"]),
        ("lines{sku: quantity}.MUG", ["MUG"]),  # JSONata groups last, whatever is written behind it
    ],
)
def test_name_that_no_order_has_is_found_in_its_place(text, expected):
    assert names(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "lines[0].sku",
        "lines.charges[kind = 'product'].amount.amount",
        "$document.lines[sku = $key].quantity",
        "ship_to.region in ['NY', 'NJ']",
        "*.colour",
        "**.colour",
        "lines.%.colour",
        '{"colour": 1}.colour',
        "lines@$line.colour",
        "lines#$at[$at = 0].sku",
        "$lookup(ship_to, 'city')",
        "$each(ship_to, function($value, $name) { $value.colour })",
        "$merge([ship_to, {'colour': 1}]).colour",
        "($x := lines; $x := ship_to; $x.colour)",
        "($document := {'colour': 1}; $document.colour)",
        "($map := function($a, $b) { $a }; $map(lines, function($line) { $line.colour }))",
        "function($anything) { $anything.colour }(lines)",
        "($f := function($n) { $n.colour }; $f(lines))",
        "$map([1..3], function($n) { $n.colour })",
        "(lines{sku: quantity}).MUG",
        "lines.sku ~> $uppercase",
        "$string($)",
        "true",
        "()",
        "[]",
        "number.$uppercase($)",
    ],
)
def test_nothing_is_said_of_what_may_be_there(text):
    assert names(text) == []


def test_name_in_an_item_is_looked_for_in_the_item():
    line = follow(ORDER, read_path("lines[*]"))

    assert names("sku & $document.market & $$.name", line) == []
    assert names("market & $$.market", line) == ["market", "market"]


def test_nothing_is_said_where_the_document_is_not_known():
    assert names("colour.of.anything & $document.market", None) == []


# ---------------------------------------------------------------- types


class Colour(Enum):
    RED = "red"


class Anything(BaseModel, extra="allow"):
    """May bear more than it says."""


class Written(BaseModel):
    """Says itself how it is shown."""

    @model_serializer
    def _shown(self) -> dict[str, int]:
        return {"colour": 1}


class Roots(RootModel[list[int]]):
    """Shown as what is in it."""


class Small(BaseModel):
    inner: str


class Other(BaseModel):
    outer: Small


class Rich(BaseModel):
    aliased: Small = Field(alias="byAlias")
    some: Small | None
    either: Small | Other
    many: tuple[Small, ...]
    deep: dict[str, list[Small]]
    any: Any
    extra: Anything
    written: Written
    root: Roots
    said: Annotated[Small, PlainSerializer(lambda value: {"colour": 1})]
    said_too: Small
    colour: Colour
    amount: Decimal
    one_of: Literal["a", "b"]

    @field_serializer("said_too")
    def _said_too(self, value: Small) -> Any:
        return {"colour": 1}

    @computed_field
    @property
    def computed(self) -> Any:
        return {"colour": 1}


RICH = shape_of(Rich)


@pytest.mark.parametrize("name", ["deep", "any", "extra", "written", "root", "said", "said_too", "computed"])
def test_what_a_type_does_not_tell_is_unknown(name):
    assert fields_of(Rich)[name] is None


@pytest.mark.parametrize("name", ["aliased", "byAlias", "some", "many"])
def test_optional_listed_and_aliased_fields_are_what_is_in_them(name):
    assert fields_of(Rich)[name] == frozenset({Small})


@pytest.mark.parametrize("name", ["colour", "amount", "one_of"])
def test_single_values_have_nothing_in_them(name):
    assert fields_of(Rich)[name] == frozenset({LEAF})


def test_union_has_what_any_of_its_members_has():
    assert names_in(fields_of(Rich)["either"]) == ["inner", "outer"]
    assert names("either.inner & either.outer.inner & either.colour", RICH) == ["colour"]


def test_field_is_found_elsewhere_where_there_is_but_one():
    assert where("sku", ORDER) == "lines.sku"
    assert where("region", ORDER) == "ship_to.region"
    assert where("colour", ORDER) is None


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("lines[*].sku", None),
        ("lines[0].charges[*].amount", None),
        ("ship_to.region", None),
        ("lines[*].skuu", 2),
        ("lines.sku", 1),
        ("ship_to[0].city", 1),
        ("market.code", 1),
        ("colour", 0),
    ],
)
def test_path_that_leads_nowhere_is_found_at_its_step(path, position):
    lost = astray(Order, read_path(path))

    assert (None if lost is None else lost.position) == position


def test_path_through_a_mapping_or_a_union_is_not_judged_too_soon():
    assert astray(Rich, read_path("deep.colour[0].inner")) is None
    assert astray(Rich, read_path("either.outer.inner")) is None
    assert astray(Rich, read_path("any.thing")) is None


# ---------------------------------------------------------------- laws

_WORDS = st.sampled_from(
    [
        "lines",
        "sku",
        "charges",
        "amount",
        "currency",
        "ship_to",
        "city",
        "statuses",
        "status",
        "market",
        "colour",
        "tax",
    ]
)
_PATHS = st.lists(st.tuples(_WORDS, st.sampled_from(["", "", "[0]", "[1]"])), min_size=1, max_size=5).map(
    lambda steps: ".".join(name + item for name, item in steps)
)


@given(_PATHS)
@settings(max_examples=300, deadline=None)
def test_path_is_reported_just_where_it_finds_nothing_in_an_order_that_has_everything(path):
    # A single list has one item where a document has two: positions are asked of the innermost list.
    found = Expression(path.replace("[1]", "[0]")).value(FULL, {"document": FULL})

    assert bool(names(path)) == (found is Nothing)


_LEAVES = _PATHS | st.sampled_from(["$", "$$", "$document", "1", "'a'", "null", "*", "**", "$key", "%", "$x"])


def _wider(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map("({0[0]} and {0[1]})".format),
        two.map("({0[0]}).({0[1]})".format),
        two.map("{0[0]}[{0[1]}]".format),
        two.map("($x := {0[0]}; {0[1]})".format),
        two.map("{0[0]} ~> $map(function($x) {{ {0[1]} }})".format),
        two.map("({0[0]} ? {0[1]} : $x)".format),
        two.map("{0[0]}{{'k': {0[1]}}}".format),
        two.map("{0[0]}^({0[1]})".format),
        two.map("{0[0]}@$x.{0[1]}".format),
        two.map("{0[0]}#$x.{0[1]}".format),
        two.map("|{0[0]}|{{'k': {0[1]}}}|".format),
        two.map("function($x, $y) {{ {0[0]} }}({0[1]})".format),
        inner.map("[{0}]".format),
        inner.map("-{0}".format),
        inner.map("$reverse({0})".format),
    )


@given(st.recursive(_LEAVES, _wider, max_leaves=8))
@settings(max_examples=300, deadline=None)
@example("(lines)#$x.sku")
@example("(" * 30 + "lines.skuu" + ")" * 30)
def test_reading_never_fails_on_what_can_be_compiled(text):
    try:
        expression = Expression(text)
    except ExpressionError:
        return

    for item in (ORDER, None, frozenset({LEAF})):
        for one in unknown_names(expression, item, ORDER):
            assert one.at is None or 0 <= one.at < len(text)
