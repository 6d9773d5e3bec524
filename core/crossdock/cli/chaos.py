"""`crossdock chaos`: a scenario, disturbed in every way and judged, as often as you like."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import anyio
import click

from crossdock import jsonio
from crossdock.chaos import Campaign, Example, Options, Tally
from crossdock.chaos.plan import MOMENTS
from crossdock.chaos.tally import Execution
from crossdock.cli.render import table
from crossdock.errors import ConfigError
from crossdock.scenario import Scenario, load_scenario
from crossdock.store.open import is_shared

SABOTAGES = ("no-probe", "no-fence", "cursor-first")


@click.command(short_help="Kill, freeze and cut a scenario at every boundary, and compare both sides.")
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--runs", type=click.IntRange(min=1), default=20, show_default=True, help="How often it is executed.")
@click.option("--seed", type=int, default=1, show_default=True, help="Equal seeds disturb equally.")
@click.option("--run", "only", type=click.IntRange(min=1), help="Execute this one alone, to look at it again.")
@click.option(
    "--sabotage", type=click.Choice(SABOTAGES), help="Leave a safeguard out: the verdict must then be a bad one."
)
@click.option("--store", metavar="URL", help="Use this PostgreSQL database, not the definition's store.")
@click.option(
    "--processes", type=click.IntRange(1, 16), default=1, show_default=True, help="How many run at once (with --store)."
)
@click.option(
    "--restart", metavar="COMMAND", help="What restarts the server of --store, to be done in the midst of it."
)
@click.option(
    "--sites", type=click.IntRange(1, 16), help="How many executions at a time.  [default: 2 per core, at most 4]"
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Leave store, log and YAML of failed ones here."
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as one JSON object.")
@click.pass_context
def chaos(
    ctx: click.Context,
    scenario: Path,
    runs: int,
    seed: int,
    only: int | None,
    sabotage: str | None,
    store: str | None,
    processes: int,
    restart: str | None,
    sites: int | None,
    keep: Path | None,
    as_json: bool,
) -> None:
    """Execute a scenario while its processes are killed and frozen, answers are cut, late or wrong, tokens are revoked,
    clocks are set and disks run full; then let it finish calmly and compare both sides with what must be true.

    SCENARIO is a folder with a definition and a scenario.yaml. Ends with 0 where nothing was lost or doubled and every
    boundary was reached, else with 1.
    """
    played = load_scenario(scenario)
    if not any(step.run for step in played.steps_of("chaos")):
        fix = "give it a step that runs, see docs/scenarios.md"
        raise ConfigError(f"{scenario} runs nothing: there is nothing to disturb", fix=fix)
    _check_store(store, processes, restart)
    sites = sites or min(4, 2 * (os.cpu_count() or 1))
    options = Options(runs, seed, only, 1 if restart else sites, sabotage, store, processes, restart)
    began = time.monotonic()
    with ExitStack() as stack:
        work = _work(keep, stack)
        if not as_json:
            click.echo(f"{played.about}\n")
        campaign = Campaign(played, scenario, work, options, _silent if as_json else _tell)
        tally = anyio.run(campaign.run)
    if as_json:
        sys.stdout.buffer.write(jsonio.dumps(tally.to_json()) + b"\n")
    else:
        _show(played, tally, time.monotonic() - began, keep)
    ctx.exit(0 if tally.ok else 1)


def _check_store(store: str | None, processes: int, restart: str | None) -> None:
    if store is not None and not is_shared(store):
        raise ConfigError("--store names no PostgreSQL server", fix="leave it out, or write postgresql://HOST/DATABASE")
    if store is None and (processes > 1 or restart):
        raise ConfigError("several processes, and a restart, need a shared store", fix="add --store postgresql://…")


def _work(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossdock-chaos-")))
    if keep.exists() and any(keep.iterdir()):
        raise ConfigError(f"{keep} is not empty", fix="name another folder after --keep, or empty this one")
    keep.mkdir(parents=True, exist_ok=True)
    return keep.absolute()


def _silent(done: Execution) -> None:
    pass


def _tell(done: Execution) -> None:
    struck = "; ".join(done.told) or "nothing was reached"
    click.echo(f"  {'ok    ' if done.ok else 'FAILED'} {done.plan.number:>4}  {struck}")


def _show(scenario: Scenario, tally: Tally, took_s: float, keep: Path | None) -> None:
    rows = [(moment, tally.hits[moment], tally.kills[moment]) for moment in MOMENTS]
    click.echo("\n" + table(("boundary", "hits", "kills"), rows))
    disturbances = [*tally.blows.most_common(), *tally.faults.most_common()]
    click.echo("\n" + table(("disturbance", "times"), disturbances))
    recovery = tally.recovery()
    told = "" if recovery is None else f"{recovery['median']} s median, {recovery['longest']} s longest"
    figures = [
        ("runs", f"{tally.runs} in {took_s:.0f} s, seed {tally.seed}"),
        ("placed", tally.counts["placed"]),
        *((one.name, tally.counts[one.name]) for one in scenario.expect),
        ("held", tally.counts["held"]),
        ("doubled", tally.counts["doubled"]),
        ("lost", tally.counts["lost"]),
        ("recovery", told),
    ]
    click.echo("\n" + table(("", ""), figures).lstrip("\n"))
    for moment in tally.unreached:
        click.echo(f"\n{moment} was never reached: what was not disturbed proves nothing; try more --runs")
    for example in sorted(tally.examples, key=lambda one: one.run)[:3]:
        _explain(example)
    if len(tally.examples) > 3:
        click.echo(f"\nand {len(tally.examples) - 3} more runs that failed")
    if keep is not None and tally.examples:
        click.echo(
            f"\nkept in {keep}: try `crossdock -c {keep}/run-{tally.examples[0].run}/{scenario.definition} deliveries`"
        )
    click.echo(f"\n{'ok' if tally.ok else 'FAILED'}: {scenario.about}")


def _explain(example: Example) -> None:
    click.echo(f"\nrun {example.run} failed")
    for strike in example.strikes:
        click.echo(f"  {strike}")
    for what in ("lost", "doubled", "unwanted"):
        for name, keys in getattr(example, what).items():
            click.echo(f"  {what}, {name}: {', '.join(keys[:5])}{' …' if len(keys) > 5 else ''}")
    for trouble in example.trouble[:6]:
        click.echo(f"  {trouble}")
    click.echo(f"  again: {example.command}")
