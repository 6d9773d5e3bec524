"""The JSON that commands print; scripts rely on these shapes."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from crossdock.jsonio import dumps
from crossdock.observe.redact import redact_body, redact_headers, redact_json, redact_text, redact_url
from crossdock.store.rows import (
    AuditEvent,
    CarrierRow,
    DeliveryStory,
    DeliverySummary,
    EffectRow,
    PipelineStatus,
    State,
    StepRow,
    Trace,
    TraceEvent,
)

if TYPE_CHECKING:  # the engine need not be loaded to look at the store
    from crossdock.engine.results import PlannedBundle, PlannedEffect, PlannedHold, PlannedRequest, PlanResult

Shape = dict[str, Any]


def print_json(value: Shape) -> None:
    """Print one object, laid out where a person looks at it."""
    body = dumps(value)
    if sys.stdout.isatty():
        import msgspec

        body = msgspec.json.format(body, indent=2)
    click.echo(body.decode())


def of_status(status: PipelineStatus, customer: str | None) -> Shape:
    """Where one pipeline stands."""
    counts = {state.value: status.counts.get(state, 0) for state in _STATES}
    return {
        "name": status.name,
        "customer": customer,
        "last_success": iso(status.last_success),
        "read": status.read,
        **counts,
        "reason": None if status.reason is None else redact_text(status.reason),
    }


_STATES = (
    State.PENDING,
    State.ATTEMPTED,
    State.WAITING,
    State.HELD,
    State.DELIVERED,
    State.SKIPPED,
    State.DEAD,
)


def of_plan(plan: PlanResult) -> Shape:
    """What a run would do, redacted; the digests are those of the true bodies."""
    bundles = {"bundles": [_of_bundle(bundle) for bundle in plan.bundles]} if plan.bundles else {}
    effects, held = [_of_effect(effect) for effect in plan.effects], [_of_hold(hold) for hold in plan.held]
    return {"effects": effects, **bundles, "held": held}


def _of_bundle(bundle: PlannedBundle) -> Shape:
    return {
        "pipeline": bundle.pipeline,
        "route": bundle.route,
        "effect_keys": list(bundle.effect_keys),
        "requests": [of_request(request) for request in bundle.requests],
    }


def _of_effect(effect: PlannedEffect) -> Shape:
    return {
        "pipeline": effect.pipeline,
        "route": effect.route,
        "key": effect.key,
        "effect_key": effect.effect_key,
        "requests": [of_request(request) for request in effect.requests],
    }


def _of_hold(hold: PlannedHold) -> Shape:
    return {"pipeline": hold.pipeline, "key": hold.key, "code": hold.code, "fix": redact_text(hold.fix)}


def of_request(request: PlannedRequest) -> Shape:
    """One request as it may be shown."""
    return {
        "method": request.method,
        "url": redact_url(request.url),
        "headers": headers(request.headers),
        "body": redact_body(request.body),
        "body_sha256": request.body_sha256,
    }


def headers(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Headers as they may be shown; one that came several times is joined by commas."""
    shown: dict[str, str] = {}
    for name, value in redact_headers(pairs):
        shown[name] = f"{shown[name]}, {value}" if name in shown else value
    return shown


def of_delivery(delivery: DeliverySummary) -> Shape:
    """One delivery as lists show it."""
    return {
        "id": delivery.id,
        "pipeline": delivery.pipeline,
        "route": delivery.route,
        "key": delivery.key,
        "revision": delivery.revision,
        "state": delivery.state.value,
        "code": delivery.code,
        "reason": None if delivery.reason is None else redact_text(delivery.reason),
        "fix": None if delivery.fix is None else redact_text(delivery.fix),
        "attempts": delivery.attempts,
        "since": iso(delivery.since),
        "deadline": iso(delivery.deadline),
    }


def of_story(story: DeliveryStory) -> Shape:
    """One delivery with everything that was done for it."""
    summary = story.summary
    return {
        **of_delivery(summary),
        "due_at": iso(summary.due_at),
        "read_at": iso(story.read_at),
        "effects": [_of_stored(effect, story.carriers.get(effect.carrier_id or "")) for effect in story.effects],
        "audit": [_of_event(event) for event in story.audit],
    }


def _of_stored(effect: EffectRow, carrier: CarrierRow | None) -> Shape:
    receipt = effect.receipt
    return {
        "id": effect.id,
        "account": effect.account,
        "sink": effect.sink,
        "key": effect.key,
        "version": effect.version,
        "state": effect.state.value,
        "planned_at": iso(effect.planned_at),
        "settled_at": iso(effect.settled_at),
        "receipt": None
        if receipt is None
        else {
            "kind": receipt.kind,
            "id": receipt.id,
            "identifiers": redact_json(dict(receipt.identifiers)),
            "note": None if receipt.note is None else redact_text(receipt.note),
        },
        "requests": [_of_step(step) for step in effect.steps],
        "bundle": None
        if carrier is None
        else {
            "number": carrier.effect.version,
            "key": carrier.effect.key,
            "members": carrier.members,
            "requests": [_of_step(step) for step in carrier.effect.steps],
        },
    }


def _of_step(step: StepRow) -> Shape:
    return {
        "method": step.method,
        "url": redact_url(step.url),
        "headers": headers(step.headers),
        "body": redact_body(step.body),
        "body_sha256": hashlib.sha256(step.body).hexdigest(),
        "attempted_at": iso(step.attempted_at),
        "answered_at": iso(step.answered_at),
        "lost": step.lost,
        "status": step.status,
        "answer": None if step.answer is None else redact_body(step.answer),
    }


def of_trace(trace: Trace) -> Shape:
    """The story of one business key."""
    return {
        "key": redact_text(trace.key),
        "identifiers": [
            {"name": one.name, "value": _value(one.name, one.value), "connection": one.connection}
            for one in trace.identifiers
        ],
        "events": [_of_trace_event(event) for event in trace.events],
    }


def _value(name: str, value: str) -> Any:
    shown = redact_json({name: value})
    return shown[name] if isinstance(shown, dict) and name in shown else redact_text(value)


def _of_trace_event(event: TraceEvent) -> Shape:
    detail = dict(event.detail)
    if "url" in detail:
        detail["url"] = redact_url(str(detail["url"]))
    return {
        "at": iso(event.at),
        "pipeline": event.pipeline,
        "kind": event.kind,
        "connection": event.connection,
        "ref": redact_text(event.ref),
        "detail": redact_json(detail),
    }


def _of_event(event: AuditEvent) -> Shape:
    return {
        "at": iso(event.at),
        "kind": event.kind,
        "ref": event.ref,
        "actor": event.actor,
        "detail": redact_json(dict(event.detail)),
    }


def iso(at: datetime | None) -> str | None:
    """A time as JSON has it."""
    return None if at is None else at.isoformat()
