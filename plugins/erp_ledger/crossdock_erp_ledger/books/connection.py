"""Books as an account: a folder, and the name of the company whose books they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from crossdock import AuthProvider, LocalPath, NoAuth, RejectedError, TestReport
from crossdock.canonical import JournalEntry
from crossdock.http import Reader, Request, Response, json_of
from crossdock_erp_ledger.books.api import BooksApi
from crossdock_erp_ledger.books.beancount import BEANCOUNT
from crossdock_erp_ledger.books.chart import Chart
from crossdock_erp_ledger.books.desk import Desk
from crossdock_erp_ledger.books.folder import BooksFolder
from crossdock_erp_ledger.books.format import Format
from crossdock_erp_ledger.books.hledger import HLEDGER
from crossdock_erp_ledger.books.ledgerbook import LedgerBook
from crossdock_erp_ledger.ledger import LedgerConnection, LedgerEntry, LedgerLine

FORMATS: dict[str, Format] = {"beancount": BEANCOUNT, "hledger": HLEDGER}
FormatName = Literal["beancount", "hledger"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class BooksConnection(LedgerConnection):
    """Double-entry books as plain text, in a folder of this machine."""

    name: ClassVar[str] = "books"
    reads: ClassVar[tuple[str, ...]] = ("GET /**",)
    auth_kinds: ClassVar[tuple[type[AuthProvider], ...]] = (NoAuth,)

    base_url: str = "http://localhost"
    auth: AuthProvider = NoAuth()
    folder: Annotated[LocalPath, Field(examples=["books"])]
    """Made at the first entry, in a folder that there is."""
    book: Annotated[str, Field(min_length=1, examples=["Acme Trading"])]
    """Whose books these are. Effects belong to it: the folder may move, the name may not change."""
    accounts: Chart
    """The accounts that may be posted to, with the currencies that they take."""
    format: Annotated[
        tuple[FormatName, ...],
        BeforeValidator(_listed, json_schema_input_type=FormatName | tuple[FormatName, ...]),
        Field(min_length=1),
    ] = ("beancount",)
    """One, or both side by side."""

    _desk: Desk | None = PrivateAttr(default=None)

    @property
    def identity(self) -> str:
        """Plugin and book; not the folder, which may move."""
        return f"erp_ledger.books:{self.book}"

    def handle(self, request: Request) -> Response:
        """Answer from the folder."""
        if self._desk is None:
            folder = BooksFolder(self.folder, self.book)
            forms = [FORMATS[name] for name in dict.fromkeys(self.format)]
            book = LedgerBook(folder, self.book, forms, self.accounts, self.closed_through)
            self._desk = Desk(folder, book, self.accounts, self.closed_through)
        return self._desk.answer(request)

    async def read_entries(self, http: Reader, first: date, last: date) -> Sequence[LedgerEntry]:
        """Every entry of those days, as it stands in the files. Raises: TransientError."""
        found = BooksApi(http).entries(since=first.isoformat(), to=last.isoformat())
        return [_as_held(posting.entry) async for posting, _ in found]

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Look whether the books are there, and as they were left."""
        answer = await http.get("/book")
        told = json_of(answer) or {}
        if not answer.is_success:
            raise RejectedError(str(told.get("message")), code=told.get("code"), fix=f"look at {self.folder}")
        missing = [f"{name} as crossdock left it" for name in told["changed"]]
        if not self.folder.parent.is_dir():
            missing.append(f"the folder {self.folder.parent}")
        notes = (f"{told['entries']} entries in {self.folder}", *(f"period {one}" for one in told["periods"][-1:]))
        return TestReport(account=self.book, missing=tuple(missing), notes=notes)


def _as_held(entry: JournalEntry) -> LedgerEntry:
    lines = [LedgerLine(one.account, one.amount, one.unit, one.dimensions) for one in entry.lines]
    return LedgerEntry(entry.key, entry.date, lines, entry.reference)
