"""The arithmetic of quotas: a pipeline that cannot keep up says so before it runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from crossdock.checking.assembly import Pipeline, Route
from crossdock.checking.demand import Limit, Reading, costs, interval_s
from crossdock.checking.hosts import is_loopback
from crossdock.checking.look_up import Accounts
from crossdock.checking.section import as_items
from crossdock.config import Entry, Findings, Mark, Table
from crossdock.contract.durations import format_duration

_FOR_READING = 0.5
"""The part of a limit that reads may take while nothing is new: the rest is for what there is to read, and to do."""
_FAR_BELOW = 0.5
_STEPS_S = (1, 5, 15, 30, 60, 300, 900, 1800, 3600)
_HOUR_S = 3600
_NAMED = 5


@dataclass(frozen=True, slots=True)
class _Pace:
    """How many effects an hour a route can make, and which limit ends it."""

    limit: Limit
    effects: float


def warn_of_lag(
    accounts: Accounts, pipelines: Mapping[str, Pipeline], entries: Sequence[Entry], findings: Findings
) -> None:
    """Report reads that eat a quota alone, and routes whose quota lets much less pass than what comes to them."""
    _Arithmetic(accounts, pipelines, entries, findings).warn()


class _Arithmetic:
    def __init__(
        self, accounts: Accounts, pipelines: Mapping[str, Pipeline], entries: Sequence[Entry], findings: Findings
    ) -> None:
        made = {name: account.made for name, account in accounts.by_name.items()}
        self._connections = {name: one for name, one in made.items() if one is not None}
        self._pipelines = pipelines
        self._tables = {entry.key: entry.value for entry in entries if isinstance(entry.value, Table)}
        self._findings = findings
        self._readings = self._read()
        self._taken = {limit: sum(one.per_s for one in readings) for limit, readings in self._readings.items()}

    def warn(self) -> None:
        for limit, readings in self._readings.items():
            if self._taken[limit] > limit.per_s * _FOR_READING:
                self._warn_of_reading(limit, readings)
        brought = self._brought()
        for pipeline in self._enabled():
            arriving = brought.get((self._connections[pipeline.connection_name].identity, pipeline.source.entity), {})
            for place, route in enumerate(pipeline.routes):
                self._warn_of_route(pipeline, place, route, arriving)

    def _enabled(self) -> list[Pipeline]:
        return [pipeline for pipeline in self._pipelines.values() if pipeline.enabled]

    # ---------------------------------------------------------------- reading

    def _read(self) -> Mapping[Limit, list[Reading]]:
        found: defaultdict[Limit, list[Reading]] = defaultdict(list)
        for pipeline in self._enabled():
            taken = list(costs(pipeline.source, self._connections[pipeline.connection_name]))
            seconds = interval_s(pipeline) if taken else None
            for limit, calls in taken if seconds is not None else ():
                found[limit].append(Reading(pipeline, calls, seconds or math.inf))
        return found

    def _warn_of_reading(self, limit: Limit, readings: Sequence[Reading]) -> None:
        greediest = max(readings, key=lambda reading: reading.per_s)
        taken = self._taken[limit]
        names = _some([reading.pipeline.name for reading in readings])
        verdict = (
            "cannot keep up" if taken > limit.per_s else f"{'leave' if len(readings) > 1 else 'leaves'} too little"
        )
        message = (
            f"{names} {verdict}: while nothing is new, reading alone takes {_figure(taken * limit.rate.per_s)} calls "
            f"in {limit.rate.per_s:g} s of {limit.rate.match}, and {greediest.pipeline.connection_name} allows "
            f"{_figure(limit.calls)}"
        )
        self._findings.warn(self._schedule(greediest.pipeline), "cannot_keep_up", message, fix=_slower(limit, readings))

    def _schedule(self, pipeline: Pipeline) -> Mark:
        entries = self._tables[pipeline.name].entries
        return entries["every" if pipeline.every is not None else "cron"].value.mark

    # ---------------------------------------------------------------- routes

    def _brought(self) -> Mapping[tuple[str, str], Mapping[Limit, tuple[float, list[str]]]]:
        """How many things of a kind an hour come to be in an account, by the limit that ends it; and through whom."""
        found: defaultdict[tuple[str, str], dict[Limit, tuple[float, list[str]]]] = defaultdict(dict)
        for pipeline in self._enabled():
            for route in pipeline.routes:
                connection = self._connections[route.connection_name]
                pace = self._pace(route) if route.sink.makes else None
                # What a stand-in lets pass says nothing of the vendor.
                if pace is not None and not is_loopback(connection.base_url):
                    of_kind = found[connection.identity, route.sink.makes]
                    effects, names = of_kind.get(pace.limit, (0.0, []))
                    of_kind[pace.limit] = max(effects, pace.effects), [*names, pipeline.name]
        return found

    def _pace(self, route: Route) -> _Pace | None:
        """None where nothing is known to end it."""
        paces = []
        for limit, calls in costs(route.sink, self._connections[route.connection_name]):
            left = max(limit.per_s - self._taken.get(limit, 0.0), 0.0)
            paces.append(_Pace(limit, left / calls * _HOUR_S))
        return min(paces, key=lambda pace: pace.effects, default=None)

    def _warn_of_route(
        self, pipeline: Pipeline, place: int, route: Route, arriving: Mapping[Limit, tuple[float, list[str]]]
    ) -> None:
        pace = self._pace(route) if arriving else None
        come = sum(effects for effects, _ in arriving.values())
        if pace is None or pace.effects >= come * _FAR_BELOW:
            return
        names = _some({name for _, through in arriving.values() for name in through})
        message = (
            f"{route.use} makes at most {_figure(pace.effects)} changes an hour in {route.connection_name} "
            f"({pace.limit.rate.match}: {_figure(pace.limit.calls)} calls in {pace.limit.rate.per_s:g} s), and {names} "
            f"can bring {_figure(come)}"
        )
        more = (
            f"raise `quotas` of {route.connection_name}" if pace.limit.factor < 1 else "ask the vendor for more calls"
        )
        fix = f"{more}, or expect that it lags behind in busy hours"
        entry = self._tables[pipeline.name].entries["to"]
        node = as_items(entry.value)[place]
        mark = node.entries["use"].value.mark if isinstance(node, Table) else entry.mark
        self._findings.warn(mark, "slow_route", message, fix=fix)


def _slower(limit: Limit, readings: Sequence[Reading]) -> str:
    """The interval that fits: of the greediest alone, where the others leave room for it, else of all."""
    room = limit.per_s * _FOR_READING
    greediest = max(readings, key=lambda reading: reading.per_s)
    others = sum(reading.per_s for reading in readings if reading is not greediest)
    if others <= room / 2:
        return f"write {_interval(greediest.calls / (room - others))} or longer"
    factor = (others + greediest.per_s) / room
    if len(readings) > _NAMED:
        return f"let each of them run {math.ceil(round(factor * 10, 9)) / 10:g} times less often"
    slower = [f"{_interval(one.interval_s * factor)} in {one.pipeline.name}" for one in readings]
    return f"write {', '.join(slower)}, or longer"


def _interval(seconds: float) -> str:
    """The next time that one would write."""
    step = next((step for step in reversed(_STEPS_S) if seconds >= step * 2), 1)
    return f"`every: {format_duration(timedelta(seconds=math.ceil(round(seconds / step, 9)) * step))}`"


def _some(names: Collection[str]) -> str:
    """The first names, and how many more there are."""
    first, more = sorted(names)[:_NAMED], len(set(names)) - _NAMED
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
