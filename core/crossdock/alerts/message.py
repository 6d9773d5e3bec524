"""One message about all that is new and all that is over: as a document for programs, as a text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crossdock.observe.printable import printable
from crossdock.store.rows import AlertRow, Alerts


@dataclass(frozen=True, slots=True)
class Message:
    """What is told."""

    summary: str
    document: Mapping[str, Any]
    text: str


def compose(taken: Alerts, *, digest_above: int, at: datetime, file: str) -> Message:
    """The message. Of more than `digest_above` new issues it only counts how many there are of which kind."""
    new = [one.about for one in taken.new]
    over = [one.about for one in taken.over]
    groups = _groups(taken.new)
    digest = len(new) > digest_above
    summary = _summary(len(new), len(over), groups)
    document = {
        "at": at.isoformat(),
        "file": file,
        "summary": summary,
        "new": [] if digest else new,
        "groups": groups,
        "over": [] if len(over) > digest_above else over,
        "counts": {"new": len(new), "over": len(over)},
    }
    return Message(summary, document, "\n".join(printable(line) for line in _lines(document)))


def _groups(rows: Sequence[AlertRow]) -> list[dict[str, Any]]:
    counts = Counter((str(one.about["kind"]), one.scope, one.about.get("code")) for one in rows)
    return [{"kind": kind, "of": scope, "code": code, "count": count} for (kind, scope, code), count in counts.items()]


def _summary(new: int, over: int, groups: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    if new:
        codes = ", ".join(dict.fromkeys(f"{one['of']} {one['code'] or one['kind']}" for one in groups[:3]))
        parts.append(f"{new} {'needs' if new == 1 else 'need'} a person ({codes}{' …' if len(groups) > 3 else ''})")
    if over:
        parts.append(f"{over} {'is' if over == 1 else 'are'} over")
    return "; ".join(parts)


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['summary']}."
    if document["new"]:
        for about in document["new"]:
            yield ""
            yield from _issue(about)
    elif document["groups"]:
        yield ""
        for one in document["groups"]:
            yield f"{one['count']} x {one['of']}: {one['code'] or one['kind']}"
    if document["over"]:
        yield ""
        yield "Over:"
        yield from (f"  {_name(about)}" for about in document["over"])
    yield ""
    yield "`crossdock status` shows what stands now."


def _issue(about: Mapping[str, Any]) -> Iterator[str]:
    since = f", since {about['since']}" if about.get("since") else ""
    yield f"{_name(about)}{since}"
    for name in ("deadline", "reason", "fix"):
        if about.get(name):
            yield f"  {name}: {about[name]}"
    if about["kind"] == "delivery":
        yield f"  see: crossdock deliveries show {about['delivery']}"


def _name(about: Mapping[str, Any]) -> str:
    match about["kind"]:
        case "connection":
            return f"connection {about['connection']} refuses our credentials"
        case "read":
            return f"pipeline {about['pipeline']} cannot be read"
    return f"{about['pipeline']} {about['key']}: {about['state']} as {about['code']}"
