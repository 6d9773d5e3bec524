"""Books as an account: a folder, and the name of the company whose books they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from crossdock import AuthProvider, NoAuth
from crossdock_erp_ledger.ledger import LedgerConnection


class BooksConnection(LedgerConnection):
    """Double-entry books as plain text, in a folder of this machine."""

    name: ClassVar[str] = "books"
    reads: ClassVar[tuple[str, ...]] = ("GET /**",)

    base_url: str = "http://localhost"
    auth: AuthProvider = NoAuth()
    folder: Path
    book: Annotated[str, Field(min_length=1)]
    """Whose books these are. Effects belong to it: the folder may move, the name may not change."""

    @property
    def identity(self) -> str:
        """Plugin and book; not the folder, which may move."""
        return f"erp_ledger.books:{self.book}"
