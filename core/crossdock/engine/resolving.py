"""Settling what is unknown of a delivery's own effects: by a look, and by a person's word about it."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.clock import Clock
from crossdock.contract.holds import DONE
from crossdock.contract.values import Receipt
from crossdock.engine.deciding import Decider
from crossdock.engine.probing import Found, GoneOn, Open, Prober, ProvenAbsent
from crossdock.engine.route import BoundRoute
from crossdock.engine.settling import audit, settled
from crossdock.engine.stored import is_done, is_partial, updates
from crossdock.engine.verdict import Verdict, gone_on, half_made
from crossdock.store.protocol import Store
from crossdock.store.rows import (
    Change,
    Decision,
    Delivery,
    EffectRow,
    EffectUpdate,
    NewEffect,
    State,
    StepRow,
    StepUpdate,
)


class Resolver:
    """Finds out what became of the effects of one route's deliveries."""

    def __init__(self, route: BoundRoute, store: Store, clock: Clock, prober: Prober, decider: Decider) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._prober = prober
        self._decider = decider

    async def settle(
        self, delivery: Delivery, effects: Sequence[EffectRow], decision: Decision | None = None
    ) -> Verdict | None:
        """Settle what is unknown; a verdict where that is not possible now."""
        blocked: Verdict | None = None
        for row in effects:
            if not self._prober.is_open(row) and not _said_done(decision, row):
                continue
            word = None if decision is None or self._prober.is_outdated(decision.at) else decision
            match self._decider.weigh(word, row, await self._prober.resolve(row)):
                case Found(receipt):
                    await self.journal(delivery, row, receipt)
                case ProvenAbsent(steps):
                    at = self._clock.now()
                    event = audit("effect.absent", delivery, at, effect=row.id, effect_key=row.key)
                    # After a restore each is looked for once: the time of that look is kept where it settles later.
                    seen = [EffectUpdate(row.id, row.state, at)] if self._prober.is_doubtful(row) else ()
                    await self._store.apply(Change(steps=updates(row, steps), settled=seen, audit=(event,)))
                    again = f"{row.key} was shown not to have happened; it is sent again"
                    absent = Verdict(State.PENDING, "answer_lost", again, retry=True)
                    blocked = blocked or (half_made(absent) if any(map(is_done, steps)) else absent)
                case GoneOn(steps):
                    blocked = blocked or await self._go_on(delivery, row, steps)
                case Open(verdict, steps):
                    if steps:
                        await self._store.apply(Change(steps=updates(row, steps)))
                    blocked = verdict
        return blocked

    async def _go_on(self, delivery: Delivery, row: EffectRow, steps: Sequence[StepRow]) -> Verdict:
        at = self._clock.now()
        seen = [EffectUpdate(row.id, row.state, at)] if self._prober.is_doubtful(row) and not steps else ()
        event = audit("effect.begun", delivery, at, effect=row.id, effect_key=row.key)
        await self._store.apply(Change(steps=updates(row, steps), settled=seen, audit=(event,)))
        return gone_on(row.key)

    async def journal(
        self, delivery: Delivery, row: EffectRow | NewEffect, receipt: Receipt, steps: Sequence[StepUpdate] = ()
    ) -> None:
        """One effect is there: keep that, with its link."""
        effect, link, event = settled(self._route, delivery, row, receipt, self._clock.now())
        await self._store.apply(Change(steps=steps, settled=(effect,), links=(link,), audit=(event,)))


def _said_done(decision: Decision | None, row: EffectRow) -> bool:
    """Whether a person says of what was half made that it is done: it is then not gone on with."""
    return decision is not None and decision.choice == DONE and is_partial(row)
