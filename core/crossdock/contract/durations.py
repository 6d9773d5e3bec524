"""Spans of time as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_duration(value: object) -> object:
    """Read "1h30m"; anything that is no text goes on to pydantic as it is. Raises: ValueError."""
    if not isinstance(value, str):
        if isinstance(value, int | float):
            raise ValueError('a duration needs a unit, as in "30s", "5m", "1h30m" or "14d"')
        return value
    text = value.strip().replace(" ", "")
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f'{value!r} is no duration; write one as "30s", "5m", "1h30m" or "14d"')
    try:
        return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))
    except OverflowError as error:
        raise ValueError(f"{value!r} is longer than any duration can be") from error


def format_duration(value: timedelta) -> str:
    """Write "1h30m": the fewest units that are exact, milliseconds at the finest."""
    left = round(value.total_seconds() * 1000)
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
