"""Writing what becomes of the parts of a bundle: all of it in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from crossdock.boundary import reach
from crossdock.clock import Clock
from crossdock.contract.values import Receipt
from crossdock.engine.carrying import Party
from crossdock.engine.judging import OPEN
from crossdock.engine.route import BoundRoute
from crossdock.engine.settling import Closing, settled
from crossdock.engine.verdict import Verdict
from crossdock.errors import StoreError
from crossdock.store.protocol import Store
from crossdock.store.rows import (
    AuditEvent,
    Change,
    Delivery,
    DeliveryUpdate,
    EffectRow,
    EffectState,
    EffectUpdate,
    NewEffect,
    StepUpdate,
)

Came = list[tuple[Delivery, DeliveryUpdate]]
"""What became of deliveries."""


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes of one delivery of a bundle, and of what it has in it."""

    party: Party
    verdict: Verdict
    made: Sequence[tuple[EffectRow | NewEffect, Receipt]] = ()
    void: Sequence[EffectRow | NewEffect] = ()


class Parting:
    """Closes the deliveries of a bundle together."""

    def __init__(self, route: BoundRoute, store: Store, clock: Clock, closing: Closing) -> None:
        self._route = route
        self._store = store
        self._clock = clock
        self._closing = closing

    async def close(
        self,
        parts: Sequence[Part],
        steps: Sequence[StepUpdate],
        *,
        settled: Sequence[EffectUpdate] = (),
        events: Sequence[AuditEvent] = (),
    ) -> Came:
        """Write it; what became of the deliveries that were open. `settled` and `events` are the carrier's."""
        closed = [self._close(part) for part in parts]
        change = Change(
            deliveries=tuple(update for _, update, _ in closed if update is not None),
            steps=steps,
            settled=(*chain.from_iterable(one.settled for _, _, one in closed), *settled),
            links=tuple(chain.from_iterable(one.links for _, _, one in closed)),
            audit=(*events, *chain.from_iterable(one.audit for _, _, one in closed)),
        )
        gone = await self._apply(change)
        reach("settle.after_transaction")
        return [(of, update) for of, update, _ in closed if update is not None and of.id not in gone]

    def _close(self, part: Part) -> tuple[Delivery, DeliveryUpdate | None, Change]:
        at, delivery = self._clock.now(), part.party.delivery
        made = [settled(self._route, delivery, row, receipt, at) for row, receipt in part.made]
        void = [EffectUpdate(row.id, EffectState.VOID, at) for row in part.void]
        effects, links, events = (
            [*(one for one, _, _ in made), *void],
            [one for _, one, _ in made],
            [one for *_, one in made],
        )
        if not part.party.open:
            return delivery, None, Change(settled=effects, links=links, audit=events)
        update, change = self._closing.change(delivery, part.verdict, at, settled=effects, links=links, events=events)
        return delivery, update, change

    async def _apply(self, change: Change) -> Collection[int]:
        """Write it; the deliveries that somebody closed meanwhile: what was done of them is kept all the same."""
        try:
            await self._store.apply(change)
        except StoreError as error:
            if error.code != "delivery_settled":
                raise
            found = await self._store.delivery_rows([one.id for one in change.deliveries])
            gone = {one.id for one in found if one.state not in OPEN}
            if not gone:
                raise
            left = tuple(one for one in change.deliveries if one.id not in gone)
            said = tuple(one for one in change.audit if not _tells_of(one, gone))
            return gone | set(await self._apply(replace(change, deliveries=left, audit=said)))
        return frozenset()


def _tells_of(event: AuditEvent, deliveries: Collection[int]) -> bool:
    return event.kind.startswith("delivery.") and event.detail.get("delivery") in deliveries
