from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.mappers.amounts import money_add, money_mul, money_round, money_sub, number_of
from crossdock.mappers.failures import ExpressionError

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)


def usd(amount):
    return {"amount": str(amount), "currency": "USD"}


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=8))
def test_sum_is_exact(amounts):
    total = money_add([usd(amount) for amount in amounts])

    assert Decimal(total["amount"]) == sum(amounts)
    assert total["currency"] == "USD"


@given(left=AMOUNTS, right=AMOUNTS)
def test_difference_and_sum_undo_each_other(left, right):
    assert Decimal(money_add(money_sub(str(left), str(right)), str(right))) == left


@given(amount=AMOUNTS, factor=AMOUNTS)
def test_product_is_exact(amount, factor):
    exact = money_mul(usd(amount), str(factor))["amount"]

    sign, digits, exponent = Decimal(exact).as_tuple()
    scaled = int("".join(map(str, digits))) * (-1 if sign else 1)
    assert scaled == int(amount.scaleb(4)) * int(factor.scaleb(4)) * 10 ** (8 + exponent if exponent > -8 else 0)


@given(amount=AMOUNTS)
def test_number_has_the_digits_of_its_decimal_or_is_refused(amount):
    try:
        number = number_of(str(amount))
    except ExpressionError:
        assert len(amount.normalize().as_tuple().digits) > 15
    else:
        assert Decimal(repr(number)) == amount


def test_digits_are_kept_as_they_were_written():
    assert money_add("10.10") == "10.10"
    assert money_add("10.10", "0.90") == "11.00"
    assert money_mul(usd("10.10"), 2) == usd("20.20")


@pytest.mark.parametrize(
    ("amount", "digits", "expected"),
    [
        (usd("2.345"), None, usd("2.35")),
        ({"amount": "100.5", "currency": "CLP"}, None, {"amount": "101", "currency": "CLP"}),
        ("2.345", 1, "2.3"),
        (usd("-2.345"), None, usd("-2.35")),
    ],
)
def test_rounding_is_half_up_in_the_currency(amount, digits, expected):
    assert money_round(amount, digits) == expected


@pytest.mark.parametrize(
    "call",
    [
        lambda: money_add(usd("1"), {"amount": "1", "currency": "CAD"}),
        lambda: money_add(usd("1"), "1"),
        lambda: money_add(1.5),
        lambda: money_add(True),
        lambda: money_add("1,50"),
        lambda: money_add("NaN"),
        lambda: money_add("1e999999"),
        lambda: money_add({"amount": "1"}),
        lambda: money_mul(usd("1"), 0.1),
        lambda: money_round("1.5"),
        lambda: money_round("1.5", -1),
        lambda: number_of("12345678901234567.89"),
        lambda: number_of("9007199254740993"),
        lambda: number_of("word"),
        lambda: number_of([1]),
    ],
)
def test_what_is_not_exact_or_does_not_fit_is_refused(call):
    with pytest.raises(ExpressionError):
        call()


def test_what_is_absent_does_not_count():
    assert money_add(usd("1"), None) == usd("1")
    assert money_add() is None
    assert money_sub(None, "1") is None
    assert money_sub("1", None) == "1"
    assert money_mul(None, "1") is None
    assert money_round(None) is None
    assert number_of(None) is None
