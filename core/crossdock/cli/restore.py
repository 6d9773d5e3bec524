"""`crossdock restore`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options
from crossdock.cli.parameters import to_since

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--replace", is_flag=True, help="Where a store is there already: keep it beside, under another name.")
@click.option("--mark", is_flag=True, help="The store was put back by other means; mark it as restored.")
@click.option("--as-of", callback=to_since, help='With --mark: the time of the backup ("2026-11-01T00:00Z", or "2h").')
@json_option
@pass_options
def restore(
    options: Options, file: Path | None, replace: bool, mark: bool, as_of: datetime | None, as_json: bool
) -> None:
    """Put a backup into the place that `store:` names. No run may be on its way.

    The restored store does not know what was done after the backup. So the next run of each pipeline reads before it
    delivers, and looks for each change before it sends it.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.render import moment
    from crossdock.cli.shapes import iso, print_json
    from crossdock.observe.printable import printable

    if mark == (file is not None) or (mark and replace) or (as_of is not None and not mark):
        raise click.UsageError("name a FILE, with or without --replace; or write --mark, with or without --as-of")
    outline = read_outline(options.file)
    if file is not None:
        backup_at, kept = anyio.run(_restore, outline, file, replace)
    else:
        backup_at, kept = anyio.run(_mark, outline, as_of), None
    if as_json:
        print_json({"backup_at": iso(backup_at), "kept": None if kept is None else str(kept)})
        return
    if kept is not None:
        click.echo(printable(f"the store that was there is {kept} now"))
    click.echo(f"the store knows what was done until {moment(backup_at)}")
    click.echo("  next: `crossdock run`; it reads first, and looks for each change before it sends it")


async def _restore(outline: Outline, file: Path, replace: bool) -> tuple[datetime, Path | None]:
    from crossdock.cli.marking import actor
    from crossdock.clock import SystemClock
    from crossdock.store.open import restore_store

    at = SystemClock().now()
    return await restore_store(outline.store, file, at=at, actor=actor(), replace=replace, folder=outline.folder)


async def _mark(outline: Outline, as_of: datetime | None) -> datetime:
    from crossdock.cli.marking import actor, open_existing
    from crossdock.clock import SystemClock

    async with open_existing(outline) as store, store.running([]):
        return await store.mark_restored(at=SystemClock().now(), backup_at=as_of, actor=actor())
