"""`crossdock doctor`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crossdock.cli.failing import FAILED
from crossdock.cli.options import Options, json_option, pass_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crossdock.cli.context import Loaded
    from crossdock.engine.examining import Examined

_SIGNS = {"pass": "ok", "fail": "FAIL", "unknown": "?"}


@click.command()
@click.option("--offline", is_flag=True, help="Ask no remote system.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write what a helper needs to know into this zip file: no secret and no buyer's data is in it.",
)
@json_option
@pass_options
@click.pass_context
def doctor(ctx: click.Context, options: Options, offline: bool, bundle: Path | None, as_json: bool) -> None:
    """Look for every known symptom: pass, fail or unknown, and what mends it.

    Looks at the file, the key, the store, its log, what is held, paused or refused, quotas; then at each account: its
    permissions, its clock, and whether what the file names is there. Changes nothing. Exits with 1 where something
    fails; unknown is no failure.
    """
    import anyio

    from crossdock.cli.bundle import write_bundle
    from crossdock.cli.context import configure_logs
    from crossdock.cli.shapes import print_json

    configure_logs(options)
    found = anyio.run(_examine, options, None if offline else _load(options)) if _may_read(options) else []
    found = [*_definition(options), *found]
    if bundle is not None:
        write_bundle(bundle, options, shape(found))
    if as_json:
        print_json(shape(found))
    else:
        _print(found)
        if bundle is not None:
            click.echo(f"\n{bundle} is written; look into it before you send it to anybody")
    ctx.exit(FAILED if any(one.finding.verdict == "fail" for one in found) else 0)


def shape(found: Sequence[Examined]) -> dict[str, Any]:
    """The JSON of it."""
    from crossdock.observe.redact import redact_text

    counts = Counter(one.finding.verdict for one in found)
    return {
        "ok": not counts["fail"],
        **{verdict: counts[verdict] for verdict in ("pass", "fail", "unknown")},
        "checks": [
            {
                "check": one.check,
                "subject": one.subject,
                "verdict": one.finding.verdict,
                "message": redact_text(one.finding.message),
                "fix": None if one.finding.fix is None else redact_text(one.finding.fix),
            }
            for one in found
        ],
    }


def _may_read(options: Options) -> bool:
    """Whether the file says at least where its store is."""
    from crossdock.cli.outline import read_outline
    from crossdock.config import Faults

    try:
        read_outline(options.file)
    except Faults:
        return False
    return True


def _definition(options: Options) -> list[Examined]:
    from crossdock.checking import check
    from crossdock.contract.checks import failed, passed
    from crossdock.engine.examining import Examined
    from crossdock.registry import Registry

    checked = check(options.file, registry=Registry())
    found = [
        Examined("file", f"{fault.file}:{fault.line}", failed(f"{fault.code}: {fault.message}", fault.fix or "mend it"))
        for fault in checked.faults
        if fault.severity == "error"
    ]
    return found or [Examined("file", str(options.file), passed("nothing is wrong with it"))]


def _load(options: Options) -> Loaded | Exception:
    """The definition, or what keeps it from being used."""
    from crossdock.cli.context import load_definition
    from crossdock.config import Faults
    from crossdock.errors import CrossdockError

    try:
        return load_definition(options)
    except (Faults, CrossdockError) as error:
        return error


async def _examine(options: Options, loaded: Loaded | Exception | None) -> list[Examined]:
    """What the store tells, then what the accounts tell, as far as each can be asked."""
    from crossdock.cli.outline import read_outline
    from crossdock.cli.symptoms import symptoms

    found = await symptoms(read_outline(options.file))
    return found if loaded is None else found + await _accounts(loaded)


async def _accounts(loaded: Loaded | Exception) -> list[Examined]:
    from crossdock.cli.context import open_to_look
    from crossdock.contract.checks import unknown
    from crossdock.engine.examining import Examined
    from crossdock.errors import CrossdockError

    try:
        if isinstance(loaded, Exception):
            raise loaded
        async with open_to_look(loaded) as opened:
            return await opened.runtime.examine(_checks())
    except Exception as error:
        if not isinstance(error, CrossdockError) and error is not loaded:
            raise
        return [Examined("accounts", "all", unknown("they could not be asked", "mend what is named above first"))]


def _checks() -> list[Any]:
    """What the installed plugins look for."""
    from crossdock.errors import PluginError
    from crossdock.registry import Registry

    plugins = [plugin for plugin in Registry().load_all() if not isinstance(plugin, PluginError)]
    return [check() for plugin in plugins for check in plugin.checks()]


def _print(found: Sequence[Examined]) -> None:
    from crossdock.observe.printable import printable
    from crossdock.observe.redact import redact_text

    for one in found:
        sign = _SIGNS[one.finding.verdict]
        click.echo(printable(f"{sign:4}  {one.check}  {one.subject}: {redact_text(one.finding.message)}"))
        if one.finding.fix is not None and one.finding.verdict != "pass":
            click.echo(printable(f"      fix: {redact_text(one.finding.fix)}"))
    counts = Counter(one.finding.verdict for one in found)
    click.echo(f"\n{counts['pass']} pass, {counts['fail']} fail, {counts['unknown']} unknown")
