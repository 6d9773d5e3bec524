"""How far a run group is, read from the answers so far: staged, interfaced, refused, deleted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Literal

from crossdock import Answers
from crossdock.errors import AnswerLostError
from crossdock.http import Request, Response, json_of
from crossdock.jsonio import loads
from crossdock_erp_ledger.infor.fsm.answers import Fields, Result, error_of, records, results, row_answers, sequence_of
from crossdock_erp_ledger.infor.fsm.rows import KEY, RUN_GROUP, SEQUENCE, Row
from crossdock_erp_ledger.infor.moments import date_of, http_date

Kind = Literal["stage", "interface", "result", "staged", "delete", "other"]
LOST, POSTED = "its answer was lost", "its answer was lost, and all is in the ledger"
"""What stands for a lost answer: what became of the request is to be looked at, or was."""
_COMPARED = ("AccountCode", "TransactionAmount", "CurrencyCode", "PostingDate", KEY)


def kind_of(request: Request) -> Kind:
    """What a request is for."""
    path = request.url.path
    if path.endswith("/actions/CreateUnreleased/batch"):
        return "stage"
    if "/InterfaceTransactions_" in path:
        return "interface"
    if "/DeleteAllTransactionsForRunGroup_" in path:
        return "delete"
    if "/GLTransactionInterfaceResult/" in path:
        return "result"
    return "staged" if "/GLTransactionInterface/lists/" in path else "other"


@dataclass
class Course:
    """Where a run group stands."""

    rows: dict[int, Row] = field(default_factory=dict)
    """What was sent, by number."""
    stagings: int = 0
    """How many calls staged rows."""
    refused_whole: str | None = None
    """What FSM said of a call that it refused as a whole, staging or interface."""
    refused_rows: set[int] = field(default_factory=set)
    """The rows of such a call."""
    there: set[int] = field(default_factory=set)
    """The rows that FSM confirmed."""
    errors: dict[int, str] = field(default_factory=dict)
    """What FSM said of rows that it refused."""
    foreign: bool = False
    """Whether something else is staged under our numbers."""
    interface: Response | None = None
    seen_posted: bool = False
    """Whether all was found in the ledger, after the answer of the interface was lost."""
    result: Result | None = None
    """The newest run that was seen before anything was deleted."""
    later_result: Result | None = None
    """The newest run that was seen after that."""
    left: list[Fields] | None = None
    """What was still staged after a run that was not clean."""
    deletions: int = 0
    gone: bool = False
    """Whether a look after the deletion found nothing staged."""
    last: Kind = "other"
    last_answer: Response | None = None

    @classmethod
    def read(cls, answers: Answers) -> Course:
        """Go through the answers in their order."""
        course = cls()
        for answer in answers:
            course._take(answer)
        return course

    @cached_property
    def run_group(self) -> str:
        """The name of the run group."""
        return next((row[RUN_GROUP] for row in self.rows.values()), "?")

    @property
    def last_was_lost(self) -> bool:
        """Whether the newest answer only stands for one that was lost."""
        return self.last_answer is not None and says(self.last_answer, LOST)

    @property
    def is_given_up(self) -> bool:
        """Whether a gateway gave up waiting for the interface, by a status that reads like a refusal: it may go on."""
        return self.interface is not None and self.interface.status_code == 408

    @property
    def is_complete(self) -> bool:
        """Whether everything was interfaced."""
        return self.seen_posted or (self.result is not None and self.result.is_clean(len(self.rows)))

    @property
    def is_refused(self) -> bool:
        """Whether it cannot be interfaced as it is: what is staged has to go."""
        return bool(self.errors) or self.refused_whole is not None or (self.result is not None and not self.is_complete)

    @property
    def missing(self) -> list[int]:
        """The rows that were sent and that FSM did not confirm."""
        return [sequence for sequence in self.rows if sequence not in self.there]

    def waited_s(self) -> float:
        """How long (s) the interface is at work, by FSM's own clock; 0 where it does not tell."""
        started = None if self.interface is None else date_of(self.interface)
        now = None if self.last_answer is None else date_of(self.last_answer)
        return 0.0 if started is None or now is None else (now - started).total_seconds()

    # ------------------------------------------------------------------------------------------------- outcomes
    @cached_property
    def sequences(self) -> Mapping[str, list[int]]:
        """The numbers of each entry's rows, by its name in the ledger."""
        found: dict[str, list[int]] = {}
        for sequence, row in self.rows.items():
            found.setdefault(row[KEY], []).append(sequence)
        return found

    def posted(self, key: str) -> tuple[int, int]:
        """How many rows of an entry were interfaced, and how many it has."""
        own = self.sequences.get(key, [])
        if self.is_complete:
            return len(own), len(own)
        return sum(sequence in self.interfaced for sequence in own), len(own)

    @cached_property
    def interfaced(self) -> set[int]:
        """The rows that a run which was not clean interfaced all the same: those that left the staging.

        Raises: AnswerLostError where what left is not what the run says that it interfaced.
        """
        still = {sequence_of(row) for row in self.left or ()}
        gone = self.rows.keys() - still
        if self.result is None or self.left is None or not gone or not self.result.passed:
            return set()
        if len(gone) != self.result.passed:
            raise AnswerLostError(
                f"run group {self.run_group}: {len(gone)} rows left the staging, and the run says {self.result.passed}"
            )
        return set(gone)

    def messages(self, key: str) -> list[str]:
        """What FSM said of an entry's rows."""
        return [self.errors[sequence] for sequence in self.sequences.get(key, ()) if sequence in self.errors]

    # -------------------------------------------------------------------------------------------------- reading
    def _take(self, answer: Response) -> None:
        self.last, self.last_answer = kind_of(answer.request), answer
        match self.last:
            case "stage":
                self._take_staging(answer)
            case "interface":
                self.interface, self.seen_posted = answer, says(answer, POSTED)
                if answer.status_code >= 400 and not self.is_given_up:
                    self._refuse(answer, self.rows)
            case "result":
                self._take_result(answer)
            case "staged":
                self._take_staged(answer)
            case "delete":
                self.deletions += 1

    def _take_staging(self, answer: Response) -> None:
        rows = {int(row[SEQUENCE]): row for row in rows_in(answer.request)}
        self.rows.update(rows)
        self.stagings += 1
        if answer.status_code >= 400:
            self._refuse(answer, rows)
            return
        for row in row_answers(answer, list(rows)):
            if row.error is None:
                self.there.add(row.sequence)
            elif not row.is_there:
                self.errors[row.sequence] = row.error

    def _refuse(self, answer: Response, rows: Iterable[int]) -> None:
        self.refused_whole = error_of(answer)
        self.refused_rows |= set(rows)

    def _take_result(self, answer: Response) -> None:
        newest = max(results(answer), key=lambda result: result.number, default=None)
        if newest is None or newest.status not in ("1", "2"):
            return
        if self.deletions:
            self.later_result = newest
        else:
            self.result = newest

    def _take_staged(self, answer: Response) -> None:
        rows = records(answer) if answer.status_code == 200 else None
        if rows is None:
            return
        if self.deletions:
            self.gone = not rows
        elif self.result is not None:
            self.left = rows
            self.errors.update(
                {sequence_of(row): row["ErrorMessage"] for row in rows if row.get("ErrorMessage", "").strip()}
            )
        else:
            self.foreign = bool(differences(rows, self.rows))
            self.there |= {sequence_of(row) for row in rows}


def rows_in(request: Request) -> list[Row]:
    """The rows that a request stages."""
    return [record["_fields"] for record in loads(request.content)["_records"]]


def differences(staged: list[Fields], ours: Mapping[int, Row]) -> list[str]:
    """What is staged in our run group and is not what we sent, in words."""
    found = []
    for row in staged:
        sequence = sequence_of(row)
        own = ours.get(sequence)
        if own is None:
            found.append(f"row {sequence} is not ours")
        else:
            found += [
                f"{name} of row {sequence} differs"
                for name in _COMPARED
                if name in row and not _same(row[name], own.get(name, ""))
            ]
    return found


def says(answer: Response, word: str) -> bool:
    """Whether an answer is one of ours, that stands for a lost one, and says that."""
    body = json_of(answer)
    return isinstance(body, list) and any(isinstance(item, dict) and item.get("message") == word for item in body)


def stand_in(at: datetime, word: str = LOST) -> Response:
    """What stands for a lost answer."""
    return Response(200, json=[{"message": word}], headers={"Date": http_date(at)})


def _same(one: str, other: str) -> bool:
    one, other = one.strip(), other.strip()
    try:
        return one == other or Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
