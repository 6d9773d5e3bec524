"""Reading beside the writer, each question in a thread with a connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar, cast

from anyio import CapacityLimiter, to_thread

from crossdock.store.postgres.line import Line

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]

_LINES = 4


class Reader:
    """Lines that only read. A question is asked again where its line broke."""

    def __init__(self, url: str) -> None:
        self._lines = [Line(url) for _ in range(_LINES)]
        self._free = list(self._lines)
        self._limiter = CapacityLimiter(_LINES)

    async def ask(self, query: Query[T]) -> T:
        """Ask. Raises: StoreError."""
        return await to_thread.run_sync(self._ask, query, limiter=self._limiter, abandon_on_cancel=False)

    async def soon(self, query: Query[T]) -> T:
        """Ask; there is no way without a thread here."""
        return await self.ask(query)

    def close(self) -> None:
        """Close all lines."""
        for line in self._lines:
            line.close()

    def _ask(self, query: Query[T]) -> T:
        line = self._free.pop()  # the limiter sees to it that there is one; the last used is open already
        try:
            return line.insist(lambda session: query(cast("sqlite3.Connection", session)))
        finally:
            self._free.append(line)
