"""Sums of charges, as the marketplace counts them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
_NOTHING = Decimal(0)


def money(amount: Decimal, currency: str) -> dict[str, Any]:
    """As returns write money."""
    return {"currencyAmount": amount, "currencyUnit": currency}


def cents(amount: Decimal) -> Decimal:
    """Half up to whole cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def share(total: Decimal, of: int, span: tuple[int, int]) -> Decimal:
    """What the units from one count to another come to, so that all of them add up."""
    return cents(total * span[1] / of) - cents(total * span[0] / of)


def quantity_of(line: Mapping[str, Any]) -> int:
    """How much was ordered."""
    return int(line["orderLineQuantity"]["amount"])


def per_unit(amount: Decimal, line: Mapping[str, Any]) -> Decimal:
    """What one unit of a line comes to, in whole cents."""
    return cents(Decimal(amount) / quantity_of(line))


def charged(line: Mapping[str, Any], kind: str) -> tuple[Decimal, Decimal]:
    """What is charged for a line under a charge type, and the tax on it."""
    charges = [charge for charge in line["charges"]["charge"] if charge["chargeType"] == kind]
    taxes = [charge["tax"]["taxAmount"]["amount"] for charge in charges if charge.get("tax")]
    return sum((Decimal(charge["chargeAmount"]["amount"]) for charge in charges), _NOTHING), sum(taxes, _NOTHING)


def product_and_tax(line: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The price of a line, and the tax on it."""
    return charged(line, "PRODUCT")


def for_line(line: Mapping[str, Any], charge_amounts: str) -> dict[str, Any]:
    """The line with its charges for its whole quantity, where the marketplace writes them for one unit."""
    if charge_amounts == "line":
        return dict(line)
    charges = [_times(charge, quantity_of(line)) for charge in line["charges"]["charge"]]
    return {**line, "charges": {"charge": charges}}


def _times(charge: Mapping[str, Any], factor: int) -> dict[str, Any]:
    given, tax = charge["chargeAmount"], charge.get("tax")
    amount = {**given, "amount": Decimal(given["amount"]) * factor}
    if tax:
        tax = {**tax, "taxAmount": {**tax["taxAmount"], "amount": Decimal(tax["taxAmount"]["amount"]) * factor}}
    return {**charge, "chargeAmount": amount, "tax": tax}


def currency_of(line: Mapping[str, Any]) -> str:
    """In which currency a line is charged."""
    charges = line["charges"]["charge"]
    return str(charges[0]["chargeAmount"]["currency"]) if charges else "USD"
