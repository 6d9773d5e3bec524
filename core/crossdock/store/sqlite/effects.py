"""Reading effects back, with their steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crossdock.store import codec
from crossdock.store.moments import from_micros, from_micros_or_none
from crossdock.store.rows import EffectRow, EffectState, StepRow
from crossdock.store.sqlite.queries import load, slices, widen


def of_delivery(connection: sqlite3.Connection, delivery_id: int) -> list[EffectRow]:
    """All effects that a delivery planned, oldest first."""
    return complete(connection, connection.execute(load("effects")["of_delivery"], (delivery_id,)).fetchall())


def latest(connection: sqlite3.Connection, account: str, sink: str, keys: Sequence[str]) -> dict[str, EffectRow]:
    """For each key the newest version that is not void."""
    queries, found = load("effects"), {}
    if len(keys) == 1 and connection.execute(queries["taken"], (account, sink, keys[0], 1)).fetchone() is None:
        return {}  # a fact begins with version 1, and most that are asked for are new: an eighth of the cost
    sql = queries["latest"]
    for piece in slices(list(dict.fromkeys(keys))):
        rows = connection.execute(widen(sql, len(piece)), (*piece, account, sink)).fetchall()
        found.update({row[0]: row for row in rows})  # by id: the repeats of a slice fall together
    return {effect.key: effect for effect in complete(connection, found.values())}


def newest_version(connection: sqlite3.Connection, account: str, sink: str, key: str) -> int:
    """The highest version ever used, void ones included; 0 for none."""
    (version,) = connection.execute(load("effects")["newest_version"], (account, sink, key)).fetchone()
    return int(version)


def count(connection: sqlite3.Connection, pipeline: str) -> int:
    """How many effects a pipeline ever set out to make."""
    row = connection.execute(load("effects")["counted"], (pipeline,)).fetchone()
    return 0 if row is None else int(row[0])


def complete(connection: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> list[EffectRow]:
    """Effects of these rows, with their steps."""
    rows = list(rows)
    steps = _steps(connection, [row[0] for row in rows])
    return [to_effect(row, steps.get(row[0], {})) for row in rows]


def _steps(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, dict[int, StepRow]]:
    sql = load("effects")["steps"]
    found: dict[str, dict[int, StepRow]] = {}
    for piece in slices(ids):
        for row in connection.execute(widen(sql, len(piece)), piece).fetchall():
            found.setdefault(row[0], {})[row[1]] = _step(row)
    return found


def to_effect(row: tuple[Any, ...], steps: Mapping[int, StepRow]) -> EffectRow:
    """A row of the columns that all these queries select."""
    (
        effect_id, account, sink, key, version, state, delivery_id, record_id, pipeline, route,
        content, memo, facts, receipt, planned_at, settled_at, erased_at, carrier_id,
    ) = row  # fmt: skip
    return EffectRow(
        id=effect_id,
        account=account,
        sink=sink,
        key=key,
        version=version,
        state=EffectState(state),
        delivery_id=delivery_id or 0,
        record_id=record_id or 0,
        pipeline=pipeline,
        route=route,
        content=codec.from_text_or_none(content),
        memo=codec.from_text_or_none(memo),
        facts=tuple(codec.from_text_or_none(facts) or ()),
        steps=tuple(steps[position] for position in sorted(steps)),
        receipt=codec.receipt_from_text(receipt),
        planned_at=from_micros(planned_at),
        settled_at=from_micros_or_none(settled_at),
        erased=erased_at is not None,
        carrier_id=carrier_id,
    )


def _step(row: tuple[Any, ...]) -> StepRow:
    (
        _, position, method, url, headers, packing, body, attempted_at, answered_at, lost, status, followed,
        answer_headers, answer_packing, answer,
    ) = row  # fmt: skip
    return StepRow(
        position=position,
        method=method,
        url=url,
        headers=() if headers is None else codec.headers_from_text(headers),
        body=b"" if body is None else codec.unpack(packing, body),
        attempted_at=from_micros_or_none(attempted_at),
        answered_at=from_micros_or_none(answered_at),
        lost=bool(lost),
        status=status,
        followed=bool(followed),
        answer_headers=() if answer_headers is None else codec.headers_from_text(answer_headers),
        answer=None if answer is None else codec.unpack(answer_packing, answer),
    )
