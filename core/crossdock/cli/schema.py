"""`crossdock schema`."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
def schema(output: Path | None) -> None:
    """Print the JSON Schema of a definition, with all that is installed, for editors.

    The first line of a definition tells an editor where it is:
    # yaml-language-server: $schema=crossdock.schema.json
    """
    from crossdock.checking.schema import json_schema
    from crossdock.errors import ConfigError, PluginError
    from crossdock.registry import Registry

    registry = Registry()
    text = json.dumps(json_schema(registry), indent=2, ensure_ascii=False)
    for plugin in registry.load_all():
        if isinstance(plugin, PluginError):
            click.echo(f"left out: {plugin.message}", err=True)
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{output} cannot be written: {error.strerror}", fix="name another file") from error
    click.echo(f"wrote {output}; name it in the first line of a definition:")
    click.echo(f"# yaml-language-server: $schema={output}")
