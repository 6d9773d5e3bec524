"""Links between identifiers of two accounts, readable from either side."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from crossdock.contract.values import Link, Links, Ref
from crossdock.store import codec
from crossdock.store.linking import turn
from crossdock.store.moments import to_micros
from crossdock.store.sqlite.queries import load, slices, widen


def write(connection: sqlite3.Connection, links: Sequence[tuple[str | None, Link]], now: datetime) -> None:
    """Write links, each for all that it names on its near side; one that is there already takes the newer lines."""
    if links:
        at = to_micros(now)
        rows = [row for effect_id, link in links for row in _rows_of(effect_id, link, at)]
        connection.executemany(load("links")["put"], rows)


def find(
    connection: sqlite3.Connection, near_account: str, far_account: str, ids: Mapping[str, Sequence[str]]
) -> dict[str, Links]:
    """For each record key the links between two accounts that touch any of its ids, seen from `near_account`."""
    wanted = list({one for several in ids.values() for one in several})
    found: dict[int, Link] = {}
    for row in _rows(connection, near_account, far_account, wanted):
        found[row[0]] = _link(row)
    if near_account != far_account:
        for row in _rows(connection, far_account, near_account, wanted):
            found[row[0]] = turn(_link(row))
    touching: defaultdict[str, list[int]] = defaultdict(list)
    for number in sorted(found):  # in the order in which they were made
        for one in {found[number].near.id, found[number].far.id}:
            touching[one].append(number)
    return {key: _collect(found, touching, several) for key, several in ids.items()}


def _collect(found: Mapping[int, Link], touching: Mapping[str, Sequence[int]], ids: Sequence[str]) -> Links:
    numbers = {number for one in ids for number in touching.get(one, ())}
    return Links(found[number] for number in sorted(numbers))


def _rows(connection: sqlite3.Connection, near: str, far: str, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    sql = load("links")
    for piece in slices(ids):
        yield from connection.execute(widen(sql["by_near"], len(piece)), (*piece, near, far)).fetchall()
        yield from connection.execute(widen(sql["by_far"], len(piece)), (*piece, far, near)).fetchall()


def _rows_of(effect_id: str | None, link: Link, at: int) -> Iterator[tuple[Any, ...]]:
    far = link.far
    lines, detail = codec.to_text(dict(link.lines)), codec.to_text_or_none(link.detail)
    for near in (link.near, *link.also):
        yield near.account, near.id, near.kind, far.account, far.id, far.kind, lines, detail, effect_id, at


def _link(row: tuple[Any, ...]) -> Link:
    _, near_account, near_kind, near_id, far_account, far_kind, far_id, lines, detail = row
    return Link(
        near=Ref(near_account, near_kind, near_id),
        far=Ref(far_account, far_kind, far_id),
        lines=codec.from_text_or_none(lines),
        detail=codec.from_text_or_none(detail),
    )
