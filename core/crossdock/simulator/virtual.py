"""The simulator's clock: real time plus an offset that only grows, once something has happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class VirtualClock:
    """Runs with real time, so that a real process sees things happen; moves ahead, so that a test need not wait."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._pinned: datetime | None = None

    def now(self) -> datetime:
        """The simulator's time, aware, in UTC."""
        return self._pinned or datetime.now(UTC) + self._offset

    def ago(self, seconds: float) -> datetime:
        """That long before now."""
        return self.now() - timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Move ahead."""
        self._offset += timedelta(seconds=seconds)

    @property
    def moved(self) -> bool:
        """Whether it is another than real time."""
        return bool(self._offset)

    def rewind(self) -> None:
        """Go back to real time, for a reset."""
        self._offset = timedelta()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let what runs within see this moment: an effect that was due while nobody asked happens at its own time."""
        before, self._pinned = self._pinned, moment
        try:
            yield
        finally:
            self._pinned = before
