"""What the verbs of `crossdock links` do."""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import anyio

from crossdock.cli.context import configure_logs, load_definition, open_runtime
from crossdock.cli.options import Options
from crossdock.cli.outline import Outline, read_outline
from crossdock.cli.vault import store_exists
from crossdock.clock import SystemClock
from crossdock.contract.values import Link
from crossdock.errors import ConfigError, CrossdockError
from crossdock.jsonio import Json
from crossdock.store.open import open_store
from crossdock.store.protocol import Store
from crossdock.store.rows import LinkChange, LinkEdit, LinkRow

if TYPE_CHECKING:
    from crossdock.engine.recognising import Recogniser

EXTRA = ""
"""The number of what stands for no line."""
_MOST = 1000

Line = tuple[str, str, str]
"""Number, product, quantity."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One record to link: its key, the name of the thing, its lines where a person says them, and where that stands."""

    key: str
    name: str
    lines: Sequence[Line] = ()
    row: int | None = None


def to_lines(lines: Sequence[Line], extras: Sequence[tuple[str, str]] = ()) -> dict[str, Json]:
    """Lines as links bear them. Raises: ConfigError where one is none."""
    found: dict[str, list[Json]] = {}
    for number, product, quantity in [*lines, *((EXTRA, *extra) for extra in extras)]:
        if not product.strip() or not _is_quantity(quantity):
            raise ConfigError(
                f"{quantity!r} of {product!r} is no line",
                fix="write a product and how much of it, such as `--line 1 MUG-02 2`",
                code="bad_line",
            )
        beside = {"id": product.strip(), "sku": product.strip(), "quantity": quantity.strip()}
        found.setdefault(number.strip(), []).append(beside)
    return {number: several if len(several) > 1 else several[0] for number, several in found.items()}


def _is_quantity(text: str) -> bool:
    try:
        quantity = Decimal(text.strip())
    except InvalidOperation:
        return False
    return quantity.is_finite() and quantity > 0


# ---------------------------------------------------------------- with the plugins: comparing first


def link_records(
    options: Options,
    pipeline: str,
    route: str | None,
    wanted: Sequence[Wanted],
    kind: str | None,
    what: str,
    reason: str,
    *,
    rows: str | None = None,
) -> int:
    """Compare and link records, all or none; the number of the change.

    Raises: ConfigError naming everything that speaks against it; with `rows`, the name of a file, row by row.
    """
    configure_logs(options)
    loaded = load_definition(options, [pipeline])

    async def run() -> int:
        async with open_runtime(loaded) as opened:
            assert opened.store is not None  # noqa: S101  (it is made where there is none)
            recogniser = await opened.runtime.recogniser(pipeline, route)
            edits = await _recognised(recogniser, wanted, kind, rows)
            at = SystemClock().now()
            return await opened.store.edit_links(edits, what=what, reason=reason, actor=getpass.getuser(), at=at)

    return anyio.run(run)


async def _recognised(
    recogniser: Recogniser, wanted: Sequence[Wanted], kind: str | None, rows: str | None
) -> list[LinkEdit]:
    edits, faults = list[LinkEdit](), list[str]()
    for one in wanted:
        try:
            edits.append(await _one(recogniser, one, kind))
        except CrossdockError as error:
            if rows is None or not isinstance(error, ConfigError):
                raise
            faults.append(f"{rows}:{one.row}: {error.message}")
    if faults:
        raise _refused(faults)
    twice = _twice(edits)
    if twice is not None:
        raise _refused([f"{twice} is named by several records"])
    return edits


async def _one(recogniser: Recogniser, one: Wanted, kind: str | None) -> LinkEdit:
    stated = to_lines(one.lines)
    found = await recogniser.recognise(one.key, one.name, kind)
    if found.problem is not None and not stated:
        raise ConfigError(
            f"{one.key} and {one.name} differ: {found.problem}",
            fix=f"correct it there; or say what is there for which line: --line NUMBER PRODUCT QUANTITY. {found.fix}",
            code="not_recognised",
        )
    return LinkEdit(None, replace(found.link, lines=stated) if stated else found.link)


def _twice(edits: Sequence[LinkEdit]) -> str | None:
    seen: set[str] = set()
    for edit in edits:
        if edit.link.far.id in seen:
            return edit.link.far.id
        seen.add(edit.link.far.id)
    return None


