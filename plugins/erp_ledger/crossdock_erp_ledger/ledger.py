"""What all ledgers have in common, whoever keeps them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, WithJsonSchema

from crossdock import Connection


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone: write one as in America/New_York") from None
    return name


TimeZone = Annotated[
    str, AfterValidator(_known_zone), WithJsonSchema({"type": "string", "examples": ["America/New_York"]})
]


class LedgerConnection(Connection):
    """A ledger: the zone in which its days begin, and how far its books are closed."""

    timezone: TimeZone
    """The books' own: an instant belongs to the day that it is there."""
    closed_through: date | None = None
    """The last day of the last closed period; nothing is posted on or before it."""
