"""Commands that plugins offer: found when the first word is none of ours, by their names or as PLUGIN.NAME."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

import click

from crossdock.contract.workspace import WORKSPACE, Work
from crossdock.errors import PluginError
from crossdock.registry import Plugin, Registry

if TYPE_CHECKING:
    from crossdock.cli.context import Loaded

Offers = dict[str, dict[str, click.Command]]
"""By the name of the command, then by that of the plugin."""


def find(ctx: click.Context, word: str, own: Iterable[str]) -> click.Command:
    """The command of that name. Raises: PluginError; click.UsageError where there is none, or where several have it."""
    plugin, dot, name = word.rpartition(".")
    registry = Registry()
    offers, broken = _offers([registry.load(plugin)] if dot else registry.load_all())
    there = offers.get(name, {})
    if not there:
        ctx.fail(_unknown(word, own, offers, broken))
    if len(there) > 1:
        ctx.fail(f"Several plugins have a command {name!r}. Write {' or '.join(f'{one}.{name}' for one in there)}.")
    ctx.meta[WORKSPACE] = partial(_work, ctx)
    (command,) = there.values()
    return command


def _offers(loaded: Iterable[Plugin | PluginError]) -> tuple[Offers, list[PluginError]]:
    """What plugins offer, and why some of them cannot: these do not hide the others' commands."""
    offers: Offers = {}
    broken: list[PluginError] = []
    for plugin in loaded:
        if isinstance(plugin, PluginError):
            broken.append(plugin)
            continue
        try:
            for command in plugin.commands():
                offers.setdefault(command.name or "", {})[plugin.name] = command
        except PluginError as error:
            broken.append(error)
    return offers, broken


def _unknown(word: str, own: Iterable[str], offers: Offers, broken: Iterable[PluginError]) -> str:
    near = difflib.get_close_matches(word, [*own, *offers], n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    if not near and offers:
        hint = f" Plugins have: {', '.join(sorted(offers))}."
    reasons = "".join(f"\n  It may be one of a plugin that cannot be used: {error.message}" for error in broken)
    return f"No such command {word!r}.{hint}{reasons}"


def _work(ctx: click.Context, work: Work[int | None]) -> int | None:
    """Check the file, open the store to look, and let a command work on it."""
    import anyio

    from crossdock.cli.context import configure_logs, load_definition

    configure_logs(ctx.obj)
    return anyio.run(_look, load_definition(ctx.obj), work)


async def _look(loaded: Loaded, work: Work[int | None]) -> int | None:
    from crossdock.cli.context import open_to_look

    async with open_to_look(loaded) as opened:
        return await work(opened.runtime.workspace())
