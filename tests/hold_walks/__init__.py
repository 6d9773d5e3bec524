"""Walks, at least one for each hold code: what causes the hold, up to the `yield`, and what ends it, after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hold_walks.world import World

Step = Iterator[None]
Take = Callable[[World], Step]


@dataclass(frozen=True)
class Walk:
    """A walk of one plugin's code, or `crossdock`'s.

    `made` says how much is done in the remote systems once the hold ends; `by` which choice of a person ends it, where
    its cause is not removed.
    """

    owner: str
    code: str
    take: Take
    made: int
    by: str

    def __str__(self) -> str:
        return "-".join(filter(None, (self.owner, self.code, self.by)))


WALKS: list[Walk] = []


def walks(owner: str, code: str, *, made: int = 1, by: str = "") -> Callable[[Take], Take]:
    """Keep a walk."""

    def keep(take: Take) -> Take:
        WALKS.append(Walk(owner, code, take, made, by))
        return take

    return keep
