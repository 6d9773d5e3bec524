"""`crossdock init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, pass_options

if TYPE_CHECKING:
    from crossdock.checking.starting import Start
    from crossdock.registry import Registry


@click.command()
@click.argument("source", required=False)
@click.argument("sink", required=False)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it; by default the file of -c.")
@click.option("--both", is_flag=True, help="Write the way back, too.")
@pass_options
def init(options: Options, source: str | None, sink: str | None, output: Path | None, both: bool) -> None:
    """Start a file from what the installed plugins offer: `crossdock init walmart wms_cartoncloud`.

    SOURCE and SINK are plugins, or a source and a sink of theirs; with SOURCE alone there is only a connection. What
    is secret or differs from place to place becomes a reference, and what must be set is listed. No file is replaced.
    """
    from crossdock.checking.starting import write_start
    from crossdock.clock import SystemClock
    from crossdock.registry import Registry

    registry = Registry()
    if source is None:
        raise _nothing_named(registry)
    start = write_start(registry, source, sink, both=both, now=SystemClock().now())
    path = output or options.file
    _write(path, start.text)
    _tell(path, start, standard=path == Path("crossdock.yaml"))


def _nothing_named(registry: Registry) -> Exception:
    from crossdock.errors import ConfigError

    registry.load_all()
    sources = sorted({use.partition(".")[0] for use in registry.names("source")})
    sinks = sorted({use.partition(".")[0] for use in registry.names("sink")})
    example = next(((one, other) for one in sources for other in sinks if one != other), ("SOURCE", "SINK"))
    return ConfigError(
        "say from which plugin to which",
        valid=f"plugins that read: {', '.join(sources) or 'none'}; that deliver: {', '.join(sinks) or 'none'}",
        fix=f"crossdock init {example[0]} {example[1]}",
    )


def _write(path: Path, text: str) -> None:
    from crossdock.errors import ConfigError

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} is there already, and is left as it is", fix="name another one: `-o FILE`") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", fix="name another one: `-o FILE`") from error


def _tell(path: Path, start: Start, *, standard: bool) -> None:
    program = "crossdock" if standard else f"crossdock -c {path}"
    click.echo(f"wrote {path}; next:")
    for name in start.variables:
        click.echo(f"  export {name}=…")
    if start.secrets:
        click.echo("  crossdock secrets new-key crossdock.key && export CROSSDOCK_KEY_FILE=$PWD/crossdock.key")
    for name in start.secrets:
        click.echo(f"  {program} secrets set {name}")
    click.echo("  crossdock schema -o crossdock.schema.json  # completion in editors")
    click.echo(f"  {program} check")
    click.echo(f"  {program} connections test")
    if "\npipelines:" in start.text:
        click.echo(f"  {program} plan --limit 3")
