"""What is written when an effect or a delivery settles: links and audit rows with it, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crossdock.contract.values import Link, Notice, Receipt, Ref
from crossdock.engine.backoff import delay_s
from crossdock.engine.judging import Adopted
from crossdock.engine.route import BoundRoute
from crossdock.engine.verdict import DELIVERED, Verdict, held_unknown
from crossdock.jsonio import Json
from crossdock.store.rows import (
    AuditEvent,
    Change,
    Delivery,
    DeliveryUpdate,
    EffectRow,
    EffectState,
    EffectUpdate,
    NewEffect,
    State,
    StepUpdate,
)


def link_of(route: BoundRoute, delivery: Delivery, receipt: Receipt) -> Link:
    """The link between the record, and what else it concerns, and what now exists in the sink's account."""
    near = Ref(delivery.account, route.source.entity, delivery.key)
    concerned = [Ref(delivery.account, kind, id_) for kind, id_ in receipt.concerns.items()] if receipt.concerns else ()
    return Link(
        near=near,
        far=Ref(route.account, receipt.kind, receipt.id),
        lines=dict(receipt.lines),
        detail={"identifiers": dict(receipt.identifiers)} if receipt.identifiers else None,
        also=[one for one in concerned if one != near],
    )


def audit(kind: str, delivery: Delivery, at: datetime, **detail: Json) -> AuditEvent:
    """An audit row about a delivery."""
    return AuditEvent(
        kind=kind, pipeline=delivery.pipeline, ref=delivery.key, at=at, detail={"delivery": delivery.id, **detail}
    )


def attempted(delivery: Delivery, row: NewEffect, **more: Json) -> AuditEvent:
    """The audit row of an effect that is about to be sent."""
    facts: dict[str, Json] = {"effect": row.id, "effect_key": row.key, "version": row.version, "account": row.account}
    return audit("effect.attempted", delivery, row.at, sink=row.sink, revision=delivery.revision, **facts, **more)


def settled(
    route: BoundRoute, delivery: Delivery, row: EffectRow | NewEffect, receipt: Receipt, at: datetime
) -> tuple[EffectUpdate, tuple[str, Link], AuditEvent]:
    """An effect is there: its new state, its link, its audit row."""
    return (
        EffectUpdate(row.id, EffectState.DONE, at, receipt),
        (row.id, link_of(route, delivery, receipt)),
        audit("effect.done", delivery, at, effect=row.id, effect_key=row.key, version=row.version, id=receipt.id),
    )


def adoptions(delivery: Delivery, adopted: Sequence[Adopted]) -> list[AuditEvent]:
    """The audit rows of what was there already."""
    return [
        audit("effect.adopted", delivery, one.effect.at, effect_key=one.effect.key, id=one.receipt.id)
        for one in adopted
    ]


def adopted_verdict(receipts: Sequence[Receipt]) -> Verdict:
    """What a delivery comes to of which all was there already."""
    verdict = attention(receipts)
    if verdict.state is not State.DELIVERED:
        return verdict
    return replace(verdict, code="adopted", reason="it was there already; it is linked, nothing was sent")


def attention(receipts: Sequence[Receipt]) -> Verdict:
    """Delivered, unless some receipt needs a person."""
    for receipt in receipts:
        if receipt.attention is not None:
            found = receipt.attention
            return Verdict(State.HELD, found.code, found.message, found.fix)
    return DELIVERED


_YIELDING = (State.PENDING, State.WAITING, State.HELD, State.DEAD)


def _gave_up(delivery: Delivery, verdict: Verdict, attempts: int) -> Verdict:
    """The last attempt was made. What is half made is never dead: a person decides."""
    reason = f"gave up after {attempts} attempts: {verdict.reason}"
    if verdict.state is State.ATTEMPTED:
        return held_unknown(f"a part of it was made; {reason}")
    return Verdict(
        State.DEAD, "gave_up", reason, f'when it can work again: crossdock replay {delivery.id} --reason "…"'
    )


def _overdue(verdict: Verdict) -> Verdict:
    """It waits too long: a person is told, and it goes on by itself when the precondition is met after all."""
    until = "" if verdict.deadline is None else f"; the deadline is {verdict.deadline:%Y-%m-%d %H:%M %Z}"
    fix = verdict.fix or "bring about what it waits for; it is looked at again by itself"
    return replace(verdict, state=State.HELD, code="overdue", reason=f"{verdict.reason}{until}", fix=fix)


class Closing:
    """Turns a verdict into the update of a delivery."""

    def __init__(self, route: BoundRoute, rng: random.Random) -> None:
        self._route = route
        self._rng = rng
        self.because = ""
        """What may have resolved what was held or waiting, where something is known to have changed."""

    def update(self, delivery: Delivery, verdict: Verdict, at: datetime) -> DeliveryUpdate:
        """The update: attempts counted, back-off and recheck times set, given up after the last attempt."""
        # What was held or waited in between begins anew: the attempts of its rechecks say nothing of this fault.
        before = 0 if verdict.retry and delivery.state in (State.HELD, State.WAITING) else delivery.attempts
        attempts = before + 1 if verdict.retry or verdict.tried else None
        if verdict.retry and attempts is not None and attempts >= self._route.attempts:
            verdict = _gave_up(delivery, verdict, attempts)
        if verdict.state is State.DELIVERED and delivery.code and delivery.state in (State.HELD, State.WAITING):
            verdict = replace(
                verdict, reason=verdict.reason or f"resolved: {delivery.code} no longer holds{self.because}"
            )
        if verdict.state is State.WAITING and verdict.alert_at is not None and at >= verdict.alert_at:
            verdict = _overdue(verdict)
        return DeliveryUpdate(
            delivery.id,
            verdict.state,
            at,
            code=verdict.code,
            reason=verdict.reason,
            fix=verdict.fix,
            due_at=self._due(verdict, attempts, at),
            deadline=verdict.deadline,
            attempts=attempts,
            yields=verdict.state in _YIELDING and not self._route.source.every,
        )

    def change(
        self,
        delivery: Delivery,
        verdict: Verdict,
        at: datetime,
        *,
        steps: Sequence[StepUpdate] = (),
        effects: Sequence[NewEffect] = (),
        settled: Sequence[EffectUpdate] = (),
        links: Sequence[tuple[str | None, Link]] = (),
        notices: Sequence[Notice] = (),
        events: Sequence[AuditEvent] = (),
    ) -> tuple[DeliveryUpdate, Change]:
        """The whole change that closes this piece of work; unchanged waits and holds write no audit row again."""
        update = self.update(delivery, verdict, at)
        rows = list(events)
        if (update.state, update.code) != (delivery.state, delivery.code):
            facts = {"code": update.code, "reason": update.reason, "from": delivery.state.value}
            said = {name: value for name, value in facts.items() if value is not None}
            rows.append(audit(f"delivery.{update.state}", delivery, at, **said))
        change = Change(
            deliveries=(update,),
            effects=effects,
            steps=steps,
            settled=settled,
            links=links,
            notices=tuple((delivery.pipeline, notice) for notice in notices),
            audit=rows,
        )
        return update, change

    def _due(self, verdict: Verdict, attempts: int | None, at: datetime) -> datetime | None:
        if verdict.due_at is not None:
            return verdict.due_at
        if verdict.retry and attempts is not None:
            return at + timedelta(seconds=delay_s(attempts, verdict.retry_after, self._rng))
        if verdict.retry_after is not None:
            return at + timedelta(seconds=verdict.retry_after)
        if verdict.state in (State.WAITING, State.HELD):
            return at + self._route.recheck
        return None
