"""The store in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import anyio
from anyio import to_thread

from crossdock.clock import Clock
from crossdock.errors import StoreError
from crossdock.http.types import Token
from crossdock.store.chain import OURSELVES
from crossdock.store.cipher import Key
from crossdock.store.protocol import LONGEST_REQUEST, Store
from crossdock.store.rows import AuditEvent, Change, Runner
from crossdock.store.sqlite import backup as backups
from crossdock.store.sqlite import lineage, lock, retention
from crossdock.store.sqlite.connections import open_writer
from crossdock.store.sqlite.migrate import migrate, version
from crossdock.store.sqlite.reader import Reader
from crossdock.store.sqlite.store import TableStore
from crossdock.store.sqlite.writer import Writer


class SqliteStore(TableStore):
    """Durable state in one file. It is open between `__aenter__` and `__aexit__`."""

    def __init__(self, path: Path, *, clock: Clock, key: Key | None = None) -> None:
        self.path = path
        self._clock = clock
        self._key = key
        self._tokens: dict[str, Token] = {}
        self._renewals: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self._opened: tuple[Writer, Reader] | None = None
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            connection = await to_thread.run_sync(self._open)
            stack.callback(_close, connection)
            reader = Reader(self.path)
            stack.callback(reader.close)
            writer = Writer(connection, self.path, self._clock)
            group = await stack.enter_async_context(anyio.create_task_group())
            group.start_soon(writer.run)
            stack.callback(writer.close)
            self._opened = writer, reader
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        # Whatever ended the body, those who still wait are served before the file is closed.
        self._writer.close()
        try:
            await self._exit.aclose()
        finally:
            self._opened = None

    # ------------------------------------------------------------ runs

    @asynccontextmanager
    async def running(
        self, pipelines: Sequence[str], longest_request: timedelta = LONGEST_REQUEST
    ) -> AsyncIterator[Mapping[str, str]]:
        """Hold the run lock: one for the whole file, gone with its process."""
        with lock.hold(self.path):
            await self._mark()
            try:
                yield {}
            finally:
                with anyio.CancelScope(shield=True), suppress(StoreError):  # the mark of the begin does, too
                    await self._mark()

    def owned(self, pipeline: str) -> Store:
        """This store: nobody can take a pipeline from the process that holds the lock."""
        return self

    async def runners(self) -> Sequence[Runner]:
        """Who holds the run lock, or left its number there."""
        found = await to_thread.run_sync(lock.look, self.path)
        return () if found is None else (found,)

    async def schema_version(self) -> int:
        """The version of the schema."""
        return await self._reader.ask(version)

    # ------------------------------------------------------------ backups

    async def backup(self, target: Path, *, at: datetime, actor: str) -> int:
        """Copy the store into a new file."""
        size = await backups.take(self.path, target, at)
        event = AuditEvent("store.backed_up", None, "store", at, actor=actor, detail={"file": target.name})
        await self._writer.apply(Change(audit=[event]))
        return size

    async def _mark(self) -> None:
        """Renew the mark in the store and beside it; an older copy that was put back by hand is recognised by that."""
        said = await to_thread.run_sync(lineage.said_beside, self.path)
        if await self._reader.soon(partial(lineage.is_put_back, said=said)):
            await self.mark_restored(at=self._clock.now(), backup_at=None, actor=OURSELVES)
        mark = await self._writer.do(partial(lineage.renew, said=said))
        await to_thread.run_sync(lineage.say_beside, self.path, mark)

    # ------------------------------------------------------------ retention

    async def tidy(self) -> None:
        """Shrink the file, and empty the write-ahead log."""
        await self._writer.outside(retention.give_back)

    # ------------------------------------------------------------ opening

    def _open(self) -> sqlite3.Connection:
        connection = open_writer(self.path)
        try:
            migrate(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def _writer(self) -> Writer:
        return self._both()[0]

    @property
    def _reader(self) -> Reader:
        return self._both()[1]

    def _both(self) -> tuple[Writer, Reader]:
        if self._opened is None:
            raise StoreError(f"the store {self.path} is not open", code="store_closed")
        return self._opened


def _close(connection: sqlite3.Connection) -> None:
    # Fresh statistics for the planner, where enough changed; a full disk is no reason to fail now.
    try:
        if connection.total_changes:
            connection.execute("PRAGMA optimize")
    except sqlite3.Error:
        pass
    finally:
        connection.close()
