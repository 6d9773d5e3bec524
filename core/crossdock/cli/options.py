"""What every command is told: the file, and how to log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click


@dataclass(frozen=True, slots=True)
class Options:
    """The options before the command's name."""

    file: Path
    log_format: str = "console"
    log_level: str = "warning"
    debug: bool = False


pass_options = click.make_pass_decorator(Options)

ids_argument = click.argument("ids", metavar="ID…", nargs=-1, required=True, type=click.IntRange(min=1))
reason_option = click.option("--reason", required=True, help="Why; it is kept in the log, with who you are.")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
