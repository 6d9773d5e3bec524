"""Links by hand: what a person changes of them, all or none, kept so that it can be taken back."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crossdock.contract.values import Link, Ref
from crossdock.errors import StoreError
from crossdock.jsonio import Json
from crossdock.store import codec
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent, EffectState, LinkChange, LinkEdit, LinkRow
from crossdock.store.sqlite import audit, facts, links
from crossdock.store.sqlite.queries import load


def edit(
    connection: sqlite3.Connection, edits: Sequence[LinkEdit], what: str, reason: str, actor: str, at: datetime
) -> int:
    """Make these changes in the current transaction. Raises: StoreError where a link is not as it should be."""
    sql, moment = load("relinking"), to_micros(at)
    for one in edits:
        _edit(connection, one, at)
        for key in {one.link.near.id, one.link.far.id}:
            connection.execute(sql["make_due"], (moment, key, moment))
    kept = codec.to_text([{"before": _to_json(one.before), "after": _to_json(one.after)} for one in edits])
    ((number,),) = connection.execute(sql["add_change"], (moment, actor, what, reason, kept)).fetchall()
    audit.append(connection, [_event(one, int(number), reason, actor, at) for one in edits])
    return int(number)


def find(connection: sqlite3.Connection, name: str | None, limit: int) -> list[LinkRow]:
    """Links with an end of this id, or all of them; the newest first."""
    sql = load("relinking")
    rows = (
        connection.execute(sql["all"], (limit,)) if name is None else connection.execute(sql["of"], (name, name, limit))
    )
    return [_row(row) for row in rows.fetchall()]


def changes(connection: sqlite3.Connection, limit: int) -> list[LinkChange]:
    """What persons changed, the newest first."""
    return [_change(row) for row in connection.execute(load("relinking")["changes"], (limit,)).fetchall()]


def change(connection: sqlite3.Connection, number: int) -> LinkChange | None:
    """One change."""
    row = connection.execute(load("relinking")["change"], (number,)).fetchone()
    return None if row is None else _change(row)


def _edit(connection: sqlite3.Connection, one: LinkEdit, at: datetime) -> None:
    sql, near, far = load("relinking"), one.link.near, one.link.far
    ends = (near.account, near.id, near.kind, far.account, far.id, far.kind)
    row = connection.execute(sql["current"], ends).fetchone()
    found = None if row is None else codec.from_text_or_none(row[7])
    if found != (None if one.before is None else dict(one.before.lines)):
        raise _not_as_expected(one, there=row is not None)
    if one.after is not None:
        links.write(connection, [(None, one.after)], at)
        return
    connection.execute(sql["delete"], (row[0],))
    if row[9] is not None and connection.execute(sql["void_adopted"], (to_micros(at), row[9])).rowcount:
        facts.give_back(connection, [row[9]])
        connection.execute(sql["reopen"], (to_micros(at), to_micros(at), row[9]))


def _not_as_expected(one: LinkEdit, *, there: bool) -> StoreError:
    near, far = one.link.near, one.link.far
    what = "is there already" if one.before is None else "has changed since" if there else "is not there any more"
    return StoreError(
        f"the link of {near.kind} {near.id} with {far.kind} {far.id} {what}; nothing was changed",
        code="link_changed",
        fix=f"look at it: `crossdock links show {near.id}`",
    )


def _event(one: LinkEdit, number: int, reason: str, actor: str, at: datetime) -> AuditEvent:
    done = "added" if one.before is None else "removed" if one.after is None else "changed"
    detail: dict[str, Json] = {
        "change": number,
        "near": _ref(one.link.near),
        "far": _ref(one.link.far),
        "lines": None if one.after is None else dict(one.after.lines),
        "reason": reason,
    }
    return AuditEvent(f"link.{done}", None, one.link.near.id, at, actor=actor, detail=detail)


# ---------------------------------------------------------------- rows and values


def _row(row: tuple[Any, ...]) -> LinkRow:
    _, near_account, near_kind, near_id, far_account, far_kind, far_id, lines, detail, at, made = row
    link = Link(
        Ref(near_account, near_kind, near_id),
        Ref(far_account, far_kind, far_id),
        codec.from_text_or_none(lines),
        codec.from_text_or_none(detail),
    )
    return LinkRow(link, from_micros(at), None if made is None else EffectState(made))


def _change(row: tuple[Any, ...]) -> LinkChange:
    number, at, actor, what, reason, edits = row
    read = [LinkEdit(_from_json(one["before"]), _from_json(one["after"])) for one in codec.from_text_or_none(edits)]
    return LinkChange(number, from_micros(at), actor, what, reason, read)


def _to_json(link: Link | None) -> Json:
    if link is None:
        return None
    return {"near": _ref(link.near), "far": _ref(link.far), "lines": dict(link.lines), "detail": link.detail}


def _from_json(value: Mapping[str, Any] | None) -> Link | None:
    if value is None:
        return None
    near, far = (Ref(one["account"], one["kind"], one["id"]) for one in (value["near"], value["far"]))
    return Link(near, far, value["lines"], value["detail"])


def _ref(ref: Ref) -> dict[str, Json]:
    return {"account": ref.account, "kind": ref.kind, "id": ref.id}
