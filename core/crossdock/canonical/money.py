"""Money: a decimal amount in one currency, exact from the wire to the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from crossdock.canonical.base import Document
from crossdock.canonical.trusted import trusted

# ISO 4217: currencies whose minor unit is not a hundredth. https://www.iso.org/iso-4217-currency-codes.html, 2026-11.
_MINOR_DIGITS = {
    "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
    "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "UYW": 4, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
_QUANTA = tuple(Decimal(1).scaleb(-digits) for digits in range(max(_MINOR_DIGITS.values()) + 1))

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Money(Document):
    """An amount in major units of a currency (ISO 4217), as exact as it was written."""

    amount: Decimal = Field(allow_inf_nan=False)
    currency: Currency

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in that currency."""
        return cls(amount=Decimal(0), currency=currency)

    @property
    def minor_digits(self) -> int:
        """How many decimals the currency has: 2 for USD, 0 for CLP."""
        return _MINOR_DIGITS.get(self.currency, 2)

    def rounded(self) -> Money:
        """The amount in whole minor units, half up."""
        amount = self.amount.quantize(_QUANTA[self.minor_digits], ROUND_HALF_UP)
        return _make_money(amount=amount, currency=self.currency)

    def split(self, weights: Sequence[Decimal]) -> tuple[Money, ...]:
        """Divide by weight into whole minor units that add up to exactly this amount, by largest remainder.

        Weights are not negative, and not all nothing. Equal remainders go to the earlier part, so that the same
        division is the same again. What is less than a minor unit stays with the largest part.

        Raises: ValueError.
        """
        whole = sum(weights)
        if whole <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("weights are not negative, and not all nothing")
        quantum = _QUANTA[self.minor_digits]
        exact = [self.amount * weight / whole for weight in weights]
        parts = [share.quantize(quantum, ROUND_DOWN) for share in exact]
        left = self.amount - sum(parts)
        step = quantum.copy_sign(left)
        remainders = [abs(share - part) for share, part in zip(exact, parts, strict=True)]
        for place in sorted(range(len(parts)), key=lambda place: (-remainders[place], place))[: int(left / step)]:
            parts[place] += step
        parts[max(range(len(parts)), key=lambda place: (weights[place], -place))] += self.amount - sum(parts)
        return tuple(_make_money(amount=part, currency=self.currency) for part in parts)

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return self + -other

    def __neg__(self) -> Money:
        return Money(amount=-self.amount, currency=self.currency)

    def __mul__(self, factor: int | Decimal) -> Money:
        return Money(amount=self.amount * factor, currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")


_make_money = trusted(Money)
