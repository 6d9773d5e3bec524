"""Finding out whether an effect is there: before a first creation, and always before anything lost is repeated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crossdock.boundary import sabotaged
from crossdock.clock import Clock
from crossdock.contract.values import Absent, Begun, CannotTell, Conflict, Done, Effect, Probe, Receipt
from crossdock.engine.route import BoundRoute
from crossdock.engine.stored import (
    forgotten,
    is_partial,
    is_unknown,
    kept,
    last_attempt,
    lost_step,
    next_step,
    to_effect,
    to_request,
)
from crossdock.engine.verdict import Verdict, held_unknown, leaf, unknown
from crossdock.errors import CredentialsError, CrossdockError, HoldError, StoreError, TransientError
from crossdock.http import LOST, Response
from crossdock.store.rows import Doubt, EffectRow, EffectState, StepRow

_SOON = timedelta(seconds=1)

_SLEWED = timedelta(milliseconds=500)
"""What a clock that is only kept right, not set, may gain between two looks."""

_AGAIN = timedelta(seconds=2)
"""How soon to look again where looking itself failed."""


@dataclass(frozen=True, slots=True)
class Found:
    """It is there: what a probe read."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class ProvenAbsent:
    """It is not there and nothing lost can still make it: the same stored effect may be sent again."""

    steps: tuple[StepRow, ...]


@dataclass(frozen=True, slots=True)
class GoneOn:
    """What was lost was carried out, and there is more to do: the effect goes on after it."""

    steps: tuple[StepRow, ...]
    """To be journalled: the step that was lost, with an answer. (One that only reads is to be asked again.) Where there
    is none, nothing is in doubt any more."""


@dataclass(frozen=True, slots=True)
class Open:
    """Not settled yet: when to look again, or a person decides."""

    verdict: Verdict
    steps: tuple[StepRow, ...] = ()
    """To be journalled: attempts that our clock, set back since, says are yet to come count from now."""


Looked = Found | ProvenAbsent | GoneOn | Open


def ends_doubt(looked: Looked) -> bool:
    """Whether nothing of it that a store forgot is in doubt any more: what was gone on with may have gone further."""
    return not isinstance(looked, Open) and not (isinstance(looked, GoneOn) and looked.steps)


