"""Quotas: when a request may leave, by the vendor's published rates and by what its answers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import anyio

from crossdock.clock import Clock
from crossdock.http.answers import LONGEST_WAIT_S
from crossdock.http.globs import Globs
from crossdock.http.types import Rate

# Finer waits are rounding: datetimes count microseconds.
_GRAIN_S = 0.0001


class QuotaStore(Protocol):
    """Counts calls per account and rate, for all who share it."""

    async def take(self, account: str, rate: Rate, now: datetime) -> float:
        """Take one call. Units: seconds to wait before asking again; 0 where it is granted."""
        ...

    async def correct(
        self, account: str, rate: Rate, remaining: int, replenished_at: datetime | None, now: datetime
    ) -> None:
        """Believe the vendor where it says that fewer calls are left than we count."""
        ...


class MemoryQuotas:
    """Counts in this process, by the generic cell rate algorithm: a bucket of `calls`, refilled evenly in `per_s`."""

    def __init__(self) -> None:
        self._full_at: dict[tuple[str, str], float] = {}
        """When each bucket will be full again, in seconds since 1970."""

    async def take(self, account: str, rate: Rate, now: datetime) -> float:
        """Take one call. Units: seconds to wait before asking again; 0 where it is granted."""
        at, key, interval = now.timestamp(), (account, rate.match), rate.per_s / rate.calls
        full_at = max(self._full_at.get(key, at), at)
        wait = full_at + interval - rate.per_s - at
        if wait > _GRAIN_S:
            return wait
        self._full_at[key] = full_at + interval
        return 0.0

    async def correct(
        self, account: str, rate: Rate, remaining: int, replenished_at: datetime | None, now: datetime
    ) -> None:
        """Believe the vendor where it says that fewer calls are left than we count."""
        at, key, interval = now.timestamp(), (account, rate.match), rate.per_s / rate.calls
        full_at = at + max(0, rate.calls - remaining) * interval
        if remaining <= 0 and replenished_at is not None:
            full_at = max(full_at, replenished_at.timestamp() + rate.per_s - interval)
        self._full_at[key] = max(self._full_at.get(key, 0.0), full_at)


class Gate:
    """Where the requests of one rate wait, first come first served."""

    def __init__(self, account: str, rate: Rate | None, store: QuotaStore, clock: Clock) -> None:
        self._account = account
        self._rate = rate
        self._store = store
        self._clock = clock
        self._lock = anyio.Lock()
        self._waiting = 0
        self._closed_until = float("-inf")
        self._refusals = 0

    @property
    def closed_s(self) -> float:
        """Seconds for which the vendor asked everyone to wait; 0 or less where the gate is open."""
        return self._closed_until - self._clock.monotonic()

    async def enter(self) -> None:
        """Return when one request may leave."""
        if not self._waiting and await self._wait_s() <= 0:
            return
        self._waiting += 1
        try:
            async with self._lock:
                while (wait := await self._wait_s()) > 0:
                    await self._clock.sleep(max(wait, 0.001))
        finally:
            self._waiting -= 1

    async def refused(self, wait_s: float | None) -> None:
        """Close: the vendor answered that it is too much, and perhaps for how long."""
        if wait_s is None:
            wait_s = min(2.0**self._refusals, 60.0)
        self._refusals = min(self._refusals + 1, 6)
        self._closed_until = max(self._closed_until, self._clock.monotonic() + wait_s)
        await self.correct(0, self._clock.now() + timedelta(seconds=wait_s))

    async def correct(self, remaining: int, replenished_at: datetime | None) -> None:
        """Believe what an answer says is left."""
        if self._rate is None:
            return
        now = self._clock.now()
        if replenished_at is not None:
            replenished_at = min(replenished_at, now + timedelta(seconds=LONGEST_WAIT_S))
        await self._store.correct(self._account, self._rate, remaining, replenished_at, now)

    def passed(self) -> None:
        """Forget earlier refusals: a request got through."""
        self._refusals = 0

    async def _wait_s(self) -> float:
        closed = self.closed_s
        if closed > 0 or self._rate is None:
            return closed
        return await self._store.take(self._account, self._rate, self._clock.now())


class Gates:
    """The gates of one account: one for each rate, one for everything else."""

    def __init__(
        self, account: str, rates: Sequence[Rate], factor: float | None, store: QuotaStore, clock: Clock
    ) -> None:
        self._globs = Globs([rate.match for rate in rates])
        self._gates = [Gate(account, None if factor is None else scaled(rate, factor), store, clock) for rate in rates]
        self._other = Gate(account, None, store, clock)

    def gate(self, method: str, path: str, other: Gate | None = None) -> Gate:
        """The gate of a request; `other`, or the common one, where no rate matches it."""
        position = self._globs.find(method, path)
        return (other or self._other) if position is None else self._gates[position]


def scaled(rate: Rate, factor: float) -> Rate:
    """A rate times a factor, exactly; at least one call at a time."""
    wanted = rate.calls * factor
    calls = max(1, int(wanted))
    return replace(rate, calls=calls, per_s=rate.per_s * calls / wanted)
