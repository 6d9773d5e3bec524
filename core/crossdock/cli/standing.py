"""Where pipelines stand, as `run` and `status` tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from crossdock.cli import shapes
from crossdock.cli.render import age, counted, moment, paint, table
from crossdock.observe.printable import printable
from crossdock.observe.redact import redact_text
from crossdock.store.rows import PipelineStatus, State

if TYPE_CHECKING:
    from crossdock.config import Fault

_COLUMNS = (State.PENDING, State.ATTEMPTED, State.WAITING, State.HELD, State.DELIVERED, State.SKIPPED, State.DEAD)
_NEEDS_A_PERSON = (State.HELD, State.DEAD)


def shape(
    statuses: Sequence[PipelineStatus], customers: Mapping[str, str | None], stopped: Mapping[str, Fault]
) -> shapes.Shape:
    """The JSON of `run` and `status`. A pipeline that its plugin stops is there with the reason."""
    rows = [shapes.of_status(status, customers.get(status.name)) for status in statuses]
    rows += [shapes.of_status(_nothing(name, fault), customers.get(name)) for name, fault in stopped.items()]
    return {"pipelines": rows}


def print_standing(
    statuses: Sequence[PipelineStatus], customers: Mapping[str, str | None], stopped: Mapping[str, Fault]
) -> None:
    """A table, then why something brought nothing, then what needs a person and what to type."""
    if not statuses and not stopped:
        click.echo("the file has no pipelines")
        return
    headers = ["pipeline", "customer", "last success", "read", *_COLUMNS, "oldest open"]
    click.echo(table(headers, [_row(status, customers.get(status.name)) for status in statuses]))
    for status in statuses:
        if status.reason:
            click.echo(printable(f"{status.name}: {redact_text(status.reason)}"))
    for name, fault in stopped.items():
        click.echo(f"{name}: stopped, its plugin cannot be used")
        click.echo(printable(f"  {fault}", keep="\n"))
    for status in statuses:
        _print_needs(status)


def _row(status: PipelineStatus, customer: str | None) -> list[object]:
    counts = [status.counts.get(state, 0) for state in _COLUMNS]
    oldest = age(status.oldest_open) if status.oldest_open else "-"
    return [status.name, customer or "-", moment(status.last_success) or "never", status.read, *counts, oldest]


def _print_needs(status: PipelineStatus) -> None:
    for state in _NEEDS_A_PERSON:
        count = status.counts.get(state, 0)
        if count:
            told = paint(f"{counted(count, 'delivery', 'deliveries')} {state}", state)
            click.echo(f"{status.name}: {told}; see `crossdock deliveries --state {state} --pipeline {status.name}`")


def _nothing(name: str, fault: Fault) -> PipelineStatus:
    return PipelineStatus(name, None, None, 0, {}, None, fault.message)
