"""One amount of change for one line of one order, and how several of them become journal entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from crossdock import HoldError, RejectedError
from crossdock.canonical import JournalEntry, JournalLine, Money
from crossdock_erp_ledger.journal.amounts import NOTHING, Part
from crossdock_erp_ledger.journal.keys import ADJUSTMENT, CANCEL, CUTOFF, SALE, EntryKey, shortened, slice_name, units
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.journal.posted import CLEARING, Posted, PostedRow, undoing
from crossdock_erp_ledger.journal.rules import Target

Row = tuple[Part, Target, Decimal]
"""A component, where it goes, and how much: debits positive."""


@dataclass(frozen=True)
class Subject:
    """The order that entries are about."""

    channel: str
    short: str
    market: str
    order: str
    document: str | None
    ordered_on: date | None = None
    """The day of the order, which its entries bear whatever day they are posted on; a return does not tell it."""


@dataclass(frozen=True)
class Movement:
    """What one line gains or loses on one day; `rows` balance."""

    event: str
    line: str
    day: date
    rows: Sequence[Row]
    quantity: Decimal = NOTHING
    start: Decimal = NOTHING
    """Where its slice begins, counted in units that this event has covered before."""
    id: str | None = None
    version: int = 1
    sku: str | None = None
    basis: Mapping[str, str] = field(default_factory=dict)
    customer: str | None = None
    reverses: EntryKey | None = None

    @property
    def end(self) -> Decimal:
        """Where its slice ends."""
        return self.start + abs(self.quantity)

    @property
    def slice(self) -> str:
        """Its slice as keys bear it."""
        return slice_name(self.start, self.end)

    @property
    def alone(self) -> bool:
        """Whether it is an entry of its own, however entries are put together: refunds and corrections are."""
        return self.event != CUTOFF and (self.id is not None or self.version > 1 or self.reverses is not None)


def cleared(rows: Iterable[Row], clearing: Mapping[str, Target]) -> tuple[Row, ...]:
    """Rows with what they come to on the clearing account of each currency; those of nothing are left out."""
    kept = [row for row in rows if row[2]]
    due: dict[str, Decimal] = {}
    for part, _, amount in kept:
        due[part.currency] = due.get(part.currency, NOTHING) - amount
    contra = [(Part(CLEARING, currency), clearing[currency], amount) for currency, amount in due.items() if amount]
    return (*kept, *contra)


def undone(key: EntryKey, line: str, rows: Sequence[PostedRow], day: date) -> Movement:
    """What takes back what an entry says of a line, on the day on which it is in the books."""
    return Movement(
        event=key.event,
        line=line,
        day=next((row.day for row in rows if row.day), day),
        rows=[(row.part, row.target, -row.amount) for row in rows],
        quantity=-sum((row.quantity for row in rows), NOTHING),
        id=key.id,
        version=key.version,
        sku=next((row.sku for row in rows if row.sku), None),
        customer=next((row.target.customer for row in rows if row.target.customer), None),
        reverses=key,
    )


def refuse_repeats(numbers: Iterable[str], of: str) -> None:
    """Lines are told apart by their numbers. Raises: RejectedError where one comes twice."""
    twice = [number for number, times in Counter(numbers).items() if times > 1]
    if twice:
        raise RejectedError(f"{of} bears line {twice[0]} twice", code="line_twice", line=twice[0])


def to_entries(movements: Iterable[Movement], subject: Subject, policy: Policy, posted: Posted) -> list[JournalEntry]:
    """Entries: one for each event and day, or for each line; refunds and corrections each for itself."""
    groups: dict[tuple[object, ...], list[Movement]] = {}
    for number, one in enumerate(movements):
        if one.rows:
            apart = number if one.alone else one.line if policy.per == "line" else None
            currency = one.rows[0][0].currency
            customer = one.customer or policy.customers.get(subject.market)
            groups.setdefault((one.event, one.day, customer, currency, one.version, apart), []).append(one)
    entries, named = [], set()
    kinds = {(event, customer, currency) for event, _, customer, currency, *_ in groups}
    for group in groups.values():
        # One period of one order names all its entries alike: where there are several, each names its line.
        of, several = group[0].reverses, len(kinds) > 1
        apart = group[0].event == CUTOFF and (several or (of is not None and of.line is not None))
        line = group[0].line if policy.per == "line" or apart or _names_its_line(group[0]) else None
        is_bare = group[0].event == SALE and policy.on == "order" and line not in named
        entry = _entry(group, line, subject, policy, is_bare and not posted.has(subject.order, SALE, line))
        if any(str(one.key) == entry.key for one in posted.entries):
            raise _out_of_turn(group, subject)
        entries.append(entry)
        named.add(line)
    return entries


def _out_of_turn(group: Sequence[Movement], subject: Subject) -> HoldError:
    """The ledger took a later part of it, and refused an earlier one: they cannot be told apart any more."""
    return HoldError(
        "posting_unclear",
        f"a part of line {group[0].line} of order {subject.order} is in the books, and one before it is not: the "
        "ledger refused that",
        fix="compare the order with what is posted of it (`crossdock trace`), book what is lacking by hand, and "
        "resolve this as `done`",
        order=subject.order,
    )


def _names_its_line(one: Movement) -> bool:
    return one.event == ADJUSTMENT or (one.alone and (one.version > 1 or one.reverses is not None))


def _entry(group: Sequence[Movement], line: str | None, subject: Subject, policy: Policy, bare: bool) -> JournalEntry:
    first = group[0]
    if first.reverses is not None:
        key = undoing(first.reverses, line)
    else:
        about = _id(group, line, bare=bare)
        key = EntryKey(subject.short, subject.market, subject.order, first.event, line, about, first.version)
    total = f"{subject.short}:{subject.market}:{first.day}:{first.rows[0][0].currency}"
    return JournalEntry(
        key=str(key),
        date=first.day,
        transaction_date=(subject.ordered_on if first.event in (SALE, CANCEL) else None) or first.day,
        description=_description(group, subject),
        lines=tuple(line_ for one in group for line_ in _lines(one, subject)),
        event=first.event,
        channel=subject.channel,
        market=subject.market,
        customer=first.customer or policy.customers.get(subject.market),
        reference=subject.order,
        document=subject.document,
        facts=tuple(fact for one in group for fact in _facts(one, subject)),
        links=(f"{subject.short}-po-{subject.order}",),
        reverses=None if first.reverses is None else str(_named(first.reverses, line)),
        total=total if policy.per == "day" else None,
        when_closed=policy.when_closed,
    )


def _named(key: EntryKey, line: str | None) -> EntryKey:
    """The key of what is undone; that of a period is planned with what undoes it, and names its line as that does."""
    return replace(key, line=key.line or line) if key.event == CUTOFF else key


def _id(group: Sequence[Movement], line: str | None, *, bare: bool) -> str | None:
    """What tells an entry from others of its event; the first sale of an order needs nothing."""
    first = group[0]
    if first.id is not None:
        return f"{first.id}:{first.slice}" if first.quantity else first.id
    if bare or (first.event == SALE and first.version > 1 and first.start == 0):
        return None
    if line is not None:
        return first.slice
    return shortened("+".join(f"{one.line}.{one.slice}" for one in group))


def _facts(one: Movement, subject: Subject) -> list[str]:
    """What a movement covers, unit by unit, so that nothing covers one of them again."""
    if one.reverses is not None:
        return [str(undoing(one.reverses, one.line))]
    about = ":".join(filter(None, (one.event, one.id)))
    base = EntryKey(subject.short, subject.market, subject.order, about, one.line)
    stem = str(base).removesuffix(":v1")
    return [f"{stem}:{unit}:v{one.version}" for unit in units(one.start, one.end)] or [f"{stem}:v{one.version}"]


def _lines(one: Movement, subject: Subject) -> list[JournalLine]:
    memo = f"PO {subject.order} L{one.line} {'reversal of ' if one.reverses else ''}{one.event}"
    lines = []
    for position, (part, target, amount) in enumerate(one.rows):
        lines.append(
            JournalLine(
                account=target.account,
                amount=Money(amount=amount, currency=part.currency),
                unit=target.unit,
                dimensions=target.dimensions,
                memo=memo,
                event=part.event,
                order_line=one.line,
                sku=one.sku,
                quantity=one.quantity if position == 0 and one.quantity else None,
                basis=one.basis if position == 0 else {},
            )
        )
    return lines


def _description(group: Sequence[Movement], subject: Subject) -> str:
    first = group[0]
    what = f"Reversal of {first.event}" if first.reverses else first.event.capitalize()
    numbers = list(dict.fromkeys(one.line for one in group))
    lines = f"line{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"
    corrected = f" (version {first.version})" if first.version > 1 and not first.reverses else ""
    return f"{what} PO {subject.order} {lines}{corrected}"
