"""Money that an order and a return both tell of: which of it may be the same, so that one of them posts it.

A channel may name the return of a refund later than the refund. Until then an order tells of it as of a lower price.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from crossdock import HoldError
from crossdock.canonical import Money
from crossdock_erp_ledger.journal.amounts import NOTHING, TAX, Amounts, Part, amounts_said
from crossdock_erp_ledger.journal.keys import ADJUSTMENT, REFUND
from crossdock_erp_ledger.journal.posted import POST, Posted, PostedRow, Standing

SAME_MONEY = "same_money"
OTHER_MONEY = "other_money"
STAYS = (OTHER_MONEY, POST)
"""What a person says of other money. Who is asked of a settlement afterwards, and says `post`, has said that before."""
_MOST_UNITS = 200


def told_by_order(posted: Posted, order: str, line: str, amounts: Amounts, quantity: Decimal) -> list[Standing]:
    """What is posted from the order of a line, and may be what a return pays back of any number of its units.

    `amounts` are those of all its `quantity`.
    """
    standing = posted.line(order, line, (ADJUSTMENT,)).standing()
    alike = [one for one in standing if _may_be(amounts_said(_basis(one[1])), amounts, quantity)]
    return alike or (standing if _may_be(_sum(standing), amounts, quantity) else [])


def told_by_returns(posted: Posted, order: str, line: str, amounts: Amounts) -> list[Standing]:
    """What is posted from returns of a line, and may be what its order tells of."""
    return [
        (key, rows)
        for key, rows in posted.line(order, line, (REFUND,)).standing()
        if _may_be(amounts, amounts_said(_basis(rows)), Decimal(_basis(rows).get("quantity", 1)))
    ]


def is_posted_by(posted: Posted, order: str, line: str, return_number: str) -> bool:
    """Whether something is posted from that return of a line."""
    standing = posted.line(order, line, (REFUND,)).standing()
    return any((key.id or "").startswith(f"{return_number}-") for key, _ in standing)


def posted_by_order(subject: str, order: str, alike: Sequence[Standing]) -> HoldError:
    """A return tells of what may be posted from its order."""
    return HoldError(
        "refund_posted_by_order",
        f"{subject}: its refund may be what is posted from the order as {_names(alike)}",
        fix=f"compare both in the channel; resolve it as `{SAME_MONEY}` (the order's entry is reversed, and the return "
        f"posts it) or as `{OTHER_MONEY}` (both are posted)",
        order=order,
    )


def of_return(subject: str, order: str, refund: str, posted: Sequence[Standing]) -> HoldError:
    """An order tells of what may be posted from a return, or is to be."""
    return HoldError(
        "refund_of_return",
        f"{subject}: its refund {refund} may belong to a return; posted is {_names(posted)}",
        fix=f"compare both in the channel; resolve it as `{SAME_MONEY}` (only the return posts it; what the order "
        f"posted is reversed) or as `{OTHER_MONEY}` (both are posted)",
        order=order,
        refund=refund,
    )


def _may_be(amounts: Amounts, whole: Amounts, quantity: Decimal) -> bool:
    """Whether a component that both tell of is the same for some number of units; a tax goes with its price."""
    common = [part for part in amounts if part in whole and part.event != TAX]
    return any(
        _is_about(amounts[part], whole[part] * units / quantity, part.currency)
        for units in _counts(quantity)
        for part in common
    )


def _counts(quantity: Decimal) -> Iterator[Decimal]:
    if quantity > 0:
        yield quantity
    if quantity % 1 == 0 and quantity <= _MOST_UNITS:
        yield from map(Decimal, range(1, int(quantity)))


def _is_about(amount: Decimal, exact: Decimal, currency: str) -> bool:
    """Equal; a share that is no whole number of minor units may be rounded either way."""
    return abs(amount - exact) < Decimal(1).scaleb(-Money(amount=amount, currency=currency).minor_digits)


def _sum(standing: Sequence[Standing]) -> Amounts:
    found: dict[Part, Decimal] = {}
    for _, rows in standing:
        for part, amount in amounts_said(_basis(rows)).items():
            found[part] = found.get(part, NOTHING) + amount
    return found


def _basis(rows: Sequence[PostedRow]) -> Mapping[str, str]:
    return next((row.basis for row in rows if row.basis), {})


def _names(standing: Sequence[Standing]) -> str:
    return ", ".join(str(key) for key, _ in standing) or "nothing of it yet"
