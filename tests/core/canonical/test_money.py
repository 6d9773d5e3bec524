"""Money: exact, of one currency, and whole only where it is asked to be."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.canonical import Money
from crossdock.testing import check_document

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6)
CURRENCIES = st.sampled_from(["USD", "CLP", "KWD", "CLF"])


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("2.345", "USD", "2.35 USD"),
        ("-2.345", "USD", "-2.35 USD"),
        ("2.3449", "USD", "2.34 USD"),
        ("2", "USD", "2.00 USD"),
        ("2.5", "CLP", "3 CLP"),
        ("2.3455", "KWD", "2.346 KWD"),
        ("2.34555", "CLF", "2.3456 CLF"),
    ],
)
def test_money_is_rounded_to_what_its_currency_has(amount: str, currency: str, expected: str) -> None:
    assert str(Money(amount=Decimal(amount), currency=currency).rounded()) == expected


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_rounded_money_is_off_by_half_a_minor_unit_at_most(amount: Decimal, currency: str) -> None:
    money = Money(amount=amount, currency=currency)

    rounded = money.rounded()

    assert abs(rounded.amount - amount) * 2 <= Decimal(10) ** -money.minor_digits
    assert rounded.rounded() == rounded
    check_document(rounded)


@given(one=AMOUNTS, other=AMOUNTS, factor=st.integers(-9, 9), currency=CURRENCIES)
def test_money_is_reckoned_exactly(one: Decimal, other: Decimal, factor: int, currency: str) -> None:
    first, second = Money(amount=one, currency=currency), Money(amount=other, currency=currency)

    assert (first + second).amount == one + other
    assert (first - second) + second == first
    assert (first * factor).amount == one * factor
    assert first + Money.zero(currency) == first


def test_money_of_two_currencies_is_never_added() -> None:
    with pytest.raises(ValueError, match="cannot add AUD to USD"):
        Money(amount=Decimal(1), currency="USD") + Money(amount=Decimal(1), currency="AUD")
