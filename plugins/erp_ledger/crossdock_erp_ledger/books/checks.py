"""What `doctor` looks for in books."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from crossdock import Check, Connection, Finding
from crossdock.http import Reader
from crossdock_erp_ledger.books.api import ADVICE, BooksApi
from crossdock_erp_ledger.books.connection import BooksConnection
from crossdock_erp_ledger.journal.mapper import JournalMapper


class BooksWhole(Check):
    """Whether all that was written is as it was written, read again line by line."""

    name: ClassVar[str] = "books_whole"
    connection: ClassVar[type[Connection]] = BooksConnection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Compare digests, and read every entry."""
        state = await BooksApi(http).state(thoroughly=True)
        if state["changed"]:
            return [Finding("fail", f"somebody else changed {', '.join(state['changed'])}", ADVICE)]
        if state["faults"]:
            return [Finding("fail", "; ".join(state["faults"][:5]), ADVICE)]
        return [Finding("pass", f"{state['entries']} entries are as they were written")]


class BooksWritable(Check):
    """Whether entries can be added."""

    name: ClassVar[str] = "books_writable"
    connection: ClassVar[type[Connection]] = BooksConnection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Ask the system whether the folder may be written."""
        folder = connection.folder
        place = folder if folder.is_dir() else folder.parent
        if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
            return [Finding("pass", f"{folder} can be written" if place == folder else f"{folder} can be made")]
        fix = f"make {place}, and let the user that runs crossdock write in it"
        return [Finding("fail", f"{place} cannot be written", fix)]


class BooksAccounts(Check):
    """Whether every account that the rules of mappers name is declared, and the days of both are the same."""

    name: ClassVar[str] = "books_accounts"
    connection: ClassVar[type[Connection]] = BooksConnection

    async def run(self, connection: Any, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Compare the settings."""
        mappers = [one for one in components if isinstance(one, JournalMapper)]
        named = {account for mapper in mappers for account in accounts_of(mapper)}
        zones = {mapper.timezone for mapper in mappers} - {connection.timezone}
        found = [_undeclared(account) for account in sorted(named - connection.accounts.keys())]
        found += [_other_zone(zone, connection.timezone) for zone in sorted(zones)]
        if mappers and not found:
            found.append(Finding("pass", f"all {len(named)} accounts that rules name are declared"))
        return found


def accounts_of(mapper: JournalMapper) -> Iterator[str]:
    """Every account that a mapper may post to by its settings."""
    places = (*mapper.rules, *mapper.clearing.values(), *([mapper.suspense] if mapper.suspense else []))
    for place in places:
        yield place.account


def _undeclared(account: str) -> Finding:
    fix = f"declare it in `accounts` of the connection: `{account}: USD`"
    return Finding("fail", f"rules post to {account}, which is not declared", fix)


def _other_zone(zone: str, ours: str) -> Finding:
    fix = f"write `timezone: {ours}` in the mapper, if these are the books' days"
    return Finding("fail", f"the mapper's days are those of {zone}, the books' those of {ours}", fix)
