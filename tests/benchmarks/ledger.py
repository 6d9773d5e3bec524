"""The least that a loop can keep on disk so that a crash does not make it send everything again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Row = tuple[str, str]


@asynccontextmanager
async def open_ledger(path: str) -> AsyncIterator[Callable[[str, str], Awaitable[None]]]:
    """Give a function that returns once its mark is on disk; marks that come together share a commit."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE marks (reference TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID")
    waiting: list[tuple[Row, asyncio.Future[None]]] = []
    called = asyncio.Event()

    def write(rows: list[Row]) -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?)", rows)
        connection.execute("COMMIT")

    async def commit() -> None:
        while True:
            await called.wait()
            called.clear()
            batch = waiting[:]
            waiting.clear()
            await asyncio.to_thread(write, [row for row, _ in batch])
            for _, written in batch:
                written.set_result(None)

    async def mark(reference: str, state: str) -> None:
        written = asyncio.get_running_loop().create_future()
        waiting.append(((reference, state), written))
        called.set()
        await written

    committer = asyncio.create_task(commit())
    try:
        yield mark
    finally:
        committer.cancel()
        connection.close()
