"""Journal entries in M3's general ledger: a batch of GLS840 for each, checked, updated, found in the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar, Literal

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
    HoldError,
    Known,
    Later,
    Probe,
    Receipt,
    RejectedError,
    Sink,
    TransientError,
)
from crossdock.canonical import JournalEntry
from crossdock.http import Reader, Request, Response
from crossdock_erp_ledger.balance import Balanced
from crossdock_erp_ledger.infor.m3.api import M3Api, Record, transactions_in
from crossdock_erp_ledger.infor.m3.batches import batch_key, batch_of, is_alike
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.course import UPDATE, Course, by_batch
from crossdock_erp_ledger.infor.m3.refusals import HOLDS as REFUSALS
from crossdock_erp_ledger.infor.m3.refusals import refusal
from crossdock_erp_ledger.infor.m3.steps import PROGRAM, Batches, Steps
from crossdock_erp_ledger.infor.moments import http_date
from crossdock_erp_ledger.infor.naming import base36
from crossdock_erp_ledger.posting import HOLDS, Posting, plan_entry, posting_of, postings_of, receipt_of
from crossdock_erp_ledger.posting.totals import name_of

_FRESH = timedelta(seconds=5)
"""How old a day's lines may be that an entry is looked for in; absence counts that much later."""


class M3EntrySink(Balanced, Sink[M3Connection, JournalEntry]):
    """Journal entries in the general ledger of M3, a batch for each entry, up to a hundred at a time."""

    name: ClassVar[str] = "m3_entries"
    kind: ClassVar[Literal["create", "state", "post"]] = "post"
    bulk: ClassVar[int] = 100
    holds: ClassVar[Sequence[Hold]] = (*HOLDS, *REFUSALS)

    _read: tuple[object, object, Course, str] | None = PrivateAttr(default=None)
    _days: dict[date, tuple[datetime, Mapping[str, Sequence[Record]]]] = PrivateAttr(default_factory=dict)

    def bind(self, connection: M3Connection, http: Reader) -> None:
        """Attach the account; what was seen of another is forgotten."""
        super().bind(connection, http)
        self._days.clear()

    @property
    def settles_after(self) -> timedelta:
        """The job that takes batches into the ledger goes on after the gateway has given up waiting."""
        return self.connection.update_within + self.connection.timeout + _FRESH

    @property
    def calls(self) -> Mapping[str, float]:
        """A bundle of twenty entries: heads, lines, check, update, a look."""
        base = f"/{self.connection.tenant}/M3/m3api-rest/v2/execute"
        return {f"POST {base}": 0.2, f"GET {base}/GLS200MI/LstVouchersByDt": 0.1}

    # ---------------------------------------------------------------------------------------------- one entry
    def effect_key(self, document: JournalEntry, known: Known) -> str | None:
        """The entry's own."""
        return document.key

    def plan(self, document: JournalEntry, known: Known) -> Effect:
        """One entry, on the day it is posted. Raises: HoldError, NothingToDo, RejectedError."""
        effect = plan_entry(document, self.connection.closed_through)
        batch_of(self._posting(effect), self.connection, "-")  # what cannot be written is held before it is bundled
        return effect

    # ----------------------------------------------------------------------------------------------- a bundle
    def bundle(self, bundle: Bundle) -> Effect:
        """The heads of all batches as a step, their lines beside it."""
        self._days.clear()  # what is sent now is seen by the next look
        name = f"XD{bundle.at:%y%m%d}{base36(bundle.number)}{bundle.token.upper()}"
        batches = [batch_of(posting, self.connection, name) for posting in postings_of(bundle.effects, name)]
        memo = {
            "bundle": name,
            "lines": {one.key: [dict(line.record) for line in one.lines] for one in batches},
            "days": {one.key: one.day.isoformat() for one in batches},
        }
        heads = self._api.several(PROGRAM, [one.head for one in batches])
        return Effect(key=name, steps=(heads,), content={"bundle": name}, memo=memo)

    def follow(self, effect: Effect, answers: Answers) -> Request | Later | None:
        """Fill, check and update the batches, and look for them in the ledger."""
        steps = Steps(Batches.of(effect.memo), Course.read_from(answers), self._api, self.connection)
        return steps.next(transactions_in(effect.steps[0]))

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """What became of one entry of the bundle.

        Raises: HoldError where M3 refused its batch; TransientError where the whole came to nothing.
        """
        posting, (course, bundle) = self._posting(effect), self._course(answers)
        key = batch_key(posting, self.connection, name_of(posting, bundle))
        return self._settled(effect, posting, key, course, bundle)

    def _settled(self, effect: Effect, posting: Posting, key: str, course: Course, bundle: str) -> Receipt:
        standing = course.of(key)
        if standing.found:
            return receipt_of(effect, bundle, {"batch_key": key})
        if standing.failure is not None:
            raise refusal(posting.key, posting.entry.date, standing.failure, key)
        if course.refused is not None:
            raise HoldError(
                "entry_refused",
                f"M3 refuses the bundle {bundle} as a whole: {course.refused}",
                fix="mend what M3 says in the settings of the connection, or in M3",
            )
        raise TransientError(f"batch {key} was not processed", code="bundle_refused")

    def _course(self, answers: Answers) -> tuple[Course, str]:
        """All entries of a bundle read the same answers: they are gone through once."""
        first, last = answers[0], answers.last
        if self._read is None or self._read[0] is not first or self._read[1] is not last:
            heads = transactions_in(answers[0].request)
            self._read = (first, last, Course.read_from(answers), heads[0].record["DESC"].split(" ")[0])
        return self._read[2], self._read[3]

    # ------------------------------------------------------------------------------------------------ looking
    async def probe(self, effect: Effect) -> Probe:
        """Look for an entry in the ledger; or what became of a bundle's request whose answer was lost."""
        if posting_of(effect) is not None:
            return await self._probe_entry(effect)
        if effect.lost is None:
            return CannotTell("which answer was lost is not known")
        stand_in = Response(200, json={"results": []}, headers={"Date": http_date(await self.http.vendor_now())})
        if effect.lost.method == "POST" and not _updates(effect.lost):
            return Begun(stand_in)  # heads and lines are guarded by their names, and a check may be made again
        return await self._probe_update(Batches.of(effect.memo), effect.lost)

    async def _probe_entry(self, effect: Effect) -> Probe:
        posting = self._posting(effect)
        if posting.entry.total is not None:
            return CannotTell("it was to be posted in a total, which is named after its bundle", ever=True)
        batch = batch_of(posting, self.connection, "-")
        there: dict[str, Sequence[Record]] = {}
        for day in _days_until(batch.day, effect.content):
            lines = await self._lines_on(day)
            there |= {key: found for key, found in lines.items() if is_alike(batch, found[0])}
        if not there:
            return Absent()
        wanted = _amounts(line.record for line in batch.lines)
        key = next((key for key, found in there.items() if _amounts(found) == wanted), None)
        if key is None:
            return Conflict([f"batch {next(iter(there))} is in the ledger with other accounts or amounts"])
        return Done(receipt_of(effect, key, {"batch_key": key}))

    async def _lines_on(self, day: date) -> Mapping[str, Sequence[Record]]:
        """The lines of a day, by batch: M3 lists none by their text, and a back-fill looks for many of one day."""
        now = await self.http.vendor_now()
        if day not in self._days or now - self._days[day][0] > _FRESH:
            self._days = {one: seen for one, seen in self._days.items() if now - seen[0] <= _FRESH}
            self._days[day] = (now, by_batch(await self._api.lines_on(day)))
        return self._days[day][1]

    async def _probe_update(self, batches: Batches, lost: Request) -> Probe:
        """Whether the ledger shows every batch; M3 itself refuses to update one twice, but only once it began."""
        sent = transactions_in(lost) if lost.method == "POST" else []
        keys = [one.record["KEY1"] for one in sent] or list(batches.lines)
        shown: dict[str, list[Record]] = {}
        for day in sorted({batches.days[key] for key in keys}):
            shown.update(by_batch(await self._api.lines_on(day)))
        lacking = [key for key in keys if len(shown.get(key, ())) < len(batches.lines[key])]
        if not lacking:
            done = {"results": [{"transaction": one.name, "records": []} for one in sent]}
            return Begun(Response(200, json=done, headers={"Date": http_date(await self.http.vendor_now())}))
        if lost.method == "POST":
            return Absent()
        return CannotTell(f"the ledger does not show batch {lacking[0]}: look at GLS841 what its job says")

    def _posting(self, effect: Effect) -> Posting:
        posting = posting_of(effect)
        if posting is None:
            raise RejectedError(f"bundle {effect.key} is settled entry by entry")
        return posting

    @property
    def _api(self) -> M3Api:
        return self.connection.api(self.http)


def _updates(request: Request) -> bool:
    return any(one.name == UPDATE for one in transactions_in(request))


def _days_until(posted: date, content: Any) -> list[date]:
    """The days on which an entry may have been posted: its own, and the first of each month that it may be late in."""
    own = date.fromisoformat(content["date"])
    months = (own.year * 12 + own.month, posted.year * 12 + posted.month)
    firsts = [date(number // 12, number % 12 + 1, 1) for number in range(*months)]
    return list(dict.fromkeys((posted, own, *firsts)))


def _amounts(lines: Iterable[Record]) -> Counter[tuple[str, Decimal, str]]:
    """How often which amount stands on which account; signs are as the template has them."""
    return Counter((line.get("AIT1", ""), _decimal(line.get("CUAM", "")), line.get("CUCD", "")) for line in lines)


def _decimal(text: str) -> Decimal:
    try:
        return abs(Decimal(text.replace(",", ".").strip().rstrip("-")))
    except InvalidOperation:
        return Decimal("NaN")
