"""Totals: entries of one day that are posted as one, their lines summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from crossdock import Effect
from crossdock.canonical.journal import JournalEntry, JournalLine
from crossdock.canonical.money import Money
from crossdock_erp_ledger.posting.planning import posting_of
from crossdock_erp_ledger.posting.posting import Posting

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")


def postings_of(effects: Iterable[Effect], batch: str) -> tuple[Posting, ...]:
    """What a bundle of effects posts, in their order; those of one total, on one day, become one.

    `batch` is the name of the bundle in the ledger: a total that is posted in several bundles has a name in each.
    """
    groups: dict[str, list[Posting]] = {}
    for effect in effects:
        posting = posting_of(effect)
        if posting is None:
            raise TypeError(f"effect {effect.key} posts no entry")
        groups.setdefault(name_of(posting, batch), []).append(posting)
    return tuple(_together(name, group) for name, group in groups.items())


def name_of(posting: Posting, batch: str) -> str:
    """What the entry that bears this posting is called in the ledger."""
    total, day = posting.entry.total, str(posting.entry.date)
    if total is None:
        return posting.key
    return f"{total}:{batch}" if day in total else f"{total}:{day}:{batch}"


def posting_with(postings: Iterable[Posting], key: str) -> Posting:
    """The posting that makes the effect of this key. Raises: KeyError."""
    for posting in postings:
        if key in posting.members:
            return posting
    raise KeyError(key)


def _together(name: str, group: Sequence[Posting]) -> Posting:
    first = group[0].entry
    if first.total is None:
        return group[0]
    entries = [posting.entry for posting in group]
    entry = JournalEntry(
        key=name,
        date=first.date,
        transaction_date=_common(entries, lambda one: one.transaction_date) or first.date,
        description=f"Total of {len(entries)} entries: {first.total}",
        lines=_summed([line for one in entries for line in one.lines]),
        event=_common(entries, lambda one: one.event) or "total",
        channel=_common(entries, lambda one: one.channel),
        market=_common(entries, lambda one: one.market),
        customer=_common(entries, lambda one: one.customer),
        facts=tuple(fact for one in entries for fact in one.facts),
        total=first.total,
    )
    late_for = _common(group, lambda one: one.late_for)
    return Posting(entry=entry, members=tuple(one.key for one in entries), late_for=late_for)


def _summed(lines: Sequence[JournalLine]) -> tuple[JournalLine, ...]:
    """One line for each account, unit, set of dimensions and currency; those that come to nothing are left out.

    Where all do, debits and credits stay apart: an entry is never without lines.
    """
    netted = [line for line in _by(lines, lambda line: 0) if line.amount.amount != 0]
    return tuple(netted or _by(lines, lambda line: 1 if line.amount.amount > 0 else -1))


def _by(lines: Sequence[JournalLine], side: Callable[[JournalLine], int]) -> list[JournalLine]:
    groups: dict[Any, list[JournalLine]] = {}
    for line in lines:
        dimensions = tuple(sorted(line.dimensions.items()))
        groups.setdefault((line.account, line.unit, dimensions, line.amount.currency, side(line)), []).append(line)
    return [_sum(group) for group in groups.values()]


def _sum(group: Sequence[JournalLine]) -> JournalLine:
    first = group[0]
    amount = sum((line.amount.amount for line in group), Decimal(0))
    return JournalLine(
        account=first.account,
        amount=Money(amount=amount, currency=first.amount.currency),
        unit=first.unit,
        dimensions=first.dimensions,
        event=_common(group, lambda line: line.event),
    )


def _common(items: Sequence[ItemT], read: Callable[[ItemT], ValueT | None]) -> ValueT | None:
    """What all say, or None where they differ."""
    values = {read(item) for item in items}
    return values.pop() if len(values) == 1 else None
