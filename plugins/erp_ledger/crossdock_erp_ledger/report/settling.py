"""What the channel settled beside what is posted: report by report, and by order and SKU."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from crossdock.canonical import Order, SettlementLine
from crossdock_erp_ledger.journal.kinds import component_of, kind_of
from crossdock_erp_ledger.report.entries import REFUNDS, SALES, Entry
from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.money import NOTHING, shown
from crossdock_erp_ledger.report.period import Period
from crossdock_erp_ledger.report.seen import Seen

_PATIENCE = timedelta(days=45)
"""After which a sale that is not settled is worth a word: cycles are of two weeks, and holds are known."""
_PRICE = frozenset(("sale", "shipping"))
_EXCUSED = frozenset(("before_start", "before_route"))
_DIFFERS = frozenset(("settlement_differs",))
_MATCHED = "matched"
Subject = tuple[str, str, str, str]
"""Whether sold or paid back, order, SKU, currency."""


@dataclass(frozen=True, slots=True)
class Report:
    """One settlement: what its amounts add up to, and what it pays; None where its summary was not read."""

    name: str
    market: str
    currency: str
    first: date | None
    last: date | None
    lines: int
    total: Decimal
    payable: Decimal | None
    apart: bool
    """What it pays is in another currency: the two are not compared."""

    @property
    def agrees(self) -> bool:
        """Whether it adds up, as far as that can be told."""
        return self.payable is None or self.apart or self.payable == self.total


@dataclass(frozen=True, slots=True)
class Settling:
    """All that settlements say of a month."""

    reports: Sequence[Report] = ()
    matched: int = 0
    """Orders and SKUs, sold or paid back, that are settled with what is posted."""
    pending: int = 0
    """Sales of the month that no settlement names yet."""
    pending_amounts: Mapping[str, Decimal] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    told: frozenset[int] = frozenset()
    """The records that a finding speaks of already."""
    by_order: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    """What settlements said of each order up to the end of the month, by currency: all amounts."""


def settle(seen: Sequence[Seen], entries: Sequence[Entry], period: Period) -> Settling:
    """Match what was settled with what is posted."""
    lines = [(one, one.document) for one in seen if isinstance(one.document, SettlementLine)]
    (posted, units), corrected = _posted(entries), {one.record for one in entries if one.done}
    settled: defaultdict[Subject, list[tuple[Seen, SettlementLine]]] = defaultdict(list)
    vague = {line.order for _, line in lines if not line.sku and kind_of(line) in ("sale", "refund")}
    for one, line in lines:
        kind = kind_of(line)
        if kind in ("sale", "refund") and line.amount.amount:
            # Where an amount of an order names no SKU, only all of its amounts together can be matched.
            sku = "" if line.order in vague else (line.sku or "").casefold()
            settled[kind, line.order or "", sku, line.amount.currency].append((one, line))
    findings: list[Finding] = []
    told: set[int] = set()
    matched, stuck = 0, _stuck(seen)
    for subject, rows in settled.items():
        if not any(_of(period, line) for _, line in rows):
            continue
        if subject[1] in stuck:
            told |= {id(one) for one, _ in rows}  # the order itself is told: nothing else is wrong
            continue
        found = _judge(subject, rows, posted, units, corrected)
        if found is None:
            matched += 1
        else:
            findings.append(found)
            told |= {id(one) for one, _ in rows}
    reports = _reports([line for _, line in lines], period)
    apart = {one.name for one in reports if not one.agrees}
    findings += [_sum_differs(one) for one in reports if not one.agrees]
    told |= {id(one) for one, line in lines if line.payable is not None and line.settlement in apart}
    pending = _pending(entries, {subject[1] for subject in settled}, period)
    findings += [_overdue(order, one, period) for order, one in pending.items() if period.last - one[0] > _PATIENCE]
    of_month = {order: one for order, one in pending.items() if period.has(one[0])}
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for _, currency, amount in of_month.values():
        amounts[currency] += amount
    return Settling(reports, matched, len(of_month), dict(amounts), findings, frozenset(told), _by_order(lines, period))


def _stuck(seen: Iterable[Seen]) -> set[str]:
    """The orders that are not posted yet, by number; of what nobody could read, by the record's key."""
    found = {one.stored.key for one in seen if one.stuck and one.document is None}
    return found | {one.document.number for one in seen if one.stuck and isinstance(one.document, Order)}


