"""The audit log's hash chain: what the hash of each row covers, whatever store keeps the rows.

A row's hash covers the hash before it and the digest of its own content. Who did it and why, in a person's words, are
*parts*: they lie beside the row, and the content holds only their keyed digests. So a part can be left out of an
export, or be erased, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from crossdock.jsonio import Json, canonical, loads
from crossdock.store.moments import from_micros, to_micros
from crossdock.store.rows import AuditEvent

GENESIS = b"crossdock audit log, genesis row"
"""What the first row's hash covers in place of a row before it."""
OURSELVES = "crossdock"
"""The actor of a row that names nobody."""
ERASED = "[erased]"
"""What stands for a part that was erased."""
ERASURE = "key.erased"
"""The kind of row that says how many parts were erased, in `detail.texts`."""

_SALT = 16  # bytes


class Part(NamedTuple):
    """Who or why, in a person's words. Salt and value are None where it was erased or left out."""

    name: str
    """ "actor" or "reason"."""
    salt: bytes | None
    value: str | None


class AuditRow(NamedTuple):
    """One row as it is stored."""

    seq: int
    at: int
    """Microseconds since 1970 in UTC."""
    pipeline: str | None
    kind: str
    ref: str
    detail: str
    """Canonical JSON."""
    parts: str | None
    """The digests of its parts by their names, as canonical JSON."""
    hash: bytes
    said: Sequence[Part] = ()


class AuditHead(NamedTuple):
    """Where the log ends."""

    seq: int
    hash: bytes


def link(event: AuditEvent, before: AuditHead) -> AuditRow:
    """The row that follows."""
    detail, spoken = event.detail, dict[str, str]()
    if event.actor != OURSELVES:
        spoken["actor"] = event.actor
    if isinstance(reason := detail.get("reason"), str):
        spoken["reason"] = reason
        detail = {name: value for name, value in detail.items() if name != "reason"}
    said = tuple(Part(name, os.urandom(_SALT), value) for name, value in spoken.items())
    parts = canonical({part.name: part_digest(part).hex() for part in said}).decode() if said else None
    seq, at, text = before.seq + 1, to_micros(event.at), canonical(detail)
    digest = chained(before.hash, _content(seq, at, event.pipeline, event.kind, event.ref, parts, text))
    return AuditRow(seq, at, event.pipeline, event.kind, event.ref, text.decode(), parts, digest, said)


def content(row: AuditRow) -> bytes:
    """The digest of what a row says."""
    return _content(row.seq, row.at, row.pipeline, row.kind, row.ref, row.parts, row.detail.encode())


def _content(seq: int, at: int, pipeline: str | None, kind: str, ref: str, parts: str | None, detail: bytes) -> bytes:
    # The detail stands behind the list that gives its length, so that nothing can shift from one to the other; it is
    # taken as it is stored, so that verifying never depends on how JSON is written again.
    head = canonical((seq, at, pipeline, kind, ref, parts, len(detail)))
    return hashlib.sha256(head + detail).digest()


def chained(before: bytes, content: bytes) -> bytes:
    """The hash of a row."""
    return hashlib.sha256(before + content).digest()


def part_digest(part: Part) -> bytes:
    """Keyed, so that it says nothing once its key is gone: a name or a short sentence could be guessed."""
    assert part.salt is not None and part.value is not None  # noqa: S101, PT018
    return hmac.digest(part.salt, part.value.encode(), "sha256")


def to_event(row: AuditRow) -> AuditEvent:
    """What a row tells, with its parts; those that were erased say so."""
    spoken = {part.name: ERASED if part.value is None else part.value for part in row.said}
    detail: Mapping[str, Json] = loads(row.detail)
    if "reason" in spoken:
        detail = {**detail, "reason": spoken["reason"]}
    actor = spoken.get("actor", OURSELVES)
    return AuditEvent(row.kind, row.pipeline, row.ref, from_micros(row.at), actor, detail)


class Walk:
    """Follows the chain row by row, in constant memory."""

    def __init__(self, start: AuditHead | None = None) -> None:
        self.seq, self.hash = (0, GENESIS) if start is None else (start.seq, start.hash)
        self.rows = 0
        self.missing_parts = 0
        """Parts that are not there."""
        self.erased_parts = 0
        """Parts that the log itself says were erased."""

    def step(self, row: AuditRow) -> str | None:
        """Go on to the next row; what is wrong with it, else None."""
        if row.seq > self.seq + 1:
            return f"audit row {self.seq + 1} is missing"
        if row.seq <= self.seq:
            return f"audit row {row.seq} was inserted: rows count from 1"
        if not self._follows(row):
            return f"audit row {row.seq} was changed"
        fault = self._parts(row)
        if fault is None:
            self.seq, self.hash, self.rows = row.seq, row.hash, self.rows + 1
            if row.kind == ERASURE:
                self.erased_parts += int(loads(row.detail)["texts"])
        return fault

    def leave_out(self, content: bytes) -> None:
        """Go on over a row of which only the digest is known."""
        self.seq, self.hash = self.seq + 1, chained(self.hash, content)

    def _follows(self, row: AuditRow) -> bool:
        try:
            return _is_well_typed(row) and chained(self.hash, content(row)) == row.hash
        except UnicodeEncodeError:  # bytes that are no text
            return False

    def _parts(self, row: AuditRow) -> str | None:
        digests = {} if row.parts is None else loads(row.parts)
        names = [part.name for part in row.said]
        for name in digests:
            if name not in names:
                return f"audit row {row.seq} was changed: its {name} is missing"
        for part in row.said:
            if part.name not in digests or names.count(part.name) > 1:
                return f"audit row {row.seq} was changed: its {part.name} was added"
            if part.value is None and part.salt is None:
                self.missing_parts += 1
            elif not _fits(part, digests[part.name]):
                return f"audit row {row.seq} was changed: its {part.name} is another"
        return None


def _fits(part: Part, digest: Any) -> bool:
    if not isinstance(part.salt, bytes) or not isinstance(part.value, str):
        return False
    try:
        return bool(part_digest(part).hex() == digest)
    except UnicodeEncodeError:
        return False


def _is_well_typed(row: AuditRow) -> bool:
    """Whether no value is of a type that we never write: bytes could pass for the text of the same JSON."""
    texts = (row.kind, row.ref, row.detail)
    optional = (row.pipeline, row.parts)
    return (
        type(row.at) is int
        and all(type(one) is str for one in texts)
        and all(one is None or type(one) is str for one in optional)
    )
