"""Sending a planned effect: store it, send each step once, journal the answer, ask the sink what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import anyio

from crossdock.boundary import reach
from crossdock.clock import Clock
from crossdock.contract.values import Receipt
from crossdock.engine.route import BoundRoute
from crossdock.engine.stored import correlation_id, to_answers, to_effect, to_request, to_step
from crossdock.errors import AnswerLostError, CredentialsError, CrossdockError, TransientError
from crossdock.http import Request, Response, retry_after
from crossdock.store.protocol import Store
from crossdock.store.rows import Change, EffectRow, NewEffect, StepRow, StepUpdate


@dataclass(frozen=True, slots=True)
class Made:
    """The effect is there."""

    receipt: Receipt
    steps: Sequence[StepUpdate]
    """What is left to journal, together with the settlement."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """Nothing was done, and this is why."""

    error: Exception
    steps: Sequence[StepUpdate]
    stored: bool
    """Whether the effect was stored at all."""
    keep: bool
    """Whether the same stored effect is to be sent again (a transient fault), not planned anew."""


@dataclass(frozen=True, slots=True)
class Lost:
    """It may have happened."""

    reason: str
    steps: Sequence[StepUpdate]


Sent = Made | NotMade | Lost

Begin = Callable[[datetime], Change]
"""What stores the effect, with its first step attempted at that time."""

Shield = Callable[[], None]
"""Called when the first byte is about to leave: from then on the work must not be cancelled."""


class Sending:
    """One effect on its way. `begin` stores it; without one it is stored already and sent again."""

    def __init__(
        self,
        route: BoundRoute,
        store: Store,
        clock: Clock,
        row: EffectRow | NewEffect,
        *,
        begin: Begin | None,
        shield: Shield,
    ) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._row = row
        self._effect = to_effect(row)
        self._begin = begin
        self._shield = shield
        self._stored = begin is None
        self._steps = [_unsent(step) for step in row.steps]

    async def run(self) -> Sent:
        """Send the steps one after another.

        Raises: CredentialsError; StoreError (what was sent then stays attempted, and is probed later).
        """
        position = 0
        while True:
            outcome = await self._step(position)
            if outcome is not None:
                return outcome
            try:
                following = self._following(position)
                if following is None:
                    return Made(self._route.sink.receipt(self._effect, to_answers(self._steps)), self._updates())
            except CrossdockError as error:
                return self._not_made(error)
            except Exception as error:  # noqa: BLE001  an answer that the sink cannot read proves nothing
                return self._lost(position, f"the answer could not be read ({type(error).__name__})")
            position += 1
            if position == len(self._steps):
                self._steps.append(following)

    def _following(self, position: int) -> StepRow | None:
        if position + 1 < len(self._effect.steps):
            return self._steps[position + 1]
        request = self._route.sink.follow(self._effect, to_answers(self._steps))
        return None if request is None else to_step(position + 1, request)

    async def _step(self, position: int) -> Sent | None:
        """Send one step; None where its answer is for the sink to judge."""
        client, request = self._route.client, to_request(self._steps[position])
        try:
            if client.only_reads(request):
                response = await client.send(request)
            else:
                response = await self._perform(position, request)
        except AnswerLostError as error:
            return self._lost(position, error.message)
        except TransientError as error:
            self._steps[position] = replace(self._steps[position], attempted_at=None)
            return self._not_made(error)
        self._steps[position] = _answered(self._steps[position], response, self._clock.now())
        reach("effect.before_journal")
        return self._judge(position, response)

    async def _perform(self, position: int, request: Request) -> Response:
        """Perform a write. The attempt is journalled after every wait, immediately before the first byte leaves."""
        left = False

        async def guard() -> None:
            nonlocal left
            self._shield()
            with anyio.CancelScope(shield=True):  # not cut off by the request's deadline either
                await self._journal_attempt(position)
            left = True
            reach("effect.before_send")

        try:
            return await self._route.client.perform(
                request, correlation_id=correlation_id(self._row.id, position), guard=guard
            )
        except BaseException as error:
            if self._stored and (not left or isinstance(error, CredentialsError)):  # refused at the door: nothing done
                with anyio.CancelScope(shield=True):
                    self._steps[position] = replace(self._steps[position], attempted_at=None)
                    await self._store.apply(Change(steps=self._updates()))
            raise

    async def _journal_attempt(self, position: int) -> None:
        at = self._clock.now()
        self._steps[position] = replace(self._steps[position], attempted_at=at)
        if self._stored:
            await self._store.apply(Change(steps=self._updates()))
        elif self._begin is not None:
            await self._store.apply(self._begin(at))
            self._stored = True

    def _judge(self, position: int, response: Response) -> Sent | None:
        status, name = response.status_code, self._route.sink_connection_name
        if status in self._route.sink.not_done:
            wait = retry_after(response, self._clock.now())
            code = "throttled" if status == 429 else "not_done"
            return self._not_made(TransientError(f"{name} answered {status}", retry_after=wait, code=code))
        if 200 <= status < 300 or 400 <= status < 500:
            return None
        return self._lost(position, f"{name} answered {status}")

    def _not_made(self, error: CrossdockError) -> NotMade:
        keep = self._stored and isinstance(error, TransientError)
        return NotMade(error, self._updates() if self._stored else (), self._stored, keep)

    def _lost(self, position: int, reason: str) -> Lost:
        self._steps[position] = replace(self._steps[position], lost=True)
        return Lost(reason, self._updates())

    def _updates(self) -> tuple[StepUpdate, ...]:
        return tuple(StepUpdate(self._row.id, step) for step in self._steps)


def _unsent(step: StepRow) -> StepRow:
    return replace(step, attempted_at=None, answered_at=None, lost=False, status=None, answer_headers=(), answer=None)


def _answered(step: StepRow, response: Response, at: datetime) -> StepRow:
    return replace(
        step,
        answered_at=at,
        status=response.status_code,
        answer_headers=tuple((name, value) for name, value in response.headers.items() if name.lower() in _KEPT),
        answer=response.content,
    )


# What a receipt may need when it is read again; the rest (cookies, traces) is not kept.
_KEPT = frozenset({"content-type", "location", "retry-after", "etag", "date"})