def _of(period: Period, line: SettlementLine) -> bool:
    day = line.posted_on or line.period_end
    return day is not None and period.has(day)


def _posted(entries: Iterable[Entry]) -> tuple[dict[Subject, Decimal], dict[Subject, Decimal]]:
    """What is posted as sold, and as paid back, of each order and SKU, without tax; and of how many units it is."""
    found: defaultdict[Subject, Decimal] = defaultdict(Decimal)
    units: defaultdict[Subject, Decimal] = defaultdict(Decimal)
    for entry in entries:
        kind = "sale" if entry.event in SALES else "refund" if entry.event in REFUNDS else None
        for line in entry.lines if kind and entry.done else ():
            subject = (kind or "", entry.reference or "", (line.sku or "").casefold(), line.currency)
            units[subject] += abs(line.quantity) if kind == "refund" else line.quantity
            if line.event in _PRICE or (kind == "refund" and line.event == "excess"):
                found[subject] -= line.amount
    return dict(found), dict(units)


def _is_whole(subject: Subject, rows: Sequence[tuple[Seen, SettlementLine]], units: Mapping[Subject, Decimal]) -> bool:
    """Whether as many units are settled as are posted; what does not say how many is taken for all."""
    settled = [line.quantity for _, line in rows if line.quantity is not None and component_of(line) == "sale"]
    if not settled:
        return True
    if subject[2]:
        return sum(settled, NOTHING) >= units.get(subject, NOTHING)
    kind, order, _, currency = subject
    alike = (count for one, count in units.items() if (one[0], one[1], one[3]) == (kind, order, currency))
    return sum(settled, NOTHING) >= sum(alike, NOTHING)


def _judge(
    subject: Subject,
    rows: Sequence[tuple[Seen, SettlementLine]],
    posted: Mapping[Subject, Decimal],
    units: Mapping[Subject, Decimal],
    corrected: set[str],
) -> Finding | None:
    """How what is settled differs; None where it does not, or a person had the difference posted."""
    kind, order, sku, currency = subject
    settled = sum((line.amount.amount for _, line in rows), NOTHING)
    there = _in_books(subject, posted)
    if there is None:
        if all(one.code in _EXCUSED for one, _ in rows):
            return None
        return _unsold(subject, rows, settled)
    if settled == there or any(one.stored.key in corrected for one, _ in rows):
        return None
    if all(one.code == _MATCHED for one, _ in rows) and abs(settled - there) <= len(rows) * _cent(rows[0][1]):
        return None  # shares of a line that does not divide into its units, each rounded by the other side
    if not _is_whole(subject, rows, units) and not any(one.code in _DIFFERS for one, _ in rows):
        return None  # the rest is settled later
    name = sku or "no SKU"
    both = f"settled with {shown(settled, currency)} {currency}, posted {shown(there, currency)}"
    message = f"{kind} of {order} ({name}) is {both}"
    fix = f"look for what explains it: `crossdock trace {order}`; then resolve the held amount as `true_up`"
    return _finding("settlement_differs", rows, message, fix, {currency: settled - there})


def _cent(line: SettlementLine) -> Decimal:
    """The smallest amount of its currency."""
    return Decimal(1).scaleb(-line.amount.minor_digits)


def _in_books(subject: Subject, posted: Mapping[Subject, Decimal]) -> Decimal | None:
    """What is posted of an order and SKU; of all its SKUs where the settlement names none."""
    if subject[2]:
        return posted.get(subject)
    kind, order, _, currency = subject
    alike = [amount for one, amount in posted.items() if (one[0], one[1], one[3]) == (kind, order, currency)]
    return sum(alike, NOTHING) if alike else None


