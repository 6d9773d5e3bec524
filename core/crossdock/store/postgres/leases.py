"""Which process runs a pipeline: leases by the database's clock, each with a number that only its newest owner has."""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from crossdock.boundary import sabotaged
from crossdock.errors import LeaseLost, StoreError
from crossdock.store.postgres.line import Line
from crossdock.store.postgres.queries import load
from crossdock.store.postgres.session import Session
from crossdock.store.rows import Runner, Sign

T = TypeVar("T")

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run one pipeline. Whoever takes it over counts the fence up."""

    pipeline: str
    fence: int
    length: timedelta


class _Presence(Line):
    """A line whose being there shows that its process lives: it holds a lock that goes with it."""

    def __init__(self, url: str, number: int) -> None:
        super().__init__(url)
        self._number = number

    def greet(self, session: Session) -> None:
        """Take the lock; where the server has not noticed yet that the line before is dead, wait for that."""
        session.execute(load("runs")["stay"], (self._number,))


class Keeper:
    """Takes, renews and gives back the leases of one process."""

    def __init__(self, url: str) -> None:
        self._session = secrets.randbits(62)
        self._line = _Presence(url, self._session)
        self._owner = f"process {os.getpid()} on {socket.gethostname()}"
        self._limiter = CapacityLimiter(1)
        self._held: dict[str, Lease] = {}
        self._changed = anyio.Event()
        self._stopped = False

    async def take(self, pipelines: Sequence[str], length: timedelta) -> Mapping[str, str]:
        """Take what is free; for each that is not, who runs it. Raises: StoreError where nothing is free."""
        wanted = sorted(set(pipelines) - self._held.keys())
        taken, elsewhere = await self._ask(_take, wanted, length, self._owner, self._session)
        elsewhere |= {name: f"{self._owner} runs it" for name in pipelines if name in self._held}
        if elsewhere and not taken:
            raise in_use(self._line.where, elsewhere)
        self._held.update({lease.pipeline: lease for lease in taken})
        self._changed.set()
        return elsewhere

    async def give_back(self, pipelines: Iterable[str]) -> None:
        """End what is still ours of these."""
        leases = [self._held.pop(name) for name in pipelines if name in self._held]
        if leases:
            await self._ask(_give_back, leases)

    def lease(self, pipeline: str) -> Lease:
        """The lease of a pipeline that this process runs. Raises: LeaseLost."""
        if pipeline not in self._held:
            raise lost(pipeline)
        return self._held[pipeline]

    async def run(self) -> None:
        """Renew what is held three times as often as it would run out, until `stop` is called."""
        while not self._stopped:
            self._changed = anyio.Event()
            wait_s = min((lease.length.total_seconds() / 3 for lease in self._held.values()), default=None)
            with anyio.move_on_after(wait_s):  # real time, whatever clock the run has: the server's goes on
                await self._changed.wait()
            if self._held and not self._changed.is_set():
                await self._renew()

    def stop(self) -> None:
        """Renew no more."""
        self._stopped = True
        self._line.give_up()
        self._changed.set()

    def close(self) -> None:
        """End the presence: what is held still is free for others at once."""
        self._line.close()

    async def _renew(self) -> None:
        try:
            ours = await self._ask(_touch, list(self._held.values()))
        except StoreError:  # the server cannot be reached: whoever writes is told
            return
        for name in self._held.keys() - ours:  # whoever writes for it is told
            del self._held[name]

    async def _ask(self, work: Callable[..., T], *values: object) -> T:
        def transact(session: Session) -> T:
            with session.connection.transaction():
                return work(session, *values)

        return await to_thread.run_sync(self._line.insist, transact, limiter=self._limiter, abandon_on_cancel=False)


def hold(session: Session, leases: Iterable[Lease]) -> None:
    """Touch the rows of these leases in the current transaction and renew them. Raises: LeaseLost."""
    wanted = {lease.pipeline: lease for lease in leases}
    if not wanted or sabotaged("no-fence"):
        return
    ours = _touch(session, list(wanted.values()))
    for name in wanted:
        if name not in ours:
            raise lost(name)


def lost(pipeline: str) -> LeaseLost:
    """Another process owns it now."""
    return LeaseLost(
        f"another process took over pipeline {pipeline}: this one stops working on it",
        fix="nothing needs to be done: the other one goes on; find out why this one was frozen or cut off for so long",
        pipeline=pipeline,
    )


def _touch(session: Session, leases: Sequence[Lease]) -> set[str]:
    rows = [(lease.pipeline, lease.fence, lease.length // _MICROSECOND) for lease in leases]
    return {name for (name,) in session.executemany(load("runs")["hold"], rows).fetchall()}


def _take(
    session: Session, pipelines: Sequence[str], length: timedelta, owner: str, number: int
) -> tuple[list[Lease], dict[str, str]]:
    sql = load("runs")
    session.executemany(sql["know"], [(name,) for name in pipelines])
    taken: list[Lease] = []
    elsewhere: dict[str, str] = {}
    for name, holder, presence, held, left_us in session.execute(sql["look"], (list(pipelines),)).fetchall():
        if held and not session.execute(sql["owner_is_gone"], (presence,)).fetchone()[0]:
            elsewhere[name] = f"{holder} runs it, and has {left_us / 1e6:.0f} s left without a sign of life"
            continue
        (fence,) = session.execute(sql["take"], (owner, number, length // _MICROSECOND, name)).fetchone()
        taken.append(Lease(name, fence, length))
    return taken, elsewhere


def _give_back(session: Session, leases: Sequence[Lease]) -> None:
    session.executemany(load("runs")["give_back"], [(lease.pipeline, lease.fence) for lease in leases])


def known(connection: sqlite3.Connection) -> list[str]:
    """Every pipeline that was ever run."""
    return [name for (name,) in connection.execute(load("runs")["known"]).fetchall()]


def runners(connection: sqlite3.Connection) -> list[Runner]:
    """Whose runs were not given back, by process."""
    found: dict[tuple[str, Sign], list[str]] = {}
    for pipeline, owner, present, held in connection.execute(load("runs")["runners"]).fetchall():
        sign: Sign = "gone" if not present else "running" if held else "silent"
        found.setdefault((owner, sign), []).append(pipeline)
    return [Runner(owner, sign, tuple(pipelines)) for (owner, sign), pipelines in found.items()]


def in_use(where: str, elsewhere: Mapping[str, str]) -> StoreError:
    """Others run these pipelines."""
    name, holder = next(iter(elsewhere.items()))
    more = f" (and {len(elsewhere) - 1} more pipelines are taken)" if len(elsewhere) > 1 else ""
    return StoreError(
        f"pipeline {name} of {where} is in use: {holder}{more}",
        code="store_in_use",
        fix="let it finish or stop it; a killed process gives way at once, a frozen one when its time is over",
        pipelines=sorted(elsewhere),
    )
