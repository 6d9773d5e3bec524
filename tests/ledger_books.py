"""Books in a folder of a test, and the programs that check them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from crossdock.canonical import JournalEntry
from crossdock.http import Request
from crossdock_erp_ledger.books.connection import BooksConnection
from crossdock_erp_ledger.posting import plan_entry, postings_of
from ledger_entries import ACCOUNTS, DIGITS

CHART = {account: sorted(DIGITS) for account in ACCOUNTS}
BEAN_CHECK = str(Path(sys.executable).parent / "bean-check")
HLEDGER = shutil.which("hledger")


def books(folder: Path, **changed: Any) -> BooksConnection:
    settings = {"folder": folder, "book": "acme", "timezone": "America/New_York", "accounts": CHART}
    return BooksConnection.model_validate(settings | changed)


def ask(connection: BooksConnection, path: str, **params: str) -> Any:
    answer = connection.handle(Request("GET", f"http://localhost{path}", params=params))
    assert answer.status_code == 200, answer.text
    return answer.json()


def request(entries: Iterable[JournalEntry], batch: str = "XD1", closed: date | None = None) -> Request:
    postings = postings_of([plan_entry(entry, closed) for entry in entries], batch)
    told = [one.model_dump(mode="json", exclude_defaults=True) for one in postings]
    return Request("POST", "http://localhost/entries", json={"batch": batch, "entries": told})


def post(connection: BooksConnection, *entries: JournalEntry, batch: str = "XD1", closed: date | None = None) -> Any:
    """What became of each entry."""
    answer = connection.handle(request(entries, batch, closed))
    assert answer.status_code == 200, answer.text
    return {key: one.get("refused") or one["done"] for key, one in answer.json()["entries"].items()}


def keys_in(connection: BooksConnection) -> list[str]:
    found, after = [], ""
    while after is not None:
        answer = ask(connection, "/entries", after=after)
        found += [one["entry"]["key"] for one in answer["entries"]]
        after = answer["next"]
    return found


def bean_check(folder: Path) -> str:
    """What Beancount's own checker objects to."""
    done = subprocess.run([BEAN_CHECK, "-C", folder / "main.beancount"], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is not bool(done.stdout + done.stderr)
    return done.stdout + done.stderr


def hledger_check(folder: Path) -> str:
    """What hledger objects to."""
    command = [HLEDGER, "-f", folder / "main.journal", "check", "--strict"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
