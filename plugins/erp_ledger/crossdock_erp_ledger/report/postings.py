"""What the channel says beside what is posted, line by line; each difference is where it stands, or a finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from crossdock.canonical import Order, Return
from crossdock_erp_ledger.report.entries import REFUNDS, SALES, Entry
from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.money import NOTHING, shown, told
from crossdock_erp_ledger.report.period import Period, month_of
from crossdock_erp_ledger.report.said import Said
from crossdock_erp_ledger.report.seen import Seen

Subject = tuple[str, str, str | None, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What one entry posts of a subject: sales and refunds are both positive."""

    entry: Entry
    amount: Decimal


@dataclass(slots=True)
class Matter:
    """One line that was sold, or one refund: what the channel says of it, and what is posted."""

    subject: Subject
    is_refund: bool
    said: list[Said] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)

    @property
    def order(self) -> str:
        """The order that it is about."""
        return self.subject[0]

    @property
    def currency(self) -> str:
        """Its currency."""
        return self.subject[3]

    @property
    def market(self) -> str:
        """Its market."""
        return self.said[0].market if self.said else self.parts[0].entry.market

    @property
    def seen(self) -> Seen | None:
        """The record by which the channel says it; None where it says nothing."""
        return self.said[0].seen if self.said else None

    @property
    def said_amount(self) -> Decimal:
        """What the channel says."""
        return sum((one.amount for one in self.said), NOTHING)

    @property
    def posted_amount(self) -> Decimal:
        """What is posted, in whatever month."""
        return sum((one.amount for one in self.parts if one.entry.done), NOTHING)

    @property
    def late_amount(self) -> Decimal:
        """What of it is posted in a later month than it belongs to."""
        return sum((one.amount for one in self.parts if one.entry.done and one.entry.is_late), NOTHING)

    @property
    def missing(self) -> Decimal:
        """What the channel says beyond what is posted."""
        return self.said_amount - self.posted_amount

    @property
    def day(self) -> date:
        """The day under which it is told: the newest that the channel says, else that of the oldest entry."""
        return max((one.day for one in self.said), default=None) or min(one.entry.day for one in self.parts)

    def day_of(self, part: Part) -> date:
        """The day under which what an entry posts is told: its own where the channel says that day, too."""
        return part.entry.day if part.entry.day in {one.day for one in self.said} else self.day

    def concerns(self, period: Period) -> bool:
        """Whether any of it is of the month."""
        return any(period.has(one.day) for one in self.said) or any(
            period.has(self.day_of(one)) or period.has(one.entry.day) for one in self.parts
        )


def matters(said: Iterable[Said], entries: Iterable[Entry], *, is_refund: bool) -> list[Matter]:
    """Each subject with all that is said and posted of it."""
    found: dict[Subject, Matter] = {}
    for one in said:
        found.setdefault(one.subject, Matter(one.subject, is_refund)).said.append(one)
    for entry in entries:
        if entry.event in (REFUNDS if is_refund else SALES):
            for subject, amount in _posted(entry, is_refund=is_refund).items():
                found.setdefault(subject, Matter(subject, is_refund)).parts.append(Part(entry, amount))
    return list(found.values())


def _posted(entry: Entry, *, is_refund: bool) -> dict[Subject, Decimal]:
    """What an entry moves on the clearing account, by subject."""
    found: defaultdict[Subject, Decimal] = defaultdict(Decimal)
    order, sign = entry.reference or "", -1 if is_refund else 1
    for line in entry.lines:
        if line.is_clearing:
            place = "" if is_refund else line.order_line or ""
            found[order, place, _refund_of(entry) if is_refund else None, line.currency] += sign * line.amount
    return found


def _refund_of(entry: Entry) -> str:
    """Which refund an entry is about: its slice is left out, since a refund may come in several."""
    about = (entry.key.id if entry.key else None) or ""
    stem, _, last = about.rpartition(":")
    return stem if stem and last[:1].isdigit() and "-" in last else about


def compare(found: Sequence[Matter], seen: Iterable[Seen], period: Period) -> list[Finding]:
    """What is missing, too much or on another day, where nothing that is open explains it: one for each order."""
    alike: defaultdict[tuple[str, str, str], list[Matter]] = defaultdict(list)
    names = _names(seen)
    for one in found:
        if one.concerns(period) and not (one.seen is not None and one.seen.stuck):
            unsaid = not one.said and not _is_named(one, names)
            kind = "unsaid" if unsaid else _kind_of(one, period)
            if kind is not None:  # what is stuck is told once for the whole order
                about = one.parts[0].entry.pipeline if unsaid else one.order
                alike[kind, about, one.currency].append(one)
    return [_TOLD[kind](some) for (kind, _, _), some in alike.items()]


def _names(seen: Iterable[Seen]) -> set[str]:
    """Orders and returns of which the store still knows what the channel says."""
    documents = [one.document for one in seen if isinstance(one.document, Order | Return)]
    return {one.number for one in documents}


def _is_named(one: Matter, names: set[str]) -> bool:
    refund = one.subject[2]
    return one.order in names if refund is None else refund.rpartition("-")[0] in names or one.order in names


def _kind_of(one: Matter, period: Period) -> str | None:
    if one.missing:
        return "amount_differs" if one.posted_amount else "missing_posting"
    if one.late_amount and any(period.has(part.entry.day) for part in one.parts if part.entry.is_late):
        return "late"
    return None if _on_another_day(one) is None else "wrong_day"


