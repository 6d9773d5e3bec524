"""`crossdock pause` and `crossdock resume`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, pass_options

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.store.rows import Pause

_names = click.argument("names", metavar="NAME…", nargs=-1, required=True)


@click.command()
@_names
@click.option("--reason", help="Why; it is kept in the log, with who you are, and shown until it is resumed.")
@pass_options
def pause(options: Options, names: tuple[str, ...], reason: str | None) -> None:
    """Stop pipelines, or all pipelines of a connection, until they are resumed; the file stays as it is.

    Works beside a running `run`, which finishes what it began: the next one leaves them alone. Where a pipeline and a
    connection bear the same name, write `pipeline:NAME` or `connection:NAME`.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.observe.printable import printable

    for one in anyio.run(_pause, read_outline(options.file), names, reason):
        click.echo(printable(f"{one.kind} {one.name} is paused; `crossdock resume {_typed(one.name)}` ends that"))


@click.command()
@_names
@click.option("--reason", help="Why; it is kept in the log, with who you are.")
@pass_options
def resume(options: Options, names: tuple[str, ...], reason: str | None) -> None:
    """Let pipelines or connections go on that were paused; the next run works on them."""
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.observe.printable import printable

    for one, was in anyio.run(_resume, read_outline(options.file), names, reason):
        told = "goes on with the next run" if was else "was not paused"
        click.echo(printable(f"{one.kind} {one.name} {told}"))


async def _pause(outline: Outline, names: Sequence[str], reason: str | None) -> list[Pause]:
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store

    wanted = _resolve(names, outline.customers, outline.connections, reason)
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        await store.pause(wanted)
    return wanted


async def _resume(outline: Outline, names: Sequence[str], reason: str | None) -> list[tuple[Pause, bool]]:
    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store

    if not store_exists(outline):
        return [(one, False) for one in _resolve(names, outline.customers, outline.connections, reason)]
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        there = await store.pauses()  # what left the file in the meantime can still be resumed
        pipelines = {*outline.customers, *(one.name for one in there if one.kind == "pipeline")}
        connections = {*outline.connections, *(one.name for one in there if one.kind == "connection")}
        wanted = _resolve(names, pipelines, connections, reason)
        return list(zip(wanted, await store.resume(wanted), strict=True))


def _resolve(
    names: Sequence[str], pipelines: Collection[str], connections: Collection[str], reason: str | None
) -> list[Pause]:
    """What the names mean. Raises: ConfigError where one means nothing, or two things."""
    import getpass

    from crossdock.clock import SystemClock
    from crossdock.store.rows import Pause

    at, actor = SystemClock().now(), getpass.getuser()
    found = [_find(name, pipelines, connections) for name in dict.fromkeys(names)]
    return [Pause(kind, name, at, actor, reason) for kind, name in dict.fromkeys(found)]


def _find(text: str, pipelines: Collection[str], connections: Collection[str]) -> tuple[str, str]:
    from crossdock.errors import ConfigError

    there = [("pipeline", name) for name in pipelines] + [("connection", name) for name in connections]
    meant = [(kind, name) for kind, name in there if text in (name, f"{kind}:{name}")]
    if len(meant) == 1:
        return meant[0]
    if meant:
        fix = f"write pipeline:{text} or connection:{text}"
        raise ConfigError(f"both a pipeline and a connection are called {text!r}", fix=fix, code="ambiguous_name")
    raise ConfigError(f"there is no pipeline or connection {text!r}", fix=_fix(text, there), code="unknown_name")


def _fix(text: str, there: Sequence[tuple[str, str]]) -> str:
    import difflib

    names = [name for _, name in there]
    near = difflib.get_close_matches(text, names, n=1)
    return f"write {near[0]}" if near else f"the file has: {', '.join(names) or 'none'}"


def _typed(name: str) -> str:
    import shlex

    return shlex.quote(name)
