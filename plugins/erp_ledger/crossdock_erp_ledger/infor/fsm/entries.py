"""Journal entries in FSM's general ledger: staged in run groups, interfaced once each, and read back row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Literal

from pydantic import PrivateAttr

from crossdock import (
    Absent,
    Answers,
    Begun,
    Bundle,
    CannotTell,
    Conflict,
    Done,
    Effect,
    Hold,
    Known,
    Later,
    Probe,
    Receipt,
    RejectedError,
    Sink,
)
from crossdock.canonical import JournalEntry
from crossdock.http import Request, Response
from crossdock_erp_ledger.balance import Balanced
from crossdock_erp_ledger.infor.fsm.answers import Fields, results
from crossdock_erp_ledger.infor.fsm.api import FsmApi
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.course import POSTED, Course, differences, kind_of, rows_in, stand_in
from crossdock_erp_ledger.infor.fsm.outcomes import HOLDS as OUTCOMES
from crossdock_erp_ledger.infor.fsm.outcomes import outcome_of
from crossdock_erp_ledger.infor.fsm.rows import SEQUENCE, Row, chunks_of, packed, rows_of, run_group_name
from crossdock_erp_ledger.infor.fsm.steps import RunGroup, Steps
from crossdock_erp_ledger.posting import HOLDS, plan_entry, posting_of, postings_of, receipt_of

_INTERFACED = "interfaced; its journal is released and posted as the tenant's rules are"


class FsmEntrySink(Balanced, Sink[FsmConnection, JournalEntry]):
    """Journal entries in the general ledger of CloudSuite Financials, in run groups of up to a thousand."""

    name: ClassVar[str] = "fsm_entries"
    kind: ClassVar[Literal["create", "state", "post"]] = "post"
    bulk: ClassVar[int] = 1000
    holds: ClassVar[Sequence[Hold]] = (*HOLDS, *OUTCOMES)

    _read: tuple[object, object, Course] | None = PrivateAttr(default=None)

    @property
    def settles_after(self) -> timedelta:
        """An interface run goes on after the gateway has given up waiting for it."""
        return self.connection.interface_within + self.connection.timeout

    @property
    def calls(self) -> Mapping[str, float]:
        """A run group of a hundred entries: staged, interfaced, asked for."""
        classes = f"/{self.connection.tenant}/FSM/fsm/soap/classes"
        return {
            f"POST {classes}/GLTransactionInterface/actions/CreateUnreleased/batch": 0.01,
            f"GET {classes}/GLTransactionInterfaceResult/lists/_generic": 0.03,
        }

    # ---------------------------------------------------------------------------------------------- one entry
    def effect_key(self, document: JournalEntry, known: Known) -> str | None:
        """The entry's own."""
        return document.key

    def plan(self, document: JournalEntry, known: Known) -> Effect:
        """One entry, on the day it is posted. Raises: HoldError, NothingToDo, RejectedError."""
        effect = plan_entry(document, self.connection.closed_through)
        posting = posting_of(effect)
        if posting is not None:
            rows_of(posting, self.connection, "-", 1)  # what cannot be written is held before it goes into a bundle
        return effect

    # ------------------------------------------------------------------------------------------- a run group
    def bundle(self, bundle: Bundle) -> Effect:
        """One run group: its first rows as a step, the others beside it."""
        singles = [posting for posting in map(posting_of, bundle.effects) if posting is not None]
        entries = [posting.entry for posting in singles]
        name = run_group_name(bundle.number, bundle.token, bundle.at, entries)
        rows: list[Row] = []
        placed: dict[str, list[int]] = {}
        for posting in postings_of(bundle.effects, name):
            own = rows_of(posting, self.connection, name, len(rows) + 1)
            placed[posting.key] = [len(rows) + 1, len(rows) + len(own)]
            rows += own
        chunks = [
            [chunk.first, chunk.last] for chunk in chunks_of([last - first + 1 for first, last in placed.values()])
        ]
        first, later = rows[: chunks[0][1]], rows[chunks[0][1] :]
        memo = {"run_group": name, "chunks": chunks, "entries": placed, "later": packed(later)}
        return Effect(key=name, steps=(self._api.stage(first),), content={"run_group": name}, memo=memo)

    def follow(self, effect: Effect, answers: Answers) -> Request | Later | None:
        """Stage the rest, interface, ask for the result, delete what was refused."""
        return Steps(RunGroup.of(effect.memo), Course.read(answers), self._api, self.connection).next()

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """What became of one entry of the run group.

        Raises: HoldError where FSM refused its rows; TransientError where it refused others.
        """
        posting = posting_of(effect)
        if posting is None:
            raise RejectedError(f"run group {effect.key} is settled entry by entry")
        course = self._course(answers)
        attention = outcome_of(posting, course)
        receipt = receipt_of(effect, course.run_group)
        return replace(receipt, note=_INTERFACED, attention=attention)

    def _course(self, answers: Answers) -> Course:
        """All entries of a run group read the same answers: they are gone through once."""
        first, last = answers[0], answers.last
        if self._read is None or self._read[0] is not first or self._read[1] is not last:
            self._read = (first, last, Course.read(answers))
        return self._read[2]

    # ------------------------------------------------------------------------------------------------ looking
    async def probe(self, effect: Effect) -> Probe:
        """Look for an entry in the ledger; or what became of a run group's request whose answer was lost."""
        if posting_of(effect) is not None:
            return await self._probe_entry(effect)
        if effect.lost is None:
            return CannotTell("which answer was lost is not known")
        lost = kind_of(effect.lost)
        if lost in ("stage", "delete"):
            # Both may be repeated while nothing is interfaced: rows are guarded by their numbers.
            return Begun(stand_in(await self.http.vendor_now()))
        return await self._probe_run(RunGroup.of(effect.memo), effect, started=lost != "interface")

    async def _probe_entry(self, effect: Effect) -> Probe:
        posting = posting_of(effect)
        if posting is None or posting.entry.total is not None:
            return CannotTell("it was to be posted in a total, which is named after its run group", ever=True)
        found = await self._api.posted(posting.key)
        if not found:
            return Absent()
        if _amounts(found) != _amounts(rows_of(posting, self.connection, "-", 1)):
            return Conflict([f"entry {posting.key} is in the ledger with other accounts or amounts"])
        batch = found[0].get("RunGroup") or found[0].get("Journal") or "found in the ledger"
        return Done(replace(receipt_of(effect, batch), note=_INTERFACED))

    async def _probe_run(self, group: RunGroup, effect: Effect, *, started: bool) -> Probe:
        """What became of the interface: its result, else what is staged, else what is in the ledger."""
        answer = await self.http.send(self._api.results(group.name))
        self._api.rows_of(answer)
        now = await self.http.vendor_now()
        if any(one.status in ("1", "2") for one in results(answer)):
            return Begun(stand_in(now))
        staged = await self._api.staged_rows(group.name, group.size)
        ours = group.rows({int(row[SEQUENCE]): row for row in rows_in(effect.steps[0])})
        if other := differences(staged, ours):
            return Conflict(other[:3])
        if len(staged) == group.size:
            if started:
                return CannotTell(f"the interface of run group {group.name} was started, and shows no result")
            return Absent()
        if staged:
            return CannotTell(f"the interface is at work on run group {group.name}")
        return await self._probe_ledger(group, stand_in(now, POSTED))

    async def _probe_ledger(self, group: RunGroup, posted: Response) -> Probe:
        for key in group.entries:
            if not await self._api.posted(key):
                where = "neither staged nor in the ledger, and has no result: somebody deleted it in FSM"
                return CannotTell(f"run group {group.name} is {where}")
        return Begun(posted)

    @property
    def _api(self) -> FsmApi:
        return FsmApi(self.http, self.connection.tenant)


def _amounts(rows: Sequence[Fields]) -> Counter[tuple[str, Decimal, str]]:
    """How often which amount stands on which account."""
    return Counter((row.get("AccountCode", ""), _decimal(row), row.get("CurrencyCode", "")) for row in rows)


def _decimal(row: Fields) -> Decimal:
    try:
        return Decimal(row.get("TransactionAmount", ""))
    except InvalidOperation:
        return Decimal("NaN")