class Prober:
    """Asks the sink of one route; reads only.

    With a doubt, what the store lost may have sent anything that was planned before the store was put back, until then.
    """

    def __init__(self, route: BoundRoute, clock: Clock, doubt: Doubt | None = None) -> None:
        self._route = route
        self._clock = clock
        self._doubt = doubt
        self._looked: dict[str, tuple[datetime, datetime, float]] = {}
        """For each effect its last attempt, and when it was first looked for since, by both clocks."""

    def is_open(self, row: EffectRow) -> bool:
        """Whether a stored effect may have happened without our knowing."""
        return is_unknown(row) or self.is_doubtful(row)

    def is_doubtful(self, row: EffectRow) -> bool:
        """Whether the store may have forgotten that it sent an unfinished effect, and nobody looked since."""
        if self._doubt is None or row.state is not EffectState.ATTEMPTED:
            return False
        return (row.settled_at or row.planned_at) <= self._doubt.restored_at

    def is_outdated(self, at: datetime) -> bool:
        """Whether the store was put back since: what a person said then says nothing of what it forgot."""
        return self._doubt is not None and at <= self._doubt.restored_at

    async def ask(self, effect: Effect) -> Probe:
        """One look; a fault of the look itself is "cannot tell". Raises: CredentialsError, StoreError."""
        try:
            return await self._look(effect)
        except HoldError as error:
            return CannotTell(error.message)

    async def _look(self, effect: Effect) -> Probe:
        try:
            answer = await self._route.sink.probe(effect)
        except Exception as error:  # noqa: BLE001  a plugin that fails to look has not looked
            return self._failed(leaf(error))
        if not isinstance(answer, Probe) or (isinstance(answer, Done) and not isinstance(answer.receipt, Receipt)):
            return CannotTell(f"{self._route.sink_name} answered its probe with no Probe")
        return answer

    def _failed(self, error: BaseException) -> CannotTell:
        if isinstance(error, CredentialsError | StoreError | HoldError):
            raise error
        if isinstance(error, CrossdockError):
            return CannotTell(error.message)
        return CannotTell(f"{self._route.sink_name} failed to look: {type(error).__name__}")

    async def resolve(self, row: EffectRow) -> Looked:
        """Settle a stored effect whose outcome is unknown."""
        if not self._route.sink.can_probe():
            return Open(
                held_unknown(f"the outcome of effect {row.key} is unknown and {self._route.sink_name} cannot look")
            )
        if sabotaged("no-probe"):
            return ProvenAbsent(forgotten(row.steps))
        answered = is_partial(row) and not is_unknown(row)
        if self.is_doubtful(row) and answered and next_step(row, self._route.sink) is None:
            return GoneOn(())  # nothing is to be sent now that may have been sent before
        asked_at = self._clock.now()
        row, moved = _on_our_clock(row, asked_at)
        settles_at = self._settles_at(last_attempt(row)) + self._set_ahead(row, asked_at)
        lost = lost_step(row) or self._next(row)
        match await self.ask(replace(to_effect(row), lost=None if lost is None else to_request(lost))):
            case Done(receipt):
                return Found(receipt)
            case Conflict(differences):
                return Open(held_unknown(f"something else is there as {row.key}: {'; '.join(differences)}"))
            case Absent() if asked_at >= settles_at:
                return ProvenAbsent(forgotten(row.steps))
            case Absent():
                waited = asked_at - last_attempt(row)
                again = min(
                    settles_at, asked_at + max(_SOON, waited)
                )  # at 0, 1, 2, 4, 8 … seconds, and when it settles
                return Open(unknown("its answer was lost; it is not there yet, but may still appear", again), moved)
            case Begun(answer):
                return GoneOn(self._answered(lost, answer, asked_at))
            case CannotTell(reason):
                return Open(self._cannot_tell(reason, asked_at, settles_at), moved)

    def gone_on(self, row: EffectRow) -> GoneOn:
        """It is there: whatever of it was lost was carried out."""
        return GoneOn(self._answered(lost_step(row) or self._next(row), None, self._clock.now()))

    def _next(self, row: EffectRow) -> StepRow | None:
        """The write that comes next, where a store that was put back may have forgotten that it sent it."""
        if not self.is_doubtful(row):
            return None
        step = next_step(row, self._route.sink)
        return None if step is None or self._route.client.only_reads(to_request(step)) else step

    def _answered(self, step: StepRow | None, answer: Response | None, at: datetime) -> tuple[StepRow, ...]:
        if step is None:
            return ()
        if self._route.client.only_reads(to_request(step)):
            return (replace(step, attempted_at=None, lost=False),)
        return (kept(replace(step, lost=False, attempted_at=step.attempted_at or at), answer or Response(200), at),)

    def _cannot_tell(self, reason: str, asked_at: datetime, settles_at: datetime) -> Verdict:
        lost_s = self._route.client.lost_s
        if lost_s > 0:  # nobody can look while the connection is lost, a person neither
            return unknown(f"its answer was lost, and {reason}", asked_at + timedelta(seconds=lost_s))
        if asked_at < settles_at + self._route.recheck:
            return unknown(f"its answer was lost, and looking failed: {reason}", asked_at + _AGAIN)
        return held_unknown(f"its answer was lost, and looking keeps failing: {reason}")

    def _set_ahead(self, row: EffectRow, now: datetime) -> timedelta:
        """How far our clock was set ahead since the first look: so much less time has passed than it says."""
        attempted, counted = last_attempt(row), self._clock.monotonic()
        if row.id not in self._looked or self._looked[row.id][0] != attempted:
            self._looked[row.id] = (attempted, now, counted)
        _, since, before = self._looked[row.id]
        ahead = (now - since) - timedelta(seconds=counted - before)
        return ahead if ahead > _SLEWED else timedelta(0)

    def _settles_at(self, last: datetime) -> datetime:
        """From when on absence counts of what may have been sent at `last`."""
        if self._doubt is not None:
            last = max(last, self._doubt.restored_at)
        return last + self._route.sink.settles_after

    async def look_first(self, effect: Effect, *, doubtful: bool = False) -> Done | Absent | CannotTell:
        """Look before the first creation; `doubtful`: what the store lost may have sent it until a moment ago.

        CannotTell where nobody can ever look for it.

        Raises: HoldError where something else is there, or a person must let us look first; TransientError where it
        could not be told yet.
        """
        asked_at = self._clock.now()
        match await self._look(effect):
            case Done() as done:
                return done
            case Absent() as absent:
                if doubtful and self._doubt is not None:
                    self._refuse_early(effect, self._settles_at(self._doubt.restored_at) - asked_at)
                return absent
            case Conflict(differences):
                raise HoldError(
                    "conflict",
                    f"something else is there already as {effect.key}: {'; '.join(differences)}",
                    fix="correct it in the remote system, or cancel one of the two",
                )
            case Begun():
                raise TransientError(f"{effect.key} was begun, and how it ended is open", code="cannot_look")
            case CannotTell(ever=True) as never:
                return never
            case CannotTell(reason):
                why, lost_s = f"could not look before creating {effect.key}: {reason}", self._route.client.lost_s
                if lost_s > 0:
                    raise TransientError(why, code=LOST, retry_after=lost_s)
                raise TransientError(why, code="cannot_look")

    def _refuse_early(self, effect: Effect, wait: timedelta) -> None:
        if wait > timedelta(0):
            reason = f"the store was restored a moment ago: {effect.key} is not there yet, but may still appear"
            raise TransientError(reason, code="restored", retry_after=wait.total_seconds())


def _on_our_clock(row: EffectRow, now: datetime) -> tuple[EffectRow, tuple[StepRow, ...]]:
    """The effect with no attempt in the future, and the steps that this changed."""
    late = [step.position for step in row.steps if step.attempted_at and step.attempted_at > now]
    if not late:
        return row, ()
    steps = tuple(replace(step, attempted_at=now) if step.position in late else step for step in row.steps)
    return replace(row, steps=steps), tuple(step for step in steps if step.position in late)
