"""`crossdock replay` and `crossdock discard`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import click

from crossdock.cli.options import Options, pass_options

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline

_ids = click.argument("ids", metavar="ID…", nargs=-1, required=True, type=click.IntRange(min=1))
_reason = click.option("--reason", required=True, help="Why; it is kept in the log, with who you are.")


@click.command()
@_ids
@_reason
@pass_options
def replay(options: Options, ids: tuple[int, ...], reason: str) -> None:
    """Take held or dead deliveries up again; the next run works on them.

    They are planned anew with today's file, under the same effect keys: what is in effect already is not made again,
    and what may have happened is looked for first.
    """
    for delivery_id, pipeline, key in _act(options, "replay", ids, reason):
        click.echo(f"delivery {delivery_id} of {key} is due again; the next `crossdock run {pipeline}` works on it")


@click.command()
@_ids
@_reason
@pass_options
def discard(options: Options, ids: tuple[int, ...], reason: str) -> None:
    """Close held or dead deliveries for good: a person took care of them in another way."""
    for delivery_id, _, key in _act(options, "discard", ids, reason):
        click.echo(f"delivery {delivery_id} of {key} is closed")


def _act(
    options: Options, what: Literal["replay", "discard"], ids: tuple[int, ...], reason: str
) -> Iterator[tuple[int, str, str]]:
    """Act on one after another, so that what is done is said before another is refused."""
    import anyio

    from crossdock.cli.outline import read_outline

    outline = read_outline(options.file)
    for delivery_id in ids:
        yield delivery_id, *anyio.run(_act_on, outline, what, delivery_id, reason)


async def _act_on(
    outline: Outline, what: Literal["replay", "discard"], delivery_id: int, reason: str
) -> tuple[str, str]:
    import getpass

    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.errors import ConfigError
    from crossdock.store.open import open_store

    if not store_exists(outline):
        raise ConfigError("there is no store yet", fix="`crossdock run` makes it", code="no_store")
    clock = SystemClock()
    async with open_store(outline.store, clock=clock, folder=outline.folder) as store:
        act = store.replay if what == "replay" else store.discard
        before = await act(delivery_id, reason=reason, actor=getpass.getuser(), at=clock.now())
    return before.pipeline, before.key
