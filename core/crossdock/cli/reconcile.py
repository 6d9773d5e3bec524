"""`crossdock reconcile`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.failing import FAILED
from crossdock.cli.options import Options, json_option, pass_options
from crossdock.cli.parameters import to_since

if TYPE_CHECKING:
    from crossdock.cli.context import Loaded
    from crossdock.engine import Balance


@click.command()
@click.argument("names", metavar="[PIPELINE]...", nargs=-1)
@click.option("--from", "start", required=True, callback=to_since, help='From then on: 2026-10-01, or "30d" ago.')
@click.option("--to", "end", callback=to_since, help="Before then.", show_default="now")
@click.option("--look/--no-look", default=True, help="Ask targets that can read back what is there now.")
@click.option("--csv", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write all rows into a file, too.")
@json_option
@pass_options
@click.pass_context
def reconcile(
    ctx: click.Context,
    options: Options,
    names: tuple[str, ...],
    start: datetime,
    end: datetime | None,
    look: bool,
    file: Path | None,
    as_json: bool,
) -> None:
    """Compare what was read of a period with what became of it: counts, units and money, route by route.

    A time without a zone is UTC. Every difference is explained by where it stands (held, waiting, skipped, dead, not
    read) or named as unexplained; exits with 1 where there are such. Reads only, beside a running daemon.
    """
    import anyio

    from crossdock.cli.balance import print_balance, shape, write_csv
    from crossdock.cli.context import configure_logs, load_definition
    from crossdock.cli.shapes import print_json

    configure_logs(options)
    if end is not None and end <= start:
        raise click.BadParameter("the period ends before it begins", param_hint="--to")
    found = anyio.run(_reconcile, load_definition(options, names), names, start, end, look)
    if file is not None:
        write_csv(found, file)
    if as_json:
        print_json(shape(found))
    else:
        print_balance(found)
    ctx.exit(0 if found.ok else FAILED)


async def _reconcile(
    loaded: Loaded, names: tuple[str, ...], start: datetime, end: datetime | None, look: bool
) -> Balance:
    from crossdock.cli.context import open_to_look

    async with open_to_look(loaded) as opened:
        return await opened.runtime.reconcile(names, start, end, look=look)
