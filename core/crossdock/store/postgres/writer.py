"""Group commit over one connection: whoever waits while one transaction runs shares the next; a broken line is mended.

A connection that breaks during COMMIT leaves open whether it was done: the number of the transaction tells.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import anyio
import psycopg
from anyio import CapacityLimiter, Event, to_thread

from crossdock.clock import Clock
from crossdock.errors import StoreError
from crossdock.store.postgres.leases import Lease, hold
from crossdock.store.postgres.line import Line, closed
from crossdock.store.postgres.queries import load
from crossdock.store.postgres.session import Session
from crossdock.store.rows import Change
from crossdock.store.sqlite import changes

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

GROUP = 256
"""Most weight that shares a commit: a change weighs 1, a batch as much as it has records."""
WAITING = 2000
"""Most operations that wait; beyond, callers wait before they are let in, so that a slow server fills no memory."""


@dataclass(eq=False, slots=True)
class _Operation:
    """A change, or other work to do in a transaction, for whom, and what came of it."""

    work: Change | Work
    weight: int
    lease: Lease | None
    done: Event
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The one connection that writes, and the list of those who wait for it."""

    def __init__(self, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self._limiter = CapacityLimiter(1)
        self._waiting: deque[_Operation] = deque()
        self._wake = Event()
        self._room = Event()
        self._closing = False
        self._doubt: str | None = None
        self.groups = 0
        """How many groups there were."""

    async def apply(self, change: Change, lease: Lease | None = None) -> None:
        """Write a change. Raises: StoreError; LeaseLost where the lease is not ours any more."""
        await self._submit(change, 1, lease)

    async def do(self, work: Callable[[sqlite3.Connection], T], weight: int = 1, lease: Lease | None = None) -> T:
        """Do other work in a transaction and return what it returns. Raises: StoreError; LeaseLost."""
        return cast("T", await self._submit(work, max(1, weight), lease))

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

    async def _submit(self, work: Change | Work, weight: int, lease: Lease | None) -> Any:
        while len(self._waiting) >= WAITING and not self._closing:
            await self._room.wait()
        if self._closing:
            raise closed(self._line.where)
        operation = _Operation(work, weight, lease, Event())
        self._waiting.append(operation)
        self._wake.set()
        try:
            await operation.done.wait()
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):  # it will be written, so its caller stays to know
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
        self._doubt = None
        try:
            self._line.insist(lambda session: self._transact(session, group))
        except StoreError as error:
            if error.code in _FOR_ALL or len(group) == 1:
                for operation in group:
                    operation.error = error
                return
            self._commit_each(group)
        except BaseException as error:  # noqa: BLE001  goes to the caller whose operation it is
            if len(group) == 1:
                group[0].error = error
                return
            self._commit_each(group)

    def _commit_each(self, group: Sequence[_Operation]) -> None:
        for operation in group:
            self._commit([operation])

    def _transact(self, session: Session, group: Sequence[_Operation]) -> None:
        if self._was_done(session):
            return
        connection, committing = session.connection, False
        try:
            session.execute(load("runs")["begin"])
            (number,) = session.execute(load("runs")["number"]).fetchone()
            hold(session, [operation.lease for operation in group if operation.lease is not None])
            self._apply(session, group)
            committing = True
            connection.execute("COMMIT")
        except BaseException as error:
            if committing and isinstance(error, psycopg.OperationalError) and connection.closed:
                self._doubt = number
            elif not connection.closed:
                connection.execute("ROLLBACK")
            raise

    def _was_done(self, session: Session) -> bool:
        """Whether the transaction whose commit was cut off is there after all."""
        if self._doubt is None:
            return False
        (status,) = session.execute(load("runs")["status"], (self._doubt,)).fetchone()
        if status == "in progress":
            raise psycopg.errors.LockNotAvailable("the server is still at work on it")
        self._doubt = None
        return bool(status == "committed")

    def _apply(self, session: Session, group: Sequence[_Operation]) -> None:
        # Changes first: what a delivery already became is then known when a batch supersedes.
        connection, now = cast("sqlite3.Connection", session), self._clock.now()
        together = [operation.work for operation in group if isinstance(operation.work, Change)]
        if together:
            changes.write(connection, together, now)
        for operation in group:
            if not isinstance(operation.work, Change):
                operation.result = operation.work(connection)


_FOR_ALL = frozenset({"store_unreachable", "store_full", "store_not_writable"})
"""What would meet each of a group in the same way."""
