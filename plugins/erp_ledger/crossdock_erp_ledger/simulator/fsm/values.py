"""Dates and amounts as FSM writes them: every value is a text."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{8}")


def to_date(text: str) -> date | None:
    """`YYYYMMDD`; None where it is no day."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  (a day of the books, without a zone)
    except ValueError:
        return None


def to_amount(text: str) -> Decimal | None:
    """A signed decimal with a dot and without thousands; None where it is none."""
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def in_words(day: date) -> str:
    """As messages write a day: March 2, 2026."""
    return f"{day:%B} {day.day}, {day.year}"
