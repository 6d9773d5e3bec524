"""The report on a month: every figure, every difference, and the verdict. Pure: values in, values out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crossdock.canonical import Order, OrderAsOf, Return, SettlementLine
from crossdock_erp_ledger.journal.amounts import TAX
from crossdock_erp_ledger.ledger import LedgerEntry
from crossdock_erp_ledger.report import clearing, deferring, ledger_side, postings, said, settling
from crossdock_erp_ledger.report.clearing import AccountSum, OpenItem, RollForward
from crossdock_erp_ledger.report.deferring import Deferred
from crossdock_erp_ledger.report.entries import REFUNDS, SALES, Entry
from crossdock_erp_ledger.report.findings import Finding, in_order
from crossdock_erp_ledger.report.ledger_side import Held
from crossdock_erp_ledger.report.money import NOTHING, by_currency
from crossdock_erp_ledger.report.period import Period
from crossdock_erp_ledger.report.postings import Matter
from crossdock_erp_ledger.report.seen import Seen
from crossdock_erp_ledger.report.settling import Settling


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that a report is made of. `ledger` is None where it was not read back; `unread` are findings of gathering."""

    name: str
    period: Period
    made_at: datetime
    seen: Sequence[Seen]
    entries: Sequence[Entry]
    ledger: Sequence[LedgerEntry] | None
    unread: Sequence[Finding] = ()
    has_cutoff: bool = False
    accepted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One day, market and currency. Units: major units; refunds are positive.

    `said` = `posted` + `late` + `held` + `failed` + `in_flight` + `diff_posted`, each of them sales less refunds. What
    is open is told under the day on which the channel says it; `posted` is what is in the month that it belongs to.
    """

    day: date
    market: str
    currency: str
    orders_said: Decimal = NOTHING
    lines_said: int = 0
    orders_posted: Decimal = NOTHING
    lines_posted: int = 0
    orders_ledger: Decimal | None = None
    refunds_said: Decimal = NOTHING
    refunds_posted: Decimal = NOTHING
    refunds_ledger: Decimal | None = None
    late: Decimal = NOTHING
    held: Decimal = NOTHING
    failed: Decimal = NOTHING
    in_flight: Decimal = NOTHING
    deferred: Decimal = NOTHING

    @property
    def said(self) -> Decimal:
        """Sales less refunds, as the channel says them."""
        return self.orders_said - self.refunds_said

    @property
    def posted(self) -> Decimal:
        """Sales less refunds, as they are posted."""
        return self.orders_posted - self.refunds_posted

    @property
    def diff_posted(self) -> Decimal:
        """What nothing explains: it must be nothing."""
        return self.said - self.posted - self.late - self.held - self.failed - self.in_flight

    @property
    def diff_ledger(self) -> Decimal | None:
        """What is posted and not in the ledger: it must be nothing."""
        if self.orders_ledger is None or self.refunds_ledger is None:
            return None
        return self.posted - (self.orders_ledger - self.refunds_ledger)


@dataclass(frozen=True, slots=True)
class CloseReport:
    """Whether a month may be closed, and all that says so."""

    ledger: str
    period: Period
    made_at: datetime
    rows: Sequence[Row]
    findings: Sequence[Finding]
    accepted: frozenset[str]
    settling: Settling
    clearing: Sequence[RollForward]
    open_items: Sequence[OpenItem]
    accounts: Sequence[AccountSum]
    deferred: Sequence[Deferred]
    late: Sequence[Entry] = ()
    reversals: Sequence[Entry] = ()
    entries: int = 0
    ledger_entries: int | None = None
    totals: Mapping[tuple[str, str], Row] = field(default_factory=dict)
    """The sum of the rows of each market and currency; its day is the last."""

    @property
    def blocking(self) -> Sequence[Finding]:
        """What keeps the month from being closed."""
        return [one for one in self.findings if one.blocks and one.kind not in self.accepted]

    @property
    def beside_orders(self) -> Mapping[str, Decimal]:
        """What the closing balances hold beside the open orders: settled and not paid yet, or of no order at all."""
        left = [(one.currency, one.closing) for one in self.clearing]
        return by_currency([*left, *((one.currency, -one.amount) for one in self.open_items)])

    @property
    def ready(self) -> bool:
        """Whether it may be closed."""
        return not self.blocking

    @property
    def verdict(self) -> str:
        """READY, or BLOCKED with how many of which kind."""
        if self.ready:
            return "READY"
        counts: dict[str, int] = {}
        for one in self.blocking:
            counts[one.kind] = counts.get(one.kind, 0) + 1
        return f"BLOCKED({', '.join(f'{kind} {count}' for kind, count in counts.items())})"


def make(inputs: Inputs) -> CloseReport:
    """The report. Every difference is found once: what is open, or a settlement speaks of, is not told again."""
    period, entries = inputs.period, inputs.entries
    taxed = {
        (entry.reference or "", line.order_line or ""): True
        for entry in entries
        if entry.event in SALES
        for line in entry.lines
        if line.event == TAX
    }
    sold = postings.matters(said.sales(inputs.seen), entries, is_refund=False)
    back = postings.matters(said.refunds(inputs.seen, taxed), entries, is_refund=True)
    both = [*sold, *back]
    held = None if inputs.ledger is None else ledger_side.held_of(entries, inputs.ledger, period)
    settled = settling.settle(inputs.seen, entries, period)
    unshipped = deferring.deferred(inputs.seen, entries, period)
    findings = [
        *inputs.unread,
        *postings.compare(both, inputs.seen, period),
        *postings.stuck(inputs.seen, both, period, _others(inputs, settled)),
        *(() if held is None else ledger_side.compare(held, entries, inputs.ledger or (), period)),
        *settled.findings,
        *deferring.missing(unshipped, inputs.seen, inputs.has_cutoff, period),
    ]
    rows = _rows(both, held, unshipped, period)
    done = [one for one in entries if one.done]
    return CloseReport(
        ledger=inputs.name,
        period=period,
        made_at=inputs.made_at,
        rows=rows,
        findings=in_order(findings),
        accepted=inputs.accepted,
        settling=settled,
        clearing=clearing.roll_forwards(entries, inputs.ledger, period),
        open_items=clearing.open_items(entries, settled.by_order, period),
        accounts=clearing.accounts(entries, inputs.ledger, period),
        deferred=unshipped,
        late=[one for one in done if one.is_late and (period.has(one.day) or period.has(one.posted))],
        reversals=[one for one in done if one.reverses and period.has(one.posted)],
        entries=sum(1 for one in done if period.has(one.posted)),
        ledger_entries=None if inputs.ledger is None else sum(1 for one in inputs.ledger if period.has(one.date)),
        totals=_totals(rows, period),
    )


def _others(inputs: Inputs, settled: Settling) -> list[Seen]:
    """Records of the month that say no sale and no refund, and of which nothing is told yet."""
    return [one for one in inputs.seen if id(one) not in settled.told and _is_other(one, inputs.period)]


def _is_other(one: Seen, period: Period) -> bool:
    document = one.document
    if isinstance(document, Order | Return):
        return False
    if isinstance(document, SettlementLine):
        day = document.posted_on or document.period_end
        return day is None or period.has(day)
    if isinstance(document, OrderAsOf):
        return document.as_of == period.last
    return one.stored.read_at >= period.begins  # nobody can read it: when it happened is not known


# ---------------------------------------------------------------- days


class _Sums(defaultdict[tuple[date, str, str], dict[str, Decimal]]):
    """Figures by day, market and currency."""

    def __init__(self) -> None:
        super().__init__(lambda: defaultdict(Decimal))

    def tally(self, place: tuple[date, str, str], what: str, amount: Decimal | int) -> None:
        self[place][what] += Decimal(amount)


def _rows(
    found: Iterable[Matter], held: Sequence[Held] | None, unshipped: Sequence[Deferred], period: Period
) -> list[Row]:
    sums = _Sums()
    shown: set[str] = set()
    for one in found:
        if one.concerns(period):
            _add(sums, one, period, shown)
    for left in unshipped:
        sums.tally((period.last, left.market, left.currency), "deferred", left.deferred)
    for group in held or ():
        _add_ledger(sums, group, period, shown)
    rows = []
    for (day, market, currency), figures in sorted(sums.items()):
        if any(figures.values()):
            rows.append(_row(day, market, currency, figures, with_ledger=held is not None))
    return rows


def _add(sums: _Sums, one: Matter, period: Period, shown: set[str]) -> None:
    prefix, sign = ("refunds", -1) if one.is_refund else ("orders", 1)
    for word in one.said:
        if period.has(word.day):
            place = (word.day, one.market, one.currency)
            sums.tally(place, f"{prefix}_said", word.amount)
            sums.tally(place, "lines_said", word.lines)
    for part in one.parts:
        day = one.day_of(part)
        if not part.entry.done or not period.has(day):
            continue
        place = (day, one.market, one.currency)
        if part.entry.is_late:
            sums.tally(place, "late", sign * part.amount)
            continue
        shown.add(part.entry.name)
        sums.tally(place, f"{prefix}_posted", part.amount)
        sums.tally(place, f"{prefix}_ledger", part.amount)
        sums.tally(place, "lines_posted", 1 if part.entry.event == "sale" and part.entry.reverses is None else 0)
    if one.missing and one.seen is not None and one.seen.stuck and period.has(one.day):
        sums.tally((one.day, one.market, one.currency), one.seen.stuck, sign * one.missing)


def _add_ledger(sums: _Sums, group: Held, period: Period, shown: set[str]) -> None:
    """What the ledger has beyond what was posted, or short of it, under the day of the entry."""
    first = group.ours[0]
    if not any(entry.name in shown for entry in group.ours) or not period.has(first.day):
        return
    for currency in sorted({line.currency for entry in group.ours for line in entry.lines if line.is_clearing}):
        beyond, is_refund = group.clearing(currency), first.event in REFUNDS
        what = "refunds_ledger" if is_refund else "orders_ledger"
        sums.tally((first.day, first.market, currency), what, -beyond if is_refund else beyond)


def _row(day: date, market: str, currency: str, figures: Mapping[str, Decimal], *, with_ledger: bool) -> Row:
    named = {one.name for one in fields(Row)}
    values = {name: amount for name, amount in figures.items() if name in named}
    counts = {name: int(values.pop(name, NOTHING)) for name in ("lines_said", "lines_posted")}
    ledger = {name: values.pop(name, NOTHING) if with_ledger else None for name in ("orders_ledger", "refunds_ledger")}
    if not with_ledger:
        values = {name: amount for name, amount in values.items() if not name.endswith("_ledger")}
    return Row(day, market, currency, **counts, **ledger, **values)  # type: ignore[arg-type]


def _totals(rows: Iterable[Row], period: Period) -> dict[tuple[str, str], Row]:
    totals: dict[tuple[str, str], Row] = {}
    for row in rows:
        place = (row.market, row.currency)
        before = totals.get(place)
        totals[place] = replace(row, day=period.last) if before is None else _plus(before, row)
    return totals


def _plus(one: Row, other: Row) -> Row:
    summed: dict[str, Any] = {}
    for name in (found.name for found in fields(Row) if found.name not in ("day", "market", "currency")):
        mine, theirs = getattr(one, name), getattr(other, name)
        summed[name] = None if mine is None or theirs is None else mine + theirs
    return replace(one, **summed)
