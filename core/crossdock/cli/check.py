"""`crossdock check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.failing import WRONG
from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from crossdock.checking import Checked


@click.command()
@json_option
@pass_options
@click.pass_context
def check(ctx: click.Context, options: Options, as_json: bool) -> None:
    """Check the file: every fault at once, each with its line, its column and its mend.

    Warnings are shown and keep nothing from running. Exits with 2 where there is a fault.
    """
    checked = check_file(options.file)
    if as_json:
        from crossdock.cli.shapes import print_json

        print_json({"ok": checked.ok, "faults": [fault.to_json() for fault in checked.faults]})
    else:
        _print(checked)
    ctx.exit(0 if checked.ok else WRONG)


def check_file(file: Path) -> Checked:
    """Check a definition with the secrets of the store that it names. Raises: StoreError."""
    from crossdock.checking import check as check_definition
    from crossdock.cli.outline import read_outline
    from crossdock.cli.vault import Vault
    from crossdock.config import Faults, NoSecrets, SecretSource
    from crossdock.registry import Registry

    secrets: SecretSource
    try:
        secrets = Vault(read_outline(file))
    except Faults:
        secrets = NoSecrets()  # the check itself says what is wrong, and whatever else there is
    return check_definition(file, registry=Registry(), secrets=secrets)


def _print(checked: Checked) -> None:
    from crossdock.cli.render import counted
    from crossdock.observe.printable import printable

    for fault in checked.faults:
        click.echo(printable(str(fault), keep="\n"))
    errors = sum(fault.severity == "error" for fault in checked.faults)
    warnings = len(checked.faults) - errors
    noted = f", {counted(warnings, 'warning')}" if warnings else ""
    if errors or checked.assembly is None:
        click.echo(f"{counted(errors, 'fault')}{noted}")
    else:
        pipelines = counted(len(checked.assembly.pipelines), "pipeline")
        connections = counted(len(checked.assembly.connections), "connection")
        click.echo(f"ok: {pipelines}, {connections}{noted}")
