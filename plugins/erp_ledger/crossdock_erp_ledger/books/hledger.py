"""Books in the journal format of hledger: https://hledger.org/1.25/hledger.html#journal-format, read 2026-11."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from urllib.parse import unquote

from crossdock.canonical.money import Money
from crossdock_erp_ledger.books.booked import Booked, payee_of
from crossdock_erp_ledger.books.chart import Account
from crossdock_erp_ledger.books.format import Balances, Contents
from crossdock_erp_ledger.books.reading import Block
from crossdock_erp_ledger.books.telling import told_of_entry, told_of_line

_HEAD = re.compile(r"(\d{4}-\d\d-\d\d) \* (?:\([^()]*\) )?([^|;]*) \|(?: ([^|;]*))?")
_TAG = r"; ([a-z][A-Za-z0-9_-]*):([^,]+)"
_OF_ENTRY = re.compile(rf"    {_TAG}")
_OF_LINE = re.compile(rf"        {_TAG}")
_LINE = re.compile(r"    ([A-Z][A-Za-z0-9:-]*)  (-?\d+(?:\.\d+)?) ([A-Z]{3})")
_BALANCE = re.compile(r"^(?:; )? +(?:; )?(\S+)  0(?:\.0+)? [A-Z]{3} = (-?[\d.]+) ([A-Z]{3})$", re.MULTILINE)
# A tag ends at a comma, a description at a semicolon; brackets may be a date, and `|` parts payee and note.
_SPECIAL = re.compile(r"[%,;|\[\]()]|^\s|\s$")


class Hledger:
    """Entries with tags; declared accounts and commodities; balances that must hold."""

    name = "hledger"
    suffix = ".journal"
    keys = re.compile(rb"\n    ; idem:(.*)")
    members = re.compile(rb"\n    ; members:(.*)")

    def entry(self, booked: Booked) -> str:
        """One entry, with a blank line before it."""
        entry = booked.posting.entry
        code = f"({_safe(entry.reference)}) " if entry.reference else ""
        head = f"{entry.date} * {code}{_safe(payee_of(entry))} | {_safe(entry.description)}".rstrip()
        return "\n".join(("", head, *self._rest(booked), ""))

    def _rest(self, booked: Booked) -> Iterator[str]:
        entry = booked.posting.entry
        for name, value in told_of_entry(booked):
            yield f"    ; {name}:{_safe(value)}"
        if entry.links:
            yield f"    ; links:{' '.join(entry.links)}"
        for line in entry.lines:
            yield f"    {line.account}  {line.amount.amount:f} {line.amount.currency}"
            for name, value in told_of_line(line):
                yield f"        ; {name}:{_safe(value)}"

    def read(self, block: str, first: int) -> Booked:
        """The entry of a block of lines."""
        reading = Block(block, first, _of_entry, _of_line, _LINE)
        day, _, description = reading.match(_HEAD, "the head of an entry").groups()
        return reading.booked(day, self.text(description or ""), lambda told: told.pop("links", "").split())

    def text(self, written: str) -> str:
        """A value without its escapes."""
        return unquote(written)

    def accounts(self, chart: Mapping[str, Account]) -> str:
        """Commodities and accounts, as the settings declare them; hledger knows no days on which they open."""
        currencies = sorted({one for account in chart.values() for one in account.currencies})
        found = [f"commodity {_style(one)}" for one in currencies]
        return "\n".join((*found, *(f"account {name}" for name in sorted(chart)), ""))

    def main(self, contents: Contents, chart: Mapping[str, Account]) -> str:
        """Includes."""
        told = [f"; {contents.book}", *(f"include {file}" for file in contents.files(self.suffix))]
        return "\n".join((*told, ""))

    def closing(self, last_day: date, balances: Balances, unsure: frozenset[str]) -> str:
        """Assertions on the last day: they stand behind the entries of that day, and before those of the next."""
        rows = [
            f"    {'; ' if account in unsure else ''}{account}  {abs(0 * amount):f} {currency} = {amount:f} {currency}"
            for (account, currency), amount in sorted(balances.items())
        ]
        head = f"{last_day} * crossdock | Close of {last_day:%Y-%m}"
        if all(account in unsure for account, _ in balances):
            head = f"; {head}"  # an entry without lines is none
        return "\n".join((head, *rows, ""))

    def balances(self, closing: str) -> dict[tuple[str, str], Decimal]:
        """What a closing says."""
        return {(account, currency): Decimal(amount) for account, amount, currency in _BALANCE.findall(closing)}


def _style(currency: str) -> str:
    """An amount as the commodity directive wants it: with a decimal mark, also where there are no decimals."""
    digits = Money.zero(currency).minor_digits
    return f"1000.{'0' * digits} {currency}"


def _of_entry(line: str) -> tuple[str, str] | None:
    found = _OF_ENTRY.fullmatch(line)
    return None if found is None else (found[1], unquote(found[2]))


def _of_line(line: str) -> tuple[str, str] | None:
    found = _OF_LINE.fullmatch(line)
    return None if found is None else (found[1], unquote(found[2]))


def _safe(text: str) -> str:
    return _SPECIAL.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


HLEDGER = Hledger()
