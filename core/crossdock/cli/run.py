"""`crossdock run`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from crossdock.cli.failing import FAILED, REFUSED
from crossdock.cli.guard import Guard
from crossdock.cli.options import Options, json_option, pass_options
from crossdock.cli.parameters import to_duration

if TYPE_CHECKING:
    from signal import Signals

    from crossdock.cli.context import Loaded, Opened
    from crossdock.cli.progress import ProgressLine
    from crossdock.engine import PipelineResult, RunResult
    from crossdock.store.rows import PipelineStatus


CONFIRM_ABOVE = 100
"""More changes than this are no first try."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run: where its pipelines stand now, how they fared, and the signal that stopped them."""

    statuses: Sequence[PipelineStatus]
    results: Sequence[PipelineResult] = ()
    signal: Signals | None = None


@click.command()
@click.argument("names", metavar="[PIPELINE]...", nargs=-1)
@click.option(
    "--wait", callback=to_duration, default="0s", show_default=True, help="Stay while something falls due within."
)
@click.option("--key", help="Fetch and deliver one record alone, by its business key.")
@click.option(
    "--confirm-above",
    type=click.IntRange(min=0),
    default=CONFIRM_ABOVE,
    envvar="CROSSDOCK_CONFIRM_ABOVE",
    show_default=True,
    help="Before a pipeline's first run makes more changes than this: ask at a terminal; elsewhere, if it is given, "
    "refuse.",
)
@json_option
@pass_options
@click.pass_context
def run(
    ctx: click.Context,
    options: Options,
    names: tuple[str, ...],
    wait: timedelta,
    key: str | None,
    confirm_above: int,
    as_json: bool,
) -> None:
    """Read the pipelines once and deliver until nothing is due within --wait.

    All enabled pipelines by default. SIGINT or SIGTERM stops in order: what was begun is finished and recorded, the
    rest stays stored for the next run; a second signal ends at once, which loses nothing either. Exits with 1 where
    something is held, dead or failed, with 3 where credentials were refused.
    """
    import anyio

    from crossdock.cli.context import configure_logs, load_definition
    from crossdock.cli.progress import ProgressLine

    line = ProgressLine()
    configure_logs(options, line.above())
    loaded = load_definition(options, names)
    given = ctx.get_parameter_source("confirm_above") is not click.core.ParameterSource.DEFAULT
    guard = Guard(confirm_above, asks=_at_a_terminal(), refuses=given)
    _calm_the_collector()
    try:
        ran = anyio.run(_run, loaded, names, wait.total_seconds(), key, guard, line)
    finally:
        line.clear()
    _print(ran, loaded, as_json=as_json, everything=not names)
    ctx.exit(_exit_code(ran, loaded, everything=not names))


async def _run(
    loaded: Loaded, names: tuple[str, ...], wait_s: float, key: str | None, guard: Guard, line: ProgressLine
) -> Ran:
    from crossdock.cli.context import open_runtime
    from crossdock.cli.signals import run_until_stopped

    chosen = names or [pipeline.name for pipeline in loaded.assembly.pipelines.values() if pipeline.enabled]
    async with open_runtime(loaded) as opened:
        first = [] if key is not None else await guard.first_of(opened, chosen)
        await guard.check(opened, first)
        outcome = await run_until_stopped(
            lambda: opened.runtime.run(names, wait_s=wait_s, key=key, progress=line.update)
        )
        await guard.tell(opened, first)
        if outcome.result is not None:
            await _alert(loaded, opened, outcome.result, everything=not names)
            results = outcome.result.pipelines
            return Ran([result.status for result in results], results)
        assert opened.store is not None  # noqa: S101  (a run has a store)
        return Ran(await opened.store.status(chosen), signal=outcome.signal)


async def _alert(loaded: Loaded, opened: Opened, result: RunResult, *, everything: bool) -> None:
    """Tell persons out of band, where the file says how."""
    assembly = loaded.assembly
    if assembly.alerts is None or opened.store is None:
        return
    from crossdock.alerts import Look, tell
    from crossdock.clock import SystemClock

    paused = await opened.runtime.paused([one.status.name for one in result.pipelines])
    ran = {one.status.name: one for one in result.pipelines if one.status.name not in paused}
    pipelines = [assembly.pipelines[name] for name in ran]
    routes = [route.connection_name for one in pipelines for route in one.routes]
    stopped = result.stopped if everything else {}
    look = Look(
        pipelines={**{name: one.customer for name, one in ran.items()}, **dict.fromkeys(stopped)},
        connections=frozenset([*(one.connection_name for one in pipelines), *routes]),
        failed={**{name: one.status.reason or "" for name, one in ran.items() if one.failed}, **stopped},
        refused=result.refused,
    )
    await tell(assembly.alerts, opened.store, look, SystemClock(), assembly.file.name)


def _calm_the_collector() -> None:
    """What is loaded by now stays to the end: the collector need not walk it again and again, an eighth of the time."""
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _print(ran: Ran, loaded: Loaded, *, as_json: bool, everything: bool) -> None:
    from crossdock.cli.shapes import print_json
    from crossdock.cli.standing import print_standing, shape

    customers = loaded.outline.customers
    stopped = loaded.assembly.stopped if everything else {}
    if as_json:
        print_json(shape(ran.statuses, customers, stopped))
    else:
        print_standing(ran.statuses, customers, stopped)
    if ran.signal is not None:
        click.echo("stopped: what was begun is finished and recorded, the next run goes on from there", err=True)


def _exit_code(ran: Ran, loaded: Loaded, *, everything: bool) -> int:
    from crossdock.store.rows import State

    if ran.signal is not None:
        return 128 + ran.signal
    if any(result.credentials_refused for result in ran.results):
        return REFUSED
    failed = any(result.failed for result in ran.results) or (everything and bool(loaded.assembly.stopped))
    troubled = any(status.counts.get(state) for status in ran.statuses for state in (State.HELD, State.DEAD))
    return FAILED if failed or troubled else 0
