"""What an order gives to post: sales, cancellations, money that went back, and what changed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crossdock import Context, HoldError, NothingToDo
from crossdock.canonical import JournalEntry, Order, OrderLine, Refund
from crossdock_erp_ledger.journal.amounts import (
    FACILITATOR_TAX,
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
from crossdock_erp_ledger.journal.days import SHIPPED, cancelled_on, sold_days
from crossdock_erp_ledger.journal.keys import ADJUSTMENT, CANCEL, SALE, short_name
from crossdock_erp_ledger.journal.movements import Movement, Row, Subject, cleared, refuse_repeats, to_entries, undone
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.journal.posted import CLEARING, Posted, PostedLine, Standing
from crossdock_erp_ledger.journal.refunds import Refundable, paid_back
from crossdock_erp_ledger.journal.rules import Facets, Target
from crossdock_erp_ledger.journal.told_twice import SAME_MONEY, STAYS, is_posted_by, of_return

FULFILMENTS = {"channel": "wfs", "third_party": "third_party", "seller": "seller"}


def order_entries(order: Order, policy: Policy, context: Context) -> list[JournalEntry]:
    """What of an order is not in the books yet, as entries.

    Raises: NothingToDo where all is, or nothing is to be; HoldError.
    """
    refuse_repeats((line.number for line in order.lines), f"order {order.number}")
    posted = Posted.read(context.links)
    posted.must_be_clear(order.number)
    if posted.was_settled_alone(order.number):
        raise _settled_alone(order)
    subject = Subject(
        channel=order.channel,
        short=short_name(order.channel),
        market=order.market or "",
        order=order.number,
        document=order.customer_number,
        ordered_on=policy.day(order.ordered_at),
    )
    books = [_LineBook(order, line, policy, posted, context.choice) for line in order.lines]
    entries = to_entries([one for book in books for one in book.movements()], subject, policy, posted)
    if not entries:
        raise _nothing(order, policy, posted)
    return entries


@dataclass(frozen=True)
class _LineBook:
    """One line of an order beside what is posted of it."""

    order: Order
    line: OrderLine
    policy: Policy
    posted: Posted
    choice: str | None

    def movements(self) -> list[Movement]:
        """What is to be posted, in the order in which it happened."""
        before = self.posted.line(self.order.number, self.line.number, (SALE, CANCEL))
        found = [*self._sales(before)]
        sold = {part: -amount for part, amount in before.amounts().items()}
        for part, _, amount in (row for one in found for row in one.rows):
            if part.event not in (CLEARING, FACILITATOR_TAX):
                sold[part] = sold.get(part, NOTHING) - amount
        found += self._left_to_returns()
        for refund in self._price_only():
            found += paid_back(self._refundable(before, refund, sold), self.policy, self.posted, found)
        return found

    def _price_only(self) -> list[Refund]:
        """What was paid back without a return, each id once; what belongs to a return is posted from that."""
        found: dict[str, Refund] = {}
        for refund in self.line.refunds:
            if refund.return_number is None:
                earlier = found.get(refund.id)
                charges = refund.charges if earlier is None else (*earlier.charges, *refund.charges)
                found[refund.id] = refund.model_copy(update={"charges": charges})
        return list(found.values())

    def _left_to_returns(self) -> Iterator[Movement]:
        """What takes back what was posted before the channel named its return, if a person says so.

        Once that return is posted, it is settled: where they may be the same, a person was asked for that.
        """
        named = {one.id: one.return_number for one in self.line.refunds if one.return_number}
        told = {one.id for one in self.line.refunds}
        for key, rows in self.posted.line(self.order.number, self.line.number, (ADJUSTMENT,)).standing():
            # What had no name of its own is told by that of its return, once there is one.
            of = named.get(key.id or "") or (None if key.id in told else next(iter(named.values()), None))
            if of and not is_posted_by(self.posted, self.order.number, self.line.number, of):
                if self.choice == SAME_MONEY:
                    yield from self._undone([(key, rows)])
                elif self.choice not in STAYS:
                    raise of_return(self._subject, self.order.number, key.id or "", [(key, rows)])

    def _sales(self, before: PostedLine) -> Iterator[Movement]:
        yield from self._undone(outlived := before.outlived())
        before = before.without(outlived)
        units, wanted = before.units, self._wanted(before.units)
        changed = units > 0 and wanted > 0 and self._has_changed(before)
        if changed:
            self.posted.must_not_be_trued_up(self.line.sku, self._subject, self.choice)
        if changed or before.is_torn:
            yield from self._undone(before.standing())
            if wanted > 0:
                yield from self._sold(before, NOTHING, wanted, before.version + 1)
        elif wanted > units:
            yield from self._sold(before, units, wanted, max(before.version, 1))
        elif wanted < units:
            yield self._cancelled(before, units, wanted)

    def _undone(self, entries: Iterable[Standing]) -> Iterator[Movement]:
        return (undone(key, self.line.number, rows, self._ordered_on) for key, rows in entries)

    def _has_changed(self, before: PostedLine) -> bool:
        if has_changed(before.basis, self._basis, taxed=False):
            return True
        if not has_changed(before.basis, self._basis, taxed=True):
            return False
        return any(part.event == TAX for part in (*before.amounts(), *self.gross()))

    @property
    def _basis(self) -> dict[str, str]:
        return basis_of(self.line.charges, self.line.quantity)

    @property
    def _ordered_on(self) -> date:
        return self.policy.day(self.order.ordered_at)

    def _wanted(self, posted: Decimal) -> Decimal:
        """How many units are to be in the books. What was posted under other settings stays as long as it is sold."""
        line = self.line
        sold = line.quantity - line.quantity_in("cancelled")
        wanted = sold if self.policy.on == "order" else max(line.quantity_in(*SHIPPED), min(posted, sold))
        return min(max(wanted, NOTHING), line.quantity)

    def gross(self) -> dict[Part, Decimal]:
        """What the whole line comes to, by component; a tax only where the seller is to pay it on."""
        amounts = amounts_of(self.line.charges)
        taxes = [part for part in amounts if part.event == TAX]
        if taxes and (remitter := self._remitter()) != "seller":
            for part in taxes:
                tax = amounts.pop(part)
                if self.policy.memo_tax and remitter == "channel":
                    amounts[Part(FACILITATOR_TAX, part.currency)] = tax
        return amounts

    def _remitter(self) -> str:
        state = self.order.ship_to.region
        found = self.policy.remitter(self.order.market, state)
        if found is None:
            market = self.order.market or "(none)"
            raise HoldError(
                "tax_unclear",
                f"{self._subject} bears a tax, and nothing says who pays it on in market {market}",
                fix=f"write `tax_remitted_by: {{{market}: channel}}`, or `seller`, in erp_ledger.journal",
                market=self.order.market,
            )
        return found

    def _sold(self, before: PostedLine, start: Decimal, end: Decimal, version: int) -> Iterator[Movement]:
        gross, whole = self.gross(), self.line.quantity
        target = self._targets(before if version == before.version else None)
        # Units are counted over all that was ever sold of this version: what came back is sold as another unit.
        ahead = before.counted(SALE) - start if version == before.version else NOTHING
        reached = start
        for day, _, last in sold_days(self.order, self.line, self.policy, start, end, self.choice):
            first = reached  # units that come to nothing go with those after them
            amounts = difference(share(gross, last, whole), share(gross, first, whole))
            rows = [row for part, amount in amounts.items() for row in self._rows(part, amount, target)]
            if rows:
                reached = last
                yield Movement(
                    event=SALE,
                    line=self.line.number,
                    day=day,
                    rows=cleared(rows, self._clearing(rows, target)),
                    quantity=last - first,
                    start=first + ahead,
                    version=version,
                    sku=self.line.sku,
                    basis=self._basis,
                    customer=rows[0][1].customer,
                )

    def _rows(self, part: Part, amount: Decimal, target: Callable[[Part], Target]) -> list[Row]:
        if not amount:
            return []
        if part.event != FACILITATOR_TAX:
            return [(part, target(part), -amount)]
        place, clearing = target(part), target(Part(CLEARING, part.currency))
        return [(part, clearing, amount), (part, place, -amount), (part, place, amount), (part, clearing, -amount)]

    def _cancelled(self, before: PostedLine, units: Decimal, wanted: Decimal) -> Movement:
        """What no longer holds: the difference of two shares where today's settings give what is posted.

        Where they do not, it is a part of what is posted; of all of it, exactly that.
        """
        standing = {part: -amount for part, amount in before.amounts().items()}
        gross = {part: amount for part, amount in self.gross().items() if part.event != FACILITATOR_TAX}
        agrees = not any(difference(share(gross, units, self.line.quantity), standing).values())
        kept = share(gross, wanted, self.line.quantity) if agrees and wanted else share(standing, wanted, units)
        rows = [
            (part, before.target(part) or self._place(part), amount)
            for part, amount in difference(standing, kept).items()
        ]
        return Movement(
            event=CANCEL,
            line=self.line.number,
            day=cancelled_on(self.order, self.line, self.policy),
            rows=cleared(rows, self._clearing(rows, self._targets(before))),
            quantity=wanted - units,
            start=before.counted(CANCEL),
            version=max(before.version, 1),
            sku=self.line.sku,
            customer=next((row[1].customer for row in rows if row[1].customer), None),
        )

    def _refundable(self, before: PostedLine, refund: Refund, sold: Amounts) -> Refundable:
        return Refundable(
            event=ADJUSTMENT,
            id=refund.id,
            order=self.order.number,
            line=self.line.number,
            sku=self.line.sku,
            day=self.policy.day(refund.at) if refund.at else cancelled_on(self.order, self.line, self.policy),
            charges=refund.charges,
            sold=sold,
            target=self._targets(before),
            facets=self._facets(SALE),
            subject=self._subject,
            choice=self.choice,
        )

    # ------------------------------------------------------------ where it goes

    @property
    def _subject(self) -> str:
        return f"line {self.line.number} of order {self.order.number} (SKU {self.line.sku})"

    def _facets(self, event: str) -> Facets:
        return Facets(
            event=event,
            channel=self.order.channel,
            market=self.order.market,
            sku=self.line.sku,
            fulfilment=FULFILMENTS.get(self.order.fulfilled_by),
            node=self.order.node,
            state=self.order.ship_to.region,
        )

    def _place(self, part: Part) -> Target:
        if part.event == CLEARING:
            return self.policy.chart.clear(self._facets(CLEARING), part.currency, self._subject)
        return self.policy.chart.place(self._facets(part.event), self._subject)

    def _targets(self, before: PostedLine | None) -> Callable[[Part], Target]:
        """Where components go: where they went before, else by the rules."""
        return lambda part: (before.target(part) if before else None) or self._place(part)

    def _clearing(self, rows: list[Row], target: Callable[[Part], Target]) -> dict[str, Target]:
        return {currency: target(Part(CLEARING, currency)) for currency in {part.currency for part, _, _ in rows}}


def _settled_alone(order: Order) -> HoldError:
    return HoldError(
        "posting_unclear",
        f"order {order.number} was posted from its settlement, by a person's decision",
        fix="reverse that entry by hand and remove its link (`crossdock links remove`): the order is then posted; or "
        "resolve this as `done`",
        order=order.number,
    )


def _nothing(order: Order, policy: Policy, posted: Posted) -> NothingToDo:
    if any(posted.has(order.number, event) for event in (SALE, CANCEL, ADJUSTMENT)):
        return NothingToDo("all of it is in the books", code="already_in_effect")
    if all(line.quantity_in("cancelled") >= line.quantity for line in order.lines):
        return NothingToDo("not posted: cancelled", code="cancelled_unposted")
    if policy.on == "ship" and not any(line.quantity_in(*SHIPPED) for line in order.lines):
        return NothingToDo("not shipped yet: it is posted when it is", code="not_shipped")
    return NothingToDo("nothing of it is charged", code="nothing_to_post")
