"""Token buckets as vendors keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crossdock.simulator.virtual import VirtualClock


@dataclass(frozen=True, slots=True)
class Limit:
    """So many calls in so many seconds. Routes that share a `name` share a bucket; without one each has its own.

    `burst` is how many may come at once after a pause, by default all: 1 asks for even spacing.
    """

    calls: int
    per_s: float = 60.0
    name: str | None = None
    burst: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one try to take a token."""

    allowed: bool
    remaining: int
    next_at: datetime
    """When the next whole token is there."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: datetime


class Buckets:
    """One bucket for each limit and account; full at first, refilled evenly."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def take(self, name: str, account: str, limit: Limit, factor: float) -> Taken:
        """Take one token, if there is one. `factor` scales capacity and refill alike; at least one call always fits."""
        now = self._clock.now()
        capacity = max(1.0, (limit.burst or limit.calls) * factor)
        refill = limit.calls * factor / limit.per_s
        bucket = self._buckets.setdefault((name, account), _Bucket(capacity, now))
        waited = max(0.0, (now - bucket.at).total_seconds())
        bucket.level = min(capacity, bucket.level + waited * refill)
        bucket.at = now
        allowed = bucket.level >= 1
        if allowed:
            bucket.level -= 1
        missing = 1 - bucket.level % 1
        return Taken(allowed, int(bucket.level), now + timedelta(seconds=missing / refill))

    def clear(self) -> None:
        """Fill every bucket again."""
        self._buckets.clear()
