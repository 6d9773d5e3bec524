"""Quotas: calls of the vendor's published rates are rented in blocks, and corrected by what answers say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from crossdock.clock import Clock
from crossdock.http.answers import LONGEST_WAIT_S
from crossdock.http.buckets import Ask, Bucket, Rented, Told, to_us
from crossdock.http.globs import Globs
from crossdock.http.line import Line
from crossdock.http.types import Rate
from crossdock.http.urgency import Urgency, current_urgency

_BLOCK = 0.05
"""The most of a bucket that is rented at once: the others have a chance, and few transactions are needed."""


class QuotaStore(Protocol):
    """Keeps the buckets of accounts, for all who share them."""

    async def rent(self, account: str, rate: Rate, ask: Ask, now: datetime) -> Rented:
        """Rent calls of a bucket."""
        ...

    async def correct(self, account: str, rate: Rate, told: Told, now: datetime) -> None:
        """Believe the vendor where it says that fewer calls are left than we count."""
        ...

    async def give_back(self, account: str, rate: Rate, calls: int, now: datetime) -> None:
        """Put back what was rented and not used."""
        ...


class MemoryQuotas:
    """Keeps the buckets of this process only."""

    def __init__(self) -> None:
        self._full_us: dict[tuple[str, str], int] = {}

    async def rent(self, account: str, rate: Rate, ask: Ask, now: datetime) -> Rented:
        """Rent calls of a bucket."""
        key = account, rate.match
        self._full_us[key], rented = Bucket.of(rate).rent(self._full_us.get(key, 0), to_us(now), ask)
        return rented

    async def correct(self, account: str, rate: Rate, told: Told, now: datetime) -> None:
        """Believe the vendor where it says that fewer calls are left than we count."""
        key = account, rate.match
        self._full_us[key] = Bucket.of(rate).correct(self._full_us.get(key, 0), to_us(now), told)

    async def give_back(self, account: str, rate: Rate, calls: int, now: datetime) -> None:
        """Put back what was rented and not used."""
        key = account, rate.match
        self._full_us[key] = Bucket.of(rate).give_back(self._full_us.get(key, 0), to_us(now), calls)


class Gate:
    """Where the requests of one rate wait, the most urgent first. It hands out rented calls, and rents more."""

    def __init__(self, account: str, rate: Rate | None, store: QuotaStore, clock: Clock) -> None:
        self._account = account
        self._rate = rate
        self._store = store
        self._clock = clock
        self._line = Line(clock, self._obtain)
        self._purse = 0
        self._good_until = float("-inf")
        self._block = 1
        self._most = 1 if rate is None else max(1, math.ceil(rate.at_once * _BLOCK))
        self._good_s = 0.0 if rate is None else Bucket.of(rate).good_s
        self._left = 0
        """How many calls the vendor should have left, by what the store knew when we last asked."""
        self._told: Told | None = None
        self._closed_until = float("-inf")
        self._refusals = 0

    @property
    def closed_s(self) -> float:
        """Seconds for which the vendor asked everyone to wait; 0 or less where the gate is open."""
        return self._closed_until - self._clock.monotonic()

    async def enter(self) -> None:
        """Return when one request may leave. Where calls are at hand this does no I/O, and waits for nobody."""
        if not self._line.waiting:
            if self._rate is None:
                if self._closed_until <= self._clock.monotonic():
                    return
            elif self._purse > 0 and self._clock.monotonic() < self._good_until:
                self._purse -= 1
                return
        await self._line.wait(current_urgency())

    async def refused(self, wait_s: float | None) -> None:
        """Close: the vendor answered that it is too much, and perhaps for how long."""
        if wait_s is None:
            wait_s = min(2.0**self._refusals, 60.0)
        self._refusals = min(self._refusals + 1, 6)
        self._closed_until = max(self._closed_until, self._clock.monotonic() + wait_s)
        self._purse = 0
        if self._rate is not None:
            now = self._clock.now()
            told = Told(0, to_us(now + timedelta(seconds=wait_s)), to_us(now))
            await self._store.correct(self._account, self._rate, told, now)

    def learn(self, remaining: int, replenished_at: datetime | None) -> None:
        """Note what an answer says is left. It reaches the store with the next rent: that is a moment away."""
        if self._rate is None or remaining >= self._left + self._purse:
            return
        now = self._clock.now()
        if replenished_at is not None:
            replenished_at = min(replenished_at, now + timedelta(seconds=LONGEST_WAIT_S))
        self._told = Told(remaining, None if replenished_at is None else to_us(replenished_at), to_us(now))
        self._purse = min(self._purse, remaining)

    def passed(self) -> None:
        """Forget earlier refusals: a request got through."""
        self._refusals = 0

    async def aclose(self) -> None:
        """Give back what was rented and is not needed."""
        if self._rate is not None and self._purse > 0:
            calls, self._purse = self._purse, 0
            await self._store.give_back(self._account, self._rate, calls, self._clock.now())

    async def _obtain(self, waiting: int, urgency: Urgency) -> None:
        """Return when the first in line may go."""
        while (closed_s := self.closed_s) > 0:
            await self._clock.sleep(closed_s)
        if self._rate is None:
            return
        while self._purse <= 0 or self._clock.monotonic() >= self._good_until:
            rented = await self._rent(self._rate, waiting, urgency)
            if rented.wait_s > 0:
                await self._clock.sleep(max(rented.wait_s, 0.001))
            self._good_until = self._clock.monotonic() + self._good_s
            self._purse = rented.calls if self.closed_s <= 0 else 0
            while (closed_s := self.closed_s) > 0:
                await self._clock.sleep(closed_s)
        self._purse -= 1

    async def _rent(self, rate: Rate, waiting: int, urgency: Urgency) -> Rented:
        returned, self._purse = self._purse, 0
        # Twice as many as last time where those were all used, so that a short run rents little and a long one seldom.
        self._block = max(1, self._block // 2) if returned else min(self._most, self._block * 2)
        told, self._told = self._told, None
        wanted = max(self._block, min(waiting, self._most))
        urgent = urgency is not Urgency.BACKFILLING
        ask = Ask(wanted, waiting, urgent=urgent, returned=returned, told=told)
        rented = await self._store.rent(self._account, rate, ask, self._clock.now())
        self._left = rented.left - rented.calls
        return rented


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

    async def aclose(self) -> None:
        """Give back what was rented and is not needed."""
        for gate in self._gates:
            await gate.aclose()


def scaled(rate: Rate, factor: float) -> Rate:
    """A rate times a factor, exactly; at least one call at a time."""
    wanted = rate.calls * factor
    calls = max(1, int(wanted))
    burst = None if rate.burst is None else max(1, int(rate.burst * factor))
    return replace(rate, calls=calls, per_s=rate.per_s * calls / wanted, burst=burst)
