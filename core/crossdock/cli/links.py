"""`crossdock links`: what is linked with what, and links by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from crossdock.store.rows import LinkChange, LinkEdit, LinkRow

_reason = click.option("--reason", required=True, help="Why; it is kept in the log, with who you are.")
_route = click.option("--route", help="Which route of the pipeline, where it has several.")
_lines = click.option(
    "--line", "lines", nargs=3, multiple=True, metavar="NUMBER PRODUCT QUANTITY",
    help="What of which product is there for a line of the record; may be repeated.",
)  # fmt: skip


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="So many, the newest first.")
@json_option
@pass_options
@click.pass_context
def links(ctx: click.Context, options: Options, limit: int, as_json: bool) -> None:
    """List what is linked with what across accounts, or link by hand.

    A link says that a record here is a thing there: it counts as in effect, and what becomes of the thing goes back to
    the record. Works beside a running `run`.
    """
    if ctx.invoked_subcommand is None:
        import anyio

        from crossdock.cli.linking import listed

        _print_rows(anyio.run(listed, options, None, limit), as_json, limit)


@links.command()
@click.argument("name", metavar="KEY")
@json_option
@pass_options
def show(options: Options, name: str, as_json: bool) -> None:
    """Show the links of one thing, by its key or id on either side, with their lines."""
    import anyio

    from crossdock.cli.linking import listed
    from crossdock.errors import ConfigError

    rows = anyio.run(listed, options, name, 1000)
    if not rows:
        raise ConfigError(f"nothing is linked with {name!r}", fix="`crossdock links` lists all", code="unknown_name")
    _print_rows(rows, as_json, 1000, with_lines=True)


@links.command()
@click.argument("pipeline", metavar="PIPELINE")
@click.argument("key", metavar="KEY")
@click.argument("name", metavar="NAME")
@_lines
@click.option("--kind", help="What it is there, for a sink that cannot compare.")
@_route
@_reason
@pass_options
def add(
    options: Options,
    pipeline: str,
    key: str,
    name: str,
    lines: tuple[tuple[str, str, str], ...],
    kind: str | None,
    route: str | None,
    reason: str,
) -> None:
    """Link a record with what exists already under another name: PIPELINE's record KEY is NAME on the other side.

    NAME is the id there, or what else it can be found by, such as its own reference. It is compared first: where its
    lines differ, nothing is linked unless --line says what is there for which line. The next run takes it as in effect
    and creates nothing.
    """
    from crossdock.cli.linking import Wanted, link_records

    (number,) = {link_records(options, pipeline, route, [Wanted(key, name, lines)], kind, "added", reason)}
    click.echo(f"{key} is linked with {name}; nothing was sent (change {number})")
    click.echo(
        f"  the next `crossdock run {pipeline}` takes it as in effect; `crossdock links undo {number}` takes it back"
    )


@links.command(name="import")
@click.argument("pipeline", metavar="PIPELINE")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", help="What they are there, for a sink that cannot compare.")
@_route
@_reason
@pass_options
def import_links(options: Options, pipeline: str, file: Path, kind: str | None, route: str | None, reason: str) -> None:
    """Link many records by hand, from a CSV file with the columns key, name and, if need be, line, product, quantity.

    Every row is checked first, and every fault is told with its row and column: all are linked or none.
    """
    from crossdock.cli.link_file import read_wanted
    from crossdock.cli.linking import link_records
    from crossdock.cli.render import counted

    wanted = read_wanted(file)
    number = link_records(options, pipeline, route, wanted, kind, "imported", reason, rows=file.name)
    click.echo(f"{counted(len(wanted), 'record')} linked; nothing was sent (change {number})")
    click.echo(f"  `crossdock links undo {number}` takes all of it back")


@links.command()
@click.argument("key", metavar="KEY")
@click.argument("other", metavar="[ID]", required=False)
@_lines
@click.option(
    "--extra", "extras", nargs=2, multiple=True, metavar="PRODUCT QUANTITY",
    help="What is there and stands for no line of the record; may be repeated.",
)  # fmt: skip
@_reason
@pass_options
def lines(
    options: Options,
    key: str,
    other: str | None,
    lines: tuple[tuple[str, str, str], ...],
    extras: tuple[tuple[str, str], ...],
    reason: str,
) -> None:
    """Say anew what is there for which line of a linked record: staff changed products or quantities.

    All lines are said: one that is left out stands for nothing, and nothing of it is told on. ID names the other end
    where KEY has several links. What is held because of its lines goes on with the next run.
    """
    import anyio

    from crossdock.cli.linking import relink

    before, number = anyio.run(relink, options, key, other, lines, extras, reason)
    click.echo(
        f"the lines of {before.near.id} with {before.far.kind} {before.far.id} are linked anew (change {number})"
    )
    click.echo(f"  `crossdock links show {before.near.id}` shows them, `crossdock links undo {number}` takes it back")


@links.command()
@click.argument("key", metavar="KEY")
@click.argument("other", metavar="[ID]", required=False)
@_reason
@pass_options
def remove(options: Options, key: str, other: str | None, reason: str) -> None:
    """Take a link away. Where only the link said that something is in effect, the next run looks, and makes it."""
    import anyio

    from crossdock.cli.linking import unlink
    from crossdock.store.rows import EffectState

    row, number = anyio.run(unlink, options, key, other, reason)
    near, far = row.link.near, row.link.far
    click.echo(f"{near.kind} {near.id} is no longer linked with {far.kind} {far.id} (change {number})")
    if row.made is EffectState.DONE:
        click.echo(f"  crossdock made {far.kind} {far.id}: it stays in effect, and nothing is made again")
    else:
        click.echo("  the next run looks for it again, and makes what is absent")


@links.command()
@click.argument("number", metavar="CHANGE", type=click.IntRange(min=1))
@_reason
@pass_options
def undo(options: Options, number: int, reason: str) -> None:
    """Take a change of links back, all of it or nothing."""
    import anyio

    from crossdock.cli.linking import take_back
    from crossdock.cli.render import counted

    edits, again = anyio.run(take_back, options, number, reason)
    click.echo(f"change {number} is taken back: {counted(len(edits), 'link')} (change {again})")


@links.command()
@json_option
@pass_options
def changes(options: Options, as_json: bool) -> None:
    """List what persons changed of links, the newest first."""
    import anyio

    from crossdock.cli.linking import changed
    from crossdock.cli.shapes import print_json

    found = anyio.run(changed, options)
    if as_json:
        print_json({"changes": [_of_change(one) for one in found]})
        return
    from crossdock.cli.render import moment, table

    rows = [[one.number, moment(one.at), one.actor, one.what, len(one.edits), _safe(one.reason)] for one in found]
    click.echo(table(["change", "at", "by", "what", "links", "why"], rows) if rows else "no link was changed by hand")


# ---------------------------------------------------------------- telling


def _print_rows(rows: Sequence[LinkRow], as_json: bool, limit: int, *, with_lines: bool = False) -> None:
    from crossdock.cli.render import counted, moment, table
    from crossdock.cli.shapes import print_json

    if as_json:
        print_json({"links": [_of_link(row) for row in rows]})
        return
    if not rows:
        click.echo("nothing is linked")
        return
    headers = ["at", "near", "near id", "far", "far id", "lines", "by"]
    click.echo(table(headers, [_columns(row, moment(row.at)) for row in rows]))
    for row in rows if with_lines else ():
        _print_lines(row)
    more = "; there may be more, see --limit" if len(rows) == limit else ""
    click.echo(f"{counted(len(rows), 'link')}{more}")


def _columns(row: LinkRow, at: str) -> list[object]:
    near, far = row.link.near, row.link.far
    return [at, near.kind, near.id, far.kind, far.id, len(row.link.lines), _maker(row)]


def _maker(row: LinkRow) -> str:
    made = {"done": "crossdock made it", "adopted": "adopted", "attempted": "crossdock"}
    return "a person" if row.made is None else made.get(row.made.value, row.made.value)


def _print_lines(row: LinkRow) -> None:
    from crossdock.observe.printable import printable

    near = row.link.near
    for number, several in row.link.lines.items():
        for one in several if isinstance(several, list) else [several]:
            told = _beside(one)
            click.echo(printable(f"  {near.id} line {number}: {told}" if number else f"  for no line: {told}"))


def _beside(one: object) -> str:
    if not isinstance(one, dict):
        return str(one)
    much = f"{one['quantity']} x {one.get('sku') or 'an item'}" if "quantity" in one else str(one.get("sku") or "")
    item = one.get("id")
    return f"{much} (item {item})" if item is not None and item != one.get("sku") else much


def _of_link(row: LinkRow) -> dict[str, object]:
    link = row.link
    ends = {
        name: {"connection": end.account, "kind": end.kind, "id": end.id}
        for name, end in (("near", link.near), ("far", link.far))
    }
    return {
        **ends,
        "lines": dict(link.lines),
        "at": row.at.isoformat(),
        "made": None if row.made is None else row.made.value,
    }


def _of_change(change: LinkChange) -> dict[str, object]:
    return {
        "change": change.number,
        "at": change.at.isoformat(),
        "actor": change.actor,
        "what": change.what,
        "reason": _safe(change.reason),
        "links": [_ends(edit) for edit in change.edits],
    }


def _ends(edit: LinkEdit) -> dict[str, str]:
    return {"near": edit.link.near.id, "far": edit.link.far.id}


def _safe(text: str) -> str:
    from crossdock.observe.redact import redact_text

    return redact_text(text)
