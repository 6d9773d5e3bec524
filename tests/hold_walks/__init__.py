"""Walks, at least one for each hold code: what causes the hold, up to the `yield`, and what ends it, after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hold_walks.site import Site
from hold_walks.world import World

Step = Iterator[None]
Take = Callable[[Any], Step]


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
    site: Callable[[Path, Any], Site]

    def __str__(self) -> str:
        return "-".join(filter(None, (self.owner, self.code, self.by, self.take.__name__)))


WALKS: list[Walk] = []


def walks(
    owner: str, code: str, *, made: int = 1, by: str = "", site: Callable[[Path, Any], Site] = World
) -> Callable[[Take], Take]:
    """Keep a walk, which is taken at a new site."""

    def keep(take: Take) -> Take:
        WALKS.append(Walk(owner, code, take, made, by, site))
        return take

    return keep
