"""The periods of a tenant's books: months, each open or closed, and days that staff closed or opened in between."""

from __future__ import annotations

import calendar
from datetime import date
from typing import Any

_YEARS_BACK, _YEARS_AHEAD = 2, 1


class Periods:
    """Calendar months around today. What was said last of a day holds."""

    def __init__(self, today: date) -> None:
        self._first = date(today.year - _YEARS_BACK, 1, 1)
        self._last = date(today.year + _YEARS_AHEAD, 12, 31)
        self._said: list[tuple[date, date, str | None, bool]] = []

    def say(self, first: date, last: date, is_open: bool, entity: str | None = None) -> None:
        """Open or close these days, both included, for one entity or for all.

        Raises: ValueError, where they are no days of this calendar.
        """
        if not self._first <= first <= last <= self._last:
            raise ValueError(f"there are periods from {self._first} to {self._last}")
        self._said.append((first, last, entity, is_open))

    def is_open(self, day: date, entity: str | None = None) -> bool:
        """Whether something can be posted on this day."""
        if not self._first <= day <= self._last:
            return False
        for first, last, whose, is_open in reversed(self._said):
            if first <= day <= last and whose in (None, entity):
                return is_open
        return True

    def months(self) -> list[date]:
        """The first day of each period."""
        years = range(self._first.year, self._last.year + 1)
        return [date(year, month, 1) for year in years for month in range(1, 13)]

    def wire(self) -> list[dict[str, Any]]:
        """What staff said, in order."""
        return [
            {"from": first, "to": last, "entity": entity, "open": is_open}
            for first, last, entity, is_open in self._said
        ]


def days_of(period: str) -> tuple[date, date]:
    """The first and the last day of a period, written `2026-10`. Raises: ValueError."""
    try:
        year, month = (int(part) for part in period.split("-"))
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        raise ValueError(f"{period!r} is no period: write one as in 2026-10") from None
