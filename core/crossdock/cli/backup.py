"""`crossdock backup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_options
def backup(options: Options, file: Path, as_json: bool) -> None:
    """Copy the store, as it is at one moment, into a new file of mode 0600.

    Works while a run is on its way, and keeps nobody waiting. The copy is checked before it gets its name, and no file
    is ever overwritten. Back up the definition, too, and the key in another place.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.shapes import print_json
    from crossdock.observe.printable import printable

    size = anyio.run(_backup, read_outline(options.file), file)
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        click.echo(printable(f"{file}: {size:,} bytes; whole, and its audit log is as it was written"))


async def _backup(outline: Outline, file: Path) -> int:
    from crossdock.cli.marking import actor, open_existing
    from crossdock.clock import SystemClock

    async with open_existing(outline) as store:
        return await store.backup(file, at=SystemClock().now(), actor=actor())
