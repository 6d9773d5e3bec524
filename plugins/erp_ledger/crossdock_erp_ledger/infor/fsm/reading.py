"""What FSM's ledger holds of ours: entry by entry, by the days they are posted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from crossdock import RejectedError
from crossdock.canonical import Money
from crossdock_erp_ledger.infor.fsm.answers import Fields
from crossdock_erp_ledger.infor.fsm.api import FsmApi
from crossdock_erp_ledger.infor.fsm.rows import CLASS_NAME, KEY
from crossdock_erp_ledger.ledger import LedgerEntry, LedgerLine


async def read_entries(
    api: FsmApi, entity: str, dimensions: Mapping[str, int], first: date, last: date
) -> Sequence[LedgerEntry]:
    """All entries of one entity that bear our keys. Raises: RejectedError where a line cannot be understood."""
    named = {f"FinanceDimension{number}": name for name, number in dimensions.items()}
    found: dict[tuple[str, date], list[Fields]] = {}
    for count in range((last - first).days + 1):
        day = first + timedelta(days=count)
        for row in await api.posted_on(day):
            ours = (
                row.get("OriginatingTransaction.BusinessClassName") == CLASS_NAME
                and row.get("AccountingEntity") == entity
            )
            if ours:
                found.setdefault((row.get(KEY, ""), day), []).append(row)
    return [_entry(key, day, rows, named) for (key, day), rows in found.items()]


def _entry(key: str, day: date, rows: Sequence[Fields], named: Mapping[str, str]) -> LedgerEntry:
    reference = next((row["Reference"] for row in rows if row.get("Reference")), None)
    return LedgerEntry(key, day, tuple(_line(key, row, named) for row in rows), reference)


def _line(key: str, row: Fields, named: Mapping[str, str]) -> LedgerLine:
    try:
        amount = Money(amount=Decimal(row["TransactionAmount"]), currency=row["CurrencyCode"])
    except (KeyError, InvalidOperation, ValidationError):
        raise RejectedError(
            f"FSM shows a line of {key} without an amount that can be read", code="not_listed"
        ) from None
    dimensions = {name: row[field] for field, name in named.items() if row.get(field)}
    return LedgerLine(row.get("AccountCode", ""), amount, row.get("AccountingUnit") or None, dimensions)
