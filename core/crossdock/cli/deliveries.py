"""`crossdock deliveries` and `crossdock deliveries show`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options
from crossdock.cli.parameters import to_since

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.store.rows import DeliveryStory, DeliverySummary

_STATES = ("pending", "attempted", "waiting", "held", "delivered", "skipped", "dead")


@click.group(invoke_without_command=True)
@click.option("--state", "states", type=click.Choice(_STATES), multiple=True, help="Only these; may be repeated.")
@click.option("--pipeline", "pipelines", multiple=True, help="Only these; may be repeated.")
@click.option("--key", help="Only those of one business key.")
@click.option("--since", callback=to_since, help='In their state since then: "2h" ago, or 2026-11-01T00:00Z.')
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="So many, the newest first.")
@json_option
@pass_options
@click.pass_context
def deliveries(
    ctx: click.Context,
    options: Options,
    states: tuple[str, ...],
    pipelines: tuple[str, ...],
    key: str | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List deliveries, the newest first, or show the whole story of one."""
    if ctx.invoked_subcommand is not None:
        return
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.shapes import of_delivery, print_json

    outline = read_outline(options.file)
    _refuse_unknown(outline, pipelines)
    rows = anyio.run(_list, outline, pipelines, states, key, since, limit)
    if as_json:
        print_json({"deliveries": [of_delivery(row) for row in rows]})
    else:
        _print_rows(rows, limit)


@deliveries.command()
@click.argument("delivery_id", metavar="ID", type=click.IntRange(min=1))
@json_option
@pass_options
def show(options: Options, delivery_id: int, as_json: bool) -> None:
    """Show one delivery: what it is, the requests it made, their answers, and what was recorded about it."""
    import anyio

    from crossdock.cli.choosing import choices
    from crossdock.cli.outline import read_outline
    from crossdock.cli.shapes import of_story, print_json
    from crossdock.errors import ConfigError

    outline = read_outline(options.file)
    story = anyio.run(_story, outline, delivery_id)
    if story is None:
        fix = "`crossdock deliveries` lists them"
        raise ConfigError(f"there is no delivery {delivery_id}", fix=fix, code="unknown_delivery")
    if as_json:
        print_json({**of_story(story), "choices": choices(outline, story.summary)})
    else:
        from crossdock.cli.story import print_story

        print_story(story, choices(outline, story.summary))


async def _list(
    outline: Outline,
    pipelines: Sequence[str],
    states: Sequence[str],
    key: str | None,
    since: datetime | None,
    limit: int,
) -> Sequence[DeliverySummary]:
    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store
    from crossdock.store.rows import State

    if not store_exists(outline):
        return []
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        return await store.deliveries(
            pipelines=pipelines or None,
            states=[State(state) for state in states] or None,
            key=key,
            since=since,
            limit=limit,
        )


async def _story(outline: Outline, delivery_id: int) -> DeliveryStory | None:
    from crossdock.cli.vault import store_exists
    from crossdock.clock import SystemClock
    from crossdock.store.open import open_store

    if not store_exists(outline):
        return None
    async with open_store(outline.store, clock=SystemClock(), folder=outline.folder) as store:
        return await store.delivery(delivery_id)


def _refuse_unknown(outline: Outline, pipelines: Sequence[str]) -> None:
    import difflib

    from crossdock.errors import ConfigError

    for name in pipelines:
        if name not in outline.customers:
            near = difflib.get_close_matches(name, outline.customers, n=1)
            fix = f"write {near[0]}" if near else f"the file has: {', '.join(outline.customers) or 'none'}"
            raise ConfigError(f"there is no pipeline {name!r}", fix=fix, code="unknown_pipeline")


def _print_rows(rows: Sequence[DeliverySummary], limit: int) -> None:
    from crossdock.cli.render import age, counted, moment, table

    if not rows:
        click.echo("no deliveries")
        return
    headers = ["id", "pipeline", "route", "key", "revision", "state", "for", "attempts", "deadline", "why"]
    click.echo(
        table(
            headers,
            [
                [
                    row.id,
                    row.pipeline,
                    row.route,
                    row.key,
                    row.revision,
                    row.state,
                    age(row.since),
                    row.attempts,
                    moment(row.deadline),
                    _why(row),
                ]
                for row in rows
            ],
        )
    )
    more = "; there may be more, see --limit" if len(rows) == limit else ""
    click.echo(
        f"{counted(len(rows), 'delivery', 'deliveries')}{more}; `crossdock deliveries show ID` tells the story of one"
    )


def _why(row: DeliverySummary) -> str:
    from crossdock.observe.redact import redact_text

    return redact_text(row.reason or row.code or "")
