"""A month of the books."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """A calendar month, in the zone in which the books' days begin."""

    first: date
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> Period:
        """Read "2026-10". Raises: ValueError."""
        found = _MONTH.fullmatch(text.strip())
        if found is None:
            raise ValueError(f'{text!r} is no month; write one as "2026-10"')
        return cls(date(int(found[1]), int(found[2]), 1), zone)

    @property
    def name(self) -> str:
        """ "2026-10"."""
        return f"{self.first:%Y-%m}"

    @property
    def last(self) -> date:
        """Its last day."""
        return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])

    @property
    def begins(self) -> datetime:
        """The instant at which it begins."""
        return datetime.combine(self.first, time(), self.zone)

    @property
    def ends(self) -> datetime:
        """The instant at which it is over."""
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    def has(self, day: date) -> bool:
        """Whether a day is one of its."""
        return self.first <= day <= self.last

    def day(self, moment: datetime) -> date:
        """The day of the books on which an instant lies."""
        return moment.astimezone(self.zone).date()

    def days(self) -> Iterator[date]:
        """All of them."""
        return (self.first + timedelta(days=number) for number in range(self.last.day))


def month_of(day: date) -> str:
    """The month that a day is in: "2026-10"."""
    return f"{day:%Y-%m}"