def _on_another_day(one: Matter) -> Part | None:
    """What is posted for a day that the channel does not say. Of a refund that came in parts it says only the last."""
    days = {said.day for said in one.said}
    about = [part for part in one.parts if part.entry.event not in ("cancel",) and part.entry.reverses is None]
    if not days or (one.is_refund and len(about) > 1):
        return None
    return next((part for part in about if part.entry.day not in days), None)


def _missing_posting(some: Sequence[Matter]) -> Finding:
    seen = some[0].seen
    standing = seen.standing if seen else None
    why = f"it is {standing.state}: {standing.reason or standing.code}" if standing else "it has no delivery"
    said = _sum(some, "said_amount")
    fix = f"`crossdock trace {some[0].order}` tells why; `crossdock replay --plan` shows what it would send"
    return _finding("missing_posting", some, f"{_what(some)} of {said} is not posted ({why})", fix, _missing(some))


def _amount_differs(some: Sequence[Matter]) -> Finding:
    message = f"{_what(some)} of {_sum(some, 'said_amount')} is posted with {_sum(some, 'posted_amount')}"
    fix = f"`crossdock trace {some[0].order}` tells what was posted when, and why"
    return _finding("amount_differs", some, message, fix, _missing(some))


def _late(some: Sequence[Matter]) -> Finding:
    entry = next(part.entry for part in some[0].parts if part.entry.is_late)
    late = _sum(some, "late_amount")
    message = f"{_what(some)} of {late} belongs to {month_of(entry.day)} and was posted on {entry.posted}"
    fix = "decide whether that will do; then write `--accept late`, or open the month and post it anew"
    return _finding("late", some, message, fix, sum((one.late_amount for one in some), NOTHING), entry.day)


def _wrong_day(some: Sequence[Matter]) -> Finding:
    part = next(part for one in some if (part := _on_another_day(one)) is not None)
    days = ", ".join(sorted({str(said.day) for one in some for said in one.said}))
    message = f"{part.entry.name} is of {part.entry.day}, and the channel says {days}"
    fix = "see that `timezone` of the mapper and that of the ledger's connection are the same"
    return _finding("wrong_day", some, message, fix, part.amount)


def _unsaid(some: Sequence[Matter]) -> Finding:
    pipeline = some[0].parts[0].entry.pipeline
    orders = len({one.order for one in some})
    posted = f"{_sum(some, 'posted_amount')} of {orders} orders"
    message = f"{posted} is posted by {pipeline}, and the store has no word of the channel any more"
    fix = (
        "bring the pipeline back, or read its orders again; what retention erased cannot be compared: `--accept unsaid`"
    )
    found = _finding("unsaid", some, message, fix, _missing(some))
    return replace(found, about=pipeline)


_TOLD = {
    "unsaid": _unsaid,
    "missing_posting": _missing_posting,
    "amount_differs": _amount_differs,
    "late": _late,
    "wrong_day": _wrong_day,
}


def _finding(
    kind: str, some: Sequence[Matter], message: str, fix: str, amount: Decimal, day: date | None = None
) -> Finding:
    first = some[0]
    amounts = {first.currency: -amount if first.is_refund else amount}
    return Finding(kind, first.order, message, fix, day or first.day, first.market, amounts)


def _what(some: Sequence[Matter]) -> str:
    first = some[0]
    lines = "" if first.is_refund or len(some) == 1 else f" ({len(some)} lines)"
    return f"{'refund' if first.is_refund else 'sale'}{lines}"


def _sum(some: Sequence[Matter], what: str) -> str:
    amount = sum((getattr(one, what) for one in some), NOTHING)
    return f"{shown(amount, some[0].currency)} {some[0].currency}"


def _missing(some: Sequence[Matter]) -> Decimal:
    return sum((one.missing for one in some), NOTHING)


def stuck(seen: Iterable[Seen], found: Sequence[Matter], period: Period, others: Sequence[Seen]) -> list[Finding]:
    """A finding for each record that is held, given up or not posted yet, with what it still has to post.

    `others` are records of the month that say no sale and no refund: amounts of settlements, what is unshipped, and
    what could not be read.
    """
    missing: dict[int, list[Matter]] = defaultdict(list)
    concerned: set[int] = set()
    for one in found:
        if one.seen is not None and one.seen.stuck:
            missing[id(one.seen)].append(one)
            if one.concerns(period):
                concerned.add(id(one.seen))
    wanted = [one for one in seen if id(one) in concerned] + [one for one in others if one.stuck]
    return [_stuck(one, missing.get(id(one), ())) for one in wanted]


def _stuck(seen: Seen, about: Sequence[Matter]) -> Finding:
    standing = seen.standing
    assert standing is not None  # noqa: S101  (what is stuck stands somewhere)
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in about:
        amounts[one.currency] += -one.missing if one.is_refund else one.missing
    what = f" ({told(amounts)})" if any(amounts.values()) else ""
    why = standing.reason or standing.code or standing.state
    return Finding(
        kind=seen.kind or "held",
        about=about[0].order if about else seen.stored.key,
        message=f"{seen.stored.pipeline} {seen.stored.key} is {standing.state}{what}: {why}",
        fix=standing.fix or f"`crossdock deliveries show {standing.delivery}` tells its story",
        day=max((one.day for one in about), default=None),
        market=about[0].market if about else "",
        amounts=dict(amounts),
        delivery=standing.delivery,
    )
