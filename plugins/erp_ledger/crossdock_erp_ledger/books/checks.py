"""What `doctor` looks for in books."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, ClassVar

from crossdock import Check, Connection, Finding
from crossdock.http import Reader
from crossdock_erp_ledger.books.api import ADVICE, BooksApi
from crossdock_erp_ledger.books.connection import BooksConnection


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
