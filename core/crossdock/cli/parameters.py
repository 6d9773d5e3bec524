"""Callbacks that read what options are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click


def to_duration(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    """A span of time: "30s", "5m", "1h30m"; a bare "0" is none. Raises: click.BadParameter."""
    from crossdock.contract.durations import parse_duration

    try:
        parsed = parse_duration("0s" if value.strip() == "0" else value)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(str(error)) from None
    assert isinstance(parsed, timedelta)  # noqa: S101  (of a text it always is)
    return parsed


def to_since(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """A point in time: "2h" ago, or "2026-11-01T00:00Z"; without a zone it is UTC. Raises: click.BadParameter."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return _ago(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _ago(value: str) -> datetime:
    from crossdock.contract.durations import parse_duration

    try:
        length = parse_duration(value)
        assert isinstance(length, timedelta)  # noqa: S101  (of a text it always is)
        return datetime.now(UTC) - length
    except (ValueError, OverflowError):
        message = f'{value!r} is no time; write "2h" for two hours ago, or "2026-11-01T00:00Z"'
        raise click.BadParameter(message) from None
