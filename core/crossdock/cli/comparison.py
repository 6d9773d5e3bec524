"""What was sent beside what would be sent now, as `replay --plan` shows it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import click

from crossdock.cli import shapes
from crossdock.cli.plan import lines_of
from crossdock.cli.render import counted
from crossdock.cli.selecting import Chosen
from crossdock.engine import Compared, ComparedFact, PlannedRequest
from crossdock.observe.printable import printable
from crossdock.observe.redact import redact_text

_AROUND = 3
"""How many lines that are alike are shown around one that differs."""


def of_comparison(compared: Sequence[Compared], chosen: Chosen) -> shapes.Shape:
    """The JSON of `replay --plan`, redacted; the digests are those of the true bodies."""
    return {
        "count": chosen.count,
        "replays": [_of_compared(one) for one in compared],
        "refused": [one.id for one in chosen.refused],
    }


def _of_compared(one: Compared) -> shapes.Shape:
    delivery, held = one.delivery, one.held
    return {
        "id": delivery.id or None,
        "pipeline": delivery.pipeline,
        "route": delivery.route,
        "key": delivery.key,
        "revision": delivery.revision,
        "state": delivery.state.value if delivery.id else None,
        "code": delivery.code,
        "facts": [_of_fact(fact) for fact in one.facts],
        "held": None
        if held is None
        else {"code": held.code, "reason": redact_text(held.message), "fix": redact_text(held.fix)},
        "skipped": None if one.skipped is None else redact_text(one.skipped),
    }


def _of_fact(fact: ComparedFact) -> shapes.Shape:
    return {
        "effect_key": fact.effect_key,
        "outcome": fact.outcome,
        "version": fact.version,
        "differs": fact.differs,
        "look_first": fact.look_first,
        "before": [shapes.of_request(request) for request in fact.before],
        "after": [shapes.of_request(request) for request in fact.after],
    }


def print_comparison(compared: Sequence[Compared], chosen: Chosen) -> None:
    """Each delivery with its facts, request by request; then the sum."""
    for one in compared:
        _print_compared(one)
    for refused in chosen.refused:
        told = f"delivery {refused.id} of {refused.key} cannot be replayed: {_why_refused(refused.state, refused.code)}"
        click.echo(printable(told))
    facts = [fact for one in compared for fact in one.facts]
    sent, held = sum(fact.outcome == "send" for fact in facts), sum(fact.outcome == "hold" for fact in facts)
    held += sum(one.held is not None for one in compared)
    more = f" (the first {len(compared)} are shown)" if chosen.count > len(compared) else ""
    told = f"{counted(chosen.count, 'delivery', 'deliveries')} to replay{more}: {sent} to be sent, {held} to be held"
    click.echo(f"{told}; nothing was changed")


def _why_refused(state: str, code: str | None) -> str:
    if code == "discarded":
        return "it was discarded"
    if state in ("pending", "attempted", "waiting"):
        return f"it is {state}, and worked on anyway"
    return "a newer revision took its place"


def _print_compared(one: Compared) -> None:
    delivery = one.delivery
    number = f"{delivery.id}  " if delivery.id else ""
    stands = delivery.state.value if delivery.id else "never on this route"
    click.echo(
        printable(
            f"{number}{delivery.pipeline} → {delivery.route}  {delivery.key}  revision {delivery.revision}, {stands}"
        )
    )
    for fact in one.facts:
        _print_fact(fact)
    if one.held is not None:
        click.echo(printable(f"  would be held: {redact_text(one.held.message)} ({one.held.code})"))
        if one.held.fix:
            click.echo(printable(f"    fix: {redact_text(one.held.fix)}"))
    if one.skipped is not None:
        click.echo(printable(f"  would be skipped: {redact_text(one.skipped)}"))
    click.echo()


_SAID = {
    "nothing": "in effect already; nothing would be sent",
    "hold": "made already, and planned otherwise today; it is made once only: a replay holds it",
    "look": "it is not known whether all of it happened: it is looked for first, and what is shown not to be there is "
    "sent as it was stored",
    "stays": "made, and not planned any more; it stays as it is",
}


def _print_fact(fact: ComparedFact) -> None:
    version = "" if fact.version is None else f" (version {fact.version})"
    click.echo(printable(f"  {fact.effect_key}{version}: {_said(fact)}"))
    if fact.outcome in ("nothing", "stays"):
        return
    before, after = (fact.before, ()) if fact.outcome == "look" else (fact.before, fact.after)
    for old, new in zip_longest(before, after):
        for line in _lines(old, new):
            click.echo(printable(f"    {line}"))


def _said(fact: ComparedFact) -> str:
    if fact.outcome != "send":
        return _SAID[fact.outcome]
    look = ", if a look does not find it" if fact.look_first else ""
    return "differs from what was sent; would be sent" if fact.before else f"was never sent; would be sent{look}"


def _lines(old: PlannedRequest | None, new: PlannedRequest | None) -> Iterator[str]:
    """One request: as it is where there is one, and what differs where there are two."""
    if old is None or new is None:
        only = old or new
        assert only is not None  # noqa: S101  (one of the two is there)
        yield from lines_of(only)
        return
    before, after = lines_of(old), lines_of(new)
    if before[:-1] == after[:-1] and old.body_sha256 != new.body_sha256:
        yield "they differ in what is masked here"
    # The last line of each is its digest: it is always shown, so that what is masked cannot hide a difference.
    for line in difflib.unified_diff(before, after, n=_AROUND, lineterm=""):
        if not line.startswith(("---", "+++", "@@")):
            yield line
    if before == after:
        yield f"the same: {after[0]} ({after[-1].strip()})"
