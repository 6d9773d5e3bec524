"""What becomes of a delivery whose sink bundles, before anything is sent: prepared, or gone with a bundle already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock.contract.values import Effect, Notice, Receipt
from crossdock.engine.judging import Adopted
from crossdock.store.rows import Delivery, NewEffect


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery that is planned and judged, whose new effects are to go with a bundle."""

    delivery: Delivery
    new: Sequence[NewEffect]
    adopted: Sequence[Adopted]
    receipts: Sequence[Receipt]
    plans: Mapping[str, Effect]
    notices: Sequence[Notice]


@dataclass(frozen=True, slots=True)
class Carried:
    """A delivery of which something went with a bundle that is not settled; or one that takes over what did."""

    delivery: Delivery
    carrier_id: str
    takes_over: bool = False
