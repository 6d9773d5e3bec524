"""From postings to rows of FSM's staging table: every value is a text, dates are YYYYMMDD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from crossdock import HoldError
from crossdock.canonical import JournalEntry, JournalLine
from crossdock_erp_ledger.infor.naming import base36, short_name
from crossdock_erp_ledger.posting import Posting

if TYPE_CHECKING:
    from crossdock_erp_ledger.infor.fsm.connection import FsmConnection

Row = Mapping[str, str]
RUN_GROUP, SEQUENCE = "GLTransactionInterface.RunGroup", "GLTransactionInterface.SequenceNumber"
KEY = "OriginatingTransaction.BusinessObjectKey"
CLASS_NAME = "CrossdockEntry"
"""What our keys are keys of; it is no class of FSM, and tells our lines in the ledger from all others."""
CHUNK = 1000
"""How many rows go into one call: public clients work with as many, and the gateway waits for 60 s."""
_LONGEST_DESCRIPTION = 60


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of one call, by their numbers."""

    first: int
    last: int


def run_group_name(number: int, token: str, at: datetime, entries: Sequence[JournalEntry]) -> str:
    """What a bundle is called in FSM: in capitals, as FSM writes it, and at most 30 characters.

    It ends with the bundle's number and token, which are never used again, not even by a store that is put back.
    """
    markets = {(entry.market or "")[:2].upper() for entry in entries}
    channels = {entry.channel for entry in entries}
    market = markets.pop() if len(markets) == 1 else ""
    return f"XD{at:%Y%m%d}{short_name(channels)}{market or 'XX':X<2}{base36(number):0>3}{token.upper()}"


def rows_of(posting: Posting, ledger: FsmConnection, run_group: str, first: int) -> list[Row]:
    """The rows of one entry, numbered from `first` on in the order of its lines. Raises: HoldError.

    A line of nothing is left out, unless the entry has no other.
    """
    entry = posting.entry
    lines = [line for line in entry.lines if line.amount.amount != 0] or list(entry.lines)
    return [_row(line, posting, ledger, run_group, first + place) for place, line in enumerate(lines)]


def chunks_of(sizes: Sequence[int]) -> list[Chunk]:
    """How the rows of entries of these sizes go into calls: an entry is split only where it is too large for one."""
    chunks: list[Chunk] = []
    first, last = 1, 0
    for size in sizes:
        if last - first + 1 + size > CHUNK and last >= first:
            chunks.append(Chunk(first, last))
            first = last + 1
        last += size
        while last - first + 1 > CHUNK:
            chunks.append(Chunk(first, first + CHUNK - 1))
            first += CHUNK
    return [*chunks, Chunk(first, last)] if last >= first else chunks


def packed(rows: Sequence[Row]) -> dict[str, list[object]]:
    """Rows as a table, its header once: they are kept beside the effect until they are sent."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {"fields": list(names), "rows": [[row.get(name) for name in names] for row in rows]}


def unpacked(table: Mapping[str, list[object]]) -> Iterator[Row]:
    """The rows of such a table."""
    for values in table["rows"]:
        assert isinstance(values, list)  # noqa: S101  (as `packed` made it)
        pairs = zip(table["fields"], values, strict=True)
        yield {str(name): str(value) for name, value in pairs if value is not None}


def _row(line: JournalLine, posting: Posting, ledger: FsmConnection, run_group: str, sequence: int) -> Row:
    entry = posting.entry
    fields = {
        "FinanceEnterpriseGroup": ledger.enterprise_group,
        RUN_GROUP: run_group,
        SEQUENCE: str(sequence),
        "AccountingEntity": ledger.entity,
        "ToAccountingEntity": ledger.entity,
        "AccountingUnit": line.unit,
        "AccountCode": line.account,
        **_dimensions(line, entry, ledger.dimensions),
        "TransactionAmount": f"{line.amount.amount:f}",
        "CurrencyCode": line.amount.currency,
        "PostingDate": _day(entry.date),
        "TransactionDate": _day(entry.transaction_date or entry.date),
        "System": ledger.system,
        "GeneralLedgerEvent": ledger.event,
        "JournalCode": ledger.journal_code,
        "Ledger": ledger.ledger,
        "Reference": entry.reference,
        "DocumentNumber": entry.document,
        "Description": _description(line, posting),
        "OriginatingTransaction.BusinessClassName": CLASS_NAME,
        KEY: posting.key,
    }
    return {name: value for name, value in fields.items() if value}


def _dimensions(line: JournalLine, entry: JournalEntry, named: Mapping[str, int]) -> dict[str, str]:
    values = dict(line.dimensions)
    if entry.customer and "customer" in named:
        values.setdefault("customer", entry.customer)
    unknown = sorted(values.keys() - named.keys())
    if unknown:
        raise HoldError(
            "dimension_unmapped",
            f"entry {entry.key} has the dimension {unknown[0]}, and the connection does not say which of FSM's it is",
            fix=f"write `dimensions: {{{unknown[0]}: 1}}` in the connection, with the number of the finance dimension",
        )
    return {f"FinanceDimension{named[name]}": value for name, value in sorted(values.items())}


def _description(line: JournalLine, posting: Posting) -> str:
    entry, late = posting.entry, f" late for {posting.late_for}" if posting.late_for else ""
    if not entry.reference:
        text = line.memo or entry.description
    else:
        channel = short_name({entry.channel}) if entry.channel else None
        place = f"L{line.order_line}" if line.order_line else None
        what = line.memo or line.event or entry.event
        text = " ".join(part for part in (channel, "PO", entry.reference, place, what) if part)
    return f"{text[: _LONGEST_DESCRIPTION - len(late)]}{late}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
