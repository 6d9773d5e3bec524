"""Things that searches see later than they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from crossdock.simulator.virtual import VirtualClock

V = TypeVar("V")

_KEPT = timedelta(hours=1)  # as long as the greatest read lag that the settings allow


class Shelf(Generic[V]):
    """Values by key, with their recent history. A value that was put is never changed afterwards: put a new one."""

    def __init__(self, clock: VirtualClock, lag_s: Callable[[], float]) -> None:
        self._clock = clock
        self._lag_s = lag_s
        self._versions: dict[str, list[tuple[datetime, V | None]]] = {}

    def put(self, key: str, value: V) -> None:
        """Write; `get` sees it at once, `seen` after the read lag."""
        self._write(key, value)

    def remove(self, key: str) -> None:
        """Take away; `seen` still has it during the read lag."""
        if self.get(key) is not None:
            self._write(key, None)

    def get(self, key: str) -> V | None:
        """The value as it is."""
        versions = self._versions.get(key)
        return versions[-1][1] if versions else None

    def all(self) -> list[V]:
        """Every value as it is, in the order of first writing."""
        return [value for versions in self._versions.values() if (value := versions[-1][1]) is not None]

    def find(self, key: str) -> V | None:
        """The value as a search sees it now."""
        return self._as_of(self._versions.get(key, []), self._clock.ago(self._lag_s()))

    def seen(self) -> Iterator[V]:
        """Every value as a search sees it now, in the order of first writing."""
        if not self._lag_s():
            yield from self.all()
            return
        moment = self._clock.ago(self._lag_s())
        for versions in list(self._versions.values()):
            if (value := self._as_of(versions, moment)) is not None:
                yield value

    def clear(self) -> None:
        """Forget everything."""
        self._versions.clear()

    def __len__(self) -> int:
        return sum(1 for versions in self._versions.values() if versions[-1][1] is not None)

    def _write(self, key: str, value: V | None) -> None:
        now = self._clock.now()
        versions = self._versions.setdefault(key, [])
        versions.append((now, value))
        while len(versions) > 1 and versions[1][0] < now - _KEPT:
            versions.pop(0)

    @staticmethod
    def _as_of(versions: list[tuple[datetime, V | None]], moment: datetime) -> V | None:
        return next((value for written, value in reversed(versions) if written <= moment), None)