def _refused(faults: Sequence[str]) -> ConfigError:
    return ConfigError(
        "\n".join([*faults, "nothing was linked"]), fix="mend these, and import it again", code="bad_links"
    )


# ---------------------------------------------------------------- with the store alone


async def listed(options: Options, name: str | None, limit: int) -> Sequence[LinkRow]:
    """Links of one thing, or all."""
    outline = read_outline(options.file)
    if not store_exists(outline):
        return []
    async with _store(outline) as store:
        return await store.linked(name, limit=limit)


async def relink(
    options: Options,
    key: str,
    other: str | None,
    lines: Sequence[Line],
    extras: Sequence[tuple[str, str]],
    reason: str,
) -> tuple[Link, int]:
    """Say the lines of a link anew; the link as it was, and the number of the change."""
    if not lines:
        raise ConfigError("no line is said", fix="write `--line NUMBER PRODUCT QUANTITY` for each", code="bad_line")
    said = to_lines(lines, extras)
    async with _store(_outline(options)) as store:
        before = (await _the_link(store, key, other)).link
        _check_numbers(before, said)
        return before, await _edit(store, LinkEdit(before, replace(before, lines=said)), "lines", reason)


def _check_numbers(before: Link, said: Mapping[str, Json]) -> None:
    """Refuse a line that the record never had. Raises: ConfigError."""
    there = [number for number in before.lines if number != EXTRA]
    unknown = [number for number in said if number != EXTRA and there and number not in there]
    if unknown:
        raise ConfigError(
            f"{before.near.kind} {before.near.id} has no line {', '.join(unknown)}; it has {', '.join(there)}",
            fix=f"`crossdock links show {before.near.id}` shows what is linked with each; what stands for none is an "
            "--extra",
            code="bad_line",
        )


async def unlink(options: Options, key: str, other: str | None, reason: str) -> tuple[LinkRow, int]:
    """Take a link away; what it was, and the number of the change."""
    async with _store(_outline(options)) as store:
        row = await _the_link(store, key, other)
        return row, await _edit(store, LinkEdit(row.link, None), "removed", reason)


async def take_back(options: Options, number: int, reason: str) -> tuple[Sequence[LinkEdit], int]:
    """Undo a change; its edits, and the number of the change that undoes it."""
    async with _store(_outline(options)) as store:
        change = await store.link_change(number)
        if change is None:
            fix = "`crossdock links changes` lists them"
            raise ConfigError(f"there is no change {number} of links", fix=fix, code="unknown_name")
        edits = [LinkEdit(edit.after, edit.before) for edit in reversed(change.edits)]
        at, actor = SystemClock().now(), getpass.getuser()
        return edits, await store.edit_links(edits, what="undone", reason=reason, actor=actor, at=at)


async def changed(options: Options) -> Sequence[LinkChange]:
    """What persons changed."""
    outline = read_outline(options.file)
    if not store_exists(outline):
        return []
    async with _store(outline) as store:
        return await store.link_changes()


async def _edit(store: Store, edit: LinkEdit, what: str, reason: str) -> int:
    at = SystemClock().now()
    return await store.edit_links([edit], what=what, reason=reason, actor=getpass.getuser(), at=at)


async def _the_link(store: Store, key: str, other: str | None) -> LinkRow:
    """The one link that is meant: that of the thing itself, not of what was told of it. Raises: ConfigError."""
    rows = await store.linked(key, limit=_MOST)
    if other is not None:
        rows = [row for row in rows if other in (row.link.near.id, row.link.far.id)]
    bearing = [row for row in rows if row.link.lines or row.made is None]
    found = bearing or rows
    if len(found) == 1:
        return found[0]
    if not found:
        what = f"{key!r}" if other is None else f"{key!r} and {other!r}"
        raise ConfigError(f"no link has {what}", fix="`crossdock links` lists all", code="unknown_name")
    ends = ", ".join(dict.fromkeys(row.link.far.id if row.link.near.id == key else row.link.near.id for row in found))
    raise ConfigError(f"{key} has several links: {ends}", fix="name the other end, too", code="ambiguous_name")


def _outline(options: Options) -> Outline:
    outline = read_outline(options.file)
    if not store_exists(outline):
        raise ConfigError("there is no store yet", fix="`crossdock run` makes it", code="no_store")
    return outline


def _store(outline: Outline) -> Store:
    return open_store(outline.store, clock=SystemClock(), folder=outline.folder)
