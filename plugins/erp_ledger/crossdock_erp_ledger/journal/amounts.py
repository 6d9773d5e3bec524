"""What a line comes to: charge by charge, in whole minor units, and how much of it falls to some of its units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from crossdock.canonical import Charge, Money
from crossdock_erp_ledger.journal.keys import SALE

TAX = "tax"
_TAX_OF = "tax of "
FACILITATOR_TAX = "facilitator_tax"
_OURS = {SALE, TAX, FACILITATOR_TAX, "clearing", "deferral", "rounding"}
NOTHING = Decimal(0)


class Part(NamedTuple):
    """One component of a line: the price, its shipping, its tax, in one currency."""

    event: str
    currency: str


Amounts = Mapping[Part, Decimal]


def amounts_of(charges: Iterable[Charge]) -> dict[Part, Decimal]:
    """What a line comes to, by component: its price is `sale`, all taxes together are `tax`.

    Units: major units, rounded half up to minor ones, once.
    """
    exact: dict[Part, Decimal] = {}
    for charge in charges:
        event = _event_of(charge.kind)
        for part, amount in ((event, charge.amount), (TAX, charge.tax)):
            if amount is not None:
                key = Part(part, amount.currency)
                exact[key] = exact.get(key, NOTHING) + amount.amount
    rounded = {part: Money(amount=amount, currency=part.currency).rounded().amount for part, amount in exact.items()}
    return {part: amount for part, amount in rounded.items() if amount}


def _event_of(kind: str) -> str:
    """The component that a charge is; a word of the channel that means something else here is told apart from it."""
    if kind == "product":
        return SALE
    return f"{kind}_charge" if kind in _OURS else kind


def share(amounts: Amounts, units: Decimal, whole: Decimal) -> dict[Part, Decimal]:
    """What falls to `units` of `whole`. Shares of consecutive slices add up exactly: each is a difference of two."""
    if units <= 0 or whole <= 0:
        return dict.fromkeys(amounts, NOTHING)
    if units >= whole:
        return dict(amounts)
    weights = (units, whole - units)
    return {
        part: Money(amount=amount, currency=part.currency).split(weights)[0].amount for part, amount in amounts.items()
    }


def difference(after: Amounts, before: Amounts) -> dict[Part, Decimal]:
    """What has to be added to get from one to the other."""
    parts = dict.fromkeys((*after, *before))
    return {part: after.get(part, NOTHING) - before.get(part, NOTHING) for part in parts}


def basis_of(charges: Iterable[Charge], quantity: Decimal) -> dict[str, str]:
    """What the source says of a line, so that a change of it is told from a change of settings."""
    said: dict[str, Decimal] = {"quantity": quantity}
    for charge in charges:
        for name, amount in ((charge.kind, charge.amount), (f"{_TAX_OF}{charge.kind}", charge.tax)):
            if amount is not None:
                key = f"{name} {amount.currency}"
                said[key] = said.get(key, NOTHING) + amount.amount
    return {name: f"{amount.normalize():f}" for name, amount in sorted(said.items()) if amount}


def amounts_said(basis: Mapping[str, str]) -> dict[Part, Decimal]:
    """What a source said of a line without its taxes, by component, from what was kept of that."""
    said: dict[Part, Decimal] = {}
    for name, amount in basis.items():
        kind, _, currency = name.rpartition(" ")
        if kind and not kind.startswith(_TAX_OF):
            part = Part(_event_of(kind), currency)
            said[part] = said.get(part, NOTHING) + Decimal(amount)
    return said


def has_changed(before: Mapping[str, str], now: Mapping[str, str], *, taxed: bool) -> bool:
    """Whether the source says something else than when it was posted; of taxes only where they are posted."""
    if not before:
        return False
    counts = {name for name in (*before, *now) if taxed or not name.startswith(_TAX_OF)}
    return any(before.get(name) != now.get(name) for name in counts)
