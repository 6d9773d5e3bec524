"""The circuit of a connection: opens while the remote system is lost, and lets one request at a time try it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import anyio

from crossdock.clock import Clock
from crossdock.errors import TransientError

LOST = "connection_lost"
"""The code of what was not even tried since the connection is lost: no attempt of anything."""

_FAILURES = 5
"""So many faults one after another, with nothing between them that worked, and the connection is lost."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class Outage:
    """That an account cannot be reached, since when, and when it is tried again."""

    account: str
    connection: str
    since: datetime
    until: datetime
    trials: int
    """How often it was tried again in vain."""
    reason: str


class CircuitStore(Protocol):
    """Keeps outages, so that the next process does not find out anew at the expense of what it carries."""

    async def outage(self, account: str) -> Outage | None:
        """The outage of an account; None where it can be reached."""
        ...

    async def lost(self, outage: Outage) -> None:
        """Keep an outage, or how it goes on."""
        ...

    async def restored(self, account: str) -> None:
        """Forget an outage."""
        ...


class MemoryCircuits:
    """Keeps outages in this process only."""

    def __init__(self) -> None:
        self._outages: dict[str, Outage] = {}

    async def outage(self, account: str) -> Outage | None:
        """The outage of an account."""
        return self._outages.get(account)

    async def lost(self, outage: Outage) -> None:
        """Keep an outage."""
        self._outages[outage.account] = outage

    async def restored(self, account: str) -> None:
        """Forget an outage."""
        self._outages.pop(account, None)


Told = Callable[[Outage, bool], None]
"""Told once that a connection is lost, and once that it is there again (then with True)."""


class Circuit:
    """Whether an account can be reached, as far as its requests show."""

    def __init__(self, account: str, connection: str, store: CircuitStore, clock: Clock, told: Told | None) -> None:
        self._account = account
        self._connection = connection
        self._store = store
        self._clock = clock
        self._told = told
        self._failures = 0
        self._outage: Outage | None = None
        self._trial: anyio.Event | None = None
        self._looked = False

    @property
    def lost_s(self) -> float:
        """Seconds until the connection is tried again; 0 where it may be used."""
        if self._outage is None:
            return 0.0
        return max(0.0, (self._outage.until - self._clock.now()).total_seconds())

    @property
    def clear(self) -> bool:
        """Whether nothing is known against using it."""
        return self._looked and self._outage is None

    @property
    def calm(self) -> bool:
        """Whether an answer tells nothing new."""
        return not self._failures and self._outage is None

    def check(self) -> None:
        """Refuse at once what would be refused at the door. Raises: TransientError, of code LOST."""
        if self._outage is not None and self.lost_s > 0:
            raise self._error(self._outage)

    async def enter(self) -> bool:
        """Let a request through; True where it is the one that tries. Raises: TransientError, of code LOST."""
        if not self._looked:
            self._outage = await self._store.outage(self._account)
            self._looked = True
        while self._outage is not None:
            if self.lost_s > 0:
                raise self._error(self._outage)
            if self._trial is None:
                self._trial = anyio.Event()
                return True
            await self._trial.wait()
        return False

    async def passed(self) -> None:
        """A complete answer came that was no failure of the remote system."""
        self._failures = 0
        if self._outage is not None:
            outage, self._outage = self._outage, None
            await self._store.restored(self._account)
            if self._told is not None:
                self._told(outage, True)

    async def failed(self, reason: str, *, trial: bool) -> TransientError | None:
        """It could not be reached, or failed. The error to raise where that is nobody's attempt any more."""
        self._failures += 1
        if self._outage is None and self._failures >= _FAILURES:
            now = self._clock.now()
            self._outage = Outage(self._account, self._connection, now, now + _pause(0), 0, reason)
            if self._told is not None:
                self._told(self._outage, False)
        elif self._outage is not None and trial:
            trials, now = self._outage.trials + 1, self._clock.now()
            since = self._outage.since
            self._outage = Outage(self._account, self._connection, since, now + _pause(trials), trials, reason)
        else:
            return None if self._outage is None else self._error(self._outage)
        await self._store.lost(self._outage)
        return self._error(self._outage)

    def left(self) -> None:
        """The request that tried is over, however it ended: another one may try."""
        if self._trial is not None:
            self._trial.set()
            self._trial = None

    def _error(self, outage: Outage) -> TransientError:
        return TransientError(
            f"{self._connection} is lost since {outage.since:%Y-%m-%d %H:%M:%S %Z}: {outage.reason}",
            retry_after=max(0.05, self.lost_s),
            code=LOST,
            since=outage.since.isoformat(),
        )


def _pause(trials: int) -> timedelta:
    return timedelta(seconds=min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**trials))
