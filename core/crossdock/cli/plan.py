"""`crossdock plan`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from crossdock.cli.context import Loaded
    from crossdock.engine import PlannedEffect, PlannedRequest, PlanResult


@click.command()
@click.argument("names", metavar="[PIPELINE]...", nargs=-1)
@click.option("--limit", type=click.IntRange(min=1), help="Look at so many records of each pipeline at most.")
@click.option("--key", help="Look at one record alone, by its business key.")
@json_option
@pass_options
def plan(options: Options, names: tuple[str, ...], limit: int | None, key: str | None, as_json: bool) -> None:
    """Read and map, and print the exact requests that a run would send.

    Nothing is changed anywhere and nothing is stored. Secrets and personal data are masked; each digest is that of the
    body as it would be sent.
    """
    import anyio

    from crossdock.cli.context import configure_logs, load_definition

    configure_logs(options)
    result = anyio.run(_plan, load_definition(options, names), names, limit, key)
    if as_json:
        from crossdock.cli.shapes import of_plan, print_json

        print_json(of_plan(result))
    else:
        _print(result)


async def _plan(loaded: Loaded, names: tuple[str, ...], limit: int | None, key: str | None) -> PlanResult:
    from crossdock.cli.context import open_to_look

    async with open_to_look(loaded) as opened:
        return await opened.runtime.plan(names, limit=limit, key=key)


def _print(result: PlanResult) -> None:
    from crossdock.cli.render import counted
    from crossdock.observe.printable import printable
    from crossdock.observe.redact import redact_text

    for effect in result.effects:
        _print_effect(effect)
    for bundle in result.bundles:
        told = f"{bundle.pipeline} → {bundle.route}  {counted(len(bundle.effect_keys), 'effect')} in one bundle"
        _print_requests(told, bundle.requests)
    for hold in result.held:
        click.echo(printable(f"{hold.pipeline}  {hold.key}  would be held: {redact_text(hold.message)} ({hold.code})"))
        if hold.fix:
            click.echo(printable(f"  fix: {hold.fix}"))
    reasons = Counter((pipeline, redact_text(reason)) for pipeline, _, reason in result.skipped)
    for (pipeline, reason), count in reasons.items():
        click.echo(printable(f"{pipeline}  {counted(count, 'record')} would be skipped: {reason}"))
    read = ", ".join(f"{count} read by {name}" for name, count in result.read.items()) or "nothing read"
    planned = counted(len(result.effects), "change")
    summary = f"{read}: {planned} planned, {len(result.held)} to be held, {len(result.skipped)} to be skipped"
    click.echo(f"{summary}; nothing was sent")


def _print_effect(effect: PlannedEffect) -> None:
    from crossdock.observe.printable import printable

    named = "" if effect.effect_key == effect.key else f"  (effect {effect.effect_key})"
    told = f"{effect.pipeline} → {effect.route}  {effect.key}{named}"
    if effect.requests:
        _print_requests(told, effect.requests)
    else:  # it goes with a bundle, which is shown below
        click.echo(printable(told))


def _print_requests(told: str, requests: Sequence[PlannedRequest]) -> None:
    from crossdock.observe.printable import printable

    click.echo(printable(told))
    for request in requests:
        for line in lines_of(request):
            click.echo(printable(f"  {line}"))
    click.echo()


def lines_of(request: PlannedRequest) -> list[str]:
    """A request as it may be shown; the last line has the digest of the true body."""
    from crossdock.cli.shapes import of_request

    shape = of_request(request)
    headers = [f"  {name}: {value}" for name, value in shape["headers"].items()]
    body = [f"  {line}" for line in _body(shape["body"]).splitlines()]
    digest = f"  body: {len(request.body)} bytes, sha256 {request.body_sha256}"
    return [f"{shape['method']} {shape['url']}", *headers, *body, digest]


def _body(body: object) -> str:
    if body is None or isinstance(body, str):
        return body or ""
    import msgspec

    from crossdock.jsonio import dumps

    return msgspec.json.format(dumps(body), indent=2).decode()
