"""The audit log as JSON Lines, and back: a file that can be verified by itself, whatever was left out of it.

The first line says what the file holds, `start` which row and hash come before its first row, `head` with which row and
hash the log ends. Between them stand rows, and `left_out` with the digests of rows that were not asked for: from these
the chain can be followed from the start to the head. A part that was left out leaves its digest.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crossdock.errors import StoreError
from crossdock.jsonio import Json, dumps, loads
from crossdock.store import chain
from crossdock.store.auditing import pages
from crossdock.store.chain import AuditHead, AuditRow, Part, Walk
from crossdock.store.moments import from_micros, to_micros

if TYPE_CHECKING:
    from crossdock.store.protocol import Store

VERSION = 1
_MOST = 1000  # digests on one line


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows to export; None for all. From `since` on, and before `until`."""

    refs: frozenset[str] | None = None
    """What rows are about: the keys of a story."""
    pipelines: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, row: AuditRow) -> bool:
        """Whether a row is asked for."""
        return (
            (self.refs is None or row.ref in self.refs)
            and (self.pipelines is None or row.pipeline in self.pipelines)
            and (self.since is None or row.at >= to_micros(self.since))
            and (self.until is None or row.at < to_micros(self.until))
        )


async def export(store: Store, selection: Selection, *, personal: bool, facts: Json) -> AsyncGenerator[bytes, None]:
    """The lines of a file; `facts` go on the first one. Without `personal`, who and why are left out.

    Raises: StoreError where the log is not as it was written.
    """
    head = await store.audit_head()
    if head is None:
        raise _broken("the head of the audit log is missing")
    yield dumps({"crossdock_audit": VERSION, **facts})
    walk, left_out, started = Walk(), list[bytes](), False
    async with aclosing(pages(store, head.seq)) as rows:
        async for row in rows:
            before = AuditHead(walk.seq, walk.hash)
            fault = walk.step(row)
            if fault is not None:
                raise _broken(fault)
            wanted = selection.takes(row)
            if wanted and not started:
                yield _place("start", before)
                started = True
            if (wanted or len(left_out) == _MOST) and left_out:
                yield _left_out(before.seq, left_out)
                left_out.clear()
            if wanted:
                yield dumps(_shape(row, personal=personal))
            elif started:
                left_out.append(chain.content(row))
    if (walk.seq, walk.hash) != head:
        raise _broken("the log does not fit its head")
    if left_out:
        yield _left_out(walk.seq, left_out)
    yield _place("head", head) if started else b"\n".join([_place("start", head), _place("head", head)])


def _shape(row: AuditRow, *, personal: bool) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "seq": row.seq,
        "at": from_micros(row.at).isoformat(timespec="microseconds"),
        "pipeline": row.pipeline,
        "kind": row.kind,
        "ref": row.ref,
        "detail": loads(row.detail),
        "hash": row.hash.hex(),
    }
    if row.parts is not None:
        digests = loads(row.parts)
        shape["parts"] = {part.name: _part(part, digests[part.name], personal=personal) for part in row.said}
    return shape


def _part(part: Part, digest: str, *, personal: bool) -> dict[str, str]:
    if not personal or part.value is None or part.salt is None:
        return {"digest": digest}
    return {"digest": digest, "salt": part.salt.hex(), "value": part.value}


def _place(name: str, at: AuditHead) -> bytes:
    return dumps({name: {"seq": at.seq, "hash": at.hash.hex()}})


def _left_out(last: int, digests: list[bytes]) -> bytes:
    return dumps({"left_out": {"to": last, "rows": len(digests), "digests": b64encode(b"".join(digests)).decode()}})


def _broken(fault: str) -> StoreError:
    return StoreError(
        f"the audit log is not as it was written: {fault}",
        code="audit_broken",
        fix="`crossdock audit verify` says more",
    )
