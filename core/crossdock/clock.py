"""Time comes from here, so that tests can own it.

A checker can step the wall clock of a real process: `CROSSDOCK_CLOCK` names a file whose first eight bytes, a double of
this machine, are the seconds that it is ahead. Inert in production.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import anyio

_GOES_ON = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where there is one, the clock that a suspended machine does not stop: what was allowed before is then seen as old."""


class Clock(Protocol):
    """What core asks of time."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        now = datetime.now(UTC)
        return now if _stepped is None else now + timedelta(seconds=_AHEAD.unpack_from(_stepped)[0])

    def monotonic(self) -> float:
        """Seconds that never run backwards, and go on while the machine sleeps."""
        return time.clock_gettime(_GOES_ON)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await anyio.sleep(seconds)


class ManualClock:
    """A clock that stands still until it is told: `advance` moves it, and `sleep` advances it at once."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._now += timedelta(seconds=seconds)
        self._elapsed += seconds

    def set_ahead(self, seconds: float) -> None:
        """Set the wall clock alone, as a person or a time service does; negative: back."""
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Advance by `seconds` and let other tasks run."""
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await anyio.lowlevel.checkpoint()


_AHEAD = struct.Struct("=d")
_stepped: mmap.mmap | None


def wake() -> None:
    """Read the environment: at the start, and again in a process that was forked and has another one."""
    global _stepped  # noqa: PLW0603  (there is one process, and it has one environment)
    name = os.environ.get("CROSSDOCK_CLOCK")
    if not name:
        _stepped = None
        return
    with open(name, "rb") as file:  # noqa: PTH123  (mapped: a step is seen at once, at no cost)
        _stepped = mmap.mmap(file.fileno(), _AHEAD.size, prot=mmap.PROT_READ)


def step(name: str | os.PathLike[str], seconds: float) -> None:
    """Let all processes whose `CROSSDOCK_CLOCK` names this file be so far ahead of the machine's clock."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(descriptor, _AHEAD.pack(seconds), 0)
    finally:
        os.close(descriptor)


wake()
