"""What `status` says of accounts: those that cannot be used, and what is left of their quotas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from crossdock.cli.render import age, table
from crossdock.cli.shapes import iso
from crossdock.http import Outage
from crossdock.observe.printable import printable
from crossdock.observe.redact import redact_text
from crossdock.store.rows import CredentialRow, FieldRow, QuotaRow, Refusal

_SHOWN = 10


def shape(
    outages: Sequence[Outage],
    credentials: Sequence[CredentialRow],
    quotas: Sequence[QuotaRow],
    drift: Sequence[FieldRow],
) -> dict[str, Any]:
    """The JSON of it."""
    refused = [_of_refused(one.connection, one.refusal) for one in credentials if one.refusal is not None]
    return {
        "refused": refused,
        "lost": [_of_outage(one) for one in outages],
        "quotas": [_of_quota(one) for one in quotas],
        "drift": [_of_field(one) for one in drift],
    }


def print_outages(outages: Sequence[Outage]) -> None:
    """One line for each connection that is lost."""
    for one in outages:
        click.echo(
            printable(
                f"{one.connection}: lost for {age(one.since)}, {redact_text(one.reason)}; it is tried again by itself"
            )
        )


def print_refused(credentials: Sequence[CredentialRow]) -> None:
    """Each connection whose credentials were refused, and what to do."""
    for one in credentials:
        if one.refusal is not None:
            click.echo(
                printable(f"{one.connection}: refused for {age(one.refusal.at)}: {redact_text(one.refusal.reason)}")
            )
            click.echo(printable(f"  fix: {redact_text(one.refusal.fix or 'replace the credentials')}"))


def print_quotas(quotas: Sequence[QuotaRow]) -> None:
    """The buckets that are not full."""
    used = [one for one in quotas if one.left < one.burst]
    if used:
        click.echo("\nleft of quotas:")
        rows = [[one.account, one.name, f"{one.left} of {one.burst}", _rate(one)] for one in used]
        click.echo(table(["account", "calls", "left", "limit"], rows))


def print_drift(drift: Sequence[FieldRow]) -> None:
    """What remote systems changed in their answers."""
    if drift:
        click.echo("\nchanged in what remote systems answer (nothing fails by it):")
    for one in drift[:_SHOWN]:
        told = f"is gone since {age(one.last_at)}" if one.gone else f"is new, seen {one.seen} times"
        click.echo(printable(f"  {one.component}: {redact_text(one.path)} {told}"))
    if len(drift) > _SHOWN:
        click.echo(f"  and {len(drift) - _SHOWN} more; `crossdock status --json` lists all")


def _of_field(field: FieldRow) -> dict[str, Any]:
    return {
        "component": field.component,
        "field": redact_text(field.path),
        "change": "gone" if field.gone else "new",
        "seen": field.seen,
        "first_at": iso(field.first_at),
        "last_at": iso(field.last_at),
    }


def _rate(quota: QuotaRow) -> str:
    return f"{quota.calls} in {quota.per_s:g} s"


def _of_refused(connection: str, refusal: Refusal) -> dict[str, Any]:
    return {
        "connection": connection,
        "since": iso(refusal.at),
        "code": refusal.code,
        "reason": redact_text(refusal.reason),
        "fix": None if refusal.fix is None else redact_text(refusal.fix),
    }


def _of_outage(outage: Outage) -> dict[str, Any]:
    return {
        "connection": outage.connection,
        "account": outage.account,
        "since": iso(outage.since),
        "tried_again_at": iso(outage.until),
        "reason": redact_text(outage.reason),
    }


def _of_quota(quota: QuotaRow) -> dict[str, Any]:
    return {
        "account": quota.account,
        "name": quota.name,
        "calls": quota.calls,
        "per_s": quota.per_s,
        "burst": quota.burst,
        "left": quota.left,
    }
