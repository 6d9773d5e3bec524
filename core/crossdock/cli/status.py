"""`crossdock status`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.http import Outage
    from crossdock.store.protocol import Store
    from crossdock.store.rows import CredentialRow, DeliverySummary, FieldRow, NoticeRow, PipelineStatus, QuotaRow

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class _Seen:
    statuses: Sequence[PipelineStatus]
    troubled: Sequence[DeliverySummary] = ()
    notices: Sequence[NoticeRow] = ()
    outages: Sequence[Outage] = ()
    credentials: Sequence[CredentialRow] = ()
    quotas: Sequence[QuotaRow] = ()
    drift: Sequence[FieldRow] = ()


@click.command()
@json_option
@pass_options
def status(options: Options, as_json: bool) -> None:
    """Say where each pipeline stands: what was read and delivered, what is open and since when, what needs a person.

    Works beside a running daemon, and where a plugin or a variable is missing.
    """
    import anyio

    from crossdock.cli import accounts
    from crossdock.cli.outline import read_outline
    from crossdock.cli.shapes import print_json
    from crossdock.cli.standing import print_standing, shape

    outline = read_outline(options.file)
    seen = anyio.run(_look, outline)
    if as_json:
        print_json(
            {
                **shape(seen.statuses, outline.customers, {}),
                **accounts.shape(seen.outages, seen.credentials, seen.quotas, seen.drift),
            }
        )
        return
    print_standing(seen.statuses, outline.customers, {})
    accounts.print_refused(seen.credentials)
    accounts.print_outages(seen.outages)
    _print_troubled(seen.troubled)
    _print_notices(seen.notices)
    accounts.print_quotas(seen.quotas)
    accounts.print_drift(seen.drift)


async def _look(outline: Outline) -> _Seen:
    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store
    from crossdock.store.rows import PipelineStatus

    if not store_exists(outline):
        return _Seen([PipelineStatus(name, None, None, 0, {}, None, "never run") for name in outline.customers])
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        return await _look_into(store, outline)


async def _look_into(store: Store, outline: Outline) -> _Seen:
    from dataclasses import replace

    from crossdock.store.pausing import paused
    from crossdock.store.rows import State

    names = list(outline.customers)
    why = paused(await store.pauses(), outline.uses)
    return _Seen(
        [replace(one, reason=why.get(one.name, one.reason)) for one in await store.status(names)],
        await store.deliveries(pipelines=names, states=[State.HELD, State.DEAD], limit=_SHOWN),
        await store.notices(names),
        await store.outages(),
        await store.all_credentials(),
        await store.quotas(),
        await store.drift(),
    )


def _print_troubled(troubled: Sequence[DeliverySummary]) -> None:
    from crossdock.cli.render import age, moment
    from crossdock.observe.printable import printable
    from crossdock.observe.redact import redact_text

    if troubled:
        click.echo("\nneeds a person, newest first:")
    for delivery in troubled:
        why = redact_text(delivery.reason or "")
        code = f" ({delivery.code})" if delivery.code else ""
        by = f", deadline {moment(delivery.deadline)}" if delivery.deadline else ""
        stands = f"{delivery.state} for {age(delivery.since)}{by}"
        click.echo(printable(f"  {delivery.id}  {delivery.pipeline}  {delivery.key}  {stands}: {why}{code}"))
        click.echo(printable(f"    fix: {delivery.fix}") if delivery.fix else "    fix: look at its story", nl=False)
        click.echo(f"  (`crossdock deliveries show {delivery.id}`)")


def _print_notices(notices: Sequence[NoticeRow]) -> None:
    from crossdock.cli.render import age
    from crossdock.observe.printable import printable
    from crossdock.observe.redact import redact_text

    if notices:
        click.echo("\nworth knowing:")
    for row in notices:
        times = f", {row.count} times" if row.count > 1 else ""
        click.echo(printable(f"  {row.pipeline}: {redact_text(row.notice.message)} (for {age(row.first_at)}{times})"))
        click.echo(printable(f"    fix: {row.notice.fix}"))
