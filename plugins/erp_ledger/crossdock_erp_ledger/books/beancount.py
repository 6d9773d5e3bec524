"""Books in the language of Beancount: https://beancount.github.io/docs/beancount_language_syntax.html, read 2026-11."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from crossdock_erp_ledger.books.booked import Booked, own_links, payee_of, to_link
from crossdock_erp_ledger.books.chart import Account
from crossdock_erp_ledger.books.format import Balances, Contents
from crossdock_erp_ledger.books.reading import Block
from crossdock_erp_ledger.books.telling import told_of_entry, told_of_line

_TEXT = r'"((?:[^"\\]|\\.)*)"'
_HEAD = re.compile(rf"(\d{{4}}-\d\d-\d\d) \* {_TEXT} {_TEXT}((?: [#^][A-Za-z0-9\-_/.]+)*)")
_OF_ENTRY = re.compile(rf"  ([a-z][A-Za-z0-9_-]*): (?:{_TEXT}|(\d{{4}}-\d\d-\d\d))")
_OF_LINE = re.compile(rf"    ([a-z][A-Za-z0-9_-]*): {_TEXT}")
_LINE = re.compile(r"  ([A-Z][A-Za-z0-9:-]*)  (-?\d+(?:\.\d+)?) ([A-Z]{3})")
_BALANCE = re.compile(r"^(?:; )?\d{4}-\d\d-\d\d balance (\S+)  (-?[\d.]+) ~ 0 ([A-Z]{3})$", re.MULTILINE)
_NEXT_DAY = timedelta(days=1)


class Beancount:
    """Entries with metadata, links and a tag; accounts that must be opened; balances that must hold."""

    name = "beancount"
    suffix = ".beancount"
    keys = re.compile(rb'\n  idem: "(.*)"')
    members = re.compile(rb'\n  members: "(.*)"')

    def entry(self, booked: Booked) -> str:
        """One entry, with a blank line before it."""
        entry = booked.posting.entry
        late = [f"#late-for-{booked.posting.late_for}"] if booked.posting.late_for else []
        marks = [
            f"#{to_link(payee_of(entry).lower())}",
            *late,
            *(f"^{link}" for link in (*own_links(entry), *entry.links)),
        ]
        head = f"{entry.date} * {_quoted(payee_of(entry))} {_quoted(entry.description)} {' '.join(marks)}"
        return "\n".join(("", head, *self._rest(booked), ""))

    def _rest(self, booked: Booked) -> Iterator[str]:
        for name, value in told_of_entry(booked):
            yield f"  {name}: {value if name == 'transaction_date' else _quoted(value)}"
        for line in booked.posting.entry.lines:
            yield f"  {line.account}  {line.amount.amount:f} {line.amount.currency}"
            for name, value in told_of_line(line):
                yield f"    {name}: {_quoted(value)}"

    def read(self, block: str, first: int) -> Booked:
        """The entry of a block of lines."""
        reading = Block(block, first, _of_entry, _of_line, _LINE)
        day, _, description, marks = reading.match(_HEAD, "the head of an entry").groups()
        links = [mark[1:] for mark in marks.split() if mark[0] == "^"]
        return reading.booked(day, self.text(description), lambda told: links)

    def text(self, written: str) -> str:
        """A value without its escapes."""
        return re.sub(r"\\(.)", r"\1", written) if "\\" in written else written

    def accounts(self, chart: Mapping[str, Account]) -> str:
        """Commodities and accounts, as the settings declare them."""
        first = min(account.opened for account in chart.values())
        found = [f"{first} commodity {one}" for one in _currencies(chart)]
        for name, account in sorted(chart.items()):
            found.append(f"{account.opened} open {name} {','.join(account.currencies)}".rstrip())
            if account.closed:
                found.append(f"{account.closed + _NEXT_DAY} close {name}")
        return "\n".join((*found, ""))

    def main(self, contents: Contents, chart: Mapping[str, Account]) -> str:
        """Options, plugins and includes."""
        told = [
            f'option "title" {_quoted(contents.book)}',
            *(f'option "operating_currency" "{one}"' for one in _currencies(chart)),
            'plugin "beancount.plugins.leafonly"',
            'plugin "beancount.plugins.noduplicates"',
            *(f'include "{file}"' for file in contents.files(self.suffix)),
        ]
        return "\n".join((*told, ""))

    def closing(self, last_day: date, balances: Balances, unsure: frozenset[str]) -> str:
        """Assertions at the beginning of the day after: what is posted into the closed period breaks them.

        `~ 0` since Beancount else lets pass what is off by a whole last digit.
        """
        day = last_day + _NEXT_DAY
        rows = (
            f"{'; ' if account in unsure else ''}{day} balance {account}  {amount:f} ~ 0 {currency}"
            for (account, currency), amount in sorted(balances.items())
        )
        return "\n".join((*rows, ""))

    def balances(self, closing: str) -> dict[tuple[str, str], Decimal]:
        """What a closing says."""
        return {(account, currency): Decimal(amount) for account, amount, currency in _BALANCE.findall(closing)}


def _currencies(chart: Mapping[str, Account]) -> list[str]:
    return sorted({one for account in chart.values() for one in account.currencies})


def _of_entry(line: str) -> tuple[str, str] | None:
    found = _OF_ENTRY.fullmatch(line)
    if found is None:
        return None
    return found[1], found[3] or BEANCOUNT.text(found[2] or "")


def _of_line(line: str) -> tuple[str, str] | None:
    found = _OF_LINE.fullmatch(line)
    return None if found is None else (found[1], BEANCOUNT.text(found[2]))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


BEANCOUNT = Beancount()
