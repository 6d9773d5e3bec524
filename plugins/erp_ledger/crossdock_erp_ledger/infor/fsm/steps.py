"""What follows for a run group: stage, interface once, ask for the result, and clear away what was refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crossdock import CredentialsError, Later
from crossdock.errors import AnswerLostError
from crossdock.http import Request, json_of
from crossdock_erp_ledger.infor.fsm.api import FsmApi
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.course import Course
from crossdock_erp_ledger.infor.fsm.rows import SEQUENCE, Row, unpacked
from crossdock_erp_ledger.infor.fsm.switches import Switches

_AGAIN = 5
"""How often what vanished is staged again, and what stays is deleted again."""


@dataclass(frozen=True, slots=True)
class RunGroup:
    """What is kept beside the effect that makes a bundle: all that its requests do not say yet."""

    name: str
    chunks: Sequence[tuple[int, int]]
    """The first and last row of each call that stages."""
    later: Mapping[str, list[object]]
    """The rows beyond the first call."""
    entries: Mapping[str, tuple[int, int]]
    """The rows of each entry."""

    @classmethod
    def of(cls, memo: Any) -> RunGroup:
        """As it is kept."""
        chunks = tuple((int(first), int(last)) for first, last in memo["chunks"])
        return cls(memo["run_group"], chunks, memo["later"], {key: tuple(two) for key, two in memo["entries"].items()})

    @property
    def size(self) -> int:
        """How many rows it has."""
        return self.chunks[-1][1]

    def rows(self, sent: Mapping[int, Row]) -> dict[int, Row]:
        """All rows, by number: those that were sent, and those that are kept for later."""
        return {**{int(row[SEQUENCE]): row for row in unpacked(self.later)}, **sent}


@dataclass(frozen=True, slots=True)
class Steps:
    """Decides on the next request of one run group."""

    group: RunGroup
    course: Course
    api: FsmApi
    ledger: FsmConnection

    def next(self) -> Request | Later | None:
        """The request that follows; None when there is no more to do, whatever came out.

        Raises: AnswerLostError where only a look tells what happened; CredentialsError before anything was staged.
        """
        if self.course.deletions:
            return self._after_deletion()
        if self.course.interface is None:
            return self._staging()
        if self.course.refused_whole is not None:
            return self._delete()
        return self._interfacing()

    # ------------------------------------------------------------------------------------------------- staging
    def _staging(self) -> Request | Later | None:
        course = self.course
        if course.foreign:
            raise AnswerLostError(f"run group {self.group.name} has rows that are not ours")
        if course.is_refused:
            return self._refused()
        if course.missing:
            return self._missing()
        rows = self.group.rows(course.rows)
        for first, last in self.group.chunks:
            if first not in course.rows:
                return self.api.stage([rows[number] for number in range(first, last + 1)])
        return self.api.interface(self.group.name, self._switches())

    def _refused(self) -> Request | None:
        answer = self.course.last_answer
        nothing_yet = self.course.stagings == 1 and self.course.refused_whole is not None
        if nothing_yet and answer is not None and answer.status_code == 403:
            raise CredentialsError(
                "FSM does not let the service account create GL transactions",
                fix="give the service account's user a security role in FSM that may create GLTransactionInterface",
                status=403,
            )
        return None if nothing_yet else self._delete()

    def _missing(self) -> Request | Later:
        """Look for rows that were not confirmed, and stage again what is not there: their numbers guard them."""
        if self.course.last != "staged":
            # A request whose answer was lost may still act: not before it cannot any more is it looked for.
            look = self.api.staged(self.group.name, self.group.size)
            return Later(look, self.ledger.timeout) if self.course.last_was_lost else look
        self._need_answer()
        if self.course.stagings > len(self.group.chunks) + _AGAIN:
            return self._delete()
        return self.api.stage([self.course.rows[number] for number in self.course.missing[:1000]])

    # -------------------------------------------------------------------------------------------- interfacing
    def _interfacing(self) -> Request | Later | None:
        course, name = self.course, self.group.name
        if course.is_given_up and course.last == "interface":
            raise AnswerLostError(f"the gateway gave up waiting for the interface of run group {name}")
        if course.is_complete:
            return None
        if course.interface is not None and not json_of(
            course.interface
        ):  # a proxy's page, or nothing: who started it?
            raise AnswerLostError(f"FSM does not say that it started the interface of run group {name}")
        if course.result is None:
            if course.last == "result":
                self._need_answer()
            if course.waited_s() > self.ledger.interface_within.total_seconds():
                raise AnswerLostError(f"the interface of run group {name} shows no result yet")
            return Later(self.api.results(name), self.ledger.poll_every)
        if course.left is None:
            if course.last == "staged":
                self._need_answer()
            return self.api.staged(name, self.group.size)
        return self._delete() if len(course.interfaced) < len(course.rows) else None

    # ------------------------------------------------------------------------------------------ clearing away
    def _after_deletion(self) -> Request | Later | None:
        course, name = self.course, self.group.name
        if course.last == "delete":
            look = self.api.staged(name, self.group.size)
            return Later(look, self.ledger.timeout) if course.last_was_lost else look
        self._need_answer()
        if not course.gone:
            if course.deletions > _AGAIN:
                raise AnswerLostError(f"run group {name} was refused, and cannot be deleted")
            return self._delete()
        if course.interface is None:
            return None
        if course.last != "result":  # somebody may have interfaced it by hand before it was deleted
            return self.api.results(name, limit=11)
        before = 0 if course.result is None else course.result.number
        if course.later_result is not None and course.later_result.number > before:
            raise AnswerLostError(f"run group {name} was interfaced once more, by somebody else")
        return None

    def _delete(self) -> Request:
        return self.api.delete_run_group(self.group.name)

    def _need_answer(self) -> None:
        """What was read must have been told: without it nothing is certain."""
        answer = self.course.last_answer
        if answer is not None and answer.status_code != 200:
            raise AnswerLostError(f"FSM does not show run group {self.group.name}: status {answer.status_code}")

    def _switches(self) -> Switches:
        return Switches(self.ledger.enterprise_group, self.ledger.ledger, self.ledger.split_by_journal_code)
