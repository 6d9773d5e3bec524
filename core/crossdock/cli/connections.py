"""`crossdock connections test`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from crossdock.cli.failing import FAILED, REFUSED, exit_code, explain
from crossdock.cli.options import Options, json_option, pass_options
from crossdock.errors import CrossdockError

if TYPE_CHECKING:
    from crossdock.cli.context import Loaded
    from crossdock.contract.connection import TestReport

Found = dict[str, "TestReport | CrossdockError"]


@click.group()
def connections() -> None:
    """Test the accounts that pipelines use."""


@connections.command()
@click.argument("names", metavar="[CONNECTION]...", nargs=-1)
@json_option
@pass_options
@click.pass_context
def test(ctx: click.Context, options: Options, names: tuple[str, ...], as_json: bool) -> None:
    """Ping accounts and say who we are there, which permissions are missing and which are too many.

    All connections by default. Exits with 3 where credentials are refused, with 1 where a permission is missing or an
    account cannot be reached.
    """
    import anyio

    from crossdock.cli.context import configure_logs, load_definition

    configure_logs(options)
    found = anyio.run(_test, load_definition(options), names)
    if as_json:
        from crossdock.cli.shapes import print_json

        print_json({"connections": [_shape(name, outcome) for name, outcome in found.items()]})
    else:
        for name, outcome in found.items():
            _print(name, outcome)
    ctx.exit(_worst(list(found.values())))


async def _test(loaded: Loaded, names: Sequence[str]) -> Found:
    from crossdock.cli.context import open_to_look

    found: Found = {}
    async with open_to_look(loaded) as opened:
        for name in names or loaded.assembly.connections:
            try:
                found[name] = await opened.runtime.test_connection(name)
            except CrossdockError as error:
                if error.code == "unknown_connection":
                    raise
                found[name] = error
    return found


def _worst(outcomes: Sequence[TestReport | CrossdockError]) -> int:
    codes = [
        exit_code(outcome) if isinstance(outcome, CrossdockError) else 0 if outcome.ok else FAILED
        for outcome in outcomes
    ]
    return REFUSED if REFUSED in codes else max(codes, default=0)


def _shape(name: str, outcome: TestReport | CrossdockError) -> dict[str, Any]:
    if isinstance(outcome, CrossdockError):
        return {
            "name": name,
            "ok": False,
            "error": {"code": outcome.code, "message": outcome.message, "fix": outcome.fix},
        }
    return {
        "name": name,
        "ok": outcome.ok,
        "account": outcome.account,
        "granted": outcome.granted,
        "missing": outcome.missing,
        "excessive": outcome.excessive,
        "choices": {key: list(values) for key, values in outcome.choices.items()},
        "notes": outcome.notes,
    }


def _print(name: str, outcome: TestReport | CrossdockError) -> None:
    from crossdock.observe.printable import printable

    if isinstance(outcome, CrossdockError):
        click.echo(f"{name}: failed")
        click.echo("\n".join(f"  {line}" for line in explain(outcome).splitlines()))
        return
    lines = [f"{name}: {'ok' if outcome.ok else 'permissions are missing'}", f"  account: {outcome.account}"]
    lines += [f"  granted: {', '.join(outcome.granted)}"] if outcome.granted else []
    lines += [f"  missing: {permission}" for permission in outcome.missing]
    lines += [f"  more than is needed: {', '.join(outcome.excessive)}"] if outcome.excessive else []
    for setting, values in outcome.choices.items():
        lines += [f"  choices for {setting}:", *(f"    {value}" for value in values)]
    lines += [f"  note: {note}" for note in outcome.notes]
    click.echo("\n".join(printable(line) for line in lines))
