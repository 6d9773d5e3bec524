"""What M3's ledger holds of ours: batch by batch, by accounting date."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from crossdock import RejectedError
from crossdock.canonical import Money
from crossdock_erp_ledger.infor.m3.api import M3Api, Record
from crossdock_erp_ledger.infor.m3.course import by_batch
from crossdock_erp_ledger.ledger import LedgerEntry, LedgerLine

_UNIT = "unit"
_OURS = re.compile(r"XD[0-9A-Z]{13}")
"""A batch as crossdock names it."""


async def read_entries(api: M3Api, dimensions: Mapping[str, int], first: date, last: date) -> Sequence[LedgerEntry]:
    """All entries whose lines bear a batch of ours. Raises: RejectedError where a line cannot be understood.

    Shape: `key` is the batch (KEY1), which its receipt names. A batch that was taken in twice has two vouchers.
    """
    named = {f"AIT{number}": name for name, number in dimensions.items()}
    found = []
    for count in range((last - first).days + 1):
        day = first + timedelta(days=count)
        for key, lines in by_batch(await api.lines_on(day)).items():
            if _OURS.fullmatch(key):
                found += [_entry(key, day, some, named) for some in _by_voucher(lines).values()]
    return found


def _by_voucher(lines: Sequence[Record]) -> Mapping[tuple[str, str], Sequence[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for line in lines:
        found.setdefault((line.get("VSER", ""), line.get("VONO", "")), []).append(line)
    return found


def _entry(key: str, day: date, lines: Sequence[Record], named: Mapping[str, str]) -> LedgerEntry:
    words = lines[0].get("VTXT", "").split(" ")
    reference = words[1] if len(words) > 2 else None
    return LedgerEntry(key, day, tuple(_line(key, line, named) for line in lines), reference)


def _line(key: str, line: Record, named: Mapping[str, str]) -> LedgerLine:
    try:
        # M3 tells debit from credit by the code; the sign is as the template has it.
        amount = abs(Decimal(line["CUAM"].replace(",", ".").strip().rstrip("-")))
        money = Money(amount=-amount if line["DBCR"] == "C" else amount, currency=line["CUCD"])
    except (KeyError, InvalidOperation, ValidationError):
        raise RejectedError(f"M3 shows a line of {key} without an amount that can be read", code="not_listed") from None
    told = {name: line[field] for field, name in named.items() if line.get(field)}
    return LedgerLine(line.get("AIT1", ""), money, told.pop(_UNIT, None), told)
