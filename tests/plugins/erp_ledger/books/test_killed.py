"""Processes that post are killed at every step that they take on the disk: no half entry, none lost, none doubled."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from crossdock_erp_ledger.books.beancount import BEANCOUNT
from crossdock_erp_ledger.books.format import read_all
from crossdock_erp_ledger.books.hledger import HLEDGER
from ledger_books import ask, bean_check, books, keys_in, post
from ledger_entries import sale

SETTINGS = {"format": ["beancount", "hledger"]}
BEFORE = [sale("1").key, sale("2").key]
AFTER = [*BEFORE, sale("8").key, sale("9").key]


@pytest.fixture(scope="module", params=["books that are there", "new books"])
def killed(request, tmp_path_factory):
    """Copies of books, in each of which a process was killed one step later than in the one before."""
    place, copies = tmp_path_factory.mktemp("books") / "books", tmp_path_factory.mktemp("copies")
    if request.param == "new books":
        place.mkdir()
    else:
        post(books(place, **SETTINGS), sale("1"), sale("2"))
    program = Path(__file__).with_name("killed_writer.py")
    done = subprocess.run([sys.executable, program, place, copies], capture_output=True, text=True, check=True)
    told = dict(line.split() for line in done.stdout.splitlines())
    assert len(told) > 30
    assert list(told.values()) == ["killed"] * (len(told) - 1) + ["answered"]
    before = [] if request.param == "new books" else BEFORE
    return [copies / number for number in told], before


def test_no_file_ever_holds_half_an_entry(killed):
    copies, _ = killed
    wanted = set(AFTER)

    for place in copies:
        for form in (BEANCOUNT, HLEDGER):
            for part in place.glob(f"2026-*{form.suffix}"):
                found = [one.posting.key for one in read_all(form, part.read_text())]
                assert set(found) <= wanted, place
                assert len(found) == len(set(found)), place


def test_bundle_is_there_whole_or_not_at_all_once_somebody_looks(killed):
    copies, before = killed
    whole = [key for key in AFTER if key in before or key != sale("2").key]
    seen = []

    for place in copies:
        found = keys_in(books(place, **SETTINGS))
        seen.append(sorted(found) == sorted(whole))
        assert seen[-1] or found == before, place
        for name in SETTINGS["format"]:
            assert keys_in(books(place, format=name)) == found, place

    first = seen.index(True)
    assert seen == [False] * first + [True] * (len(seen) - first)
    assert 0 < first < len(seen) - 1


def test_bundle_that_is_asked_for_again_is_there_once(killed):
    copies, _ = killed

    for place in copies[::3]:
        connection = books(place, **SETTINGS)
        post(connection, sale("1"), sale("8"), sale("9", date=date(2026, 11, 2)), batch="XD2")
        found = keys_in(connection)
        assert len(found) == len(set(found)), place
        assert {sale("1").key, sale("8").key, sale("9").key} <= set(found), place
        assert ask(connection, "/book", thoroughly="1")["changed"] == [], place
        assert ask(connection, "/book", thoroughly="1")["faults"] == [], place
        assert list((place / ".crossdock" / "new").iterdir()) == [], place

    for place in (copies[0], copies[len(copies) // 6 * 3]):
        assert bean_check(place) == ""
