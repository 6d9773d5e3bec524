"""`crossdock adopt`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from crossdock.cli.failing import FAILED, REFUSED
from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from signal import Signals

    from crossdock.cli.context import Loaded
    from crossdock.cli.progress import ProgressLine
    from crossdock.engine import Adoption, Finding

_SHOWN = 20
"""So many of a kind are listed; `--json` has them all."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of it, or the signal that stopped it."""

    adoptions: Sequence[Adoption] = ()
    signal: Signals | None = None


@click.command()
@click.argument("names", metavar="[PIPELINE]...", nargs=-1)
@click.option("--plan", "only_plan", is_flag=True, help="Count and list only; store nothing.")
@click.option("--limit", type=click.IntRange(min=1), help="Look at so many records of each pipeline at most.")
@click.option("--key", help="Look at one record alone, by its business key.")
@json_option
@pass_options
@click.pass_context
def adopt(
    ctx: click.Context,
    options: Options,
    names: tuple[str, ...],
    only_plan: bool,
    limit: int | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Link what exists on the other side already, instead of creating it; never sends anything.

    Reads the pipelines as a first run would, looks for each change whether it is there, and keeps what it finds with
    its link. What differs is held. What is absent is left alone: the next run makes it. Exits with 1 where something
    differs, is unclear or could not be read.
    """
    import anyio

    from crossdock.cli.context import configure_logs, load_definition
    from crossdock.cli.progress import ProgressLine

    line = ProgressLine()
    configure_logs(options, line.above())
    loaded = load_definition(options, names)
    try:
        done = anyio.run(_adopt, loaded, names, not only_plan, limit, key, line)
    finally:
        line.clear()
    if as_json:
        from crossdock.cli.shapes import print_json

        print_json(_shape(done.adoptions, only_plan))
    else:
        _print(done.adoptions, only_plan)
    if done.signal is not None:
        click.echo("stopped: what was linked is kept; run it again for the rest", err=True)
    ctx.exit(_exit_code(done))


async def _adopt(
    loaded: Loaded, names: tuple[str, ...], keep: bool, limit: int | None, key: str | None, line: ProgressLine
) -> Adopted:
    from crossdock.cli.context import open_runtime, open_to_look
    from crossdock.cli.signals import run_until_stopped

    async with (open_runtime if keep else open_to_look)(loaded) as opened:
        outcome = await run_until_stopped(
            lambda: opened.runtime.adopt(names, keep=keep, limit=limit, key=key, progress=line.update)
        )
    return Adopted(outcome.result or (), outcome.signal)


def _exit_code(done: Adopted) -> int:
    from crossdock.engine import Fate
    from crossdock.errors import CredentialsError

    if done.signal is not None:
        return 128 + done.signal
    if any(isinstance(one.failure, CredentialsError) for one in done.adoptions):
        return REFUSED
    troubled = {Fate.DIFFERS, Fate.UNCLEAR}
    found = any(finding.fate in troubled for one in done.adoptions for finding in one.findings)
    return FAILED if found or any(one.failure for one in done.adoptions) else 0


# ---------------------------------------------------------------- JSON


def _shape(adoptions: Sequence[Adoption], only_plan: bool) -> dict[str, object]:
    routes = [
        {
            "pipeline": one.pipeline,
            "route": route,
            "read": one.read,
            **{fate.value: count for fate, count in one.counts(route).items()},
            "failure": None if one.failure is None else _safe(one.failure.message),
        }
        for one in adoptions
        for route in one.routes
    ]
    return {"plan": only_plan, "routes": routes, "found": [_of(found) for one in adoptions for found in one.findings]}


def _of(found: Finding) -> dict[str, object]:
    return {
        "pipeline": found.pipeline,
        "route": found.route,
        "key": found.key,
        "effect_key": found.effect_key,
        "fate": found.fate.value,
        "kind": found.kind,
        "id": found.id,
        "code": found.code,
        "reason": None if found.reason is None else _safe(found.reason),
        "fix": None if found.fix is None else _safe(found.fix),
    }


def _safe(text: str) -> str:
    from crossdock.observe.redact import redact_text

    return redact_text(text)


# ---------------------------------------------------------------- text


def _print(adoptions: Sequence[Adoption], only_plan: bool) -> None:
    from crossdock.cli.render import table
    from crossdock.engine import Fate
    from crossdock.observe.printable import printable

    rows = [[one.pipeline, route, one.read, *one.counts(route).values()] for one in adoptions for route in one.routes]
    click.echo(table(["pipeline", "route", "read", *_heads(only_plan)], rows))
    for one in adoptions:
        if one.failure is not None:
            click.echo(printable(f"{one.pipeline} ended early: {_safe(one.failure.message)}"))
            if one.failure.fix:
                click.echo(printable(f"  fix: {_safe(one.failure.fix)}"))
    findings = [finding for one in adoptions for finding in one.findings]
    for fate in (Fate.DIFFERS, Fate.UNCLEAR, Fate.HELD):
        _list([finding for finding in findings if finding.fate is fate])
    _print_skipped([finding for finding in findings if finding.fate is Fate.SKIPPED])
    _print_next(findings, only_plan)


def _heads(only_plan: bool) -> list[str]:
    from crossdock.engine import Fate

    return ["to link" if fate is Fate.LINKED and only_plan else fate.value for fate in Fate]


def _list(findings: Sequence[Finding]) -> None:
    from crossdock.observe.printable import printable

    for found in findings[:_SHOWN]:
        told = f"{found.pipeline}  {found.key}  {found.fate}: {_safe(found.reason or '')} ({found.code})"
        click.echo(printable(told))
        if found.fix:
            click.echo(printable(f"  fix: {_safe(found.fix)}"))
    if len(findings) > _SHOWN:
        click.echo(f"  and {len(findings) - _SHOWN} more, see --json")


def _print_skipped(findings: Sequence[Finding]) -> None:
    from collections import Counter

    from crossdock.cli.render import counted
    from crossdock.observe.printable import printable

    reasons = Counter((found.pipeline, _safe(found.reason or "")) for found in findings)
    for (pipeline, reason), count in reasons.items():
        click.echo(printable(f"{pipeline}  {counted(count, 'record')} skipped: {reason}"))


def _print_next(findings: Sequence[Finding], only_plan: bool) -> None:
    from crossdock.cli.render import counted
    from crossdock.engine import Fate

    linked = sum(found.fate is Fate.LINKED for found in findings)
    absent = [found for found in findings if found.fate is Fate.ABSENT]
    if only_plan:
        click.echo(f"nothing was stored or sent; `crossdock adopt` links {linked} that are there")
    else:
        click.echo(f"{linked} linked; nothing was sent")
    if absent:
        made = f"{counted(len(absent), 'change')} would be made by the next run"
        names = " ".join(dict.fromkeys(found.pipeline for found in absent))
        click.echo(f"{made}: `crossdock plan {names}` shows them")
        click.echo("  what is there under another name: `crossdock links add` links it by hand")
