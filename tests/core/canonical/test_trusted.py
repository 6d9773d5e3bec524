"""A document made of values that are trusted is no other than one whose values were validated."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, PrivateAttr, ValidationError

from crossdock import canonical
from crossdock.canonical import Document, JournalEntry, JournalLine, Money, OrderLine, trusted
from crossdock.testing import check_document

CLASSES = [one for one in vars(canonical).values() if isinstance(one, type) and issubclass(one, Document)]
CLASSES.remove(Document)

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    bool: st.booleans(),
    Decimal: AMOUNTS,
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    NoneType: st.none(),
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values that bear a field's type already."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    kind, parts = get_origin(annotation), get_args(annotation)
    if kind is Literal:
        return st.sampled_from(parts)
    if kind in (Union, UnionType):
        return st.one_of(*map(values_of, parts))
    if kind is tuple:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if kind is Mapping:
        return st.dictionaries(*map(values_of, parts), max_size=2)
    return fields_of(annotation).map(lambda fields: annotation(**fields))


@st.composite
def fields_of(draw: st.DrawFn, document: type[Document]) -> dict[str, Any]:
    """Fields of a document: all that it needs, some of the others, in any sequence."""
    fields: dict[str, Any] = {}
    for name, field in document.model_fields.items():
        if field.is_required() or draw(st.booleans()):
            fields[name] = draw(values_of(field.annotation))
    if document is Money:
        fields["currency"] = draw(st.sampled_from(["USD", "AUD", "CLP"]))
    if document is JournalEntry:
        amounts = [line.amount for line in fields["lines"]]
        fields["lines"] += tuple(JournalLine(account="balance", amount=-amount) for amount in amounts)
    return dict(draw(st.permutations(list(fields.items()))))


def documents() -> st.SearchStrategy[tuple[type[Document], dict[str, Any]]]:
    return st.sampled_from(CLASSES).flatmap(lambda document: st.tuples(st.just(document), fields_of(document)))


def test_the_properties_below_look_at_all_documents() -> None:
    assert {one.__name__ for one in CLASSES} == {*canonical.__all__} - {"Document", "Measure", "measure", "trusted"}


@given(documents())
def test_trusted_document_is_the_validated_one(made: tuple[type[Document], dict[str, Any]]) -> None:
    document, fields = made
    validated, plain = document(**fields), trusted(document)(**fields)

    assert type(plain) is document
    assert plain == validated
    assert validated == plain
    assert (repr(plain), str(plain)) == (repr(validated), str(validated))
    assert plain.model_fields_set == validated.model_fields_set
    assert list(plain.model_dump().items()) == list(validated.model_dump().items())
    assert plain.model_dump_json() == validated.model_dump_json()
    assert plain.model_dump_json(exclude_unset=True) == validated.model_dump_json(exclude_unset=True)
    check_document(plain)


@given(documents())
def test_trusted_document_can_be_copied_written_and_read_again(made: tuple[type[Document], dict[str, Any]]) -> None:
    document, fields = made
    validated, plain = document(**fields), trusted(document)(**fields)

    assert document.model_validate_json(plain.model_dump_json()) == validated
    for again in (copy.copy(plain), copy.deepcopy(plain), pickle.loads(pickle.dumps(plain)), plain.model_copy()):
        assert again == validated
        assert again.model_fields_set == validated.model_fields_set


@given(documents())
def test_trusted_document_has_the_hash_of_the_validated_one(made: tuple[type[Document], dict[str, Any]]) -> None:
    document, fields = made
    try:
        expected = hash(document(**fields))
    except TypeError:  # it bears a mapping
        with pytest.raises(TypeError):
            hash(trusted(document)(**fields))
        return

    assert hash(trusted(document)(**fields)) == expected


def test_trusted_document_is_frozen_and_can_be_changed_as_a_copy() -> None:
    made = trusted(Money)(amount=Decimal(2), currency="USD")

    with pytest.raises(ValidationError, match="frozen"):
        made.amount = Decimal(3)  # type: ignore[misc]

    assert made.model_copy(update={"amount": Decimal(3)}) == Money(amount=Decimal(3), currency="USD")
    assert made.amount == 2


def test_trusted_shares_no_default_that_can_change() -> None:
    make, amount = trusted(JournalLine), Money(amount=Decimal(1), currency="USD")

    first, second = make(account="a", amount=amount), make(account="a", amount=amount)

    assert first.dimensions == second.dimensions == {}
    assert first.dimensions is not second.dimensions


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "OrderLine: number is missing, sku is missing, quantity is missing"),
        ({"number": "1", "sku": "A", "quantity": Decimal(1), "colour": "red"}, "OrderLine: colour is no field"),
        ({"number": "1", "sku": "A", "amount": Decimal(1)}, "OrderLine: quantity is missing, amount is no field"),
    ],
)
def test_trusted_names_what_is_missing_or_unknown(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        trusted(OrderLine)(**fields)


def test_trusted_takes_fields_by_name_alone() -> None:
    with pytest.raises(TypeError, match="fields are given by name"):
        trusted(Money)(Decimal(1), amount=Decimal(1), currency="USD")  # type: ignore[misc]


class Aliased(Document):
    number: str = Field(alias="no")


class Secretive(Document):
    number: str
    _seen: bool = PrivateAttr(default=False)


class Extended(Document):
    model_config = {"extra": "allow"}


@pytest.mark.parametrize("document", [Aliased, Secretive, Extended])
def test_trusted_refuses_a_document_that_is_more_than_its_fields(document: type[Document]) -> None:
    with pytest.raises(TypeError, match=f"{document.__name__} bears more than fields"):
        trusted(document)


@pytest.mark.parametrize(
    "values",
    [
        {"number": 1, "sku": "A", "quantity": Decimal(1)},
        {"number": "1", "sku": "A", "quantity": 1},
        {"number": "1", "sku": "A", "quantity": Decimal("NaN")},
        {"number": "1", "sku": "A", "quantity": Decimal(1), "charges": []},
        {"number": "1", "sku": "A", "quantity": Decimal(1), "cancel_requested": 1},
    ],
)
def test_check_document_finds_what_was_not_to_be_trusted(values: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, ValidationError)):
        check_document(trusted(OrderLine)(**values))


def test_check_document_looks_within() -> None:
    price = trusted(Money)(amount=Decimal(1), currency="usd")
    line = JournalLine(account="a", amount=Money(amount=Decimal(1), currency="USD"))

    with pytest.raises(ValidationError, match="currency"):
        check_document((line.model_copy(update={"amount": price}),))
