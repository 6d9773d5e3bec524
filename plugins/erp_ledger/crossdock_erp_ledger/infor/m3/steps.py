"""What follows for the batches of a bundle: fill, check, take into the ledger, and look there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crossdock import CredentialsError, Later
from crossdock.errors import AnswerLostError
from crossdock.http import Request
from crossdock_erp_ledger.infor.m3.api import M3Api, Transaction
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.course import CHECK, UPDATE, Course

PROGRAM = "GLS840MI"
CALL = 500
"""How many transactions go into one call."""
_AGAIN = 5


@dataclass(frozen=True, slots=True)
class Batches:
    """What is kept beside the effect that makes a bundle: the lines of each batch, and its day."""

    lines: dict[str, list[dict[str, str]]]
    days: dict[str, date]

    @classmethod
    def of(cls, memo: Any) -> Batches:
        """As it is kept."""
        return cls(memo["lines"], {key: date.fromisoformat(day) for key, day in memo["days"].items()})


@dataclass(frozen=True, slots=True)
class Steps:
    """Decides on the next request of one bundle."""

    batches: Batches
    course: Course
    api: M3Api
    ledger: M3Connection

    def next(self, heads: Sequence[Transaction]) -> Request | Later | None:
        """The request that follows; None when there is no more to do, whatever came out.

        Raises: AnswerLostError where only a look tells what happened; CredentialsError before anything was begun.
        """
        if self.course.refused is not None:
            self._check_refusal()
            return None
        if self.course.unclear:
            raise AnswerLostError("M3 does not say which batches it takes into the ledger")
        for name, open_ in (("AddBatchHead", list(self._heads(heads))), ("AddBatchLineFld", list(self._lines())),
                            (CHECK, list(self._to_check())), (UPDATE, list(self._to_update()))):  # fmt: skip
            if open_:
                self._count(name)
                return self.api.several(PROGRAM, open_[:CALL])
        return self._look()

    # --------------------------------------------------------------------------------------------- what is to do
    def _heads(self, heads: Sequence[Transaction]) -> Iterator[Transaction]:
        return (
            one for one in heads if not self.course.of(one.record["KEY1"]).begun and self._goes_on(one.record["KEY1"])
        )

    def _lines(self) -> Iterator[Transaction]:
        for key, lines in self.batches.lines.items():
            if self._goes_on(key):
                there = self.course.of(key).lines
                yield from (Transaction("AddBatchLineFld", line) for line in lines if line["LINE"] not in there)

    def _to_check(self) -> Iterator[Transaction]:
        return (
            self._step(CHECK, key)
            for key in self.batches.lines
            if self._goes_on(key) and not self.course.of(key).checked
        )

    def _to_update(self) -> Iterator[Transaction]:
        return (self._step(UPDATE, key) for key in self.batches.lines if self._goes_on(key))

    def _goes_on(self, key: str) -> bool:
        batch = self.course.of(key)
        return batch.failure is None and not batch.updating

    def _step(self, name: str, key: str) -> Transaction:
        division = {"DIVI": self.ledger.division} if self.ledger.division else {}
        return Transaction(name, {"CONO": str(self.ledger.company), "KEY1": key, **division})

    def _count(self, name: str) -> None:
        """M3 may leave transactions of a call unprocessed; they are sent again, but not for ever."""
        calls = sum(len(lines) for lines in self.batches.lines.values()) // CALL + 1
        if self.course.tries.get(name, 0) > calls + _AGAIN:
            raise AnswerLostError(f"M3 leaves {name} unprocessed again and again")

    # ------------------------------------------------------------------------------------------------ the ledger
    def _look(self) -> Later | None:
        """Ask the ledger, day by day, until it shows every batch whose job was started."""
        waiting = {self.batches.days[key]: key for key in self.batches.lines if self._is_awaited(key)}
        if not waiting:
            return None
        if (
            self.course.last_was_read
            and self.course.last_answer is not None
            and self.course.last_answer.status_code != 200
        ):
            raise AnswerLostError(f"M3 does not show its ledger: status {self.course.last_answer.status_code}")
        if self.course.waited_s() > self.ledger.update_within.total_seconds():
            raise AnswerLostError(f"the ledger does not show batch {next(iter(waiting.values()))} yet")
        return Later(self.api.vouchers_on(min(waiting)), self.ledger.poll_every)

    def _is_awaited(self, key: str) -> bool:
        batch = self.course.of(key)
        return batch.updating and batch.found < len(self.batches.lines[key])

    def _check_refusal(self) -> None:
        if self.course.refused_status == 403 and not self.course.batches:
            raise CredentialsError(
                f"M3 does not let the service account call {PROGRAM}",
                fix=f"give the user of the service account the right to {PROGRAM} in M3 (SES400)",
                status=403,
            )
        if any(batch.updating for batch in self.course.batches.values()):
            raise AnswerLostError(f"M3 refuses to go on: {self.course.refused}")
