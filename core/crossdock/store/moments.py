"""Times as the store keeps them: whole microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Count microseconds. Raises: TypeError where the time bears no zone, for then it says nothing."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The time, aware, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def to_micros_or_none(moment: datetime | None) -> int | None:
    """Count microseconds; None stays None."""
    return None if moment is None else (moment - _EPOCH) // _MICROSECOND


def from_micros_or_none(micros: int | None) -> datetime | None:
    """The time, aware, in UTC; None stays None."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)
