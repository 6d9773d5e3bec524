"""How much pipelines ask of the vendors' rates, as far as their parts declare what they cost."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any, cast
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crossdock.checking.assembly import Pipeline
from crossdock.contract.component import Connected
from crossdock.contract.connection import Connection
from crossdock.http.globs import Globs
from crossdock.http.types import Rate, Reader

NOWHERE = cast("Reader", object())
"""What a component is bound to that is asked for its settings, not for anything that it would read."""
_FIRINGS = 25


@dataclass(frozen=True, slots=True)
class Limit:
    """One rate of one account, shared by all that uses it, whatever the connections to it are called."""

    identity: str
    rate: Rate
    factor: float

    @property
    def calls(self) -> float:
        """How many calls it allows in `rate.per_s` seconds."""
        return self.rate.calls * self.factor

    @property
    def per_s(self) -> float:
        """How many calls it allows in a second."""
        return self.calls / self.rate.per_s


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pipeline's reads take of a limit while nothing is new."""

    pipeline: Pipeline
    calls: float
    interval_s: float

    @property
    def per_s(self) -> float:
        """Calls a second."""
        return self.calls / self.interval_s


def costs(component: Connected[Any], connection: Connection) -> Iterator[tuple[Limit, float]]:
    """The limits that a component draws on, and how many calls of each: for one read, or for one effect."""
    if connection.quotas == "off":
        return
    factor = 1.0 if connection.quotas == "vendor" else float(connection.quotas)
    globs = _globs(tuple(rate.match for rate in connection.rates))
    taken: dict[int, float] = {}
    for request, calls in _declared(component, connection).items():
        method, _, path = request.partition(" ")
        place = globs.find(method, path)
        if place is not None and calls > 0:
            taken[place] = taken.get(place, 0.0) + calls
    for place, calls in taken.items():
        yield Limit(connection.meter, connection.rates[place], factor), calls


def interval_s(pipeline: Pipeline) -> float | None:
    """Seconds between two runs: with `cron`, the usual ones. None where it runs only when it is told to."""
    if not pipeline.enabled:
        return None
    if pipeline.every is not None:
        return pipeline.every.total_seconds() or None
    if pipeline.cron is None:
        return None
    firings = islice(CronSim(pipeline.cron, datetime(2024, 1, 1, tzinfo=ZoneInfo(pipeline.timezone))), _FIRINGS)
    gaps = [(late - early).total_seconds() for early, late in pairwise(one.astimezone(UTC) for one in firings)]
    return (statistics.median(gaps) if gaps else 0) or None


@lru_cache(maxsize=64)
def _globs(patterns: tuple[str, ...]) -> Globs:
    return Globs(patterns)


def _declared(component: Connected[Any], connection: Connection) -> dict[str, float]:
    asked = copy.copy(component)
    try:
        asked.bind(connection, NOWHERE)
        return dict(asked.calls)
    except Exception:  # noqa: BLE001  (a stranger's property may raise anything; nothing is known of its cost then)
        return {}
