"""The suite that every plugin inherits, with books in a folder of their own each time."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from crossdock.testing import conformance
from crossdock_erp_ledger import plugin
from crossdock_erp_ledger.books.entries import BooksEntrySink
from ledger_books import books
from ledger_entries import APPAREL, CLEARING, line, sale
from ledger_samples import MAPPERS

PLACE = tempfile.mkdtemp(prefix="crossdock-")
atexit.register(shutil.rmtree, PLACE, ignore_errors=True)


def connect(base_url):
    return books(Path(tempfile.mkdtemp(dir=PLACE)) / "books")


class TestBooks(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="erp_ledger",
        connect=connect,
        mappers=MAPPERS,
        sinks=[
            conformance.SinkSample(
                BooksEntrySink(), sale(), revised=[sale(lines=(line(CLEARING, "1"), line(APPAREL, "-1")))]
            )
        ],
    )
