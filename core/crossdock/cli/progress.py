"""One line on a terminal that says how far a run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO, cast

from crossdock.cli.render import cut, terminal_width

_BETWEEN_S = 0.1
_CLEAR = "\r\x1b[K"


class Told(Protocol):
    """How far one pipeline is: numbers with their words."""

    @property
    def pipeline(self) -> str:
        """Its name."""
        ...

    @property
    def counts(self) -> Mapping[str, int]:
        """In the order in which they are told."""
        ...


class ProgressLine:
    """Shows the newest progress of each pipeline on stderr; on anything but a terminal it shows nothing."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._newest: dict[str, Told] = {}
        self._shown_at = float("-inf")
        self._visible = False
        self._wanted = self._stream.isatty()

    def update(self, progress: Told) -> None:
        """Take one pipeline's newest progress; draws a few times a second at most."""
        self._newest[progress.pipeline] = progress
        if self._wanted and self._clock() - self._shown_at >= _BETWEEN_S:
            self._shown_at = self._clock()
            self._draw()

    def clear(self) -> None:
        """Take the line away."""
        if self._visible:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._visible = False

    def above(self) -> TextIO:
        """A stream for logs, whose lines stand above this one."""
        return cast("TextIO", _Above(self, self._stream))

    def _draw(self) -> None:
        text = "   ".join(_describe(progress) for progress in self._newest.values())
        self._stream.write(_CLEAR + cut(text, (terminal_width() or 80) - 1))
        self._stream.flush()
        self._visible = True


def _describe(progress: Told) -> str:
    return f"{progress.pipeline}: {', '.join(f'{count} {word}' for word, count in progress.counts.items())}"


class _Above:
    def __init__(self, line: ProgressLine, stream: TextIO) -> None:
        self._line = line
        self._stream = stream

    def write(self, text: str) -> int:
        self._line.clear()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
