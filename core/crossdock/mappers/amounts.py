"""Functions of expressions that calculate with decimals; an amount is a text, or has `amount` and `currency`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_UP, Clamped, Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from typing import Any

from crossdock.canonical.money import Money
from crossdock.mappers.failures import ExpressionError

_AMOUNT = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?")
# Whatever would have to be rounded is refused instead.
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation, Overflow, Clamped])
_EXACT_INTEGERS = 2**53


def money_add(*amounts: Any) -> Any:
    """The sum of amounts of one currency, or of bare decimals; lists are summed, what is absent does not count."""
    return _fold(_EXACT.add, _flat(amounts))


def money_sub(minuend: Any = None, *subtrahends: Any) -> Any:
    """The first amount less the others; nothing where the first is absent."""
    return None if minuend is None else _fold(_EXACT.subtract, [minuend, *_flat(subtrahends)])


def money_mul(amount: Any = None, factor: Any = None) -> Any:
    """An amount times a bare decimal; nothing where either is absent."""
    if amount is None or factor is None:
        return None
    value, currency = _read(amount)
    return _write(_exactly(_EXACT.multiply, value, to_decimal(factor)), currency)


def money_round(amount: Any = None, digits: Any = None) -> Any:
    """An amount in whole minor units of its currency, half up; or with that many decimals."""
    if amount is None:
        return None
    value, currency = _read(amount)
    if digits is None and currency is None:
        raise ExpressionError("$money_round needs how many decimals a bare decimal is to have")
    places = Money.zero(currency).minor_digits if digits is None and currency else digits
    if isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= 20:
        raise ExpressionError("$money_round takes from 0 to 20 decimals")
    return _write(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=200)), currency)


def number_of(value: Any = None) -> Any:
    """The number of an amount or of a decimal text, to compare it; refused where that would lose digits."""
    if value is None:
        return None
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    exact = _read(value)[0]
    number: int | float = int(exact) if exact == exact.to_integral_value() else float(exact)
    if abs(number) > _EXACT_INTEGERS or Decimal(repr(number)) != exact:
        raise ExpressionError("a decimal has more digits than a number of JSONata can hold")
    return number


def to_decimal(value: Any) -> Decimal:
    """A decimal from a text or a whole number. Raises: ExpressionError; a fraction must be written as a text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, float):
        raise ExpressionError('a fraction is no exact decimal: write it as a text, as in "1.5"')
    raise ExpressionError("an amount is a decimal text, or has `amount` and `currency`")


def _fold(operate: Callable[[Decimal, Decimal], Decimal], amounts: Iterable[Any]) -> Any:
    read = [_read(amount) for amount in amounts]
    if not read:
        return None
    total, currency = read[0]
    for value, other in read[1:]:
        if other != currency:
            raise ExpressionError("amounts of different currencies cannot be added or subtracted")
        total = _exactly(operate, total, value)
    return _write(total, currency)


def _exactly(operate: Callable[[Decimal, Decimal], Decimal], left: Decimal, right: Decimal) -> Decimal:
    try:
        return operate(left, right)
    except DecimalException:
        raise ExpressionError("an amount grows beyond 200 digits") from None


def _flat(amounts: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for amount in amounts:
        if isinstance(amount, list):
            found.extend(_flat(amount))
        elif amount is not None:
            found.append(amount)
    return found


def _read(amount: Any) -> tuple[Decimal, str | None]:
    if not isinstance(amount, Mapping):
        return to_decimal(amount), None
    currency = amount.get("currency")
    if set(amount) != {"amount", "currency"} or not isinstance(currency, str):
        raise ExpressionError("an amount is a decimal text, or has `amount` and `currency`")
    return to_decimal(amount["amount"]), currency


def _write(value: Decimal, currency: str | None) -> Any:
    text = format(value, "f")
    return text if currency is None else {"amount": text, "currency": currency}
