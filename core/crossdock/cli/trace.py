"""`crossdock trace`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.store.rows import Trace


@click.command()
@click.argument("key", metavar="KEY")
@json_option
@pass_options
def trace(options: Options, key: str, as_json: bool) -> None:
    """Tell the whole story of one business key, across pipelines, in order of time.

    KEY is any of its names: an order's number, the id of what was made of it on the other side, a tracking number.
    Needs no plugin and no key, and works beside a running daemon. Payloads are not shown.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.shapes import of_trace, print_json
    from crossdock.errors import ConfigError

    found, paused = anyio.run(_trace, read_outline(options.file), key)
    if found is None:
        raise ConfigError(f"nothing is known of {key!r}", fix=_fix(), code="unknown_name")
    if as_json:
        print_json(of_trace(found))
    else:
        from crossdock.cli.telling import print_trace

        print_trace(found, paused)


async def _trace(outline: Outline, key: str) -> tuple[Trace | None, Mapping[str, str]]:
    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store
    from crossdock.store.pausing import paused

    if not store_exists(outline):
        return None, {}
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        return await store.trace(key), paused(await store.pauses(), outline.uses)


def _fix() -> str:
    return "`crossdock deliveries` lists what was read; `crossdock run PIPELINE --key KEY` fetches one record now"
