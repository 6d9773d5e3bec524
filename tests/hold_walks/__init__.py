"""One walk for each hold code: what causes the hold, up to the `yield`, and what removes the cause, after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hold_walks.world import World

Step = Iterator[None]
Walk = Callable[[World], Step]

WALKS: dict[tuple[str, str], Walk] = {}


def walks(owner: str, code: str) -> Callable[[Walk], Walk]:
    """Keep a walk under the component's plugin, or `crossdock`, and the code."""

    def keep(walk: Walk) -> Walk:
        assert WALKS.setdefault((owner, code), walk) is walk, f"{owner} {code} is walked twice"
        return walk

    return keep