def _unsold(subject: Subject, rows: Sequence[tuple[Seen, SettlementLine]], settled: Decimal) -> Finding:
    kind, order, sku, currency = subject
    what = "sale" if kind == "sale" else "refund"
    of = f"{order or '(no order)'} ({sku or 'no SKU'})"
    message = f"a {what} of {of} is settled with {shown(settled, currency)} {currency}, and none is posted"
    fix = f"`crossdock trace {order}` tells whether it was read; resolve what was booked by other means as `by_rules`"
    return _finding("settled_unsold", rows, message, fix, {currency: settled})


def _finding(
    kind: str, rows: Sequence[tuple[Seen, SettlementLine]], message: str, fix: str, amounts: Mapping[str, Decimal]
) -> Finding:
    one, line = rows[0]
    standing = next((seen.standing for seen, _ in rows if seen.stuck), one.standing)
    day, about = line.posted_on or line.period_end, line.order or line.settlement
    number = None if standing is None else standing.delivery
    return Finding(kind, about, message, fix, day, line.market or "", amounts, number)


# ---------------------------------------------------------------- reports


def _reports(lines: Iterable[SettlementLine], period: Period) -> list[Report]:
    groups: defaultdict[tuple[str, str], list[SettlementLine]] = defaultdict(list)
    for line in lines:
        groups[line.market or "", line.settlement].append(line)
    found = [
        _report(market, name, some) for (market, name), some in groups.items() if any(_of(period, one) for one in some)
    ]
    return sorted(found, key=lambda one: (one.last or date.max, one.name))


def _report(market: str, name: str, lines: Sequence[SettlementLine]) -> Report:
    summary = next((line for line in lines if line.payable is not None), None)
    amounts = [line for line in lines if line.payable is None]
    stated = summary.total if summary is not None else None
    currency = (amounts[0] if amounts else lines[0]).amount.currency
    payable = None if summary is None or summary.payable is None else summary.payable
    return Report(
        name=name,
        market=market,
        currency=currency,
        first=min((line.period_start for line in lines if line.period_start), default=None),
        last=max((line.period_end for line in lines if line.period_end), default=None),
        lines=len(amounts),
        # What was read earlier may be erased by now: the summary remembers what it all came to.
        total=stated.amount if stated is not None else sum((line.amount.amount for line in amounts), NOTHING),
        payable=None if payable is None else payable.amount,
        apart=payable is not None and payable.currency != currency,
    )


def _sum_differs(report: Report) -> Finding:
    payable = report.payable or NOTHING
    both = f"{shown(report.total, report.currency)}, and it pays {shown(payable, report.currency)} {report.currency}"
    fix = "fetch the report again from the channel; compare it by hand, and ask the channel where it stays so"
    message = f"settlement {report.name} adds up to {both}"
    amounts = {report.currency: payable - report.total}
    return Finding("settlement_sum", report.name, message, fix, report.last, report.market, amounts)


# ---------------------------------------------------------------- what is not settled yet


def _pending(entries: Iterable[Entry], settled: set[str], period: Period) -> dict[str, tuple[date, str, Decimal]]:
    """Orders that are sold, as far as that stands, up to the end of the month, and that no settlement names."""
    found: dict[str, tuple[date, str, Decimal]] = {}
    for entry in entries:
        order = entry.reference or ""
        if entry.done and entry.event in SALES and entry.day <= period.last and order not in settled:
            for currency in {line.currency for line in entry.lines if line.is_clearing}:
                day, _, before = found.get(order, (entry.day, currency, NOTHING))
                found[order] = (min(day, entry.day), currency, before + entry.clearing(currency))
    return {order: one for order, one in found.items() if one[2]}


def _overdue(order: str, one: tuple[date, str, Decimal], period: Period) -> Finding:
    day, currency, amount = one
    message = f"{order}, sold on {day}, is in no settlement: {shown(amount, currency)} {currency}"
    fix = "ask the channel where it is; cancelled and refunded orders may never be settled"
    return Finding("unsettled", order, message, fix, day, "", {currency: amount})


def _by_order(lines: Iterable[tuple[Seen, SettlementLine]], period: Period) -> dict[tuple[str, str], Decimal]:
    found: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _, line in lines:
        day = line.posted_on or line.period_end
        if line.order and line.payable is None and (day is None or day <= period.last):
            found[line.order, line.amount.currency] += line.amount.amount
    return dict(found)
