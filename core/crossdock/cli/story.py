"""The story of one delivery, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from crossdock.cli.render import age, counted, moment, paint
from crossdock.cli.shapes import of_story
from crossdock.jsonio import dumps
from crossdock.observe.printable import printable
from crossdock.observe.redact import redact_text
from crossdock.store.rows import DeliveryStory

_LONGEST = 2000


def print_story(story: DeliveryStory, choices: Mapping[str, str]) -> None:
    """What it is, why it is where it is, the ways out, what was sent and answered, and what was recorded."""
    summary = story.summary
    _say(f"delivery {summary.id}: {summary.pipeline} → {summary.route}, {summary.key}, revision {summary.revision}")
    state = paint(summary.state.value, summary.state.value)
    attempts = counted(summary.attempts, "attempt")
    click.echo(f"  {state} for {age(summary.since)} (since {moment(summary.since)}), {attempts}")
    _say(f"  read {moment(story.read_at)}")
    if summary.reason or summary.code:
        _say(f"  why: {redact_text(summary.reason or '')} ({summary.code or 'no code'})")
    if summary.fix:
        _say(f"  fix: {summary.fix}")
    if choices:
        _say(f'  or decide: crossdock resolve {summary.id} CHOICE --reason "…"')
    for choice, told in choices.items():
        _say(f"    {choice}: {told}")
    if summary.due_at:
        _say(f"  next try: {moment(summary.due_at)}")
    if summary.deadline:
        _say(f"  deadline: {moment(summary.deadline)}")
    shape = of_story(story)
    for effect in shape["effects"]:
        _print_effect(effect)
    _print_audit(shape["audit"])


def _print_effect(effect: dict[str, Any]) -> None:
    _say(f"\neffect {effect['key']}, version {effect['version']}, in {effect['account']}: {effect['state']}", keep="\n")
    receipt = effect["receipt"]
    if receipt is not None:
        others = ", ".join(f"{kind} {value}" for kind, value in receipt["identifiers"].items())
        _say(f"  made: {receipt['kind']} {receipt['id']}{f' ({others})' if others else ''}")
    bundle = effect["bundle"]
    if bundle is not None:
        together = counted(bundle["members"], "effect")
        _say(f"  went with bundle {bundle['key']}, number {bundle['number']} of this store, {together} in all")
    for request in effect["requests"] if bundle is None else bundle["requests"]:
        _say(f"  {request['method']} {request['url']}")
        _print_value("sent", request["body"])
        _say(f"    {_outcome(request)}")
        _print_value("answer", request["answer"])


def _outcome(request: dict[str, Any]) -> str:
    if request["status"] is not None:
        return f"answered {request['status']} at {request['answered_at']}"
    if request["lost"]:
        return f"sent at {request['attempted_at']}, the answer is lost"
    return f"sent at {request['attempted_at']}, no answer yet" if request["attempted_at"] else "not sent"


def _print_value(label: str, value: Any) -> None:
    if value is None:
        return
    text = value if isinstance(value, str) else dumps(value).decode()
    more = f" … ({len(text)} characters in all, see --json)" if len(text) > _LONGEST else ""
    _say(f"    {label}: {text[:_LONGEST]}{more}")


def _print_audit(events: list[dict[str, Any]]) -> None:
    if events:
        click.echo("\nrecorded:")
    for event in events:
        detail = " ".join(f"{key}={value}" for key, value in event["detail"].items())
        _say(f"  {event['at']}  {event['kind']}  {detail}".rstrip())


def _say(text: str, keep: str = "") -> None:
    click.echo(printable(text, keep=keep))
