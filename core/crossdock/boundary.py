"""Named points between two durable steps, where a checker can stop a real process and kill it. Inert in production.

They wake only when `CROSSDOCK_BOUNDARY` is set: `FOLDER` counts every point that is reached (one file a point, one byte
a hit); `FOLDER:NAME#N` also holds the process for good at the N-th hit of NAME, after writing the file `NAME.held`;
`FOLDER:NAME#N:stop` stops it there as SIGSTOP does, until it is continued or killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
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


class _Watch:
    def __init__(self, setting: str) -> None:
        folder, _, target = setting.partition(":")
        self._folder = Path(folder)
        point, _, self._how = target.partition(":")
        self._name, _, count = point.partition("#")
        self._left = int(count or 1)

    def hit(self, name: str) -> None:
        with contextlib.suppress(OSError), (self._folder / name).open("ab", buffering=0) as file:
            file.write(b".")  # where the disk is full on purpose, the counter is not what must notice
        if name != self._name:
            return
        self._left -= 1
        if self._left == 0:
            self._hold(name)

    def _hold(self, name: str) -> None:
        if self._how == "stop":
            # To this thread: it goes no further, and all the others stop with it.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
            return
        (self._folder / f"{name}.held").touch()
        while True:
            time.sleep(3600)  # until SIGKILL: nothing of the process may go on, the event loop neither


def reach(name: str) -> None:
    """Say that a point is reached."""
    if _watch is not None:
        _watch.hit(name)


def sabotaged(what: str) -> bool:
    """Whether a checker wants to see what happens without a safeguard: one that cannot fail proves nothing."""
    return what in _sabotage


def wake() -> None:
    """Read the environment: at the start, and again in a process that was forked and has another one."""
    global _watch, _sabotage  # noqa: PLW0603  (there is one process, and it has one environment)
    setting = os.environ.get("CROSSDOCK_BOUNDARY")
    _watch = _Watch(setting) if setting else None
    _sabotage = frozenset(os.environ.get("CROSSDOCK_SABOTAGE", "").split(","))


_watch: _Watch | None
_sabotage: frozenset[str]
wake()
