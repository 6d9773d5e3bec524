"""Money that goes back: to the accounts of the sale, and what exceeds the sale apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from crossdock import HoldError
from crossdock.canonical import Charge
from crossdock_erp_ledger.journal.amounts import (
    NOTHING,
    TAX,
    Amounts,
    Part,
    amounts_of,
    basis_of,
    difference,
    has_changed,
    share,
)
from crossdock_erp_ledger.journal.keys import ADJUSTMENT, REFUND, SALE
from crossdock_erp_ledger.journal.movements import Movement, Row, cleared, undone
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.journal.posted import CLEARING, EXCESS, Posted, PostedLine, Standing
from crossdock_erp_ledger.journal.rules import Facets, Target
from crossdock_erp_ledger.journal.told_twice import (
    SAME_MONEY,
    STAYS,
    of_return,
    posted_by_order,
    told_by_order,
    told_by_returns,
)

_ONE = Decimal(1)
_BACK = (REFUND, ADJUSTMENT)


@dataclass(frozen=True)
class Refundable:
    """What was paid back for one line of an order. `charges` are positive, for the whole `quantity`.

    `refunded` says how many of its units are paid back by now. A price-only refund has no units: it is one whole.
    """

    event: str
    id: str
    order: str
    line: str
    sku: str
    day: date
    charges: Sequence[Charge]
    sold: Amounts
    """What is in the books as sold, by component."""
    target: Callable[[Part], Target]
    """Where the sale's components went."""
    facets: Facets
    subject: str
    quantity: Decimal = _ONE
    refunded: Decimal = _ONE
    choice: str | None = None
    """What a person decided of it."""


def paid_back(refund: Refundable, policy: Policy, posted: Posted, meanwhile: Sequence[Movement] = ()) -> list[Movement]:
    """What of a refund is not in the books yet; where its amounts changed since, what undoes the old ones, too.

    `meanwhile` is what is to be posted before it.
    Raises: HoldError where less is paid back than is posted, or where it may be posted from elsewhere.
    """
    before = posted.line(refund.order, refund.line, (refund.event,), refund.id)
    outlived = before.outlived()
    found = [undone(key, before.number, rows, refund.day) for key, rows in outlived]
    before = before.without(outlived)
    units = _units(refund, before)
    if refund.refunded < units:
        raise _withdrawn(refund, units)
    taxed = any(part.event == TAX for part in refund.sold)
    changed = units > 0 and has_changed(before.basis, basis_of(refund.charges, refund.quantity), taxed=taxed)
    torn = before.is_torn
    elsewhere = _elsewhere(refund, posted, meanwhile) if changed or torn or refund.refunded > units else []
    if elsewhere and refund.choice == SAME_MONEY:
        if refund.event == ADJUSTMENT:
            return [*found, *(undone(key, before.number, rows, refund.day) for key, rows in before.standing())]
        found += [undone(key, before.number, rows, refund.day) for key, rows in elsewhere]
    elif changed or refund.refunded > units:
        posted.must_not_be_trued_up(refund.sku, refund.subject, refund.choice, new=not changed)
    if changed or torn:
        found += [undone(key, before.number, rows, refund.day) for key, rows in before.standing()]
        found += _refund(refund, policy, _left(refund, posted, [*meanwhile, *found]), NOTHING, before.version + 1)
    elif refund.refunded > units:
        found += _refund(refund, policy, _left(refund, posted, [*meanwhile, *found]), units, max(before.version, 1))
    return found


def _elsewhere(refund: Refundable, posted: Posted, meanwhile: Sequence[Movement]) -> list[Standing]:
    """What may be the same money: of a return what its order tells, and the other way round.

    Raises: HoldError, unless a person says which it is.
    """
    if refund.event == ADJUSTMENT:
        found = told_by_returns(posted, refund.order, refund.line, amounts_of(refund.charges))
        hold = of_return(refund.subject, refund.order, refund.id, found)
    else:
        found = told_by_order(posted, refund.order, refund.line, amounts_of(refund.charges), refund.quantity)
        taken_back = {one.reverses for one in meanwhile}  # for another line of the return
        found = [(key, rows) for key, rows in found if key not in taken_back]
        hold = posted_by_order(refund.subject, refund.order, found)
    if found and refund.choice != SAME_MONEY and refund.choice not in STAYS:
        raise hold
    return found


def _units(refund: Refundable, before: PostedLine) -> Decimal:
    if refund.event == ADJUSTMENT:
        return _ONE if before.standing() else NOTHING
    return -before.units


def _withdrawn(refund: Refundable, units: Decimal) -> HoldError:
    return HoldError(
        "refund_withdrawn",
        f"{refund.subject}: {units.normalize():f} are posted as paid back by {refund.id}, and the channel now says "
        f"{refund.refunded.normalize():f}",
        fix="look in the channel; if the money stayed, reverse the entry by hand and resolve this as `done`",
        order=refund.order,
    )


def _refund(refund: Refundable, policy: Policy, left: Amounts, start: Decimal, version: int) -> Iterator[Movement]:
    gross = amounts_of(refund.charges)
    gross = {part: amount for part, amount in gross.items() if part.event != TAX or part in refund.sold}
    amounts = difference(share(gross, refund.refunded, refund.quantity), share(gross, start, refund.quantity))
    rows = [row for part, amount in amounts.items() for row in _rows(refund, policy, part, amount, left)]
    if rows:
        clearing = {part.currency: refund.target(Part(CLEARING, part.currency)) for part, _, _ in rows}
        counts = refund.event == REFUND
        yield Movement(
            event=refund.event,
            line=refund.line,
            day=refund.day,
            rows=cleared(rows, clearing),
            quantity=start - refund.refunded if counts else NOTHING,
            start=start if counts else NOTHING,
            id=refund.id,
            version=version,
            sku=refund.sku,
            basis=basis_of(refund.charges, refund.quantity),
            customer=next((row[1].customer for row in rows if row[1].customer), None),
        )


def _rows(refund: Refundable, policy: Policy, part: Part, amount: Decimal, left: Amounts) -> Iterator[Row]:
    """One component: up to what is left of the sale to the sale's account, the rest as settings say."""
    if amount < 0:  # what is kept of a refund
        yield part, refund.target(part), amount
        return
    sale = part if part.event != EXCESS else Part(SALE, part.currency)
    if policy.excess == "sale" and sale in refund.sold:
        within = amount
    else:
        within = max(min(amount, left.get(part, NOTHING)), NOTHING)
    if within:
        yield sale, refund.target(sale), within
    if amount > within:
        place = policy.chart.place(replace(refund.facets, event=EXCESS), refund.subject)
        yield Part(EXCESS, part.currency), place, amount - within


def _left(refund: Refundable, posted: Posted, meanwhile: Sequence[Movement]) -> dict[Part, Decimal]:
    """What of the sale has not been paid back by anything yet, nor is to be before this."""
    back = posted.line(refund.order, refund.line, _BACK).amounts()
    for one in meanwhile:
        if one.event in _BACK and one.line == refund.line:
            for part, _, amount in one.rows:
                back[part] = back.get(part, NOTHING) + amount
    return difference(refund.sold, back)
