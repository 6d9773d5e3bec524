"""Sums by currency, and amounts as people read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from crossdock.canonical import Money

NOTHING = Decimal(0)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """What they come to."""
    return sum(amounts, NOTHING)


def by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """What they come to in each currency; those that come to nothing are left out."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        found[currency] += amount
    return {currency: amount for currency, amount in sorted(found.items()) if amount}


def shown(amount: Decimal, currency: str) -> str:
    """An amount with the currency's digits, in thousands: "1,234.50"; nothing is never minus nothing."""
    digits = Money.zero(currency).minor_digits
    return f"{amount + 0:,.{digits}f}"


def exact(amount: Decimal, currency: str) -> str:
    """An amount with the currency's digits, for programs: "1234.50"."""
    return shown(amount, currency).replace(",", "")


def told(amounts: Mapping[str, Decimal]) -> str:
    """Amounts with their currencies: "12.00 CAD, 1,234.50 USD"."""
    return ", ".join(f"{shown(amount, currency)} {currency}" for currency, amount in sorted(amounts.items())) or "0"
