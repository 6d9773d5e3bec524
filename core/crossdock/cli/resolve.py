"""`crossdock resolve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, pass_options, reason_option

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.store.rows import DeliverySummary


@click.command()
@click.argument("delivery_id", metavar="ID", type=click.IntRange(min=1))
@click.argument("choice", metavar="CHOICE")
@click.option("--id", "ref", metavar="REMOTE_ID", help="With `done`: what exists in the remote system; it is linked.")
@click.option("--insist", is_flag=True, help="Your word counts where a look into the remote system cannot tell.")
@reason_option
@pass_options
def resolve(options: Options, delivery_id: int, choice: str, ref: str | None, insist: bool, reason: str) -> None:
    """Decide a held or dead delivery; the next run does it, this command sends nothing.

    `crossdock deliveries show ID` lists the choices. Mostly they are `again` (plan it again), `done` (a person did it)
    and `skip` (nothing is to be done); where an outcome is unknown, `done` and `not-done`; where a record changed after
    its delivery, `keep`. Components may declare more.
    """
    import anyio

    from crossdock.cli.outline import read_outline

    anyio.run(_resolve, read_outline(options.file), delivery_id, choice, ref, insist, reason)


async def _resolve(outline: Outline, delivery_id: int, choice: str, ref: str | None, insist: bool, reason: str) -> None:
    from crossdock.cli.choosing import refuse_unknown
    from crossdock.cli.marking import actor, open_existing
    from crossdock.cli.selecting import refuse_gone
    from crossdock.clock import SystemClock
    from crossdock.contract import holds
    from crossdock.observe.printable import printable
    from crossdock.store.rows import Decision, Selection

    async with open_existing(outline) as store:
        found = await store.deliveries(Selection(ids=[delivery_id]))
        refuse_gone(outline, found)
        for one in found:  # one that is not there is refused by the store
            refuse_unknown(outline, one, choice)
        _check(choice, ref, insist)
        at, who = SystemClock().now(), actor()
        if choice == holds.AGAIN:
            (before,) = await store.replay([delivery_id], reason=reason, actor=who, at=at)
        elif choice == holds.SKIP:
            before = await store.discard(delivery_id, reason=reason, actor=who, at=at)
        else:
            decided = Decision(choice, who, reason, at, ref, insist)
            before = await store.resolve(delivery_id, decided)
    click.echo(printable(_told(before, choice)))


def _check(choice: str, ref: str | None, insist: bool) -> None:
    """Raises: click.UsageError."""
    from crossdock.contract import holds

    if ref is not None and choice != holds.DONE:
        raise click.UsageError("--id goes with `done`")
    if insist and choice not in (holds.DONE, holds.NOT_DONE):
        raise click.UsageError("--insist goes with `done` and `not-done`")


def _told(before: DeliverySummary, choice: str) -> str:
    from crossdock.contract import holds

    if choice == holds.SKIP:
        return f"delivery {before.id} of {before.key} is closed"
    return f"delivery {before.id} of {before.key} is resolved as {choice}; `crossdock run {before.pipeline}` does it"
