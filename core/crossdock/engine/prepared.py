"""What is known of a delivery before anything of it is sent: it is prepared, or went with a bundle already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crossdock.contract.values import Effect, Notice, Receipt
from crossdock.engine.judging import Adopted
from crossdock.engine.route import BoundRoute
from crossdock.engine.sending import Begin
from crossdock.engine.settling import adoptions, attempted, link_of
from crossdock.store.rows import Change, Delivery, DeliveryUpdate, NewEffect, State, StepRow


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery that is planned and judged: what is new of it is to be sent, alone or with a bundle."""

    delivery: Delivery
    new: Sequence[NewEffect]
    adopted: Sequence[Adopted]
    receipts: Sequence[Receipt]
    plans: Mapping[str, Effect]
    notices: Sequence[Notice]

    def begin(self, route: BoundRoute) -> Begin:
        """What stores it as a whole, once its first byte is about to leave, where it goes alone."""

        def begin(at: datetime, steps: Sequence[StepRow]) -> Change:
            of, new, adopted = self.delivery, self.new, self.adopted
            return Change(
                deliveries=(DeliveryUpdate(of.id, State.ATTEMPTED, at, due_at=at),),
                effects=(*(one.effect for one in adopted), replace(new[0], steps=tuple(steps)), *new[1:]),
                links=tuple((one.effect.id, link_of(route, of, one.receipt)) for one in adopted),
                notices=tuple((of.pipeline, notice) for notice in self.notices),
                audit=(*adoptions(of, adopted), *(attempted(of, row) for row in new)),
            )

        return begin


@dataclass(frozen=True, slots=True)
class Carried:
    """A delivery of which something went with a bundle that is not settled; or one that takes over what did."""

    delivery: Delivery
    carrier_id: str
    takes_over: bool = False
