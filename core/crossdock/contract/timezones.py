"""Time zones as people write them."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, WithJsonSchema


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone: write one as in America/New_York") from None
    return name


TimeZone = Annotated[
    str, AfterValidator(_known_zone), WithJsonSchema({"type": "string", "examples": ["America/New_York"]})
]
"""The name of a zone of the tz database, which is known on this machine."""
