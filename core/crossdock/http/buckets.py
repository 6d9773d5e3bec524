"""The arithmetic of quotas: a bucket of calls that refills evenly, kept as the time at which it will be full again.

This is the generic cell rate algorithm. A bucket is one number, so that it fits into one column, and renting calls from
it is one read and one write, whoever keeps it. Pure; times are microseconds since 1970.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from crossdock.http.types import Rate

_KEPT_BACK = 0.05
"""The part of a bucket that is never used. Calls are rented a moment before they are made, and take a while to arrive:
the vendor may see them closer together than they were counted."""
_RESERVED = 0.25
"""The part of what may be used that is left to what is urgent."""
_AHEAD_S = 3.0
"""Calls that the bucket will have only after that time are not rented yet: the vendor may say more until then."""
_AT_ONCE_S = 0.25
"""Where there is none left, so much of the refill may be rented ahead at once."""
_FARTHEST_S = 300.0
_GOOD_S = 1.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a vendor's answer said of a bucket: how many calls are left, and when there are more; at which time."""

    remaining: int
    replenished_us: int | None
    at_us: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What a process wants of a bucket."""

    wanted: int
    """How many calls it could use, now and in the next moment."""
    waiting: int = 1
    """How many it needs, for those who wait."""
    urgent: bool = True
    returned: int = 0
    """Calls that it rented before and did not make."""
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class Rented:
    """What a process got: that many calls, which may be made after `wait_s`; 0 means to ask again then."""

    calls: int
    wait_s: float
    left: int
    """How many more the vendor should have now, what was rented included."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A vendor's rate as we use it."""

    burst: int
    interval_us: float
    usable_us: float
    """How far from full the bucket may get: the time that the calls which we use of it take to refill."""
    good_s: float
    """How long rented calls may wait to be made. The bucket refills meanwhile as if they had been made already: half of
    what is kept back is for that, the other half for the way to the vendor."""

    @classmethod
    def of(cls, rate: Rate) -> Bucket:
        """The bucket of a rate. One that holds a single call cannot keep one back: it is used a little slower."""
        burst, interval_us = rate.at_once, rate.per_s * 1_000_000 / rate.calls
        if burst == 1:
            kept_us = interval_us * _KEPT_BACK
            return cls(1, interval_us + kept_us, interval_us + kept_us, min(kept_us / 2_000_000, _GOOD_S))
        kept = math.ceil(burst * _KEPT_BACK)
        good_s = min(kept * interval_us / 2_000_000, _GOOD_S)
        return cls(burst, interval_us, (burst - kept) * interval_us, good_s)

    def rent(self, full_us: int, now_us: int, ask: Ask) -> tuple[int, Rented]:
        """Rent calls: when the bucket is full again then, and what was got."""
        full_us = self._back(self._sane(full_us, now_us), now_us, ask.returned)
        if ask.told is not None:
            full_us = self.correct(full_us, now_us, ask.told)
        lacking_us = max(full_us - now_us, 0)
        usable_us = self._usable_us(ask.urgent)
        there = int((usable_us - lacking_us) / self.interval_us + 1e-9)
        if there >= 1:
            return self._taken(now_us, lacking_us, min(ask.wanted, there), 0.0)
        calls = max(1, min(ask.waiting, int(_AT_ONCE_S * 1_000_000 / self.interval_us)))
        wait_s = (lacking_us + calls * self.interval_us - usable_us) / 1_000_000
        if wait_s <= _AHEAD_S:
            return self._taken(now_us, lacking_us, calls, wait_s)
        first_s = (lacking_us + self.interval_us - usable_us) / 1_000_000
        return full_us, Rented(0, max(first_s - _AHEAD_S, 0.05), self._left(lacking_us))

    def correct(self, full_us: int, now_us: int, told: Told) -> int:
        """Believe the vendor where it says that fewer calls are left than we count: when it is full again then."""
        if told.remaining > 0:
            return max(full_us, math.ceil(told.at_us + max(0, self.burst - told.remaining) * self.interval_us))
        # Nothing before the next call is refilled, or the time that the vendor names.
        again_us = told.at_us + self.interval_us
        if told.replenished_us is not None:
            again_us = max(again_us, min(told.replenished_us, now_us + _FARTHEST_S * 1_000_000))
        return max(full_us, math.ceil(again_us + self.usable_us - self.interval_us))

    def give_back(self, full_us: int, now_us: int, calls: int) -> int:
        """Put back what was rented and not used: when it is full again then."""
        return self._back(self._sane(full_us, now_us), now_us, calls)

    def left(self, full_us: int, now_us: int) -> int:
        """How many calls the vendor should have now."""
        return self._left(max(full_us - now_us, 0))

    def _taken(self, now_us: int, lacking_us: float, calls: int, wait_s: float) -> tuple[int, Rented]:
        lacking_us += calls * self.interval_us
        return math.ceil(now_us + lacking_us), Rented(calls, wait_s, self._left(lacking_us) + calls)

    def _usable_us(self, urgent: bool) -> float:
        if urgent:
            return self.usable_us
        return self.usable_us - int(self.usable_us / self.interval_us * _RESERVED) * self.interval_us

    def _left(self, lacking_us: float) -> int:
        return max(0, int(self.burst - lacking_us / self.interval_us + 1e-9))

    def _back(self, full_us: int, now_us: int, calls: int) -> int:
        return full_us if calls <= 0 else max(now_us, int(full_us - calls * self.interval_us))

    def _sane(self, full_us: int, now_us: int) -> int:
        """No bucket takes longer to fill than this: what says so was written before the clock was set back."""
        longest_us = self.burst * self.interval_us + 2 * _FARTHEST_S * 1_000_000
        return full_us if full_us - now_us <= longest_us else now_us


def to_us(at: datetime) -> int:
    """A time in microseconds since 1970."""
    return round(at.timestamp() * 1_000_000)
