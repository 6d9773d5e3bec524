"""The store on a PostgreSQL server that several processes share."""

from __future__ import annotations

import copy
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self, TypeVar

import anyio
import psycopg
from anyio import to_thread

from crossdock.clock import Clock
from crossdock.errors import StoreError
from crossdock.http.types import Token
from crossdock.store.cipher import Key
from crossdock.store.postgres import faults
from crossdock.store.postgres.address import shown
from crossdock.store.postgres.leases import Keeper, Lease, in_use, known, runners
from crossdock.store.postgres.line import Line, closed
from crossdock.store.postgres.migrate import is_made, migrate, version
from crossdock.store.postgres.reader import Reader
from crossdock.store.postgres.writer import Writer
from crossdock.store.protocol import LONGEST_REQUEST, Store
from crossdock.store.rows import Change, Runner
from crossdock.store.sqlite.store import TableStore

T = TypeVar("T")

_TIMES = 3
"""How much longer a lease is than the longest request."""


class PostgresStore(TableStore):
    """Durable state on a server. What is asked and written is the same; where it lies, and who owns a run, differ."""

    def __init__(self, url: str, *, clock: Clock, key: Key | None = None) -> None:
        self.where = shown(url)
        self._url = url
        self._clock = clock
        self._key = key
        self._tokens: dict[str, Token] = {}
        self._renewals: defaultdict[str, anyio.Lock] = defaultdict(anyio.Lock)
        self._all: tuple[Writer, Reader, Keeper] | None = None
        self._lease: Lease | None = None
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            line = Line(self._url)
            stack.callback(line.close)
            await to_thread.run_sync(_prepare, line)
            reader, writer, keeper = Reader(self._url), Writer(line, self._clock), Keeper(self._url)
            stack.callback(reader.close)
            stack.callback(keeper.close)
            group = await stack.enter_async_context(anyio.create_task_group())
            group.start_soon(writer.run)
            group.start_soon(keeper.run)
            stack.callback(keeper.stop)
            stack.callback(writer.close)
            self._all = writer, reader, keeper
            self._exit = stack.pop_all()
        return self

    async def __aexit__(self, *exc: object) -> None:
        # Whatever ended the body, those who still wait are served before the lines are closed.
        self._parts[0].close()
        try:
            await self._exit.aclose()
        finally:
            self._all = None

    # ------------------------------------------------------------ runs

    @asynccontextmanager
    async def running(
        self, pipelines: Sequence[str], longest_request: timedelta = LONGEST_REQUEST
    ) -> AsyncIterator[Mapping[str, str]]:
        """Own pipelines by lease; yields who runs those of them that another process owns."""
        keeper = self._parts[2]
        names = pipelines or await self._reader.ask(known)
        elsewhere = await keeper.take(names, longest_request * _TIMES)
        try:
            if elsewhere and not pipelines:  # whoever names none needs all to stand still
                raise in_use(self.where, elsewhere)
            yield elsewhere
        finally:
            with anyio.CancelScope(shield=True):
                await keeper.give_back(name for name in names if name not in elsewhere)

    def owned(self, pipeline: str) -> Store:
        """The same store; each of its writes touches the lease and renews it, or is refused."""
        view = copy.copy(self)
        view._lease = self._parts[2].lease(pipeline)
        return view

    async def runners(self) -> Sequence[Runner]:
        """Who owns leases, or left them."""
        return await self._reader.ask(runners)

    async def schema_version(self) -> int:
        """The version of the schema."""
        return await self._reader.ask(version)

    # ------------------------------------------------------------ backups

    async def backup(self, target: Path, *, at: datetime, actor: str) -> int:
        """Refuse: the server's own means are better. Raises: StoreError."""
        raise StoreError(
            f"{self.where} is not copied by crossdock",
            code="backup_elsewhere",
            fix="use `pg_dump`, or what else backs the server up; after putting one back, `crossdock restore --mark`",
        )

    async def tidy(self) -> None:
        """Leave it to the server: its vacuum gives the room back, and its log is its own."""

    # ------------------------------------------------------------ opened

    def is_there(self) -> bool:
        """Whether the tables are there already. Raises: StoreError."""
        line = Line(self._url)
        try:
            return is_made(line.session(), line.where)
        except psycopg.Error as error:
            raise faults.explain(error, line.where) from error
        finally:
            line.close()

    @property
    def _writer(self) -> _Bound:
        return _Bound(self._parts[0], self._lease)

    @property
    def _reader(self) -> Reader:
        return self._parts[1]

    @property
    def _parts(self) -> tuple[Writer, Reader, Keeper]:
        if self._all is None:
            raise closed(self.where)
        return self._all


def _prepare(line: Line) -> None:
    """Bring the schema to ours. Raises: StoreError, at once where the server cannot be reached."""
    try:
        migrate(line.session(), line.where)
    except psycopg.Error as error:
        raise faults.explain(error, line.where) from error


class _Bound:
    """The writer for one run."""

    __slots__ = ("_lease", "_writer")

    def __init__(self, writer: Writer, lease: Lease | None) -> None:
        self._writer = writer
        self._lease = lease

    async def apply(self, change: Change) -> None:
        await self._writer.apply(change, self._lease)

    async def do(self, work: Callable[[sqlite3.Connection], T], weight: int = 1) -> T:
        return await self._writer.do(work, weight, self._lease)
