"""What effects cover: a fact once in an account, among all effects that are not void."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain

from crossdock.errors import StoreError
from crossdock.store import codec
from crossdock.store.rows import Cover, EffectState, NewEffect
from crossdock.store.sqlite.queries import load, slices, widen


def claim(connection: sqlite3.Connection, effects: Sequence[NewEffect]) -> None:
    """Note what new effects cover. Raises: StoreError where another effect of the account covers some of it."""
    rows = [
        (one.account, fact, one.id, one.sink, one.key)
        for one in effects
        if one.facts and one.state is not EffectState.VOID
        for fact in one.facts
    ]
    if rows:
        _claim(connection, rows)


def give_back(connection: sqlite3.Connection, ids: Sequence[str]) -> None:
    """These effects are void: what they covered is free, or covered by the version before."""
    if connection.executemany(load("facts")["give_back"], [(one,) for one in ids]).rowcount <= 0:
        return  # most effects name no facts
    before = load("facts")["before"]
    found = (connection.execute(before, (one,)).fetchone() for one in ids)
    rows = ([(account, fact, *rest) for fact in _facts(text)] for account, text, *rest in filter(None, found))
    again = list(chain.from_iterable(rows))
    if again:
        _claim(connection, again)


def covering(connection: sqlite3.Connection, account: str, facts: Sequence[str]) -> dict[str, Cover]:
    """For each fact that some effect covers, which."""
    sql, found = load("facts")["covering"], dict[str, Cover]()
    for piece in slices(list(dict.fromkeys(facts))):
        for fact, effect_id, sink, key, state, delivery_id, pipeline in connection.execute(
            widen(sql, len(piece)), (*piece, account)
        ):
            found[fact] = Cover(effect_id, sink, key, EffectState(state), delivery_id, pipeline)
    return found


def _claim(connection: sqlite3.Connection, rows: Sequence[tuple[str, ...]]) -> None:
    claimed = {(account, fact) for account, fact, *_ in rows}
    if len(claimed) < len(rows) or connection.executemany(load("facts")["claim"], rows).rowcount != len(rows):
        account, fact, *_ = rows[0]
        named = fact if len(rows) == 1 else f"{fact}, or one of {len(rows) - 1} more,"
        raise StoreError(f"{named} is covered by another effect of {account} already", code="fact_covered")


def _facts(text: str) -> list[str]:
    return list(codec.from_text_or_none(text) or ())
