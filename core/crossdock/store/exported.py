"""Verifying an exported audit log by itself; `store.exporting` says what its lines are."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crossdock.jsonio import Json, canonical, loads
from crossdock.store.chain import AuditHead, AuditRow, Part, Walk
from crossdock.store.exporting import VERSION
from crossdock.store.moments import to_micros

_DIGEST = 32  # bytes
_NO_LINE = "this is no line of an exported audit log"


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What came of the verification of a file."""

    rows: int
    """Rows that are there and hold."""
    left_out: int
    """Rows of which only the digest is there."""
    head: AuditHead | None
    """Where the log ended when it was exported."""
    fault: str | None
    line: int | None
    """The number of the line that is wrong."""

    @property
    def ok(self) -> bool:
        """Whether everything in the file is as it was written."""
        return self.fault is None


def verify_lines(lines: Iterable[bytes]) -> FileVerdict:
    """Follow the chain of an exported file from its start to its head, in constant memory."""
    reader, number = _Reader(), 0
    for number, line in enumerate(lines, start=1):
        try:
            fault = reader.take(loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            fault = _NO_LINE
        if fault is not None:
            return reader.verdict(fault, number)
    if not number:
        return reader.verdict("the file is empty", None)
    return reader.verdict(None if reader.head else "the file was cut: the line that names the log's head is missing")


class _Reader:
    def __init__(self) -> None:
        self.head: AuditHead | None = None
        self._walk: Walk | None = None
        self._left_out = 0
        self._opened = False

    def verdict(self, fault: str | None, line: int | None = None) -> FileVerdict:
        rows = 0 if self._walk is None else self._walk.rows
        return FileVerdict(rows, self._left_out, self.head, fault, line)

    def take(self, line: Mapping[str, Any]) -> str | None:
        """What is wrong with the next line, else None. Raises: ValueError, KeyError or the like where it is strange."""
        if not self._opened:
            self._opened = line["crossdock_audit"] == VERSION
            return None if self._opened else f"the file is of version {line['crossdock_audit']}, not {VERSION}"
        if self.head is not None:
            return "there is a line behind the one that names the head"
        if self._walk is None:
            self._walk = Walk(_place(line["start"]))
            return None
        if "head" in line:
            return self._end(self._walk, _place(line["head"]))
        if "left_out" in line:
            return self._pass_over(self._walk, line["left_out"])
        return self._walk.step(_row(line))

    def _end(self, walk: Walk, head: AuditHead) -> str | None:
        if walk.seq < head.seq:
            return f"audit row {walk.seq + 1} is missing: the file ends at row {walk.seq}, its head says {head.seq}"
        if (walk.seq, walk.hash) != head:
            return f"what the file holds does not lead to its head, row {head.seq}: something left out was changed"
        self.head = head
        return None

    def _pass_over(self, walk: Walk, left_out: Mapping[str, Any]) -> str | None:
        digests = b64decode(left_out["digests"], validate=True)
        if len(digests) != _DIGEST * left_out["rows"] or left_out["to"] != walk.seq + left_out["rows"]:
            return f"audit row {walk.seq + 1} is missing, or there is one too many"
        for place in range(0, len(digests), _DIGEST):
            walk.leave_out(digests[place : place + _DIGEST])
        self._left_out += left_out["rows"]
        return None


def _place(at: Mapping[str, Any]) -> AuditHead:
    return AuditHead(at["seq"], bytes.fromhex(at["hash"]))


def _row(line: Mapping[str, Any]) -> AuditRow:
    spoken: Mapping[str, Mapping[str, str]] = line.get("parts", {})
    digests = {name: part["digest"] for name, part in spoken.items()}
    return AuditRow(
        seq=line["seq"],
        at=to_micros(datetime.fromisoformat(line["at"])),
        pipeline=line["pipeline"],
        kind=line["kind"],
        ref=line["ref"],
        detail=canonical(_json(line["detail"])).decode(),
        parts=canonical(digests).decode() if digests else None,
        hash=bytes.fromhex(line["hash"]),
        said=tuple(_part(name, part) for name, part in spoken.items()),
    )


def _json(detail: Json) -> Json:
    if not isinstance(detail, dict):
        raise TypeError("a row's detail is an object")
    return detail


def _part(name: str, part: Mapping[str, str]) -> Part:
    salt = part.get("salt")
    return Part(name, None if salt is None else bytes.fromhex(salt), part.get("value"))
