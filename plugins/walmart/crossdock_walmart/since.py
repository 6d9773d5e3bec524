"""The moment from which a source reads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema


def _no_number(value: object) -> object:
    if isinstance(value, str | datetime) or type(value) is date:
        return value
    raise ValueError("since is a date and time, as in 2026-11-01T00:00:00-08:00")


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("since needs a time zone, as in 2026-11-01T00:00:00-08:00 or 2026-11-01T08:00:00Z")
    return value


Since = Annotated[
    datetime,
    AfterValidator(_zoned),
    BeforeValidator(_no_number),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-01T00:00:00-08:00"]}),
]
