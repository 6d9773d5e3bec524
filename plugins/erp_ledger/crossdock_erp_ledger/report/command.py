"""`crossdock ledger`: the commands of this plugin."""

from __future__ import annotations

import io
import re
from pathlib import Path

import click

from crossdock import ConfigError, Workspace, with_workspace
from crossdock.jsonio import dumps
from crossdock_erp_ledger.report.findings import KINDS
from crossdock_erp_ledger.report.report import CloseReport

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@click.group()
def ledger() -> None:
    """Ledgers: may a month be closed?"""


@ledger.command("close-report")
@click.option("--period", required=True, metavar="YYYY-MM", help='The month, as in "2026-10".')
@click.option("--ledger", "name", metavar="CONNECTION", help="Which ledger; needed where the file has several.")
@click.option("--days", is_flag=True, help="Show each day, not only the sums.")
@click.option("--accept", multiple=True, type=click.Choice(list(KINDS)), help="Let this not block; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--csv", "table", type=click.Path(path_type=Path, dir_okay=False), help="Write a table, too.")
@click.option("--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page to print, too.")
@with_workspace
async def close_report(
    workspace: Workspace,
    period: str,
    name: str | None,
    days: bool,
    accept: tuple[str, ...],
    as_json: bool,
    table: Path | None,
    page: Path | None,
) -> int:
    """Say whether a month may be closed: READY, or BLOCKED with every reason; exits with 0 or 1.

    Compares, by day, market and currency, what the channel says with what was posted and with what the ledger holds,
    matches settlements by order and SKU, and rolls forward what the channel owes. It reads only, beside a running
    daemon.
    """
    from crossdock_erp_ledger.report import gathering, html, report, shape, text
    from crossdock_erp_ledger.report import table as tables
    from crossdock_erp_ledger.report.period import Period

    chosen, connection = gathering.choose(workspace, name)
    try:
        month = Period.parse(period, gathering.zone_of(connection))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--period") from None
    found = report.make(await gathering.gather(workspace, chosen, connection, month, frozenset(accept)))
    if table is not None:
        written = io.StringIO(newline="")
        tables.write(found, written)
        _write(table, written.getvalue())
    if page is not None:
        _write(page, html.page(found))
    if as_json:
        click.echo(dumps(shape.shape(found)).decode())
    else:
        for line in text.lines(found, days=days):
            click.echo(_UNPRINTABLE.sub("�", line))
    return _code(found)


def _code(found: CloseReport) -> int:
    return 0 if found.ready else 1


def _write(file: Path, content: str) -> None:
    try:
        file.write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        fix = "name a file in a folder that you may write to"
        raise ConfigError(f"{file} cannot be written: {error.strerror}", fix=fix) from None
