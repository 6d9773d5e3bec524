"""Writing changes: a whole group of them, one statement kind after another."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from crossdock.boundary import reach
from crossdock.contract.values import Receipt
from crossdock.errors import StoreError
from crossdock.store import codec
from crossdock.store.moments import to_micros, to_micros_or_none
from crossdock.store.rows import AuditEvent, Change, DeliveryUpdate, EffectState, EffectUpdate, NewEffect, State
from crossdock.store.sqlite import audit, bundles, facts, links, notices, steps
from crossdock.store.sqlite.queries import load

_TERMINAL = frozenset({State.DELIVERED, State.SKIPPED, State.DEAD})


def write(connection: sqlite3.Connection, changes: Sequence[Change], now: datetime) -> None:
    """Write changes in the current transaction. Their parts touch different tables, so kind by kind equals one by one.

    Raises: StoreError where any of them cannot be applied; the caller then rolls back and finds which.
    """
    _update_deliveries(connection, [one for change in changes for one in change.deliveries])
    effects = [one for change in changes for one in change.effects]
    _add_effects(connection, effects)
    bundles.add(connection, [one for change in changes for one in change.bundles])
    updates = [one for change in changes for one in change.steps]
    if effects or updates:
        steps.write(connection, effects, updates)
    settled = [one for change in changes for one in change.settled]
    _settle_effects(connection, settled)
    links.write(connection, [one for change in changes for one in change.links], now)
    notices.write(connection, [one for change in changes for one in change.notices], now)
    agreed = [one for change in changes for one in change.agreed]
    if agreed:
        connection.executemany(load("reworking")["agree"], agreed)
    audit.append(connection, chain.from_iterable(change.audit for change in changes))
    _give_way(connection, [one for change in changes for one in change.deliveries if one.yields])
    if effects:
        reach("effect.in_transaction")
    if settled:
        reach("settle.in_transaction")


def _update_deliveries(connection: sqlite3.Connection, updates: Sequence[DeliveryUpdate]) -> None:
    if not updates:
        return
    sql, done = load("deliveries"), 0
    # A delivery's last update settles it, so the two kinds may be written one after the other.
    kept = [_open_row(one) for one in updates if one.state not in _TERMINAL]
    ended = [_settled_row(one) for one in updates if one.state in _TERMINAL]
    if kept:
        done += connection.executemany(sql["keep_open"], kept).rowcount
    if ended:
        done += connection.executemany(sql["settle"], ended).rowcount
    if done != len(updates):
        _refuse_delivery(connection, updates)


def _give_way(connection: sqlite3.Connection, updates: Sequence[DeliveryUpdate]) -> None:
    """A newer revision that came while these were in work supersedes them now."""
    sql = load("deliveries")["give_way"]
    for one in updates:
        at = to_micros(one.at)
        for pipeline, key in connection.execute(sql, (at, at, one.id)).fetchall():
            detail = {"delivery": one.id, "code": "superseded", "from": one.state.value}
            audit.append(connection, [AuditEvent("delivery.skipped", pipeline, key, one.at, detail=detail)])


def _open_row(one: DeliveryUpdate) -> tuple[object, ...]:
    # Plain text: SQLite's module asks every other type, subclasses of str too, how to adapt it.
    at, state = to_micros(one.at), one.state.value
    due_at, deadline = to_micros_or_none(one.due_at), to_micros_or_none(one.deadline)
    return (state, one.code, at, state, one.code, one.reason, one.fix, due_at, deadline, one.attempts, one.id)


def _settled_row(one: DeliveryUpdate) -> tuple[object, ...]:
    at, still = to_micros(one.at), 2 if one.state is State.DEAD else None
    deadline = to_micros_or_none(one.deadline)
    return (at, one.state.value, one.code, one.reason, one.fix, deadline, one.attempts, at, still, one.id)


def _refuse_delivery(connection: sqlite3.Connection, updates: Sequence[DeliveryUpdate]) -> None:
    for update in updates:
        row = connection.execute(load("deliveries")["exists"], (update.id,)).fetchone()
        if row is None:
            raise StoreError(f"there is no delivery {update.id}", code="delivery_unknown", delivery=update.id)
    # Those that this very group settled look settled too: only a change on its own is judged for good.
    ids = ", ".join(str(update.id) for update in updates[:5])
    raise StoreError(f"delivery {ids} is settled already", code="delivery_settled", delivery=updates[0].id)


def _add_effects(connection: sqlite3.Connection, effects: Sequence[NewEffect]) -> None:
    if not effects:
        return
    sql = load("effects")
    if connection.executemany(sql["add"], [_effect_row(one) for one in effects]).rowcount != len(effects):
        raise _effect_exists(connection, effects)
    plans = [_plan_row(one) for one in effects if one.content is not None or one.memo is not None or one.facts]
    connection.executemany(sql["add_plan"], plans)
    facts.claim(connection, effects)
    made = Counter(one.pipeline for one in effects if one.state is not EffectState.ADOPTED and one.delivery_id)
    connection.executemany(sql["count"], made.items())
    _name(connection, [(one.id, one.receipt) for one in effects])


def _effect_row(effect: NewEffect) -> tuple[object, ...]:
    at = to_micros(effect.at)
    return (
        effect.id, effect.account, effect.sink, effect.key, effect.version, effect.state.value,
        effect.delivery_id or None, effect.record_id or None, effect.pipeline, effect.route, at,
        None if effect.state is EffectState.ATTEMPTED else at, codec.receipt_to_text(effect.receipt),
    )  # fmt: skip


def _plan_row(effect: NewEffect) -> tuple[object, ...]:
    content, memo = codec.to_text_or_none(effect.content), codec.to_text_or_none(effect.memo)
    return (effect.id, content, memo, codec.to_text(list(effect.facts)))


def _effect_exists(connection: sqlite3.Connection, effects: Sequence[NewEffect]) -> StoreError:
    sql = load("effects")["taken"]
    rows = [(one.account, one.sink, one.key, one.version) for one in effects]
    taken = (one for one, row in zip(effects, rows, strict=True) if connection.execute(sql, row).fetchone())
    one = next(taken, effects[-1])  # what went in before the fault is there too; a change on its own names it rightly
    return StoreError(
        f"effect {one.key} of {one.sink} at {one.account} exists already in version {one.version}",
        code="effect_exists",
        effect_key=one.key,
        version=one.version,
    )


def _settle_effects(connection: sqlite3.Connection, updates: Sequence[EffectUpdate]) -> None:
    if not updates:
        return
    rows = [(one.state.value, to_micros(one.at), codec.receipt_to_text(one.receipt), one.id) for one in updates]
    if connection.executemany(load("effects")["settle"], rows).rowcount != len(rows):
        raise StoreError(f"there is no effect {updates[0].id}", code="effect_unknown", effect=updates[0].id)
    void = [one.id for one in updates if one.state is EffectState.VOID]
    if void:
        facts.give_back(connection, void)
    _name(connection, [(one.id, one.receipt) for one in updates])


def _name(connection: sqlite3.Connection, made: Sequence[tuple[str, Receipt | None]]) -> None:
    """What was made goes by names of its own: the record is found by them, too. (Its id stands in the link.)"""
    given = ((effect_id, receipt.identifiers) for effect_id, receipt in made if receipt is not None)
    rows = [(value, name, effect_id, value) for effect_id, names in given for name, value in names.items()]
    if rows:
        connection.executemany(load("effects")["name"], rows)
