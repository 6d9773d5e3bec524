"""Tables and times for people."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from crossdock.observe.printable import printable

_GAP = "  "
_NARROWEST = 8
_COLOURS = {"held": "yellow", "dead": "red", "waiting": "cyan", "delivered": "green"}


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, width: int | None = None) -> str:
    """Aligned columns; numbers to the right. The widest are cut to keep `width`, by default the terminal's."""
    cells = [[_cell(value) for value in row] for row in rows]
    right = [bool(cells) and all(_is_number(row[column]) for row in cells) for column in range(len(headers))]
    widths = [max(columns(text) for text in column) for column in zip(headers, *cells, strict=True)]
    widths = fit(widths, terminal_width() if width is None else width)
    lines = [_line(row, widths, right) for row in [list(headers), *cells]]
    return "\n".join(lines)


def fit(widths: Sequence[int], total: int | None) -> list[int]:
    """Column widths that fit into `total`: the widest gives way first, none below a few characters."""
    fitted = list(widths)
    room = None if total is None else total - len(_GAP) * (len(fitted) - 1)
    while room is not None and sum(fitted) > room and max(fitted) > _NARROWEST:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def terminal_width() -> int | None:
    """The width of the terminal; None where nobody looks at one, and nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(text: str) -> int:
    """How many columns a text takes on a terminal."""
    return sum(_columns(char) for char in text)


def cut(text: str, width: int) -> str:
    """The text, at most `width` columns wide."""
    if columns(text) <= width:
        return text
    kept, used = "", 0
    for char in text:
        used += _columns(char)
        if used > width - 1:
            break
        kept += char
    return f"{kept}…"


def paint(text: str, state: str) -> str:
    """The text in the colour of a state, where colours are seen and wanted."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return click.style(text, fg=_COLOURS[state]) if wanted and state in _COLOURS else text


def age(since: datetime | None, now: datetime | None = None) -> str:
    """How long ago, in the unit that says most: "40s", "5m", "3h", "12d"."""
    return "never" if since is None else span((now or datetime.now(UTC)) - since)


def span(length: timedelta) -> str:
    """A length of time in one unit."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size or (seconds >= size and unit == "d"):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def moment(at: datetime | None) -> str:
    """A time in UTC, to the second."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """ "1 pipeline", "3 pipelines"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _cell(value: object) -> str:
    return "" if value is None else printable(str(value))


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    parts = []
    for text, width, to_right in zip(row, widths, right, strict=True):
        shown = cut(text, width)
        padding = " " * (width - columns(shown))
        parts.append(padding + shown if to_right else shown + padding)
    return _GAP.join(parts).rstrip()
