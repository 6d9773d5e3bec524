"""Budgets as the gateway counts them: fixed windows, each of which starts with its first counted call."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from crossdock.simulator import VirtualClock


class Windows:
    """How many calls were counted in the window that is open, by budget and owner."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._open: dict[tuple[str, str], tuple[datetime, int]] = {}

    def take(self, name: str, owner: str, allowed: float, per_s: float) -> int | None:
        """Count one call; None where it fits, else after how many seconds the window ends. At least one always fits."""
        now = self._clock.now()
        began, counted = self._open.get((name, owner), (now, 0))
        ends = began + timedelta(seconds=per_s)
        if now >= ends:
            began, counted = now, 0
        if counted >= max(1.0, allowed):
            return ceil((ends - now).total_seconds())
        self._open[name, owner] = began, counted + 1
        return None
