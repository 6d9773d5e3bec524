"""`crossdock plugins list` and `crossdock plugins show`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from crossdock.cli.options import json_option

if TYPE_CHECKING:
    from crossdock.registry import Plugin


@click.group()
def plugins() -> None:
    """Say what is installed and what can be configured."""


@plugins.command("list")
@json_option
def list_plugins(as_json: bool) -> None:
    """List the installed plugins. Imports none of them."""
    from crossdock.cli.render import table
    from crossdock.cli.shapes import print_json
    from crossdock.registry import installed

    found = installed()
    if as_json:
        rows = [
            {
                "name": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "module": plugin.module,
            }
            for plugin in found
        ]
        print_json({"plugins": rows})
    elif found:
        click.echo(table(["plugin", "distribution", "version"], [[p.name, p.distribution, p.version] for p in found]))
        click.echo("`crossdock plugins show PLUGIN` tells what one offers")
    else:
        click.echo("no plugins are installed; try `pip install crossdock-walmart`")


@plugins.command()
@click.argument("name", metavar="PLUGIN")
@json_option
def show(name: str, as_json: bool) -> None:
    """Load one plugin and show its components and their settings."""
    from crossdock.cli.shapes import print_json
    from crossdock.registry import Registry

    plugin = Registry().load(name)
    described = describe(plugin)
    if as_json:
        print_json(described)
    else:
        _print(described)


def describe(plugin: Plugin) -> dict[str, Any]:
    """A plugin's components by kind, each with its settings."""
    from crossdock.cli.settings import settings_of
    from crossdock.registry import KINDS

    components = [
        {
            "kind": kind.name,
            "use": plugin.name if kind.name == "connection" and name == plugin.name else f"{plugin.name}.{name}",
            "summary": ((component.__doc__ or "").strip().splitlines() or [""])[0],
            "settings": settings_of(component),
        }
        for kind in KINDS.values()
        for name, component in sorted(plugin.components[kind.name].items())
    ]
    info = plugin.info
    return {
        "name": info.name,
        "distribution": info.distribution,
        "version": info.version,
        "components": components,
        "commands": [
            {"name": command.name, "summary": command.get_short_help_str(200)} for command in plugin.commands()
        ],
    }


def _print(described: dict[str, Any]) -> None:
    from crossdock.cli.render import table

    click.echo(f"{described['name']}  ({described['distribution']} {described['version']})")
    for component in described["components"]:
        click.echo(f"\n{component['kind']}  use: {component['use']}")
        click.echo(f"  {component['summary']}")
        rows = [
            [f"  {setting['name']}", setting["type"], _default(setting), setting["description"] or ""]
            for setting in component["settings"]
        ]
        if rows:
            click.echo(table(["  setting", "type", "default", ""], rows))
    for command in described["commands"]:
        click.echo(f"\ncommand  crossdock {command['name']}\n  {command['summary']}")


def _default(setting: dict[str, Any]) -> str:
    if setting["required"]:
        return "required"
    value = setting["default"]
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
