"""The effect that carries a bundle on its way: sent like any other, and what it came to is said for each member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crossdock.clock import Clock
from crossdock.contract.values import Effect, Receipt
from crossdock.engine.route import BoundRoute
from crossdock.engine.sending import LONGEST, Begin, Sending, Shield
from crossdock.engine.sent import Answered, Sent
from crossdock.engine.stored import is_done
from crossdock.store.protocol import Store
from crossdock.store.rows import Delivery, DeliveryUpdate, EffectRow, NewEffect, State


@dataclass(frozen=True, slots=True)
class Party:
    """What one delivery has in a bundle."""

    delivery: Delivery
    rows: Sequence[EffectRow | NewEffect]
    """Its members that are not settled, in order."""
    receipts: Sequence[Receipt] | None = None
    """Those of its effects that are there already; None where the store is to be asked."""
    open: bool = True
    """Whether the delivery is still to be settled: somebody may have closed it while the outcome was unknown."""


class Carriage(Sending):
    """A carrier on its way. Its members are settled by whoever runs it."""

    def __init__(
        self,
        route: BoundRoute,
        store: Store,
        clock: Clock,
        row: EffectRow | NewEffect,
        parties: Sequence[Party],
        *,
        planned: Effect | None = None,
        begin: Begin | None,
        shield: Shield,
    ) -> None:
        super().__init__(route, store, clock, row, planned=planned, begin=begin, shield=shield)
        self._parties = parties

    async def _concluded(self, *, more: bool) -> Sent | None:
        await self._store_it()
        return Answered(self._answers(), self._updates(), self._steps[self._position - 1])

    def _taken(self, at: datetime) -> Sequence[DeliveryUpdate]:
        """All members, until something was done; then it is gone on with, whatever becomes of any of them."""
        if any(map(is_done, self._steps)):
            return ()
        return tuple(
            DeliveryUpdate(one.delivery.id, State.ATTEMPTED, at, due_at=at) for one in self._parties if one.open
        )

    @property
    def _longest(self) -> int:
        return LONGEST * (1 + sum(len(one.rows) for one in self._parties))
