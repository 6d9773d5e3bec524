"""`crossdock replay`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from crossdock.cli.options import Options, json_option, pass_options
from crossdock.cli.parameters import to_since

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.cli.selecting import Chosen
    from crossdock.engine import Compared
    from crossdock.store.rows import Selection

_STATES = ("held", "dead", "delivered", "skipped")
_MOST = 1_000_000
_SHOWN = 50


@click.command()
@click.argument("ids", metavar="[ID]…", nargs=-1, type=click.IntRange(min=1))
@click.option(
    "--plan", "plan_only", is_flag=True, help="Show what was sent beside what would be sent now; mark nothing."
)
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Those in this state [held, dead].")
@click.option("--code", "codes", multiple=True, help="Those with this code, as `deliveries` shows it.")
@click.option("--pipeline", "pipelines", multiple=True, help="Those of this pipeline.")
@click.option("--route", "routes", multiple=True, help="Those of this route, and stored records that never went there.")
@click.option("--key", help="Those of one business key.")
@click.option("--since", callback=to_since, help='In their state since then: "2h" ago, or 2026-11-01T00:00Z.')
@click.option("--until", callback=to_since, help="In their state since before then.")
@click.option("--reason", help="Why; it is kept in the log, with who you are.")
@click.option("--yes", is_flag=True, help="Do not ask at a terminal.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=_SHOWN, show_default=True, help="With --plan: show so many."
)
@json_option
@pass_options
def replay(
    options: Options,
    ids: tuple[int, ...],
    plan_only: bool,
    states: tuple[str, ...],
    codes: tuple[str, ...],
    pipelines: tuple[str, ...],
    routes: tuple[str, ...],
    key: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str | None,
    yes: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Take deliveries up again, by number or by what they have in common; the next run works on them.

    They are planned anew with today's file, under the same effect keys: what is in effect already is not made again,
    and what may have happened is looked for first. Of what was delivered, a `state` sink sends what differs from what
    it sent; what can be made only once is held where it differs.

    With --route and neither --state nor --code, records that were stored before the route was there go along it, too:
    the newest revision of each, looked for before it is made.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.selecting import to_selection

    filters: dict[str, Any] = {
        "states": states, "codes": codes, "pipelines": pipelines, "routes": routes, "key": key, "since": since,
        "until": until,
    }  # fmt: skip
    _check(ids, filters, reason, plan_only=plan_only, as_json=as_json)
    outline = read_outline(options.file)
    wanted = to_selection(outline, ids, filters)
    if plan_only:
        _plan(options, outline, wanted, limit, as_json=as_json)
    elif ids:
        anyio.run(_replay_each, outline, ids, reason or "")
    else:
        anyio.run(_replay_all, outline, wanted, reason or "", yes)


def _check(ids: Sequence[int], filters: dict[str, Any], reason: str | None, *, plan_only: bool, as_json: bool) -> None:
    """Raises: click.UsageError."""
    if bool(ids) == any(filters.values()):
        raise click.UsageError("name deliveries by number, or say which are meant: --state, --code, --route, --key …")
    if not plan_only and not reason:
        raise click.UsageError('say why with --reason "…"; --plan shows first what it would come to')
    if as_json and not plan_only:
        raise click.UsageError("--json goes with --plan")


# ---------------------------------------------------------------- marking


async def _replay_each(outline: Outline, ids: Sequence[int], reason: str) -> None:
    """Mark one after another, so that what is done is said before another is refused."""
    from crossdock.cli.marking import actor, open_existing
    from crossdock.cli.selecting import refuse_gone
    from crossdock.clock import SystemClock
    from crossdock.observe.printable import printable
    from crossdock.store.rows import Selection

    async with open_existing(outline) as store:
        for one in ids:
            refuse_gone(outline, await store.deliveries(Selection(ids=[one])))
            (before,) = await store.replay([one], reason=reason, actor=actor(), at=SystemClock().now())
            told = (
                f"delivery {one} of {before.key} is due again; the next `crossdock run {before.pipeline}` works on it"
            )
            click.echo(printable(told))


async def _replay_all(outline: Outline, wanted: Selection, reason: str, yes: bool) -> None:
    from crossdock.cli.marking import actor, open_existing
    from crossdock.cli.selecting import choose, mark

    async with open_existing(outline) as store:
        chosen = await choose(store, outline, wanted)
        _count(chosen)
        if not chosen.count:
            return
        if not yes and sys.stdin.isatty() and sys.stderr.isatty():
            click.confirm("Take them up again?", abort=True, err=True)
        done = await mark(store, chosen, reason=reason, actor=actor())
    due = "is" if done == 1 else "are"
    click.echo(f"{_deliveries(done)} {due} due again; the next `crossdock run` works on them")


def _count(chosen: Chosen) -> None:
    """Say how many first."""
    from crossdock.cli.render import counted

    states = ", ".join(f"{count} {state}" for state, count in chosen.states.items())
    click.echo(f"{_deliveries(len(chosen.deliveries))} to take up again{f': {states}' if states else ''}", err=True)
    for (pipeline, route), records in chosen.missing.items():
        told = f"{counted(len(records), 'stored record')} of {pipeline} never went along {route}"
        click.echo(told, err=True)


def _deliveries(count: int) -> str:
    from crossdock.cli.render import counted

    return counted(count, "delivery", "deliveries")


# ---------------------------------------------------------------- looking


def _plan(options: Options, outline: Outline, wanted: Selection, limit: int, *, as_json: bool) -> None:
    import anyio

    from crossdock.cli.comparison import of_comparison, print_comparison
    from crossdock.cli.context import configure_logs, load_definition
    from crossdock.cli.shapes import print_json

    configure_logs(options)
    chosen, compared = anyio.run(_compare, load_definition(options), outline, wanted, limit)
    if as_json:
        print_json(of_comparison(compared, chosen))
    else:
        print_comparison(compared, chosen)


async def _compare(loaded: Any, outline: Outline, wanted: Selection, limit: int) -> tuple[Chosen, list[Compared]]:
    from crossdock.cli.context import open_to_look
    from crossdock.cli.selecting import choose, rows
    from crossdock.errors import ConfigError

    async with open_to_look(loaded) as opened:
        if opened.store is None:
            raise ConfigError("there is no store yet", fix="`crossdock run` makes it", code="no_store")
        chosen = await choose(opened.store, outline, wanted)
        shown = await rows(opened.store, chosen, limit)
        return chosen, [one async for one in opened.runtime.compare(shown)]
