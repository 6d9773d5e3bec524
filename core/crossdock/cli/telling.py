"""The story of one business key, for people: a line for each event, then where it stands and what to type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from crossdock.cli.render import age, columns, counted, moment, paint
from crossdock.cli.shapes import of_trace
from crossdock.observe.printable import printable
from crossdock.observe.redact import redact_text
from crossdock.store.rows import DeliverySummary, State, Trace, TraceEvent

_SHOWN_DIGEST = 12


def print_trace(trace: Trace, paused: Mapping[str, str]) -> None:
    """Names, events in order, where it stands now, and the next command."""
    shape = of_trace(trace)
    click.echo(printable(shape["key"]))
    for one in shape["identifiers"]:
        _say(f"  {one['name']} {one['value']}  ({one['connection']})")
    click.echo("")
    width = max((columns(event.pipeline or "-") for event in trace.events), default=0)
    for event, shown in zip(trace.events, shape["events"], strict=True):
        pipeline = event.pipeline or "-"
        gap = " " * (width - columns(pipeline))
        _say(f"{moment(event.at)}  {pipeline}{gap}  {tell(event, shown['detail'])}")
    click.echo("\nnow:")
    if not trace.standing:
        click.echo("  only links are known of it; no pipeline has read it")
    for delivery in trace.standing:
        _print_standing(delivery, paused.get(delivery.pipeline))


def tell(event: TraceEvent, detail: dict[str, Any]) -> str:
    """One event in a sentence; `detail` is what may be shown of it."""
    kind, _, what = event.kind.partition(".")
    match kind:
        case "record":
            return _tell_record(event, detail)
        case "delivery":
            return _tell_delivery(event, what, detail)
        case "effect":
            return _tell_effect(event, what, detail)
        case "key":
            return f"its content was erased by {detail['actor']}: {detail['reason']}"
        case _:
            near, far = detail["near"], detail["far"]
            return f"linked {near['kind']} {near['id']} with {far['kind']} {far['id']}"


def _tell_record(event: TraceEvent, detail: dict[str, Any]) -> str:
    how = ", ".join(word for word in ("backfill", "sweep") if detail.get(word))
    digest = detail["digest"][:_SHOWN_DIGEST]
    told = f"read {detail['entity']} {event.ref} from {event.connection}, revision {detail['revision']}"
    return f"{told} ({digest}{f', {how}' if how else ''})"


def _tell_delivery(event: TraceEvent, what: str, detail: dict[str, Any]) -> str:
    who = f" by {detail['actor']}" if "actor" in detail else ""
    code, reason = detail.get("code"), detail.get("reason")
    why = f": {reason}" if reason and reason != code else ""
    told = f"delivery {event.ref} of revision {detail['revision']} to {detail['route']} is {what}"
    return f"{told}{who}{f' ({code})' if code and what not in ('replayed', 'discarded') else ''}{why}"


def _tell_effect(event: TraceEvent, what: str, detail: dict[str, Any]) -> str:
    name = f"{detail['sink']} {event.ref}" if "sink" in detail else event.ref
    match what:
        case "planned":
            return f"planned {name}, version {detail['version']}, in {event.connection}"
        case "attempted":
            times = f", {counted(detail['attempts'], 'time')} by now" if detail["attempts"] > 1 else ""
            return f"sent {detail['method']} {detail['url']}{times}"
        case "lost":
            return f"the answer to {detail['method']} {detail['url']} is lost"
        case "answered":
            return f"answered {detail['status']}"
        case "absent":
            return f"looked for {name}, version {detail['version']}: it was not there"
        case "void":
            return f"{name}, version {detail['version']}, was not made"
    made = f": {detail['made']} {detail['id']}" if "made" in detail else ""
    return f"{name}, version {detail['version']}, is {'there already' if what == 'adopted' else 'in effect'}{made}"


def _print_standing(delivery: DeliverySummary, paused: str | None) -> None:
    state = paint(delivery.state.value, delivery.state.value)
    told = redact_text(delivery.reason or delivery.code or "")
    head = printable(f"  {delivery.pipeline} → {delivery.route}, {delivery.key}, revision {delivery.revision}: ")
    click.echo(f"{head}{state} for {age(delivery.since)}{printable(f', {told}') if told else ''}")
    if paused is not None:
        _say(f"    the pipeline is {redact_text(paused)}")
    if delivery.fix:
        _say(f"    fix: {redact_text(delivery.fix)}")
    _say(f"    next: {_next(delivery, paused is not None)}")


def _next(delivery: DeliverySummary, paused: bool) -> str:
    open_states = (State.PENDING, State.ATTEMPTED, State.WAITING, State.HELD)
    if paused and delivery.state in open_states:
        return "`crossdock status` names the pause; `crossdock resume NAME` ends it"
    match delivery.state:
        case State.PENDING | State.ATTEMPTED:
            return f"`crossdock run {delivery.pipeline}`"
        case State.WAITING:
            return f"nothing, it goes on by itself; `crossdock run {delivery.pipeline}` looks now"
        case State.HELD:
            fix = "do what the fix says, " if delivery.fix else ""
            return f"`crossdock deliveries show {delivery.id}`, {fix}then `crossdock run {delivery.pipeline}`"
        case State.DEAD:
            return f"`crossdock deliveries show {delivery.id}`, then `crossdock replay {delivery.id} --reason …`"
    return f"nothing to do; `crossdock deliveries show {delivery.id}` has the requests and answers"


def _say(text: str) -> None:
    click.echo(printable(text))
