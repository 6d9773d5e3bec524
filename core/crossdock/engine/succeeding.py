"""Settling what another delivery left unfinished and will not come back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crossdock.clock import Clock
from crossdock.contract.values import Receipt
from crossdock.engine.judging import Leftover
from crossdock.engine.probing import Found, GoneOn, Open, Prober, ProvenAbsent
from crossdock.engine.route import BoundRoute
from crossdock.engine.settling import audit, settled
from crossdock.engine.stored import is_partial, updates
from crossdock.engine.verdict import Verdict, held_unknown
from crossdock.store.protocol import Store
from crossdock.store.rows import Change, Delivery, DeliveryUpdate, EffectState, EffectUpdate, State, StepRow


class Successor:
    """Takes over effects: a newer revision's delivery, or that of a pipeline under another name."""

    def __init__(self, route: BoundRoute, store: Store, clock: Clock, prober: Prober) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._prober = prober

    async def settle(self, delivery: Delivery, leftover: Leftover) -> Verdict | None:
        """Find out what became of an effect; a verdict where that cannot be told yet."""
        if not self._prober.is_open(leftover.row) and not is_partial(leftover.row):  # nothing of it was done
            await self._void(delivery, leftover, ())
            return None
        match await self._prober.resolve(leftover.row):
            case Found(receipt):
                await self._adopt(delivery, leftover, receipt)
            case ProvenAbsent(steps):
                await self._void(delivery, leftover, steps)
            case GoneOn(steps):
                await self._store.apply(Change(steps=updates(leftover.row, steps)))
                return self._told(leftover, held_unknown("it was begun there, and nobody goes on with it"))
            case Open(verdict, steps):
                if steps:
                    await self._store.apply(Change(steps=updates(leftover.row, steps)))
                return self._told(leftover, verdict)
        return None

    async def _adopt(self, delivery: Delivery, leftover: Leftover, receipt: Receipt) -> None:
        at = self._clock.now()
        effect, link, event = settled(self._route, delivery, leftover.row, receipt, at)
        ended = _ended(delivery, leftover, at)
        await self._store.apply(Change(deliveries=ended, settled=(effect,), links=(link,), audit=(event,)))

    async def _void(self, delivery: Delivery, leftover: Leftover, steps: Sequence[StepRow]) -> None:
        at, row = self._clock.now(), leftover.row
        change = Change(
            deliveries=_ended(delivery, leftover, at),
            steps=updates(row, steps),
            settled=(EffectUpdate(row.id, EffectState.VOID, at),),
            audit=(audit("effect.absent", delivery, at, effect=row.id, effect_key=row.key),),
        )
        await self._store.apply(change)

    def _told(self, leftover: Leftover, verdict: Verdict) -> Verdict:
        row = leftover.row
        reason = f"delivery {row.delivery_id} of pipeline {row.pipeline} left it unfinished: {verdict.reason}"
        due = verdict.due_at or self._clock.now() + self._route.recheck
        state = State.HELD if verdict.state is State.HELD else State.PENDING
        return replace(verdict, state=state, reason=reason, due_at=due)


def _ended(delivery: Delivery, leftover: Leftover, at: datetime) -> tuple[DeliveryUpdate, ...]:
    """The old delivery, where it is open still: its route works no more, so it ends here."""
    if leftover.owner is None:
        return ()
    reason = f"pipeline {delivery.pipeline} took over what it had begun"
    return (DeliveryUpdate(leftover.owner.id, State.SKIPPED, at, code="taken_over", reason=reason),)
