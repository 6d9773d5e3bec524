"""Where requests to books are answered: `POST /entries`, `GET /entries`, `GET /book`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from crossdock import jsonio
from crossdock.http import Request, Response
from crossdock_erp_ledger.books.booked import Booked, Unreadable, bookable, same_fact
from crossdock_erp_ledger.books.chart import Account, objections
from crossdock_erp_ledger.books.folder import BooksFolder, Busy, NotBegun, OtherBooks
from crossdock_erp_ledger.books.ledgerbook import Changed, LedgerBook
from crossdock_erp_ledger.books.shelf import Shelf
from crossdock_erp_ledger.posting import Posting

PAGE = 1000
"""How many entries an answer holds at most."""


class Wanted(BaseModel):
    """What is to be posted: the entries of one bundle."""

    model_config = ConfigDict(extra="forbid")

    batch: str
    entries: tuple[Posting, ...]


class Desk:
    """Takes entries for one company's books, and looks them up. Answers as a service would."""

    def __init__(
        self, folder: BooksFolder, book: LedgerBook, chart: Mapping[str, Account], closed_through: date | None
    ) -> None:
        self._folder = folder
        self._book = book
        self._chart = chart
        self._closed_through = closed_through

    def answer(self, request: Request) -> Response:
        """Answer one request. What is raised is a fault after which nobody knows what was done."""
        place = (request.method, request.url.path)
        if place not in (("POST", "/entries"), ("GET", "/entries"), ("GET", "/book")):
            return _refusal(404, "unknown", f"there is no {request.method} {request.url.path}")
        try:
            if request.method == "POST":
                return self._post(request.content)
            if not self._folder.is_there:
                return Response(200, json=_NO_ENTRIES if place[1] == "/entries" else _NO_BOOK)
            with self._folder.locked():
                params = dict(request.url.params)
                if place[1] == "/entries" and "key" not in params:
                    return self._entries(params)  # as they stand: what stands there twice comes twice
                self._book.refresh()
                return self._entry(params["key"]) if place[1] == "/entries" else self._state("thoroughly" in params)
        except OtherBooks as error:
            return _refusal(409, "other_books", str(error))
        except Changed as error:
            return _refusal(423, "books_changed", str(error), files=error.files)
        except Unreadable as error:
            return _refusal(423, "books_changed", f"there is something that crossdock does not write: {error}")
        except (Busy, NotBegun, FileNotFoundError, NotADirectoryError, PermissionError) as error:
            return _refusal(503, "unavailable", f"the books cannot be used now: {error.strerror or error}")

    # ------------------------------------------------------------------------------------------------ posting

    def _post(self, content: bytes) -> Response:
        try:
            wanted = Wanted.model_validate(jsonio.loads(content))
        except (ValidationError, ValueError) as error:
            return _refusal(400, "not_understood", f"these are no entries: {type(error).__name__}")
        if not self._folder.path.parent.is_dir():
            return _refusal(503, "unavailable", f"there is no folder {self._folder.path.parent}")
        with self._folder.locked():
            self._book.check_unchanged()
            self._book.refresh()
            told: dict[str, Any] = {}
            fresh: dict[str, Booked] = {}
            for posting in wanted.entries:
                told[posting.key] = self._take(posting, wanted.batch, fresh)
            self._book.add(list(fresh.values()))
        return Response(200, json={"batch": wanted.batch, "entries": told})

    def _take(self, posting: Posting, batch: str, fresh: dict[str, Booked]) -> dict[str, Any]:
        """What becomes of one entry; put into `fresh` if it is to be added."""
        try:
            booked = bookable(posting, batch)
        except ValueError as error:
            return {"refused": "not_understood", "why": [str(error)]}
        if posting.key in fresh:
            return {"refused": "entry_differs", "why": ["the bundle has two entries of this name"]}
        found = self._book.find(posting.key)
        if found is not None:
            in_total = found.posting.key != posting.key
            if in_total or same_fact(found.posting, booked.posting):
                return {"done": "there", "batch": found.batch}
            return {"refused": "entry_differs", "why": ["the books have another entry of this name"]}
        if covered := {key: one.batch for key in posting.members if (one := self._book.find(key)) is not None}:
            return {"refused": "covered", "why": ["it covers what is in the books already"], "there": covered}
        if self._closed_through is not None and booked.posting.entry.date <= self._closed_through:
            return {"refused": "period_closed", "why": [f"the books are closed through {self._closed_through}"]}
        if why := list(objections(booked.posting.entry, self._chart)):
            return {"refused": "account_not_usable", "why": why}
        fresh[posting.key] = booked
        return {"done": "posted"}

    # ------------------------------------------------------------------------------------------------ looking

    def _entry(self, key: str) -> Response:
        found = self._book.find(key)
        return self._page([] if found is None else [found], None)

    def _entries(self, params: Mapping[str, str]) -> Response:
        """A page; `next` says where the following one begins: how many entries into which file."""
        shelf = self._readable()
        first, last = params.get("period") or params.get("from", ""), params.get("period") or params.get("to", "9999")
        parts = [name for name in shelf.files() if first[:7] <= name[:7] <= last[:7]]
        start, _, skipped = params.get("after", "").partition("/")
        page: list[Booked] = []
        for name in parts[parts.index(start) if start in parts else 0 :]:
            before = int(skipped) if name == start else 0
            for number, one in enumerate(shelf.entries([name], params.get("batch", ""))):
                if number < before or not _matches(one, params):
                    continue
                if len(page) == PAGE:
                    return self._page(page, f"{name}/{number}")
                page.append(one)
        return self._page(page, None)

    def _readable(self) -> Shelf:
        """The format to read: where something stands twice, no index says which is the fullest."""
        try:
            self._book.refresh()
        except Unreadable:
            return self._book.shelves[0]
        return self._book.fullest

    def _page(self, entries: Sequence[Booked], following: str | None) -> Response:
        told = [{"batch": one.batch, **one.posting.model_dump(mode="json", exclude_defaults=True)} for one in entries]
        return Response(200, json={"entries": told, "next": following, "changed": self._book.changed()})

    def _state(self, thoroughly: bool) -> Response:
        faults = list(self._faults()) if thoroughly else []
        shelf = self._book.fullest
        return Response(
            200,
            json={
                "entries": len(shelf.places),
                "periods": sorted({name[:7] for name in shelf.parts()}),
                "formats": [one.form.name for one in self._book.shelves],
                "changed": self._book.changed(thoroughly=thoroughly),
                "faults": faults,
            },
        )

    def _faults(self) -> Iterator[str]:
        """What is wrong with the books that no digest shows: each entry is read, in each format."""
        for shelf in self._book.shelves:
            for name in shelf.parts():
                try:
                    for booked in shelf.entries([name]):
                        if booked.period != name[:7]:
                            yield f"{name}: {booked.posting.key} is of {booked.posting.entry.date}"
                except Unreadable as error:
                    yield str(error)


_NO_ENTRIES: dict[str, Any] = {"entries": [], "next": None, "changed": []}
_NO_BOOK = {"entries": 0, "periods": [], "formats": [], "changed": [], "faults": []}


def _matches(booked: Booked, params: Mapping[str, str]) -> bool:
    entry = booked.posting.entry
    return (
        params.get("batch", booked.batch) == booked.batch
        and params.get("reference", entry.reference) == entry.reference
        and params.get("from", "") <= entry.date.isoformat() <= params.get("to", "9999")
    )


def _refusal(status: int, code: str, message: str, **facts: Any) -> Response:
    return Response(status, json={"code": code, "message": message, **facts})
