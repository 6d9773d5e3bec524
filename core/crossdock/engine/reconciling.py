"""Source against target over a period: counts, units and money, and why they differ where they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from crossdock.canonical import Measure, measure
from crossdock.checking import Pipeline
from crossdock.contract.values import SettledEffect
from crossdock.contract.workspace import Standing, StoredEffect, StoredRecord
from crossdock.engine.route import BoundRoute
from crossdock.engine.workspace import StoreWorkspace
from crossdock.errors import CrossdockError
from crossdock.store.rows import OUTCOME_UNKNOWN, State

_AT_ONCE = 100
"""How many records a sink reads back in one go."""
_THERE = frozenset({"already_in_effect", "done_by_hand"})
"""Codes of what is skipped since it is there."""
_BEFORE = timedelta(days=1)
"""How far a source's clock may be ahead of ours: nothing is read, or planned, longer before it happened."""


@dataclass(frozen=True, slots=True)
class Amount:
    """So many records, and how much they are of."""

    records: int = 0
    of: Measure = field(default_factory=Measure)

    def plus(self, of: Measure) -> Amount:
        """With one more record."""
        return self + Amount(1, of)

    def __add__(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(self.records + other.records, self.of + other.of)


@dataclass(frozen=True, slots=True)
class Difference:
    """A record that is not on the other side as it is on this one. `of` is how much is missing there, or too much.

    `explained` says that its state tells why: it is held, waits, was skipped; a person knows where it is. `state` is
    that of its delivery, else "not read" (the source was not read to the end of the period), "unmeasured" (its content
    cannot be read), "no delivery", "no effect", "differs" (sent otherwise than it was read), "not there" and "differs
    there" (by what the sink read back), "not read back".
    """

    key: str
    state: str
    of: Measure
    explained: bool
    delivery: int | None = None
    code: str | None = None
    reason: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class RouteBalance:
    """One route over a period. `there` is what the sink read back; None where it cannot, or nobody asked it."""

    pipeline: str
    customer: str | None
    route: str
    source: Amount
    target: Amount
    there: Amount | None
    differences: Sequence[Difference]

    @property
    def unexplained(self) -> Sequence[Difference]:
        """The differences that nothing explains."""
        return [one for one in self.differences if not one.explained]


@dataclass(frozen=True, slots=True)
class Balance:
    """All routes over a period; `skipped` are the pipelines whose records do not add up, and why."""

    start: datetime
    end: datetime
    routes: Sequence[RouteBalance]
    skipped: Sequence[tuple[str, str]] = ()

    @property
    def ok(self) -> bool:
        """Whether every difference is explained."""
        return not any(route.unexplained for route in self.routes)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A record of the period and how much it is of."""

    stored: StoredRecord
    of: Measure


@dataclass(slots=True)
class _Sent:
    """A record that is on the other side: what its effects brought, and how much of it the sink found there."""

    counted: _Counted
    standing: Standing | None
    effects: Sequence[SettledEffect]
    brought: Measure
    there: Measure | None = None

    @property
    def of(self) -> Measure:
        return self.counted.of


_Effects = dict[tuple[str, str], dict[str, list[SettledEffect]]]
"""By pipeline and route, and by record."""


class Reconciler:
    """Compares what the pipelines read of a period with what became of it."""

    def __init__(self, workspace: StoreWorkspace, start: datetime, end: datetime | None, *, look: bool) -> None:
        self._workspace = workspace
        self._start = start
        self._end = workspace.now if end is None else end
        self._goes_on = end is None
        self._look = look
        self._effects: dict[str, _Effects] = {}

    @property
    def period(self) -> tuple[datetime, datetime]:
        """From when until before when."""
        return self._start, self._end

    async def reconcile(self, pipeline: Pipeline, routes: Sequence[BoundRoute]) -> list[RouteBalance] | str:
        """Each route of a pipeline, or why its records do not add up. Raises: StoreError."""
        counted: list[_Counted] = []
        unread: list[Difference] = []
        async with aclosing(self._workspace.records(pipeline.name, read_since=self._start - _BEFORE)) as records:
            async for stored in records:
                if stored.document is None:
                    unread += self._unmeasured(stored)
                elif (of := measure(stored.document)) is None:
                    return f"{type(stored.document).__name__} is a state, of which a period has no sum"
                elif self._start <= (of.at or stored.read_at) < self._end:
                    counted.append(_Counted(stored, of))
        unread += await self._not_read(pipeline.name)
        return [await self._route(route, counted, unread) for route in routes]

    def _unmeasured(self, stored: StoredRecord) -> Iterator[Difference]:
        """A record that nobody can read any more, or ever could: all that is known is when it came."""
        if not self._start <= stored.read_at < self._end:
            return
        if stored.erased:
            told = "its content was erased by retention: it cannot be counted any more"
            yield Difference(stored.key, "unmeasured", Measure(), True, code="payload_erased", reason=told)
        elif stored.fault is not None:
            fault = stored.fault
            skipped = bool(stored.standing) and all(one.state == State.SKIPPED for one in stored.standing)
            yield Difference(
                stored.key, "skipped" if skipped else "unmeasured", Measure(), True,
                code=fault.code, reason=fault.message, fix=fault.fix,
            )  # fmt: skip

    async def _not_read(self, pipeline: str) -> list[Difference]:
        read = await self._workspace.read_through(pipeline)
        if read is not None and (self._goes_on or read >= self._end):
            return []
        since = "was never read to its end" if read is None else f"was read to its end last at {read.isoformat()}"
        fix = f"`crossdock run {pipeline}` reads on"
        told = f"the source {since}: more of this period may come"
        return [Difference("", "not read", Measure(), True, code="not_read", reason=told, fix=fix)]

    async def _route(
        self, route: BoundRoute, counted: Sequence[_Counted], unread: Sequence[Difference]
    ) -> RouteBalance:
        made = await self._made(route)
        begun = min((one.stored.read_at for one in counted if _newest(one.stored, route.name)), default=None)
        source, differences, sent = Amount(), list(unread), list[_Sent]()
        for one in counted:
            source = source.plus(one.of)
            standing, effects = _newest(one.stored, route.name), made.get(one.stored.key, ())
            missing = _explain(one, standing, effects, begun)
            if missing is None:
                brought = route.sink.brought(effects) if effects else None
                sent.append(_Sent(one, standing, effects, (brought or one.of).filled(one.of)))
            else:
                differences.append(missing)
        looks = self._look and route.sink.can_read_back()
        there = await _read_back(route, [one for one in sent if one.effects], differences) if looks else None
        differences += [
            _differs(one, one.of, one.brought, "read", "sent", code="differs")
            for one in sent
            if one.of.differs(one.brought) and (one.there is None or one.of.differs(one.there))
        ]
        target = sum((Amount(1, one.brought) for one in sent), Amount())
        return RouteBalance(route.pipeline, route.customer, route.name, source, target, there, differences)

    async def _made(self, route: BoundRoute) -> Mapping[str, Sequence[SettledEffect]]:
        """The effects of a route that are in effect, by record."""
        if route.account not in self._effects:
            self._effects[route.account] = await self._in_account(route.sink_connection_name)
        return self._effects[route.account].get((route.pipeline, route.name), {})

    async def _in_account(self, connection: str) -> _Effects:
        """The newest version of each key in an account, by pipeline and route, and by record."""
        newest: dict[tuple[str, str], StoredEffect] = {}
        async for effect in self._workspace.effects(connection, planned_since=self._start - _BEFORE):
            newest[effect.sink, effect.key] = effect  # versions come in order
        found: _Effects = {}
        for one in newest.values():
            if one.receipt is not None:
                settled = SettledEffect(one.key, one.version, one.content, one.memo, one.receipt)
                of_route = found.setdefault((one.pipeline, one.route), {})
                of_route.setdefault(one.record, []).append(settled)
        return found


async def _read_back(route: BoundRoute, sent: Sequence[_Sent], differences: list[Difference]) -> Amount:
    """What is there now; what is not as it was sent is noted."""
    for start in range(0, len(sent), _AT_ONCE):
        piece = sent[start : start + _AT_ONCE]
        try:
            found = await route.sink.read_back([one.effects for one in piece])
        except CrossdockError as error:
            told = f"{len(piece)} records could not be looked at: {error.message}"
            key = piece[0].counted.stored.key
            differences.append(
                Difference(key, "not read back", Measure(), False, code=error.code, reason=told, fix=error.fix)
            )
            continue
        for one, there in zip(piece, found, strict=True):
            one.there = there
            if there is None:
                differences.append(_gone(one))
            elif one.brought.differs(there) and one.of.differs(there):
                differences.append(_differs(one, one.brought, there, "sent", "there", code="differs_there"))
    return sum((Amount(1, one.there) for one in sent if one.there is not None), Amount())


def _newest(stored: StoredRecord, route: str) -> Standing | None:
    return max((one for one in stored.standing if one.route == route), key=lambda one: one.revision, default=None)


def _explain(
    one: _Counted, standing: Standing | None, effects: Sequence[SettledEffect], begun: datetime | None
) -> Difference | None:
    """Why a record is not on the other side; None where it is."""
    key = one.stored.key
    if standing is None:
        before = begun is None or one.stored.read_at < begun
        told = "it was read before the route was there" if before else "it has no delivery on this route"
        fix = f"`crossdock replay --route ROUTE --key {key} --plan` shows what filling it in would send"
        return Difference(
            key, "no delivery", one.of, before, code="before_route" if before else "no_delivery", reason=told, fix=fix
        )
    there = standing.state == State.DELIVERED or (standing.state == State.SKIPPED and standing.code in _THERE)
    if not there:
        unknown = standing.state == State.ATTEMPTED or standing.code == OUTCOME_UNKNOWN
        reason = standing.reason or ("it is being found out whether it was done" if unknown else None)
        return Difference(
            key, standing.state, one.of, True, standing.delivery, standing.code, reason, standing.fix
        )  # fmt: skip
    if standing.state == State.DELIVERED and not effects and standing.code not in _THERE:
        told = "it is delivered, and no effect of it is known"
        return Difference(key, "no effect", one.of, False, standing.delivery, code="no_effect", reason=told)
    return None


def _gone(one: _Sent) -> Difference:
    key, told = one.counted.stored.key, "it was made, and is not there any more"
    fix = f"`crossdock trace {key}` tells its story; look for it there"
    number = one.standing.delivery if one.standing else None
    return Difference(key, "not there", one.brought, False, number, code="not_there", reason=told, fix=fix)


def _differs(one: _Sent, ours: Measure, theirs: Measure, here: str, there: str, *, code: str) -> Difference:
    key, told = one.counted.stored.key, "; ".join(_unlike(ours, theirs, here, there))
    fix = f"`crossdock trace {key}` tells its story"
    number = one.standing.delivery if one.standing else None
    return Difference(key, code.replace("_", " "), ours - theirs, False, number, code, told, fix)


def _unlike(ours: Measure, theirs: Measure, here: str, there: str) -> Iterator[str]:
    left = ours - theirs
    if left.units:
        yield f"{ours.units:f} units {here}, {theirs.units:f} {there}"
    for currency in sorted(left.money or {}):
        mine, other = ((one.money or {}).get(currency, Decimal(0)) for one in (ours, theirs))
        yield f"{mine:f} {currency} {here}, {other:f} {there}"
