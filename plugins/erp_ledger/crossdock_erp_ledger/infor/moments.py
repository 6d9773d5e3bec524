"""Times that answers bear."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

from crossdock.http import Response


def date_of(answer: Response) -> datetime | None:
    """When an answer was given, by the remote clock; None where it does not tell."""
    try:
        return parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError):
        return None


def http_date(at: datetime) -> str:
    """A moment as answers bear it."""
    return f"{at:%a, %d %b %Y %H:%M:%S} GMT"
