"""Journalling steps: the request is written once; what became of it beside it, in a small row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock.errors import StoreError
from crossdock.store import codec
from crossdock.store.moments import to_micros_or_none
from crossdock.store.rows import NewEffect, StepRow, StepUpdate
from crossdock.store.sqlite.queries import load, slices, widen


@dataclass(slots=True)
class _Rows:
    """What a group will write, by statement."""

    steps: list[tuple[Any, ...]] = field(default_factory=list)
    requests: list[tuple[Any, ...]] = field(default_factory=list)
    updates: list[tuple[Any, ...]] = field(default_factory=list)
    replaced: list[tuple[str, str, int]] = field(default_factory=list)
    replaced_requests: list[tuple[Any, ...]] = field(default_factory=list)
    answers: list[tuple[Any, ...]] = field(default_factory=list)
    unanswered: list[tuple[int]] = field(default_factory=list)


def write(connection: sqlite3.Connection, effects: Iterable[NewEffect], updates: Sequence[StepUpdate]) -> None:
    """Add the steps of new effects, then apply updates; an update of an unknown position adds a step."""
    known = _known(connection, updates)
    (last,) = connection.execute(load("effects")["last_step"]).fetchone()
    rows = _Rows()
    for effect in effects:
        for step in effect.steps:
            last += 1
            known[effect.id, step.position] = last
            _add(rows, last, effect.id, step)
    for update in updates:
        at = (update.effect_id, update.step.position)
        if at in known:
            _change(rows, known[at], update.step)
        else:
            last += 1
            known[at] = last
            _add(rows, last, update.effect_id, update.step)
    _execute(connection, rows)


def _known(connection: sqlite3.Connection, updates: Sequence[StepUpdate]) -> dict[tuple[str, int], int]:
    sql = load("effects")["known_steps"]
    found: dict[tuple[str, int], int] = {}
    for piece in slices(list({update.effect_id for update in updates})):
        for effect_id, position, step_id in connection.execute(widen(sql, len(piece)), piece):
            found[effect_id, position] = step_id
    return found


def _add(rows: _Rows, step_id: int, effect_id: str, step: StepRow) -> None:
    attempted = to_micros_or_none(step.attempted_at)
    rows.steps.append((
        step_id, effect_id, step.position, step.method, step.url, int(attempted is not None), attempted,
        to_micros_or_none(step.answered_at), int(step.lost), step.status, int(step.followed),
    ))  # fmt: skip
    rows.requests.append((step_id, codec.headers_to_text(step.headers), *codec.pack(step.body)))
    if step.answer is not None:
        rows.answers.append(_answer(step_id, step, step.answer))


def _change(rows: _Rows, step_id: int, step: StepRow) -> None:
    attempted = to_micros_or_none(step.attempted_at)
    answered = to_micros_or_none(step.answered_at)
    rows.updates.append((attempted, attempted, attempted, answered, int(step.lost), step.status, step_id))
    if step.followed:  # other answers, another request
        rows.replaced.append((step.method, step.url, step_id))
        rows.replaced_requests.append((codec.headers_to_text(step.headers), *codec.pack(step.body), step_id))
    if step.answer is not None:
        rows.answers.append(_answer(step_id, step, step.answer))
    else:
        rows.unanswered.append((step_id,))


def _answer(step_id: int, step: StepRow, answer: bytes) -> tuple[Any, ...]:
    return (step_id, codec.headers_to_text(step.answer_headers), *codec.pack(answer))


def _execute(connection: sqlite3.Connection, rows: _Rows) -> None:
    sql = load("effects")
    try:
        connection.executemany(sql["add_step"], rows.steps)
    except sqlite3.IntegrityError as error:
        raise StoreError(f"there is no effect {rows.steps[0][1]}", code="effect_unknown") from error
    connection.executemany(sql["add_request"], rows.requests)
    connection.executemany(sql["update_step"], rows.updates)
    connection.executemany(sql["replace_step"], rows.replaced)
    connection.executemany(sql["replace_request"], rows.replaced_requests)
    connection.executemany(sql["drop_answer"], rows.unanswered)
    connection.executemany(sql["put_answer"], rows.answers)
