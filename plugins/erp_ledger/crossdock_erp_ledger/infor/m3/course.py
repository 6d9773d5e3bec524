"""How far the batches of a bundle are, read from the answers so far: begun, filled, checked, in the ledger. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from crossdock import Answers
from crossdock.http import Response
from crossdock_erp_ledger.infor.m3.api import Failure, Outcome, Record, Transaction, outcomes, said, transactions_in
from crossdock_erp_ledger.infor.m3.batches import KEY_LENGTH
from crossdock_erp_ledger.infor.moments import date_of

_HEAD, _LINE, CHECK, UPDATE = "AddBatchHead", "AddBatchLineFld", "CtrlBatch", "UpdBatch"


@dataclass(slots=True)
class Standing:
    """Where one batch stands."""

    begun: bool = False
    lines: set[str] = field(default_factory=set)
    """The numbers of the lines that are in it."""
    checked: bool = False
    updating: bool = False
    """Whether the job that takes it into the ledger was started; what comes of that only the ledger tells."""
    failure: Failure | None = None
    found: int = 0
    """How many of its lines the ledger shows."""


@dataclass(slots=True)
class Course:
    """Where the batches of a bundle stand, by KEY1."""

    batches: dict[str, Standing] = field(default_factory=dict)
    refused: str | None = None
    """What was said of a call that was refused as a whole."""
    refused_status: int = 0
    unclear: bool = False
    """Whether jobs may have been started by a call whose answer says nothing of them."""
    tries: dict[str, int] = field(default_factory=dict)
    """How often each transaction was sent in a call."""
    read: set[date] = field(default_factory=set)
    """The days of which the ledger was read since batches were updated."""
    started: datetime | None = None
    """When jobs were started last, by M3's own clock."""
    last_answer: Response | None = None
    last_was_read: bool = False

    @classmethod
    def read_from(cls, answers: Answers) -> Course:
        """Go through the answers in their order."""
        course = cls()
        for answer in answers:
            course.last_answer, course.last_was_read = answer, answer.request.method == "GET"
            if course.last_was_read:
                course._take_ledger(answer)
            else:
                course._take_transactions(answer)
        return course

    def of(self, key: str) -> Standing:
        """Where a batch stands."""
        return self.batches.setdefault(key, Standing())

    def waited_s(self) -> float:
        """How long (s) jobs are at work, by M3's own clock; 0 where it does not tell."""
        now = None if self.last_answer is None else date_of(self.last_answer)
        return 0.0 if self.started is None or now is None else (now - self.started).total_seconds()

    # -------------------------------------------------------------------------------------------------- reading
    def _take_transactions(self, answer: Response) -> None:
        sent = transactions_in(answer.request)
        for name in {one.name for one in sent}:
            self.tries[name] = self.tries.get(name, 0) + 1
        if answer.status_code >= 400:
            self.refused, self.refused_status = said(answer), answer.status_code
            return
        found = outcomes(answer) or []
        self.unclear |= len(found) < len(sent) and any(one.name == UPDATE for one in sent)
        for one, outcome in zip(sent, found, strict=False):
            if outcome.processed:
                self._take(one, outcome)
        if any(one.name == UPDATE for one in sent):
            self.started = date_of(answer)

    def _take(self, one: Transaction, outcome: Outcome) -> None:
        batch, failure = self.of(one.record["KEY1"]), outcome.failure
        if failure is not None and (failure.updated or (one.name == UPDATE and failure.missing)):
            batch.updating = True  # an earlier try of ours came through; M3 may clear away what was updated
        elif one.name == _HEAD and (failure is None or failure.exists):
            batch.begun = True
        elif one.name == _LINE and (failure is None or failure.exists):
            batch.lines.add(one.record["LINE"])
        elif failure is not None:
            batch.failure = batch.failure or failure
        elif one.name == CHECK:
            batch.checked = True
        elif one.name == UPDATE:
            batch.updating = True

    def _take_ledger(self, answer: Response) -> None:
        found = outcomes(answer) if answer.status_code == 200 else None
        if found is None or any(one.failure is not None or not one.processed for one in found):
            return
        self.read.add(_day_of(answer))
        for key, lines in by_batch(record for one in found for record in one.records).items():
            if key in self.batches:
                self.batches[key].found = max(self.batches[key].found, len(lines))


def by_batch(lines: Iterable[Record]) -> Mapping[str, list[Record]]:
    """Voucher lines by the batch that they came from: their text begins with its name."""
    found: dict[str, list[Record]] = {}
    for line in lines:
        found.setdefault(line.get("VTXT", "")[:KEY_LENGTH], []).append(line)
    return found


def _day_of(answer: Response) -> date:
    return datetime.strptime(answer.request.url.params["FRDT"], "%Y%m%d").date()  # noqa: DTZ007  (a day has no zone)
