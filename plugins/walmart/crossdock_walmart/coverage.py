"""What has been read so far: the cursor, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from crossdock.jsonio import Json

SLICE = timedelta(days=7)
"""How much of the past is read before the cursor moves: what a crash in a back-fill costs."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Coverage:
    """What has been read of the orders of one ship-node type.

    Orders created from `created_from` on are followed; every modification before `modified_to` has been read, except
    of what was created in the spans of `pending`, which are still to be back-filled, the oldest first.
    """

    created_from: datetime
    modified_to: datetime
    pending: tuple[Span, ...] = ()

    @classmethod
    def begin(cls, since: datetime, now: datetime) -> Coverage:
        """Nothing was read yet: all from `since` until now is a back-fill."""
        return cls(created_from=since, modified_to=now, pending=((since, now),) if since < now else ())

    def extended(self, since: datetime) -> Coverage:
        """The same, with what an earlier `since` uncovers. A later one leaves it: what was imported is followed on."""
        if since >= self.created_from:
            return self
        return replace(self, created_from=since, pending=((since, self.created_from), *self.pending))

    def filled(self, until: datetime) -> Coverage:
        """The same, with the first pending span read up to `until`."""
        (start, end), *later = self.pending
        left = ((until, end),) if start < until < end else ()
        return replace(self, pending=(*left, *later))

    def within(self, oldest: datetime) -> Coverage:
        """The same, without what was to be back-filled and can no longer be read."""
        kept = ((max(start, oldest), end) for start, end in self.pending if end > oldest)
        return replace(self, pending=tuple(kept))

    def followed(self, now: datetime) -> Coverage:
        """The same, with all modifications before `now` read."""
        return replace(self, modified_to=max(now, self.modified_to))

    @classmethod
    def parse(cls, value: Json) -> Coverage | None:
        """Read a stored one; None where there is none, or one that cannot be read: reading again is free."""
        try:
            return _parse(value)
        except (AttributeError, KeyError, TypeError, ValueError):
            return None

    def to_json(self) -> Json:
        """What the store keeps."""
        return {
            "created_from": self.created_from.isoformat(),
            "modified_to": self.modified_to.isoformat(),
            "pending": [[start.isoformat(), end.isoformat()] for start, end in self.pending],
        }


@dataclass(frozen=True, slots=True)
class OrderCursor:
    """The coverage of each ship-node type that was ever read, so that adding one later back-fills that one only."""

    nodes: Mapping[str, Coverage] = field(default_factory=dict)

    @classmethod
    def parse(cls, value: Json) -> OrderCursor:
        """Read a stored cursor. One that cannot be read counts as none: reading again is free."""
        nodes = value.get("ship_nodes") if isinstance(value, dict) else None
        try:
            return cls({str(kind): _parse(node) for kind, node in (nodes or {}).items()})
        except (AttributeError, KeyError, TypeError, ValueError):
            return cls()

    def with_node(self, kind: str, coverage: Coverage) -> OrderCursor:
        """The same, with the coverage of one ship-node type replaced."""
        return OrderCursor({**self.nodes, kind: coverage})

    def to_json(self) -> Json:
        """What the store keeps."""
        return {"ship_nodes": {kind: node.to_json() for kind, node in self.nodes.items()}}


def slices(span: Span) -> list[Span]:
    """A span in pieces of at most `SLICE`, the oldest first."""
    start, end = span
    pieces = []
    while start < end:
        pieces.append((start, min(start + SLICE, end)))
        start = pieces[-1][1]
    return pieces


def _parse(node: Json) -> Coverage:
    return Coverage(
        created_from=_instant(node["created_from"]),
        modified_to=_instant(node["modified_to"]),
        pending=tuple((_instant(start), _instant(end)) for start, end in node.get("pending", ())),
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
