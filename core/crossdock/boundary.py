"""Named points between two durable steps, where a test can hold a real process and kill it. Inert in production.

They wake only when `CROSSDOCK_BOUNDARY` is set: `FOLDER` counts every point that is reached (one file a point, one byte
a hit); `FOLDER:NAME#N` also holds the process for good at the N-th hit of NAME, after writing the file `NAME.held`.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

NAMES = (
    "intake.before_store",
    "intake.in_transaction",
    "intake.after_store",
    "effect.in_transaction",
    "effect.before_send",
    "effect.before_journal",
    "settle.before_transaction",
    "settle.in_transaction",
    "settle.after_transaction",
)
"""Every point there is; a checker asserts that it hit them all."""

_setting = os.environ.get("CROSSDOCK_BOUNDARY")


class _Watch:
    def __init__(self, setting: str) -> None:
        folder, _, target = setting.partition(":")
        self._folder = Path(folder)
        self._name, _, count = target.partition("#")
        self._left = int(count or 1)

    def hit(self, name: str) -> None:
        with (self._folder / name).open("ab", buffering=0) as file:
            file.write(b".")
        if name != self._name:
            return
        self._left -= 1
        if self._left == 0:
            (self._folder / f"{name}.held").touch()
            while True:
                time.sleep(3600)  # until SIGKILL: nothing of the process may go on, the event loop neither


_watch = _Watch(_setting) if _setting else None


def reach(name: str) -> None:
    """Say that a point is reached."""
    if _watch is not None:
        _watch.hit(name)


_sabotage = frozenset(os.environ.get("CROSSDOCK_SABOTAGE", "").split(","))


def sabotaged(what: str) -> bool:
    """Whether a checker wants to see what happens without a safeguard: one that cannot fail proves nothing."""
    return what in _sabotage
