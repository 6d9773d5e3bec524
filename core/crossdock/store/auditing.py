"""Walking the whole log, a page at a time: is it as it was written?"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from crossdock.store.chain import GENESIS, AuditHead, AuditRow, Walk

PAGE = 2000
"""Rows that are in memory at once."""
_LOWEST = -(2**63)


class AuditLog(Protocol):
    """What a verification reads; a store is one."""

    async def audit_head(self) -> AuditHead | None:
        """Where the log ends."""
        ...

    async def audit_page(self, after: int, upto: int, limit: int) -> Sequence[AuditRow]:
        """Rows of the log."""
        ...


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What came of a verification."""

    rows: int
    """How many rows hold."""
    head: AuditHead
    """Where the part ends that holds."""
    erased: int
    """Parts that were erased, with a record of it."""
    fault: str | None
    """What is wrong with the first row that is not as it was written."""
    at: int | None
    """The number of that row."""

    @property
    def ok(self) -> bool:
        """Whether the whole log is as it was written."""
        return self.fault is None


async def verify(log: AuditLog, expect: AuditHead | None = None) -> AuditVerdict:
    """Follow the chain from its first row to its head; `expect` is a row and a hash that were noted elsewhere."""
    head = await log.audit_head()
    walk = Walk()
    if head is None:
        return _verdict(walk, "the head of the audit log is missing", None)
    passed = expect is None or (expect.seq == 0 and expect.hash == GENESIS)
    async with aclosing(pages(log, head.seq)) as rows:
        async for row in rows:
            fault = walk.step(row)
            if fault is not None:
                return _verdict(walk, fault, min(row.seq, walk.seq + 1))
            if expect is not None and expect.seq == row.seq:
                if expect.hash != row.hash:
                    return _verdict(walk, f"audit row {row.seq} is not the one whose hash was noted", row.seq)
                passed = True
    return _ended(walk, head, None if passed else expect, await _behind(log, head, walk))


async def pages(log: AuditLog, upto: int, after: int = _LOWEST) -> AsyncGenerator[AuditRow, None]:
    """All rows of the log up to one, in order, read a page at a time."""
    while rows := await log.audit_page(after, upto, PAGE):
        for row in rows:
            yield row
        after = rows[-1].seq


async def _behind(log: AuditLog, head: AuditHead, walk: Walk) -> int | None:
    """A row behind the head that no head knows. What was added meanwhile may tell of erasures, too."""
    added = Walk(head)
    last = head.seq
    async for row in pages(log, 2**63 - 1, head.seq):
        last = row.seq
        added.step(row)
    walk.erased_parts += added.erased_parts
    now = await log.audit_head()
    return head.seq + 1 if last > head.seq and (now is None or now.seq < last) else None


def _ended(walk: Walk, head: AuditHead, expect: AuditHead | None, behind: int | None) -> AuditVerdict:
    if walk.seq < head.seq:
        fault = f"audit row {walk.seq + 1} is missing: the log ends at row {walk.seq}, its head says {head.seq}"
        return _verdict(walk, fault, walk.seq + 1)
    if behind is not None:
        fault = f"audit row {behind} was not written by crossdock: the head does not know it"
        return _verdict(walk, fault, behind)
    if walk.seq != head.seq or walk.hash != head.hash:
        return _verdict(walk, f"the head of the audit log was changed: it does not fit row {walk.seq}", walk.seq)
    if expect is not None:
        fault = f"audit row {walk.seq + 1} is missing: the log ends at row {walk.seq}, and row {expect.seq} was noted"
        return _verdict(walk, fault, walk.seq + 1)
    if walk.missing_parts > walk.erased_parts:
        missing = f"{walk.missing_parts} texts were taken out of the audit log"
        return _verdict(walk, f"{missing}, and it records the erasure of {walk.erased_parts}", None)
    return _verdict(walk, None, None)


def _verdict(walk: Walk, fault: str | None, at: int | None) -> AuditVerdict:
    return AuditVerdict(walk.rows, AuditHead(walk.seq, walk.hash), walk.missing_parts, fault, at)
