"""From postings to journal batches of GLS840: a head and lines, one batch for each entry."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crossdock import HoldError
from crossdock.canonical import JournalLine
from crossdock.jsonio import Json, canonical
from crossdock_erp_ledger.infor.m3.api import Record, Transaction
from crossdock_erp_ledger.infor.naming import base36, short_name
from crossdock_erp_ledger.posting import Posting

if TYPE_CHECKING:
    from crossdock_erp_ledger.infor.m3.connection import M3Connection

KEY_LENGTH = 15
_NAME_LENGTH = 5
_TEXT_LENGTH, _DESCRIPTION_LENGTH = 40, 40


@dataclass(frozen=True, slots=True)
class Batch:
    """One entry as a batch. `key` is KEY1: of what the entry says, so that the same entry is the same batch again."""

    key: str
    day: date
    head: Transaction
    lines: tuple[Transaction, ...]


def batch_of(posting: Posting, ledger: M3Connection, bundle: str) -> Batch:
    """The batch of one entry; `bundle` is named in its description. Raises: HoldError.

    A line of nothing is left out, unless the entry has no other.
    """
    entry, fields = posting.entry, _lines(posting, ledger)
    key = batch_key(posting, ledger, posting.key)
    text = " ".join(part for part in (key, entry.reference, entry.event) if part).upper()[:_TEXT_LENGTH]
    transactions = tuple(
        Transaction("AddBatchLineFld", {"KEY1": key, "LINE": str(number), **given, "VTXT": text})
        for number, given in enumerate(fields, start=1)
    )
    head = {
        "CONO": str(ledger.company),
        "KEY1": key,
        "INTN": ledger.template,
        "DESC": f"{bundle} {_description(posting)}"[:_DESCRIPTION_LENGTH],
        **_division(ledger),
    }
    return Batch(key, entry.date, Transaction("AddBatchHead", head), transactions)


def batch_key(posting: Posting, ledger: M3Connection, name: str) -> str:
    """KEY1 of an entry, or of the total of that name which it goes into.

    It is made of all that an entry says: M3 itself then refuses to begin it twice, and a refused one is taken up again.
    The name of a total is used once. It begins with what the name alone comes to, so that an entry is found that was
    posted on another day, or to other accounts.
    """
    said = [name] if posting.entry.total is not None else [name, _lines(posting, ledger)]
    return f"XD{_digits(name, _NAME_LENGTH)}{_digits(said, KEY_LENGTH - _NAME_LENGTH - 2)}"


def is_alike(batch: Batch, line: Record) -> bool:
    """Whether a voucher line may be of the same entry as a batch, whatever it was posted to, and when."""
    own, other = str(batch.lines[0].record["VTXT"]), line.get("VTXT", "")
    begins = other[: 2 + _NAME_LENGTH] == batch.key[: 2 + _NAME_LENGTH]
    return begins and other[KEY_LENGTH:].strip() == own[KEY_LENGTH:].strip()


def _digits(said: Json, length: int) -> str:
    return base36(int.from_bytes(hashlib.sha256(canonical(said)).digest(), "big"))[-length:]


def _lines(posting: Posting, ledger: M3Connection) -> list[Record]:
    lines = [line for line in posting.entry.lines if line.amount.amount != 0] or posting.entry.lines
    return [_fields(line, posting, ledger) for line in lines]


def _fields(line: JournalLine, posting: Posting, ledger: M3Connection) -> Record:
    currency, amount = line.amount.currency, line.amount.amount
    written = _amount(f"{amount if ledger.signed_amounts else abs(amount):f}", ledger)
    rate = ledger.exchange_rates.get(currency)
    fields = {
        "INRI": ledger.record_identity,
        "GRNR": "1",
        "AIT1": line.account,
        **_dimensions(line, posting, ledger.dimensions),
        "CUCD": currency,
        "CUAM": written,
        "ACAM": written if currency == ledger.local_currency else None,
        "ARAT": None if rate is None else _amount(f"{rate:f}", ledger),
        "DBCR": "C" if amount < 0 else "D",
        "ACDT": f"{posting.entry.date:%Y%m%d}",
        **_division(ledger),
    }
    return {name: value for name, value in fields.items() if value}


def _amount(text: str, ledger: M3Connection) -> str:
    return text.replace(".", ",") if ledger.decimal_comma else text


def _dimensions(line: JournalLine, posting: Posting, named: Mapping[str, int]) -> dict[str, str]:
    values = dict(line.dimensions)
    if posting.entry.customer and "customer" in named:
        values.setdefault("customer", posting.entry.customer)
    if line.unit:
        values.setdefault("unit", line.unit)
    unknown = sorted(values.keys() - named.keys())
    if unknown:
        raise HoldError(
            "dimension_unmapped",
            f"entry {posting.key} has the dimension {unknown[0]}, and the connection does not say which of M3's it is",
            fix=f"write `dimensions: {{{unknown[0]}: 2}}` in the connection, with the number of the AIT (2 to 7)",
        )
    return {f"AIT{named[name]}": value for name, value in sorted(values.items())}


def _description(posting: Posting) -> str:
    entry = posting.entry
    channel = short_name({entry.channel}) if entry.channel else ""
    return " ".join(part for part in (channel, (entry.market or "").upper(), entry.event) if part)


def _division(ledger: M3Connection) -> dict[str, str]:
    return {"DIVI": ledger.division} if ledger.division else {}
