"""Sending a planned effect: store it, send each step once, journal the answer, ask the sink what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest

from crossdock.boundary import reach, sabotaged
from crossdock.clock import Clock
from crossdock.contract.values import Answers, Effect, Later, Receipt
from crossdock.engine.route import BoundRoute
from crossdock.engine.sent import Lost, Made, NotMade, Sent, Waits
from crossdock.engine.stored import (
    correlation_id,
    is_done,
    kept,
    remaining,
    to_effect,
    to_request,
    to_response,
    to_step,
)
from crossdock.errors import (
    AnswerLostError,
    CredentialsError,
    CrossdockError,
    HoldError,
    PluginError,
    RejectedError,
    StoreError,
    TransientError,
)
from crossdock.http import Request, Response, retry_after
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store
from crossdock.store.rows import Change, DeliveryUpdate, EffectRow, NewEffect, State, StepRow, StepUpdate

LONGEST = 64
"""How many requests an effect may come to: a sink that never stops following is stopped here."""
_SOONEST = timedelta(milliseconds=100)
"""How soon to ask again at the earliest, whatever a sink says."""


_log = get_logger("crossdock.engine")

_PROMPT_S = 0.25
"""A byte leaves within this time (s) of the moment that was noted for it."""
_LATE_S = 4.0
"""Or within this, where noting it again and again took as long."""

Begin = Callable[[datetime, Sequence[StepRow]], Change]
"""What stores the effect with its steps as they stand, at that time."""

Shield = Callable[[], None]
"""Called when the first byte is about to leave: from then on the work must not be cancelled."""


class Sending:
    """One effect on its way. `begin` stores it; without one it is stored already, and goes on where it stopped."""

    def __init__(
        self,
        route: BoundRoute,
        store: Store,
        clock: Clock,
        row: EffectRow | NewEffect,
        *,
        planned: Effect | None = None,
        begin: Begin | None,
        shield: Shield,
    ) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._row = row
        self._effect = planned or to_effect(row)  # what was planned just now need not be built again
        self._requests = dict(enumerate(self._effect.steps))
        self._responses: dict[int, Response] = {}
        self._begin = begin
        self._shield = shield
        self._stored = begin is None
        self._position, self._steps = remaining(row, route.sink.not_done)
        self._journalled: Sequence[StepRow] = () if begin else row.steps
        self._poll: _Poll | None = None

    async def run(self) -> Sent:
        """Send the steps one after another.

        Raises: StoreError (what was sent then stays attempted, and is probed later).
        """
        while True:
            if self._position < len(self._steps):
                outcome = await self._step(self._position)
                if outcome is not None:
                    return outcome
                self._position += 1
            ended = await self._ended(self._position)
            if ended is not None:
                return ended

    async def _ended(self, position: int) -> Sent | None:
        """What the sink says of the answers so far; None where another step is to be sent."""
        more = position < len(self._steps)
        if more and not self._refused(position - 1):
            return None
        try:
            following = None if more else self._following()
            if following is None:
                return await self._concluded(more=more)
        except AnswerLostError as error:
            return self._lost(position - 1, error.message)
        except StoreError:
            raise
        except CrossdockError as error:
            return self._denied(error)
        except Exception as error:  # noqa: BLE001  an answer that the sink cannot read proves nothing
            return self._lost(position - 1, f"the answer could not be read ({type(error).__name__})")
        if isinstance(following, Later):
            return await self._later(position, following)
        self._append(position, following)
        return None

    async def _concluded(self, *, more: bool) -> Sent | None:
        """What it came to: nothing follows, or a planned write was refused and there is `more`; None to go on."""
        receipt = checked(self._route.sink.receipt(self._effect, self._answers()))
        return None if more else await self._made(receipt)

    def _append(self, position: int, request: Request) -> None:
        self._requests[position] = request
        self._steps[position:] = [replace(to_step(position, request), followed=True)]

    # ------------------------------------------------------------ asking how far it is

    async def _later(self, position: int, later: Later) -> Sent | None:
        """Ask again, once it is time to: the newest answer takes the place of the one before."""
        now, asked = self._clock.now(), self._steps[position - 1]
        due = min(asked.answered_at or now, now) + max(later.after, _SOONEST)  # a clock that was set back: no longer
        if now < due:
            return await self._waits(due)
        again = self._repeats(later)
        if again:
            self._position = position = position - 1
            self._responses.pop(position, None)
        self._append(position, later.request)
        self._poll = _Poll(position, asked if again else None, later.after)
        return None

    async def _ask(self, poll: _Poll, request: Request) -> Sent | None:
        """Ask how far it is. Where that fails it is asked again later: nothing is lost by it."""
        try:
            response = await self._route.client.send(request)
        except CredentialsError as error:
            self._put_back(poll)
            return self._not_made(error)
        except TransientError as error:
            wait_s = error.retry_after
        else:
            status = response.status_code
            if status not in self._route.sink.not_done and (200 <= status < 300 or 400 <= status < 500):
                self._answered(poll.position, response)
                return None
            wait_s = retry_after(response, self._clock.now())
        self._put_back(poll)
        return await self._waits(self._clock.now() + max(poll.after, timedelta(seconds=wait_s or 0), _SOONEST))

    def _put_back(self, poll: _Poll) -> None:
        self._steps[poll.position :] = [] if poll.before is None else [poll.before]

    async def _waits(self, until: datetime) -> Waits:
        """It goes on later from what was answered, what only read included: that is not asked again."""
        self._steps = [
            step.attempted(step.answered_at) if step.answered_at and not step.attempted_at else step
            for step in self._steps
        ]
        await self._store_it()
        row = self._row
        return Waits(until, row.at if isinstance(row, NewEffect) else row.planned_at, self._updates())

    def _refused(self, position: int) -> bool:
        """Whether a write was refused: those planned after it are sent only if the sink finds nothing wrong in that."""
        step = self._steps[position]
        return step.attempted_at is not None and (step.status or 0) >= 400

    def _following(self) -> Request | Later | None:
        following = self._route.sink.follow(self._effect, self._answers())
        if following is not None and len(self._steps) >= self._longest and not self._repeats(following):
            raise ValueError("the sink never stops following")
        return following

    def _repeats(self, following: Request | Later) -> bool:
        """Whether it asks the same again as it did before."""
        last = self._steps[-1]
        return isinstance(following, Later) and last.followed and _is_same(last, following.request)

    @property
    def _longest(self) -> int:
        return LONGEST

    def _answers(self) -> Answers:
        """The complete answers so far: as they came where they came just now, else as they are kept."""
        live = self._responses
        for number, step in enumerate(self._steps):
            if number not in live and step.answered_at and not step.lost:
                live[number] = to_response(step)
        return Answers(
            tuple(live[number] for number, step in enumerate(self._steps) if step.answered_at and not step.lost)
        )

    async def _made(self, receipt: Receipt) -> Made:
        await self._store_it()
        return Made(receipt, self._updates())

    async def _store_it(self) -> None:
        """Store what only had to read so far."""
        if not self._stored and self._begin is not None:
            await self._store.apply(self._begin(self._clock.now(), self._steps))
            self._note_stored()

    async def _step(self, position: int) -> Sent | None:
        """Send one step; None where its answer is for the sink to judge."""
        client = self._route.client
        request = self._requests.get(position) or to_request(self._steps[position])
        reads = client.only_reads(request)
        if reads and self._poll is not None and self._poll.position == position:
            return await self._ask(self._poll, request)
        try:
            if reads:
                response = await client.send(request)
            else:
                response = await self._perform(position, request)
        except AnswerLostError as error:
            return self._lost(position, error.message)
        except (TransientError, CredentialsError) as error:
            self._unattempt(position)
            return self._not_made(error)
        except RejectedError as error:  # refused by our own client: nothing left
            self._unattempt(position)
            return self._not_made(_kept_back(error))
        self._answered(position, response)
        return self._judge(position, response)

    def _answered(self, position: int, response: Response) -> None:
        self._steps[position] = kept(self._steps[position], response, self._clock.now())
        self._responses[position] = response
        reach("effect.before_journal")

    async def _perform(self, position: int, request: Request) -> Response:
        """Perform a write. The attempt is journalled after every wait, immediately before the first byte leaves."""
        left = False

        async def guard() -> None:
            nonlocal left
            self._shield()
            # The request's deadline does not cut the journal off (see `Store.apply`). Absence counts from the noted
            # moment on, and another process may own the run by now: so where noting took long, or this process was
            # frozen since, the attempt is noted anew, which raises LeaseLost where it is not ours any more.
            allowed_s = _PROMPT_S
            while (delay_s := await self._journal_attempt(position)) > allowed_s:
                _log.warning("journal.slow", delay_s=delay_s)
                if sabotaged("no-fence"):
                    break
                allowed_s = min(allowed_s * 2, _LATE_S)  # a store that is always slow keeps nothing from being sent
            left = True

        try:
            return await self._route.client.perform(
                request, correlation_id=correlation_id(self._row.id, position), guard=guard
            )
        except BaseException:
            if not left:
                self._unattempt(position)
            raise

    async def _journal_attempt(self, position: int) -> float:
        """Note the attempt; how long ago (s) it is said to leave.

        Raises: StoreError, and then nothing may leave.
        """
        asked = self._clock.monotonic()
        at, before = self._clock.now(), self._steps[position]
        self._steps[position] = before.attempted(at)
        try:
            if self._stored:
                await self._store.apply(Change(deliveries=self._taken(at), steps=self._updates()))
                self._note_stored()
            elif self._begin is not None:
                await self._store.apply(self._begin(at, self._steps))
                self._note_stored()
        except BaseException:
            self._steps[position] = before
            raise
        reach("effect.before_send")
        return self._clock.monotonic() - asked

    def _taken(self, at: datetime) -> Sequence[DeliveryUpdate]:
        """What else is written with an attempt: where the delivery was settled meanwhile (superseded, discarded), that
        fails, and nothing leaves.
        """
        return (DeliveryUpdate(self._row.delivery_id, State.ATTEMPTED, at, due_at=at),)

    def _note_stored(self) -> None:
        self._stored = True
        self._journalled = tuple(self._steps)

    def _judge(self, position: int, response: Response) -> Sent | None:
        status, name = response.status_code, self._route.sink_connection_name
        if status in self._route.sink.not_done:
            wait = retry_after(response, self._clock.now())
            code = "throttled" if status == 429 else "not_done"
            return self._not_made(TransientError(f"{name} answered {status}", retry_after=wait, code=code))
        if 200 <= status < 300 or 400 <= status < 500:
            return None
        return self._lost(position, f"{name} answered {status}")

    def _denied(self, error: CrossdockError) -> NotMade:
        """The sink asserts that nothing was done: what is sent again is sent from the first step on."""
        self._steps = [replace(step, attempted_at=None) for step in self._steps]
        return self._not_made(error)

    def _not_made(self, error: CrossdockError) -> NotMade:
        keep = self._stored and isinstance(error, TransientError | CredentialsError)
        updates = self._updates() if self._stored else ()
        return NotMade(error, updates, self._stored, keep, partial=any(map(is_done, self._steps)))

    def _lost(self, position: int, reason: str) -> Sent:
        if not self._stored:  # nothing but reading yet
            return self._not_made(PluginError(f"{self._route.sink_name}: {reason}"))
        step = self._steps[position]
        # It left within the deadline before now. The journal may say earlier: a process can be frozen in between.
        left_at = self._clock.now() - self._route.client.deadline
        # What a read left unclear concerns the writes before it: it counts as attempted, so that it is probed.
        attempted_at = max(step.attempted_at, left_at) if step.attempted_at else self._clock.now()
        self._steps[position] = replace(step, lost=True, attempted_at=attempted_at)
        return Lost(reason, self._updates())

    def _unattempt(self, position: int) -> None:
        if self._steps[position].attempted_at is not None:
            self._steps[position] = replace(self._steps[position], attempted_at=None)

    def _updates(self) -> tuple[StepUpdate, ...]:
        """What is not journalled yet."""
        paired = zip_longest(self._steps, self._journalled[: len(self._steps)])
        return tuple(StepUpdate(self._row.id, step) for step, old in paired if step is not old)


@dataclass(frozen=True, slots=True)
class _Poll:
    """A request that asks how far the remote system is, with the answer that it had before."""

    position: int
    before: StepRow | None
    after: timedelta


def _is_same(step: StepRow, request: Request) -> bool:
    return (step.method, step.url, step.body) == (request.method, str(request.url), request.content)


def checked(receipt: object) -> Receipt:
    """What a sink gave as receipt. Raises: TypeError where it is none."""
    if not isinstance(receipt, Receipt):
        raise TypeError("no receipt")
    return receipt


def _kept_back(error: RejectedError) -> CrossdockError:
    """A connection that may only read lets things flow again once it may write: nothing is dead by that."""
    if error.code != "read_only":
        return error
    return HoldError(error.code, error.message, fix=error.fix or "let the connection write again")
