"""The story of one business key, across pipelines."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from crossdock.jsonio import Json, loads
from crossdock.store import codec
from crossdock.store.chain import ERASURE
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent, DeliverySummary, EffectState, Identifier, State, Trace, TraceEvent
from crossdock.store.sqlite import audit
from crossdock.store.sqlite.deliveries import to_summary
from crossdock.store.sqlite.naming import FoundLink, FoundRecord, Names, ask

_ORDER = (
    "record",
    "effect.planned",
    "effect.attempted",
    "effect.lost",
    "effect.answered",
    "effect",
    "link",
    "delivery",
    "key",
)
"""What comes first of what bears the same time."""


def find(connection: sqlite3.Connection, text: str) -> Trace | None:
    """Everything about the key that bears this name; None where nothing does. Raises: StoreError where many do."""
    connection.execute("BEGIN")  # all of one moment
    try:
        names = Names(connection, text)
        if not names.records and not names.links:
            return None
        return _collect(connection, text, names)
    finally:
        connection.execute("COMMIT")


def _collect(connection: sqlite3.Connection, text: str, names: Names) -> Trace:
    keys = names.keys
    deliveries = sorted((to_summary(row) for row in ask(connection, "deliveries", keys)), key=lambda one: one.id)
    made = {row[0]: row for row in ask(connection, "effects", [delivery.id for delivery in deliveries])}
    effects = sorted(made.values(), key=lambda row: (row[8], row[0]))
    carriers = {row[0]: row for row in ask(connection, "carriers", list(made))}
    sent = {**made, **carriers}
    steps = sorted(ask(connection, "steps", list(sent)))
    log = _log(connection, deliveries)
    events = chain(
        (_read(record) for record in names.in_order()),
        _moves(log, deliveries),
        _undone(log, made, steps),
        _shown_absent(log, made),
        _erasures(connection, keys),
        chain.from_iterable(_effect(row) for row in effects),
        chain.from_iterable(_step(sent[row[0]], row) for row in steps),
        (_linked(names.links[number], made) for number in sorted(names.links)),
    )
    return Trace(
        key=keys[0] if keys else text,
        identifiers=_identifiers(names, effects),
        events=sorted(events, key=lambda event: (event.at, _rank(event.kind))),
        standing=_newest(deliveries),
    )


def _read(record: FoundRecord) -> TraceEvent:
    detail: dict[str, Json] = {"entity": record.entity, "revision": record.revision, "digest": record.digest.hex()}
    if record.version is not None:
        version = from_micros(record.version).isoformat() if record.version_is_time else record.version
        detail["version"] = version
    detail |= {name: True for name, said in (("backfill", record.backfill), ("sweep", record.sweep)) if said}
    return TraceEvent(
        from_micros(record.read_at), record.pipeline, "record.read", record.account, record.key, detail
    )  # fmt: skip


# ---------------------------------------------------------------- deliveries


def _log(connection: sqlite3.Connection, deliveries: Sequence[DeliverySummary]) -> list[AuditEvent]:
    """What was recorded of these deliveries."""
    events = audit.about(connection, sorted({delivery.key for delivery in deliveries}))
    known = {(delivery.id, delivery.pipeline) for delivery in deliveries}
    return [event for event in events if (event.detail.get("delivery"), event.pipeline) in known]


def _moves(log: Sequence[AuditEvent], deliveries: Sequence[DeliverySummary]) -> Iterator[TraceEvent]:
    """State changes from the log, and where a delivery stands now if the log does not say so."""
    known = {delivery.id: delivery for delivery in deliveries}
    last: dict[int, str] = {}
    for event in log:
        if not event.kind.startswith("delivery."):
            continue
        facts = dict(event.detail)
        delivery = known[facts.pop("delivery")]
        last[delivery.id] = event.kind
        who = {} if event.actor == "crossdock" else {"actor": event.actor}
        yield _move(delivery, event.kind, event.at, {**facts, **who})
    for delivery in deliveries:
        if _unsaid(delivery, last.get(delivery.id)):
            said = {"code": delivery.code, "reason": delivery.reason}
            detail = {name: value for name, value in said.items() if value is not None}
            yield _move(delivery, f"delivery.{delivery.state}", delivery.since, detail)


def _unsaid(delivery: DeliverySummary, last: str | None) -> bool:
    # Supersession by a newer revision is counted in the batch's row, not said of each delivery.
    if delivery.state in (State.PENDING, State.ATTEMPTED):
        return False
    discarded = last == "delivery.discarded" and delivery.state is State.SKIPPED
    return last != f"delivery.{delivery.state}" and not discarded


def _move(delivery: DeliverySummary, kind: str, at: Any, detail: dict[str, Json]) -> TraceEvent:
    facts = {"route": delivery.route, "key": delivery.key, "revision": delivery.revision}
    return TraceEvent(at, delivery.pipeline, kind, None, str(delivery.id), {**facts, **detail})


def _newest(deliveries: Sequence[DeliverySummary]) -> list[DeliverySummary]:
    """The newest revision on each route, and older ones that are still open."""
    newest = {(one.pipeline, one.key, one.route): one.id for one in sorted(deliveries, key=lambda one: one.revision)}
    ended = (State.DELIVERED, State.SKIPPED)
    return [
        one
        for one in deliveries
        if one.state not in ended or newest[(one.pipeline, one.key, one.route)] == one.id
    ]  # fmt: skip


# ---------------------------------------------------------------- effects and links


def _effect(row: tuple[Any, ...]) -> Iterator[TraceEvent]:
    effect_id, account, sink, key, version, state, delivery_id, pipeline, planned_at, settled_at, receipt = row
    facts = {"effect": effect_id, "sink": sink, "version": version, "delivery": delivery_id}
    if state != EffectState.ADOPTED:
        yield TraceEvent(from_micros(planned_at), pipeline, "effect.planned", account, key, facts)
    if settled_at is not None and state != EffectState.ATTEMPTED:
        made = codec.receipt_from_text(receipt)
        thing = {} if made is None else {"made": made.kind, "id": made.id}
        yield TraceEvent(from_micros(settled_at), pipeline, f"effect.{state}", account, key, {**facts, **thing})


def _step(effect: tuple[Any, ...], row: tuple[Any, ...]) -> Iterator[TraceEvent]:
    effect_id, position, method, url, attempts, attempted_at, answered_at, lost, status = row
    account, key, pipeline = effect[1], effect[3], effect[7]
    facts: dict[str, Json] = {"effect": effect_id, "step": position, "method": method, "url": url}
    if attempted_at is not None:
        at = from_micros(attempted_at)
        yield TraceEvent(at, pipeline, "effect.attempted", account, key, {**facts, "attempts": attempts})
        if lost:
            yield TraceEvent(at, pipeline, "effect.lost", account, key, facts)
    if answered_at is not None:
        answered = from_micros(answered_at)
        yield TraceEvent(answered, pipeline, "effect.answered", account, key, {**facts, "status": status})


def _undone(
    log: Sequence[AuditEvent], effects: Mapping[str, tuple[Any, ...]], steps: Sequence[tuple[Any, ...]]
) -> Iterator[TraceEvent]:
    """Attempts that the steps no longer tell of: they were refused, or shown to have done nothing."""
    told = {step[0] for step in steps if step[5] is not None}
    first = {step[0]: step for step in reversed(steps)}
    for event in log:
        effect_id = str(event.detail.get("effect"))
        if event.kind == "effect.attempted" and effect_id in effects and effect_id in first and effect_id not in told:
            row, again = effects[effect_id], list(first[effect_id])
            again[5], again[6], again[7] = to_micros(event.at), None, 0
            yield from _step(row, tuple(again))


def _shown_absent(log: Sequence[AuditEvent], effects: Mapping[str, tuple[Any, ...]]) -> Iterator[TraceEvent]:
    """Looks that showed that nothing had happened."""
    for event in log:
        row = effects.get(str(event.detail.get("effect")))
        if event.kind == "effect.absent" and row is not None:
            facts: dict[str, Json] = {"effect": row[0], "sink": row[2], "version": row[4], "delivery": row[6]}
            yield TraceEvent(event.at, event.pipeline, "effect.absent", row[1], row[3], facts)


def _erasures(connection: sqlite3.Connection, keys: Sequence[str]) -> Iterator[TraceEvent]:
    """When a person had its content erased."""
    for event in audit.about(connection, keys) if keys else ():
        if event.kind == ERASURE:
            yield TraceEvent(event.at, None, event.kind, None, event.ref, {**event.detail, "actor": event.actor})


def _linked(link: FoundLink, effects: dict[str, tuple[Any, ...]]) -> TraceEvent:
    maker = None if link.effect_id is None else effects.get(link.effect_id)
    detail: dict[str, Json] = {
        "near": {"connection": link.near_account, "kind": link.near_kind, "id": link.near_id},
        "far": {"connection": link.far_account, "kind": link.far_kind, "id": link.far_id},
    }
    pipeline = None if maker is None else maker[7]
    return TraceEvent(from_micros(link.at), pipeline, "link.made", link.far_account, link.far_id, detail)


def _identifiers(names: Names, effects: Sequence[tuple[Any, ...]]) -> list[Identifier]:
    found: dict[Identifier, None] = {}
    for record in names.in_order():
        found[Identifier(record.entity, record.key, record.account)] = None
        found.update(
            {Identifier(name, value, record.account): None for name, value in loads(record.identifiers).items()}
        )
    for link in sorted(names.links.values(), key=lambda link: link.id):
        found[Identifier(link.near_kind, link.near_id, link.near_account)] = None
        found[Identifier(link.far_kind, link.far_id, link.far_account)] = None
    for effect in effects:
        receipt = codec.receipt_from_text(effect[10])
        if receipt is not None:
            found.update({Identifier(*one, effect[1]): None for one in receipt.identifiers.items()})
        found[Identifier("effect", effect[3], effect[1])] = None
    return list(found)


def _rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else _ORDER.index(kind.partition(".")[0])
