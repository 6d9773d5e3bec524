"""Group commit: whoever waits while one commit runs shares the next one. No timer; one thread at a time."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import anyio
from anyio import CapacityLimiter, Event, to_thread

from crossdock.clock import Clock
from crossdock.errors import StoreError
from crossdock.store.rows import Change
from crossdock.store.sqlite import changes, faults

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

GROUP = 256
"""Most weight that shares a commit: a change weighs 1, a batch as much as it has records."""
WAITING = 2000
"""Most operations that wait; beyond, callers wait before they are let in, so that a slow disk fills no memory."""


@dataclass(eq=False, slots=True)
class _Operation:
    """A change, or other work to do in a transaction, and what came of it."""

    work: Change | Work
    weight: int
    done: Event
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The one connection that writes, and the list of those who wait for it."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._limiter = CapacityLimiter(1)
        self._waiting: deque[_Operation] = deque()
        self._wake = Event()
        self._room = Event()
        self._closing = False
        self.groups = 0
        """How many commits there were."""

    async def apply(self, change: Change) -> None:
        """Write a change. Raises: StoreError."""
        await self._submit(change, 1)

    async def do(self, work: Callable[[sqlite3.Connection], T], weight: int = 1) -> T:
        """Do other work in a transaction and return what it returns. Raises: StoreError."""
        return cast("T", await self._submit(work, max(1, weight)))

    async def outside(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Do work between two groups, in no transaction of ours. Raises: StoreError."""
        try:
            await to_thread.run_sync(work, self._connection, limiter=self._limiter, abandon_on_cancel=False)
        except sqlite3.Error as error:
            raise faults.explain(error, self._path) from error

    async def run(self) -> None:
        """Commit group after group, until `close` was called and nobody waits."""
        with anyio.CancelScope(shield=True):  # a cancelled task may not abandon a transaction, nor those who wait
            while self._waiting or not self._closing:
                if not self._waiting:
                    self._wake = Event()
                    await self._wake.wait()
                    continue
                group = self._take()
                await to_thread.run_sync(self._commit, group, limiter=self._limiter, abandon_on_cancel=False)
                for operation in group:
                    operation.done.set()

    def close(self) -> None:
        """Let nobody in any more; `run` ends when the last who waits is served."""
        self._closing = True
        self._wake.set()
        self._room.set()

    async def _submit(self, work: Change | Work, weight: int) -> Any:
        while len(self._waiting) >= WAITING and not self._closing:
            await self._room.wait()
        if self._closing:
            raise StoreError(f"the store {self._path} is closed", code="store_closed")
        operation = _Operation(work, weight, Event())
        self._waiting.append(operation)
        self._wake.set()
        try:
            await operation.done.wait()
        except anyio.get_cancelled_exc_class():
            # It will be written, so its caller stays to know (two commits at most), and is cancelled where it waits
            # next. A scope from the outset would do the same, at the price of one more per change.
            with anyio.CancelScope(shield=True):
                await operation.done.wait()
        if operation.error is not None:
            raise operation.error
        return operation.result

    def _take(self) -> list[_Operation]:
        group, weight = [self._waiting.popleft()], 0
        weight += group[0].weight
        while self._waiting and weight + self._waiting[0].weight <= GROUP:
            operation = self._waiting.popleft()
            group.append(operation)
            weight += operation.weight
        room, self._room = self._room, Event()
        room.set()
        return group

    # ------------------------------------------------------------ in the thread

    def _commit(self, group: Sequence[_Operation]) -> None:
        self.groups += 1
        try:
            self._transact(group)
        except _DoorError as refused:  # the file itself refuses: it would refuse each of them
            for operation in group:
                operation.error = refused.reason
        except BaseException as error:  # noqa: BLE001  goes to the caller whose operation it is
            if len(group) == 1:
                group[0].error = self._explain(error)
                return
            for operation in group:
                self._commit([operation])

    def _transact(self, group: Sequence[_Operation]) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise _DoorError(faults.explain(error, self._path)) from error
        try:
            now = self._clock.now()
            self._apply(group, now)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _apply(self, group: Sequence[_Operation], now: datetime) -> None:
        # Changes first: what a delivery already became is then known when a batch supersedes.
        together = [operation.work for operation in group if isinstance(operation.work, Change)]
        if together:
            changes.write(self._connection, together, now)
        for operation in group:
            if not isinstance(operation.work, Change):
                operation.result = operation.work(self._connection)

    def _explain(self, error: BaseException) -> BaseException:
        if not isinstance(error, sqlite3.Error):
            return error
        explained = faults.explain(error, self._path)
        explained.__cause__ = error
        return explained


class _DoorError(Exception):
    """No transaction could be begun."""

    def __init__(self, reason: StoreError) -> None:
        super().__init__(reason)
        self.reason = reason
