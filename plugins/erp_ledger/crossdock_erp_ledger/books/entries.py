"""The sink `erp_ledger.books_entries`: journal entries as entries of plain-text books."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Literal

from crossdock import (
    Absent,
    Answers,
    Begun,
    Bundle,
    Conflict,
    Done,
    Effect,
    Hold,
    HoldError,
    Known,
    NothingToDo,
    Probe,
    Receipt,
    RejectedError,
    Sink,
    TransientError,
)
from crossdock.canonical import JournalEntry
from crossdock.http import Response, json_of
from crossdock_erp_ledger.balance import Balanced
from crossdock_erp_ledger.books.api import BooksApi, refusal
from crossdock_erp_ledger.books.booked import bookable, same_fact
from crossdock_erp_ledger.books.chart import objections
from crossdock_erp_ledger.books.connection import BooksConnection
from crossdock_erp_ledger.posting import (
    HOLDS,
    Posting,
    period_closed,
    plan_entry,
    posting_of,
    postings_of,
    receipt_of,
)
from crossdock_erp_ledger.posting.receipts import KIND
from crossdock_erp_ledger.posting.totals import name_of

_DECLARE = "declare it in `accounts` of the connection, or name another account in the mapper's rules"


class BooksEntrySink(Balanced, Sink[BooksConnection, JournalEntry]):
    """Entries of plain-text books, each once; many are added in one change."""

    name: ClassVar[str] = "books_entries"
    kind: ClassVar[Literal["create", "state", "post"]] = "post"
    bulk: ClassVar[int] = 1000
    makes: ClassVar[str] = KIND
    not_done: ClassVar[frozenset[int]] = frozenset({429, 503})
    holds: ClassVar[Sequence[Hold]] = (
        *HOLDS,
        Hold("account_not_usable"),
        Hold("entry_differs"),
        Hold("books_changed"),
        Hold("other_books"),
    )

    @property
    def settles_after(self) -> timedelta:
        """As long as a request may act: what it wrote is seen at once."""
        return self.connection.timeout

    @property
    def refuses_duplicates(self) -> bool:
        """No two entries of one name, and none that a total covers already."""
        return True

    @property
    def api(self) -> BooksApi:
        """The books' requests."""
        return BooksApi(self.http)

    def effect_key(self, document: JournalEntry, known: Known) -> str | None:
        """The name of the entry."""
        return document.key

    def plan(self, document: JournalEntry, known: Known) -> Effect:
        """The entry on its day, if its accounts take it."""
        effect = plan_entry(document, self.connection.closed_through)
        try:
            booked = bookable(_posting(effect), "")
        except ValueError as error:
            raise RejectedError(f"entry {effect.key} cannot be written: {error}", code="bad_entry_key") from None
        if why := list(objections(booked.posting.entry, self.connection.accounts)):
            raise _not_usable(effect.key, why)
        return effect

    def bundle(self, bundle: Bundle) -> Effect:
        """One request adds them all."""
        batch = f"XD{bundle.number}{bundle.token}"
        step = self.api.post(batch, postings_of(bundle.effects, batch))
        return Effect(key=batch, steps=(step,), content={"batch": batch}, memo={"batch": batch})

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """Read what became of one entry.

        Raises: ValueError where a 2xx cannot be read; HoldError, RejectedError where it was not posted; TransientError
        where another entry of its total kept it from being posted.
        """
        answer = answers.last
        told = json_of(answer)
        if not answer.is_success:
            raise _refused(effect.key, told if isinstance(told, dict) else {}, answer.status_code)
        posting = posting_of(effect)
        batch = told["batch"]  # type: ignore[index]
        if posting is None:
            return Receipt("bundle", batch)
        one = told["entries"][name_of(posting, batch)]  # type: ignore[index]
        if "done" in one:
            return receipt_of(effect, one.get("batch", batch))
        if effect.key in one.get("there", ()):
            return receipt_of(effect, one["there"][effect.key])
        raise self._objection(posting, one)

    def _objection(self, posting: Posting, told: Mapping[str, Any]) -> Exception:
        code, why = told["refused"], [str(one) for one in told["why"]]
        if code == "covered":
            return TransientError(f"entry {posting.key} was to be posted in a total with what is there already")
        if code == "account_not_usable":
            mine = list(objections(posting.entry, self.connection.accounts))
            if posting.entry.total is not None and not mine:
                return TransientError(f"entry {posting.key} was to be posted with one that its account does not take")
            return _not_usable(posting.key, mine or why)
        if code == "period_closed":
            return period_closed(posting.key, posting.entry.date, why[0])
        if code == "entry_differs":
            return _differs(posting.key, why)
        return RejectedError(f"the books refuse entry {posting.key}: {'; '.join(why)}", code="books_refused")

    async def probe(self, effect: Effect) -> Probe:
        """Look for the entry by its name; of a bundle, for all that it was to add.

        A bundle that is there only in part was never taken as a whole: asked again, the books say what became of each.
        """
        posting = posting_of(effect)
        if posting is None:
            return await self._probe_bundle(effect)
        found = await self.api.find(effect.key)
        if found is None:
            return Absent()
        there, batch = found
        if there.entry.total is None and not same_fact(there, bookable(posting, batch).posting):
            return Conflict([f"the books have another entry of the name {effect.key}"])
        return Done(receipt_of(effect, batch))

    async def _probe_bundle(self, effect: Effect) -> Probe:
        batch = effect.memo["batch"]
        wanted = {one["entry"]["key"] for one in json_of(Response(200, content=effect.steps[-1].content))["entries"]}  # type: ignore[index]
        there: set[str] = set()
        async for posting, _ in self.api.entries(batch=batch):
            there.add(posting.key)
        if not wanted <= there:
            return Absent()
        told = {"batch": batch, "entries": {key: {"done": "there"} for key in sorted(wanted)}}
        return Begun(Response(200, json=told, request=effect.steps[-1]))


def _posting(effect: Effect) -> Posting:
    posting = posting_of(effect)
    if posting is None:
        raise NothingToDo("an effect without an entry", code="nothing_to_post")
    return posting


def _not_usable(key: str, why: Sequence[str]) -> HoldError:
    return HoldError("account_not_usable", f"entry {key} cannot be posted: {'; '.join(why)}", fix=_DECLARE)


def _differs(key: str, why: Sequence[str]) -> HoldError:
    return HoldError(
        "entry_differs",
        f"entry {key} cannot be posted: {'; '.join(why)}",
        fix="look at it in the books; if that one is right, resolve this as done, else reverse it and post anew",
    )


def _refused(key: str, told: Mapping[str, Any], status: int) -> Exception:
    """Why nothing of a bundle was posted."""
    message = told.get("message", f"they answered {status}")
    return refusal(told) or RejectedError(f"the books refuse entry {key}: {message}", code="books_refused")
