"""What sending an effect comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crossdock.contract.values import Answers, Receipt
from crossdock.store.rows import StepRow, StepUpdate


@dataclass(frozen=True, slots=True)
class Made:
    """The effect is there."""

    receipt: Receipt
    steps: Sequence[StepUpdate]
    """What is left to journal, together with the settlement."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """Nothing was done, or nothing more, and this is why."""

    error: Exception
    steps: Sequence[StepUpdate]
    stored: bool
    """Whether the effect was stored at all."""
    keep: bool
    """Whether the same stored effect is to be sent again (a transient fault), not planned anew."""
    partial: bool = False
    """Whether an earlier step of it was done: it is never planned anew, and never given up."""


@dataclass(frozen=True, slots=True)
class Lost:
    """It may have happened."""

    reason: str
    steps: Sequence[StepUpdate]


@dataclass(frozen=True, slots=True)
class Waits:
    """The remote system is still at work on it: there is more to ask, at that time."""

    until: datetime
    since: datetime
    """When it was first sent."""
    steps: Sequence[StepUpdate]


@dataclass(frozen=True, slots=True)
class Answered:
    """All of what carries a bundle was sent and answered: what that means is to be asked for each member."""

    answers: Answers
    steps: Sequence[StepUpdate]
    last: StepRow

    def lost(self, effect_id: str, at: datetime) -> Sequence[StepUpdate]:
        """The steps where the last answer tells nothing: it counts as lost."""
        last = replace(self.last, lost=True, attempted_at=self.last.attempted_at or at)
        rest = (one for one in self.steps if one.step.position != last.position)
        return (*rest, StepUpdate(effect_id, last))


Sent = Made | NotMade | Lost | Waits | Answered
