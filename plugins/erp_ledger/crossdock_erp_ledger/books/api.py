"""The books' own requests and answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from crossdock import HoldError, TransientError
from crossdock.http import Reader, Request, json_of
from crossdock_erp_ledger.posting import Posting


class BooksApi:
    """What can be asked of books."""

    def __init__(self, http: Reader) -> None:
        self._http = http

    def post(self, batch: str, postings: Iterable[Posting]) -> Request:
        """The request that adds entries, all in one change; those that are there already are told as that."""
        told = [one.model_dump(mode="json", exclude_defaults=True) for one in postings]
        return self._http.build("POST", "/entries", json={"batch": batch, "entries": told})

    async def find(self, key: str) -> tuple[Posting, str] | None:
        """The entry of that name, or the total that it went into; and the name of its bundle.

        Raises: TransientError; HoldError where a person must first look at the books.
        """
        answer = await self._get({"key": key})
        if answer["changed"]:
            raise books_changed(", ".join(answer["changed"]))
        return next((_read(one) for one in answer["entries"]), None)

    async def entries(self, **chosen: str) -> AsyncIterator[tuple[Posting, str]]:
        """Entries of a `period` ("2026-10"), a `batch`, a `reference`, days `since` and `to` (included).

        As they stand in the books, oldest file first, each with the name of its bundle. Raises: TransientError.
        """
        if since := chosen.pop("since", None):
            chosen["from"] = since
        after: str | None = ""
        while after is not None:
            answer = await self._get({**chosen, "after": after} if after else chosen)
            for one in answer["entries"]:
                yield _read(one)
            after = answer["next"]

    async def state(self, *, thoroughly: bool = False) -> Mapping[str, Any]:
        """How many entries, which periods and formats, which files somebody else changed; `thoroughly`: all faults.

        Raises: TransientError.
        """
        found: Mapping[str, Any] = await self._get({"thoroughly": "1"} if thoroughly else {}, "/book")
        return found

    async def _get(self, params: Mapping[str, str], path: str = "/entries") -> Any:
        answer = await self._http.get(path, params=params)
        told = json_of(answer)
        if not isinstance(told, dict):
            raise TransientError(f"the books cannot be read: they answered {answer.status_code}")
        if answer.status_code != 200:
            raise refusal(told) or TransientError(f"the books cannot be read: {told.get('message')}")
        return told


ADVICE = (
    "put the files back as they were (a backup of the folder, with its .crossdock); corrections of your own belong in "
    "own.beancount or own.journal beside them. If what stands there now is right, create the empty file "
    ".crossdock/accept in the folder"
)
"""What to do with books that somebody else changed."""


def refusal(told: Mapping[str, Any]) -> HoldError | None:
    """Why the books refuse everything; None where it is something else."""
    if told.get("code") == "books_changed":
        return books_changed(str(told.get("message")))
    if told.get("code") == "other_books":
        fix = "name the folder of these books in `folder`, or write `book` as it was"
        return HoldError("other_books", str(told.get("message")), fix=fix)
    return None


def books_changed(what: str) -> HoldError:
    """Somebody else wrote in the books."""
    return HoldError("books_changed", f"somebody else changed the books: {what}", fix=ADVICE)


def _read(one: dict[str, Any]) -> tuple[Posting, str]:
    batch = str(one.pop("batch"))
    return Posting.model_validate(one), batch
