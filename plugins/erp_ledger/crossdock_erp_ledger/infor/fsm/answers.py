"""Reading FSM's answers: lists come in two shapes, batches answer 200 for rows that failed, keys may bear a blank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossdock.http import Response, json_of
from crossdock.jsonio import Json

_CLASS = "GLTransactionInterface."
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one staged row: made, there before, or refused with these words."""

    sequence: int
    error: str | None = None

    @property
    def is_there(self) -> bool:
        """Whether a row of that number was there before."""
        return self.error is not None and "exist" in self.error.lower()


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one interface run."""

    number: int
    status: str
    records: int
    passed: int
    failed: int

    def is_clean(self, rows: int) -> bool:
        """Whether all rows were interfaced, and nothing else."""
        return self.status == "1" and self.failed == 0 and self.passed == rows


def records(answer: Response) -> list[Fields] | None:
    """The records of a list answer, in either of its shapes; None where it is no list.

    Shape: names without blanks around them and without the class before them; values are texts.
    """
    body = json_of(answer)
    if isinstance(body, dict) and isinstance(body.get("_records"), list):
        body = body["_records"]
    elif not isinstance(body, list):
        return None
    return [
        _fields(item["_fields"]) for item in body if isinstance(item, dict) and isinstance(item.get("_fields"), dict)
    ]


def results(answer: Response) -> list[Result]:
    """The interface runs that a list names, the oldest first."""
    found = [
        Result(
            number=_number(one.get("GLTransactionInterfaceResult")),
            status=one.get("Status", "0"),
            records=_number(one.get("RecordCount")),
            passed=_number(one.get("PassedCount")),
            failed=_number(one.get("FailedCount")),
        )
        for one in records(answer) or ()
    ]
    return sorted(found, key=lambda result: result.number)


def row_answers(answer: Response, sent: Sequence[int]) -> list[RowAnswer]:
    """What a batch says of its rows, which were sent with these numbers. It may say nothing of some."""
    body = json_of(answer)
    items = [item for item in body if isinstance(item, dict)] if isinstance(body, list) else []
    rows = [item for item in items if "batchStatus" not in item]
    found = []
    for place, item in enumerate(rows):
        named = _fields(item["_fields"]) if isinstance(item.get("_fields"), dict) else {}
        sequence = _number(named.get("SequenceNumber")) or (sent[place] if place < len(sent) else 0)
        if item.get("exception"):
            found.append(RowAnswer(sequence, str(item["exception"])))
        elif "_fields" in item or "created" in str(item.get("message", "")).lower():
            found.append(RowAnswer(sequence))
    return found


def error_of(answer: Response) -> str:
    """What a refused request says, where it says something: {"code": …, "message": …}; else its status."""
    body = json_of(answer)
    said = body.get("message") if isinstance(body, dict) else None
    return str(said) if said else f"status {answer.status_code}"


def sequence_of(row: Fields) -> int:
    """The number of a staged row in its run group."""
    return _number(row.get("SequenceNumber"))


def _fields(found: Mapping[str, Json]) -> Fields:
    return {name.strip().removeprefix(_CLASS): "" if value is None else str(value) for name, value in found.items()}


def _number(text: Json) -> int:
    try:
        return int(str(text).strip())
    except ValueError:
        return 0
