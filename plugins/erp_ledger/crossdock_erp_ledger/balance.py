"""What `crossdock reconcile` counts of ledgers: how much was posted for a record, and how much of it is there now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from crossdock import SettledEffect
from crossdock.canonical import JournalEntry, Measure
from crossdock.http import Reader
from crossdock_erp_ledger.journal.amounts import TAX
from crossdock_erp_ledger.journal.keys import CANCEL, SALE, SETTLEMENT, EntryKey
from crossdock_erp_ledger.journal.posted import CLEARING
from crossdock_erp_ledger.ledger import LedgerConnection, LedgerEntry

Record = Sequence[SettledEffect]


class Balanced:
    """A sink of a ledger that can be reconciled. It stands before `Sink` among the bases."""

    def brought(self, effects: Record) -> Measure | None:
        """What was sold, less what was cancelled, without taxes; of a settlement what it moved."""
        return posted(effects)

    async def read_back(self, records: Sequence[Record]) -> Sequence[Measure | None]:
        """The same, of entries that the ledger still has as they were posted; None where one is not there.

        Raises: PluginError, TransientError, CredentialsError, RejectedError.
        """
        sink: Any = self
        return await there(sink.connection, sink.http, records)


def posted(effects: Record) -> Measure | None:
    """How much money the entries of one record are about; None where it is not what the record says, as of a refund."""
    counted = [one for one in effects if _about(one.key) in (SALE, CANCEL, SETTLEMENT)]
    return sum((_measure(one) for one in counted), Measure()) if counted else None


async def there(ledger: LedgerConnection, http: Reader, records: Sequence[Record]) -> list[Measure | None]:
    """How much of each record is in the ledger, entry by entry."""
    days = [_entry(one).date for effects in records for one in effects]
    if not days:
        return [None for _ in records]
    held: dict[str, list[LedgerEntry]] = {}
    for entry in await ledger.read_entries(http, min(days), max(days)):
        held.setdefault(entry.key, []).append(entry)
    return [_held(effects, held) for effects in records]


def _held(effects: Record, held: Mapping[str, Sequence[LedgerEntry]]) -> Measure | None:
    found = Measure()
    for one in effects:
        there = held.get(_name(one), ())
        if not there:
            return None
        if _about(one.key) in (SALE, CANCEL, SETTLEMENT):
            found = found + (_measure(one) if _is_total(one) else _sum(one, there))
    return found


def _sum(one: SettledEffect, there: Sequence[LedgerEntry]) -> Measure:
    """What the ledger has of an entry, on the accounts that count of it; as often as it is there."""
    accounts = {line.account for line in _counted(one)}
    sign = _sign(one.key)
    money: dict[str, Decimal] = {}
    for line in (line for entry in there for line in entry.lines if line.account in accounts):
        currency = line.amount.currency
        money[currency] = money.get(currency, Decimal(0)) + sign * line.amount.amount
    return Measure(None, money)


def _measure(one: SettledEffect) -> Measure:
    money: dict[str, Decimal] = {}
    for line in _counted(one):
        currency = line.amount.currency
        money[currency] = money.get(currency, Decimal(0)) + _sign(one.key) * line.amount.amount
    return Measure(None, money)


def _counted(one: SettledEffect) -> list[Any]:
    """The lines that count: what was sold of a sale, what the channel owes of a settlement."""
    if _about(one.key) == SETTLEMENT:
        return [line for line in _entry(one).lines if line.event == CLEARING]
    return [line for line in _entry(one).lines if line.event != CLEARING and TAX not in (line.event or "")]


def _sign(key: str) -> int:
    return 1 if _about(key) == SETTLEMENT else -1  # revenue is credited


def _about(key: str) -> str:
    parsed = EntryKey.parse(key)
    if parsed is None:
        return ""
    return SETTLEMENT if parsed.order == SETTLEMENT else parsed.event


def _entry(one: SettledEffect) -> JournalEntry:
    return JournalEntry.model_validate(one.memo["posting"]["entry"])


def _name(one: SettledEffect) -> str:
    names = one.receipt.identifiers
    return names.get("batch_key") or names.get("total") or one.key


def _is_total(one: SettledEffect) -> bool:
    return "total" in one.receipt.identifiers
