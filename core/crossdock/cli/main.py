"""The entry point: options, and commands that are imported when they are called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from crossdock.cli.options import Options

COMMANDS: Mapping[str, str] = {
    "demo": "Run the main job between simulated systems, and compare both sides.",
    "chaos": "Kill, freeze and cut a scenario at every boundary, and compare both sides.",
    "init": "Start a file from what the installed plugins offer.",
    "check": "Check the file: every fault at once, with its position and its mend.",
    "schema": "Print the JSON Schema of the file, for editors.",
    "plan": "Print the exact requests that a run would send; change nothing.",
    "adopt": "At go-live: link what exists on the other side already, instead of creating it.",
    "run": "Read the pipelines once and deliver until nothing is due.",
    "status": "Say where the pipelines stand and what needs a person.",
    "deliveries": "List deliveries, or show the whole story of one.",
    "trace": "Tell the whole story of one business key, found by any of its names.",
    "reconcile": "Compare source and target over a period: counts, units, money, and why they differ.",
    "replay": "Take deliveries up again; show first what would change.",
    "resolve": "Decide a held or dead delivery: it was done, do it again, leave it.",
    "discard": "Close held or dead deliveries for good.",
    "links": "List what is linked with what across accounts, and link by hand.",
    "pause": "Stop a pipeline or a connection for a while, without touching the file.",
    "resume": "Let a paused pipeline or connection go on.",
    "audit": "Verify the log of everything that was done, and export it.",
    "backup": "Copy the store into a file, while others work on it.",
    "restore": "Put a backup into the store's place; what it does not know is looked for before it is sent.",
    "doctor": "Look for every known symptom, and say what mends it; write diagnostics for a helper.",
    "connections": "Test the accounts: who we are there, and which permissions are missing.",
    "secrets": "Keep secrets, encrypted, for ${secret:NAME}.",
    "plugins": "Say what is installed and what can be configured.",
    "simulate": "Run a stand-in for a remote system on loopback.",
}
"""Each lives in the module of its name, under its name, with the line that the list of commands shows of it."""


class Commands(click.Group):
    """Imports a command when it is called; lists them all without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"crossdock.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands; importing them for a line of help each would take seconds."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        with formatter.section("Commands of plugins"):
            formatter.write_text("`crossdock plugins show PLUGIN` names those that a plugin adds.")

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The called command, one of ours or of a plugin; a mistyped one is answered with the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from crossdock.cli.plugged import find

            return args[0], find(ctx, args[0], COMMANDS), args[1:]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a fault becomes a message and an exit code, never a traceback."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()  # here, where a closed pipe can still be told from a fault
        except (click.exceptions.Exit, click.Abort, click.ClickException):
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  (the last place where it can be said)
            from crossdock.cli.failing import report

            ctx.exit(report(error, debug=bool(ctx.obj and ctx.obj.debug)))
        return result


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"crossdock {version('crossdock')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "-c",
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=True),
    default="crossdock.yaml",
    envvar="CROSSDOCK_CONFIG",
    show_default="crossdock.yaml, or $CROSSDOCK_CONFIG",
    help="The definition.",
)
@click.option(
    "--log-format",
    type=click.Choice(["console", "json"]),
    default="console",
    envvar="CROSSDOCK_LOG_FORMAT",
    help="How logs are written, to stderr.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    envvar="CROSSDOCK_LOG_LEVEL",
    show_default=True,
    help="What is logged.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of a fault.")
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Print it.")
@click.pass_context
def cli(ctx: click.Context, file: Path, log_format: str, log_level: str, debug: bool) -> None:
    """Carry business documents between systems that share no transaction, each change exactly once in effect.

    \b
    Exit codes: 0 done; 1 something is held, dead or failed; 2 the command, the file or the store is wrong;
    3 credentials were refused; 130 and 143 stopped by a signal (what was begun is finished and recorded).
    """
    ctx.obj = Options(file, log_format, log_level, debug)


def main() -> None:
    """Run the command line."""
    cli(prog_name="crossdock")
