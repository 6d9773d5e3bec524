"""Reading beside the writer: short look-ups at once in the event loop, longer ones in a thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from crossdock.store.sqlite import faults
from crossdock.store.sqlite.connections import open_reader

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]

_THREADS = 2


class Reader:
    """Connections that can only read. They never wait for the writer, nor it for them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._near = open_reader(path)
        self._far = [open_reader(path) for _ in range(_THREADS)]
        self._limiter = CapacityLimiter(_THREADS)

    async def soon(self, query: Query[T]) -> T:
        """Ask in the event loop's own thread: for a look-up of a few rows by an index, where a thread costs more."""
        return self._ask(self._near, query)

    async def ask(self, query: Query[T]) -> T:
        """Ask in a thread, with a connection of its own."""
        return await to_thread.run_sync(self._ask_far, query, limiter=self._limiter, abandon_on_cancel=False)

    def close(self) -> None:
        """Close all connections."""
        for connection in (self._near, *self._far):
            connection.close()

    def _ask_far(self, query: Query[T]) -> T:
        connection = self._far.pop()  # the limiter sees to it that there is one
        try:
            return self._ask(connection, query)
        finally:
            self._far.append(connection)

    def _ask(self, connection: sqlite3.Connection, query: Query[T]) -> T:
        try:
            return query(connection)
        except sqlite3.Error as error:
            raise faults.explain(error, self._path) from error
