"""`crossdock audit`: verify the log, export it, and erase what is personal of one key."""

from __future__ import annotations

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from crossdock.cli.failing import FAILED
from crossdock.cli.options import Options, json_option, pass_options
from crossdock.cli.parameters import to_since
from crossdock.errors import ConfigError

if TYPE_CHECKING:
    from crossdock.cli.outline import Outline
    from crossdock.store.auditing import AuditVerdict
    from crossdock.store.chain import AuditHead
    from crossdock.store.exported import FileVerdict
    from crossdock.store.exporting import Selection
    from crossdock.store.protocol import Store


@click.group()
def audit() -> None:
    """The append-only log of everything that was done: is it as it was written? And hand it out."""


# ---------------------------------------------------------------- verify


@audit.command()
@click.option("--file", "source", type=click.Path(path_type=Path), help="Verify an exported file instead of the store.")
@click.option("--expect", metavar="ROW:HASH", help="The log must hold this row with this hash, noted before.")
@json_option
@pass_options
@click.pass_context
def verify(ctx: click.Context, options: Options, source: Path | None, expect: str | None, as_json: bool) -> None:
    """Follow the chain of hashes from the first row to the head; exits with 1 where it does not hold.

    It names the first row that is not as it was written. It ends with the head's row and hash: note them elsewhere, and
    --expect shows whether somebody who could write to the store wrote the whole log anew.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.shapes import print_json

    noted = None if expect is None else _noted(expect)
    if source is None:
        verdict = anyio.run(_verify, read_outline(options.file), noted)
        shape, told = _of_store(verdict)
    else:
        checked = _verify_file(source)
        shape, told = _of_file(checked, noted)
    if as_json:
        print_json(shape)
    else:
        click.echo(told)
    ctx.exit(0 if shape["ok"] else FAILED)


async def _verify(outline: Outline, noted: AuditHead | None) -> AuditVerdict:
    from crossdock.cli.marking import open_existing
    from crossdock.store.auditing import verify as walk

    async with open_existing(outline) as store:
        return await walk(store, noted)


def _of_store(verdict: AuditVerdict) -> tuple[dict[str, Any], str]:
    shape = {
        "ok": verdict.ok,
        "rows": verdict.rows,
        "head": {"seq": verdict.head.seq, "hash": verdict.head.hash.hex()},
        "erased_texts": verdict.erased,
        "at": verdict.at,
        "fault": verdict.fault,
    }
    if verdict.fault is not None:
        held = f"rows 1 to {verdict.rows} are as they were written" if verdict.rows else "no row holds"
        return shape, f"the audit log is not as it was written: {verdict.fault}\n  {held}"
    erased = f"; {verdict.erased} texts were erased, each erasure is recorded" if verdict.erased else ""
    told = f"the audit log is as it was written: {verdict.rows} rows{erased}"
    return shape, f"{told}\n  head {verdict.head.seq}:{verdict.head.hash.hex()}"


def _verify_file(source: Path) -> FileVerdict:
    from crossdock.store.exported import verify_lines

    try:
        with source.open("rb") as lines:
            return verify_lines(lines)
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}", fix="name an exported audit log") from None


def _of_file(verdict: FileVerdict, noted: AuditHead | None) -> tuple[dict[str, Any], str]:
    fault = verdict.fault
    if fault is None and noted is not None and noted != verdict.head:
        fault = f"the file leads to another head than {noted.seq}:{noted.hash.hex()}"
    head = None if verdict.head is None else {"seq": verdict.head.seq, "hash": verdict.head.hash.hex()}
    shape = {
        "ok": fault is None,
        "rows": verdict.rows,
        "left_out": verdict.left_out,
        "head": head,
        "line": verdict.line,
        "fault": fault,
    }
    if fault is not None:
        where = "" if verdict.line is None else f"line {verdict.line}: "
        return shape, f"the file is not as it was exported: {where}{fault}"
    told = f"the file is as it was exported: {verdict.rows} rows, and the digests of {verdict.left_out} more"
    return shape, told if head is None else f"{told}\n  head {head['seq']}:{head['hash']}"


def _noted(text: str) -> AuditHead:
    from crossdock.store.chain import AuditHead

    row, _, digest = text.strip().partition(":")
    try:
        found = AuditHead(int(row), bytes.fromhex(digest))
    except ValueError:
        found = AuditHead(0, b"")
    if len(found.hash) != 32:
        raise click.BadParameter(f"{text!r} is not ROW:HASH, as `audit verify` prints it")
    return found


# ---------------------------------------------------------------- export


@audit.command()
@click.option("--key", help="Only what is about this business key, by any of its names.")
@click.option("--since", callback=to_since, help='From this time on: "2h" ago, or "2026-11-01T00:00Z".')
@click.option("--until", callback=to_since, help="Before this time.")
@click.option("--pipeline", "pipelines", multiple=True, help="Only this pipeline; may be repeated.")
@click.option("--customer", help="Only the pipelines of this customer.")
@click.option("--without-personal", is_flag=True, help="Leave out who and why in persons' words; digests stay.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file of mode 0600 instead of stdout.")
@pass_options
def export(
    options: Options,
    key: str | None,
    since: datetime | None,
    until: datetime | None,
    pipelines: tuple[str, ...],
    customer: str | None,
    without_personal: bool,
    output: Path | None,
) -> None:
    """Write the log as JSON Lines. `audit verify --file` verifies the file by itself, whatever was left out.

    Rows that were not asked for leave their digests behind the first one, so that the chain can be followed to the
    head. Keys of orders stay in the file, since nothing could be found without them.
    """
    import anyio

    from crossdock.cli.outline import read_outline

    outline = read_outline(options.file)
    wanted = _wanted(outline, pipelines, customer)
    anyio.run(_export, outline, key, (since, until), wanted, customer, not without_personal, output)


async def _export(
    outline: Outline,
    key: str | None,
    period: tuple[datetime | None, datetime | None],
    pipelines: frozenset[str] | None,
    customer: str | None,
    personal: bool,
    output: Path | None,
) -> None:
    from crossdock.cli.marking import open_existing
    from crossdock.store.exporting import Selection
    from crossdock.store.exporting import export as lines_of

    async with open_existing(outline) as store:
        refs = None if key is None else await _refs(store, key)
        selection = Selection(refs, pipelines, *period)
        facts = {"selection": _of_selection(selection, key, customer), "personal": "kept" if personal else "left out"}
        with _target(output) as file:
            async for line in lines_of(store, selection, personal=personal, facts=facts):
                file.write(line + b"\n")
            file.flush()


async def _refs(store: Store, key: str) -> frozenset[str]:
    found = await store.trace(key)
    if found is None:
        fix = "`crossdock deliveries` lists what was read"
        raise ConfigError(f"nothing is known of {key!r}", fix=fix, code="unknown_name")
    return frozenset({found.key, *(event.ref for event in found.events if event.kind == "record.read")})


def _of_selection(selection: Selection, key: str | None, customer: str | None) -> dict[str, Any]:
    return {
        "key": key,
        "customer": customer,
        "pipelines": None if selection.pipelines is None else sorted(selection.pipelines),
        "since": None if selection.since is None else selection.since.isoformat(),
        "until": None if selection.until is None else selection.until.isoformat(),
    }


def _wanted(outline: Outline, pipelines: tuple[str, ...], customer: str | None) -> frozenset[str] | None:
    """The pipelines that are asked for; those that left the file, too, since the log still knows them."""
    if customer is None:
        return frozenset(pipelines) or None
    theirs = {name for name, whose in outline.customers.items() if whose == customer}
    if not theirs:
        known = ", ".join(sorted({whose for whose in outline.customers.values() if whose})) or "none"
        raise ConfigError(f"no pipeline is of customer {customer!r}", fix=f"the file has customers: {known}")
    return frozenset(theirs if not pipelines else theirs & set(pipelines))


def _target(output: Path | None) -> AbstractContextManager[IO[bytes]]:
    if output is None:
        return nullcontext(sys.stdout.buffer)
    try:
        return os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
    except FileExistsError:
        raise ConfigError(f"{output} exists already", fix="name another file") from None
    except OSError as error:
        raise ConfigError(
            f"{output} cannot be written: {error.strerror}", fix="name a file in a writable folder"
        ) from None


# ---------------------------------------------------------------- erase


@audit.command()
@click.argument("key")
@click.option("--reason", required=True, help="Why; it is kept in the log, with who you are.")
@pass_options
def erase(options: Options, key: str, reason: str) -> None:
    """Erase what was read, sent and answered of one business key now, as a person may demand.

    Reasons about it in the log go, too; the log still verifies. Keys, effects and links stay, so that nothing is made
    twice. Refused while something of it is open. In backups, and in the remote systems, it stays.
    """
    import anyio

    from crossdock.cli.outline import read_outline
    from crossdock.cli.render import counted
    from crossdock.observe.printable import printable

    records, texts = anyio.run(_erase, read_outline(options.file), key, reason)
    told = f"{counted(records, 'revision')} of {key} and {counted(texts, 'reason')} in the log are erased"
    click.echo(printable(told))


async def _erase(outline: Outline, key: str, reason: str) -> tuple[int, int]:
    from crossdock.cli.marking import actor, open_existing
    from crossdock.clock import SystemClock

    async with open_existing(outline) as store:
        refs = sorted(await _refs(store, key))
        erased = await store.erase_key(refs, reason=reason, actor=actor(), at=SystemClock().now())
        await store.tidy()
        return erased.records, erased.texts
