"""What is posted beside what the ledger holds, entry by entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from crossdock_erp_ledger.ledger import LedgerEntry
from crossdock_erp_ledger.report.entries import Entry
from crossdock_erp_ledger.report.findings import Finding
from crossdock_erp_ledger.report.money import by_currency, shown
from crossdock_erp_ledger.report.period import Period, month_of

Place = tuple[str, str | None, tuple[tuple[str, str], ...], str]
"""Account, unit, dimensions, currency."""


@dataclass(frozen=True, slots=True)
class Held:
    """One entry of the ledger, or what should be one: those of ours that it is made of, and what was found."""

    name: str
    ours: tuple[Entry, ...]
    found: tuple[LedgerEntry, ...]

    @property
    def posted(self) -> date:
        """The day we posted it on."""
        return self.ours[0].posted

    def counted(self) -> tuple[LedgerEntry, ...]:
        """What counts for its month: found there, as often as it is there."""
        return tuple(one for one in self.found if month_of(one.date) == month_of(self.posted))

    def clearing(self, currency: str) -> Decimal:
        """By how much the ledger moves what the channel owes, beyond what we posted."""
        accounts = {line.account for one in self.ours for line in one.lines if line.is_clearing}
        there = (
            line.amount.amount
            for one in self.counted()
            for line in one.lines
            if line.account in accounts and line.amount.currency == currency
        )
        return sum(there, Decimal(0)) - sum((one.clearing(currency) for one in self.ours), Decimal(0))


def held_of(entries: Iterable[Entry], ledger: Iterable[LedgerEntry], period: Period) -> list[Held]:
    """Every entry that was posted in the month, or belongs to it, beside what the ledger has under its name."""
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.done:
            groups[entry.ledger_key].append(entry)
    found: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for one in ledger:
        found[one.key].append(one)
    return [
        Held(name, tuple(ours), tuple(found.get(name, ())))
        for name, ours in groups.items()
        if any(period.has(one.posted) or period.has(one.day) for one in ours)
        or any(period.has(one.date) for one in found.get(name, ()))
    ]


def compare(
    held: Sequence[Held], known: Iterable[Entry], ledger: Iterable[LedgerEntry], period: Period
) -> list[Finding]:
    """What the ledger does not have, has twice, otherwise, in another month, or what is none of ours."""
    findings = [found for one in held if (found := _judge(one)) is not None]
    names = {one.ledger_key for one in known}  # under way, too: it may be there already
    for entry in ledger:
        if entry.key not in names and period.has(entry.date):
            findings.append(_unknown(entry))
    return findings


def _judge(held: Held) -> Finding | None:
    first = held.ours[0]
    if not held.found:
        what = f"{held.name} of {held.posted} is not in the ledger"
        fix = "find out who took it out; put it back from what `crossdock trace` shows, or reverse it"
        return _finding("not_in_ledger", held, what, fix, held.ours)
    if len(held.found) > 1:
        days = ", ".join(str(one.date) for one in held.found)
        what = f"{held.name} is in the ledger {len(held.found)} times: {days}"
        fix = "reverse what is too much in the ledger, and find out who posted it: crossdock posts a name once"
        return _finding("twice_in_ledger", held, what, fix, (), dict(_times(held)))
    (there,) = held.found
    if month_of(there.date) != month_of(held.posted):
        what = f"{held.name} was posted on {held.posted}, and the ledger has it on {there.date}"
        return _finding("wrong_period", held, what, "move it back in the ledger", held.ours)
    unlike = [*_unlike(held.ours, there)]
    if there.date != held.posted:
        unlike.insert(0, f"on {there.date}, not on {held.posted}")
    if not unlike:
        return None
    what = f"the ledger has {held.name} otherwise than it was posted: {'; '.join(unlike)}"
    fix = f"correct it in the ledger; `crossdock trace {first.reference or held.name}` shows what was posted"
    apart = by_currency((line.currency, -held.clearing(line.currency)) for line in first.lines if line.is_clearing)
    return _finding("ledger_differs", held, what, fix, (), apart)


def _unlike(ours: Sequence[Entry], there: LedgerEntry) -> Iterator[str]:
    """How the lines differ, in what both sides tell: some ledgers give units or dimensions back, and some their own."""
    units = any(line.unit for line in there.lines)
    names = {name for line in there.lines for name in line.dimensions}
    names &= {name for entry in ours for line in entry.lines for name, _ in line.dimensions}
    found: defaultdict[Place, Decimal] = defaultdict(Decimal)
    wanted: defaultdict[Place, Decimal] = defaultdict(Decimal)
    for held in there.lines:
        told = tuple(sorted((name, text) for name, text in held.dimensions.items() if name in names))
        found[held.account, held.unit, told, held.amount.currency] += held.amount.amount
    for line in (line for entry in ours for line in entry.lines):
        told = tuple((name, text) for name, text in line.dimensions if name in names)
        wanted[line.account, line.unit if units else None, told, line.currency] += line.amount
    for place in sorted({*found, *wanted}, key=str):
        account, unit, dimensions, currency = place
        if found[place] != wanted[place]:
            where = " ".join(filter(None, (account, unit, *(f"{name}={text}" for name, text in dimensions))))
            yield f"{where} {shown(found[place], currency)} {currency}, posted {shown(wanted[place], currency)}"


def _times(held: Held) -> Mapping[str, Decimal]:
    amounts = by_currency((line.currency, line.amount) for one in held.ours for line in one.lines if line.is_clearing)
    return {currency: -amount * (len(held.found) - 1) for currency, amount in amounts.items()}


def _unknown(entry: LedgerEntry) -> Finding:
    debits = by_currency((line.amount.currency, line.amount.amount) for line in entry.lines if line.amount.amount > 0)
    return Finding(
        kind="unknown_in_ledger",
        about=entry.reference or entry.key,
        message=f"{entry.key} of {entry.date} is in the ledger under a name of ours, and this store did not post it",
        fix="find out where it comes from: another store, or a person; reverse it if it is none of this month's",
        day=entry.date,
        amounts={currency: -amount for currency, amount in debits.items()},
    )


def _finding(
    kind: str,
    held: Held,
    message: str,
    fix: str,
    missing: Sequence[Entry],
    amounts: Mapping[str, Decimal] | None = None,
) -> Finding:
    first = held.ours[0]
    if amounts is None:
        amounts = by_currency((line.currency, line.amount) for one in missing for line in one.lines if line.is_clearing)
    return Finding(kind, first.reference or held.name, message, fix, first.day, first.market, dict(amounts))
