"""`crossdock demo`: the main job, whole, on loopback."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

import anyio
import click

from crossdock import jsonio
from crossdock.cli.render import table
from crossdock.errors import ConfigError
from crossdock.scenario import Scenario, Verdict, load_scenario, play

_SCENARIO = "scenario.yaml"


@click.command(short_help="Run the main job between simulated systems, and compare both sides.")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Leave store, log and YAML in this folder."
)
@click.option("--seed", type=int, default=1, show_default=True, help="Where the simulators' random numbers start.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as one JSON object.")
@click.pass_context
def demo(ctx: click.Context, folders: tuple[Path, ...], keep: Path | None, seed: int, as_json: bool) -> None:
    """Start the simulators of an example, play its scenario with the real program, and compare both sides.

    FOLDERS are examples: folders with a definition and a scenario.yaml; by default all below ./examples.
    """
    verdicts = []
    for folder in folders or _examples():
        scenario = load_scenario(folder)
        with ExitStack() as stack:
            work = _work(folder, keep, stack)
            if not as_json:
                click.echo(f"{scenario.about}\n" + (f"({scenario.note})\n" if scenario.note else ""))
            verdict = anyio.run(_play, scenario, folder, work, seed, as_json)
        verdicts.append(verdict)
        if not as_json:
            _show(scenario, verdict, work if keep else None)
    if as_json:
        sys.stdout.buffer.write(jsonio.dumps(_sum(verdicts)) + b"\n")
    ctx.exit(0 if all(verdict.ok for verdict in verdicts) else 1)


def _examples() -> list[Path]:
    found = sorted(file.parent for file in Path("examples").glob(f"*/{_SCENARIO}"))
    if not found:
        fix = "run it in a checkout of crossdock, or name a folder with a scenario: crossdock demo FOLDER"
        raise ConfigError("there are no examples here", fix=fix)
    return found


def _work(folder: Path, keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crossdock-demo-")))
    work = keep / folder.name
    if work.exists() and any(work.iterdir()):
        raise ConfigError(f"{work} is not empty", fix="name another folder after --keep, or empty this one")
    work.mkdir(parents=True, exist_ok=True)
    return work


async def _play(scenario: Scenario, folder: Path, work: Path, seed: int, quiet: bool) -> Verdict:
    return await play(scenario, folder, work, _silent if quiet else _say, seed=seed)


def _say(line: str) -> None:
    click.echo(f"  {line}")


def _silent(line: str) -> None:
    pass


def _show(scenario: Scenario, verdict: Verdict, kept: Path | None) -> None:
    rows: list[tuple[str, object, str]] = [("placed", verdict.placed, "")]
    for one in verdict.compared:
        left = 0 if one.expectation.only_for else verdict.placed - one.expected
        rows.append(
            (one.expectation.name, one.made, f"{one.expected} expected" + (f", {left} not to be" if left else ""))
        )
    rows += [
        ("held", sum(verdict.held.values()), _held(verdict)),
        ("doubled", verdict.doubled, _keys(key for one in verdict.compared for key in one.doubled)),
        ("lost", verdict.lost, _keys(key for one in verdict.compared for key in one.lost)),
    ]
    unwanted = [key for one in verdict.compared for key in one.unwanted]
    if unwanted:
        rows.append(("unwanted", len(unwanted), _keys(unwanted)))
    click.echo("\n" + table(("", "", ""), rows).lstrip("\n"))
    if verdict.explanations:
        click.echo("\nheld, each with its way out:")
        for code, found in groupby(sorted(verdict.explanations, key=_by_code), key=_by_code):
            _explain(code, list(found))
    click.echo(f"\n{'ok' if verdict.ok else 'FAILED'}: {scenario.about}")
    if kept is not None:
        click.echo(f"kept in {kept}: try `crossdock -c {kept / scenario.definition} deliveries`")


def _by_code(explanation: tuple[str, str, str, str]) -> str:
    return explanation[1]


def _explain(code: str, found: list[tuple[str, str, str, str]]) -> None:
    """The first of a kind with its reason and its way out; the others by key."""
    _, _, reason, fix = found[0]
    click.echo(f"  {code}: {_keys(key for key, *_ in found)}\n    {reason}\n    fix: {fix}")


def _held(verdict: Verdict) -> str:
    found = ", ".join(f"{count} {code}" for code, count in sorted(verdict.held.items()))
    if dict(verdict.held) == dict(verdict.expected_held):
        return f"{found}, as expected" if found else ""
    expected = ", ".join(f"{count} {code}" for code, count in sorted(verdict.expected_held.items()))
    return f"{found or 'none'}; expected were {expected or 'none'}"


def _keys(keys: Iterable[str]) -> str:
    named = list(keys)
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")


def _sum(verdicts: list[Verdict]) -> jsonio.Json:
    """One object for all examples: counts added up, ok where all are."""
    total: Counter[str] = Counter()
    for verdict in verdicts:
        total.update({name: count for name, count in verdict.to_json().items() if name != "ok"})
    return {**total, "ok": all(verdict.ok for verdict in verdicts)}
