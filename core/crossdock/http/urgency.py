"""How urgent the work is that a request serves: where a quota is short, what ships goes before what is caught up."""

from __future__ import annotations

from contextvars import ContextVar
from enum import IntEnum

HEAD_STARTS_S = (0.0, 5.0, 60.0)
"""How much later each kind counts as having come, so that nobody waits for ever behind those who come after."""


class Urgency(IntEnum):
    """What a request serves, most urgent first."""

    DELIVERING = 0
    """A change of something that happened now: an order, an acknowledgement, a shipment; and looking after it."""
    READING = 1
    """What is new at a source."""
    BACKFILLING = 2
    """A first read, a sweep, and the delivery of what they brought."""


_urgency: ContextVar[Urgency] = ContextVar("crossdock_urgency", default=Urgency.DELIVERING)


def set_urgency(urgency: Urgency) -> None:
    """Say what the requests of this task serve from now on."""
    _urgency.set(urgency)


def current_urgency() -> Urgency:
    """What the requests of this task serve."""
    return _urgency.get()
