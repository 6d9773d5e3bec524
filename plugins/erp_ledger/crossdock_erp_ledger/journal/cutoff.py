"""The mapper `erp_ledger.cutoff`: revenue of what was sold and not shipped when a month ended, put off by a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from crossdock import Context, Hold, HoldError, Mapper, NothingToDo, NotYetError
from crossdock.canonical import JournalEntry, OrderAsOf
from crossdock_erp_ledger.journal.amounts import NOTHING, TAX, Part, difference, share
from crossdock_erp_ledger.journal.keys import CANCEL, CUTOFF, SALE, EntryKey, short_name
from crossdock_erp_ledger.journal.movements import Movement, Row, Subject, to_entries
from crossdock_erp_ledger.journal.policy import Per, Policy, WhenClosed
from crossdock_erp_ledger.journal.posted import Posted, PostedLine, PostedRow
from crossdock_erp_ledger.journal.rules import Chart, Place, PlaceOrAccount, Target

DEFERRAL = "deferral"
_PATIENCE = timedelta(days=3)


class CutoffMapper(Mapper[OrderAsOf, JournalEntry]):
    """Sold and not shipped when a month ended: from the accounts of the sale to deferred revenue, and back a day later.

    For books that post a sale with the order's date; those that post it with the shipment need none of this.
    """

    name: ClassVar[str] = "cutoff"
    holds: ClassVar[Sequence[Hold]] = (Hold("unmapped_account"), Hold("posting_unclear"))

    deferred: Annotated[
        Mapping[str, PlaceOrAccount], Field(min_length=1, examples=[{"us": "Liabilities:DeferredRevenue"}])
    ]
    """The account of deferred revenue, by market."""
    per: Per = "order"
    closed_period: WhenClosed = "hold"
    """In the next period it would put off nothing: what is late for its own is held."""

    def map(self, document: OrderAsOf, context: Context) -> list[JournalEntry]:
        """What is to be put off and is not yet: an entry of the last day, and one of the next that takes it back.

        Raises: NothingToDo; NotYetError where the sale is not in the books; HoldError.
        """
        posted = Posted.read(context.links)
        posted.must_be_clear(document.number)
        lines = posted.lines(document.number, (SALE, CANCEL))
        if document.unshipped and not lines:
            raise _not_yet(document)
        subject = Subject(
            channel=document.channel,
            short=short_name(document.channel),
            market=document.market or "",
            order=document.number,
            document=document.customer_number,
        )
        found = [one for line in lines for one in self._movements(document, line, subject, posted)]
        policy = Policy(chart=Chart((), {}, {}), zone=ZoneInfo("UTC"), per=self.per, when_closed=self.closed_period)
        entries = to_entries(found, subject, policy, posted)
        if not entries:
            raise NothingToDo("nothing is to be put off, or it is already", code="nothing_to_defer")
        return entries

    def _movements(self, order: OrderAsOf, line: PostedLine, subject: Subject, posted: Posted) -> Iterator[Movement]:
        period = f"{order.as_of:%Y-%m}"
        done = posted.line(order.number, line.number, (CUTOFF,), period)
        deferred: dict[Part, Decimal] = {}
        for version in sorted({key.version for key, _ in done.entries}):
            both = [(key, row) for key, rows in done.entries if key.version == version for row in rows]
            taken = [row for key, row in both if not key.reversal]
            back = [row for key, row in both if key.reversal]
            rows = _rows(taken) or _turned(_rows(back))
            key = next((key for key, _ in both if not key.reversal), None) or self._key(subject, period, version)
            if not taken:  # the ledger refused one of the two
                yield _movement(order, line, rows, key, back=False)
            elif not back:
                yield _movement(order, line, rows, key, back=True)
            for part, _, amount in rows:
                if part.event != DEFERRAL:
                    deferred[part] = deferred.get(part, NOTHING) + amount
        wanted = _to_defer(line.until(order.as_of), order.unshipped.get(line.number, NOTHING))
        new: list[Row] = []
        for part, amount in difference(wanted, deferred).items():
            target = line.target(part)
            if amount and target is not None:
                new.append((part, target, amount))
                new.append((Part(DEFERRAL, part.currency), self._place(order), -amount))
        if new:
            of_order = posted.lines(order.number, (CUTOFF,))
            versions = [posted.line(order.number, one.number, (CUTOFF,), period).version for one in of_order]
            key = self._key(subject, period, 1 + max(versions, default=0))
            yield _movement(order, line, new, key, back=False)
            yield _movement(order, line, new, key, back=True)

    def _key(self, subject: Subject, period: str, version: int) -> EntryKey:
        return EntryKey(subject.short, subject.market, subject.order, CUTOFF, id=period, version=version)

    def _place(self, order: OrderAsOf) -> Target:
        place: Place | None = self.deferred.get(order.market or "")
        if place is None:
            raise HoldError(
                "unmapped_account",
                f"order {order.number}: there is no account of deferred revenue for market {order.market or '(none)'}",
                fix=f"write `deferred: {{{order.market}: ACCOUNT}}` in erp_ledger.cutoff",
                event=DEFERRAL,
            )
        return Target(place.account, place.unit, place.dimensions)


def _to_defer(line: PostedLine, unshipped: Decimal) -> dict[Part, Decimal]:
    """What was in the books as revenue of what had not left. A tax is no revenue."""
    revenue = {part: -amount for part, amount in line.amounts().items() if part.event != TAX}
    return share(revenue, min(unshipped, line.units), line.units)


def _movement(order: OrderAsOf, line: PostedLine, rows: Sequence[Row], key: EntryKey, *, back: bool) -> Movement:
    """Putting off on the last day, or taking it back on the next."""
    return Movement(
        event=CUTOFF,
        line=line.number,
        day=order.as_of + timedelta(days=1) if back else order.as_of,
        rows=_turned(rows) if back else rows,
        id=key.id,
        version=key.version,
        sku=line.sku,
        customer=next((target.customer for _, target, _ in rows if target.customer), None),
        reverses=key if back else None,
    )


def _rows(posted: Sequence[PostedRow]) -> list[Row]:
    return [(row.part, row.target, row.amount) for row in posted]


def _turned(rows: Sequence[Row]) -> list[Row]:
    return [(part, target, -amount) for part, target, amount in rows]


def _not_yet(order: OrderAsOf) -> NotYetError:
    return NotYetError(
        f"order {order.number} was not shipped on {order.as_of}, and its sale is not in the books yet",
        code="sale_not_posted",
        fix=f"see what became of it: `crossdock trace {order.number}`; one that was cancelled before it was posted "
        "puts off nothing: resolve it as `skip` once it is held",
        alert_at=_start_of(order.as_of) + _PATIENCE,
    )


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
