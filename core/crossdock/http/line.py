"""A line of those who wait for something that is got for them one by one, the most urgent first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from heapq import heapify, heappop, heappush
from itertools import count

import anyio

from crossdock.clock import Clock
from crossdock.http.urgency import HEAD_STARTS_S, Urgency

Obtain = Callable[[int, Urgency], Awaitable[None]]
"""Gets one of the thing for the first in line; is told how many wait, and how urgent the first is."""


class _Place:
    """One who waits. `served` is set together with the event where it is its turn to go, else it is to drive."""

    __slots__ = ("called", "rank", "served", "urgency")

    def __init__(self, rank: tuple[float, int], urgency: Urgency) -> None:
        self.rank = rank
        self.urgency = urgency
        self.called = anyio.Event()
        self.served = False

    def __lt__(self, other: _Place) -> bool:
        return self.rank < other.rank


class Line:
    """Serves in order of arrival, where what is less urgent counts as having come later. Needs no task of its own:
    one of those who wait gets things for all, until it is served itself."""

    def __init__(self, clock: Clock, obtain: Obtain) -> None:
        self._clock = clock
        self._obtain = obtain
        self._places: list[_Place] = []
        self._numbers = count()
        self._driven = False

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._places)

    async def wait(self, urgency: Urgency) -> None:
        """Return when it is our turn. Raises: what getting the thing raises."""
        place = _Place((self._clock.monotonic() + HEAD_STARTS_S[urgency], next(self._numbers)), urgency)
        heappush(self._places, place)
        try:
            while not place.served:
                if self._driven:
                    await place.called.wait()
                    place.called = anyio.Event()
                else:
                    await self._drive()
        except BaseException:
            self._leave(place)
            raise

    async def _drive(self) -> None:
        """Get one for whoever is first by then."""
        self._driven = True
        try:
            await self._obtain(len(self._places), self._places[0].urgency)
            first = heappop(self._places)
            first.served = True
            first.called.set()
        finally:
            self._driven = False
            if self._places:
                self._places[0].called.set()

    def _leave(self, place: _Place) -> None:
        if place in self._places:
            self._places.remove(place)
            heapify(self._places)
            if not self._driven and self._places:
                self._places[0].called.set()
