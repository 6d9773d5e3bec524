"""`crossdock discard`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, ids_argument, pass_options, reason_option

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline


@click.command()
@ids_argument
@reason_option
@pass_options
def discard(options: Options, ids: tuple[int, ...], reason: str) -> None:
    """Close held or dead deliveries for good: a person took care of them in another way."""
    import anyio

    from crossdock.cli.outline import read_outline

    anyio.run(_discard, read_outline(options.file), ids, reason)


async def _discard(outline: Outline, ids: tuple[int, ...], reason: str) -> None:
    """Close one after another, so that what is done is said before another is refused."""
    from crossdock.cli.marking import actor, open_existing
    from crossdock.clock import SystemClock
    from crossdock.observe.printable import printable

    async with open_existing(outline) as store:
        for delivery_id in ids:
            before = await store.discard(delivery_id, reason=reason, actor=actor(), at=SystemClock().now())
            click.echo(printable(f"delivery {delivery_id} of {before.key} is closed"))
