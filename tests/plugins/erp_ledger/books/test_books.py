"""Books: each entry once, added to and never changed, and never behind our back."""

from __future__ import annotations

import fcntl
import shutil
import threading
from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.http import Request
from crossdock_erp_ledger.books import folder as folders
from crossdock_erp_ledger.books import shelf
from ledger_books import ask, books, keys_in, post, request
from ledger_entries import APPAREL, CLEARING, FEW, entries, line, sale

OCTOBER = date(2026, 10, 31)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "books"


def refused(connection, *entries, **more):
    """The answer that refuses a whole bundle."""
    answer = connection.handle(request(entries, **more))
    return answer.status_code, answer.json()["code"]


# ---------------------------------------------------------------------------------------------------- once


def test_entry_is_posted_once_however_often_it_is_asked_for(place):
    connection = books(place)

    told = [post(connection, sale(), batch=batch)[sale().key] for batch in ("XD1", "XD1", "XD2")]

    assert told == ["posted", "there", "there"]
    assert keys_in(connection) == [sale().key]


def test_entry_is_there_for_a_store_that_lost_it(place):
    first, second = line(CLEARING, "5.00", basis={"product USD": "5.00"}), line(APPAREL, "-5.00")
    post(books(place), sale(lines=(first, second)))

    assert post(books(place), sale(lines=(first, second)), batch="XD9") == {sale().key: "there"}


def test_another_process_sees_what_is_there(place):
    first, second = books(place), books(place)
    post(first, sale("1"))

    assert post(second, sale("1"), sale("2")) == {sale("1").key: "there", sale("2").key: "posted"}
    assert post(first, sale("2")) == {sale("2").key: "there"}


def test_other_content_under_the_same_name_is_refused_and_nothing_else(place):
    connection = books(place)
    post(connection, sale("1"))
    other = sale("1", lines=(line(CLEARING, "1.00"), line(APPAREL, "-1.00")))

    told = post(connection, other, sale("2"), batch="XD2")

    assert told == {sale("1").key: "entry_differs", sale("2").key: "posted"}
    assert "49.98" in (place / "2026-10.beancount").read_text()


@pytest.mark.parametrize("change", [{"description": "told otherwise"}, {"links": ("another",)}])
def test_what_only_a_person_reads_makes_no_other_entry(place, change):
    connection = books(place)
    post(connection, sale())

    assert post(connection, sale(**change)) == {sale().key: "there"}


def test_entry_is_there_also_when_its_period_was_closed_meanwhile(place):
    post(books(place), sale())

    assert post(books(place, closed_through="2026-10-31"), sale(), closed=OCTOBER) == {sale().key: "there"}


def test_what_a_total_covers_is_posted_neither_alone_nor_in_another_total(place):
    connection = books(place)
    post(connection, sale("1", total="t"), sale("2", total="t"))

    alone = post(connection, sale("1"), batch="XD2")
    again = connection.handle(request([sale("2", total="t"), sale("3", total="t")], "XD3")).json()["entries"]

    assert alone == {sale("1").key: "there"}
    assert [(one["refused"], one["there"]) for one in again.values()] == [("covered", {sale("2").key: "XD1"})]
    assert len(keys_in(connection)) == 1
    assert ask(connection, "/entries", key=sale("2").key)["entries"][0]["members"] == [sale("1").key, sale("2").key]


def test_two_entries_of_one_name_in_a_bundle_are_refused(place):
    wanted = request([sale("1")])
    body = wanted.read().replace(
        b'"entries":[', b'"entries":[' + wanted.read().partition(b'"entries":[')[2][:-2] + b","
    )
    connection = books(place)

    answer = connection.handle(Request("POST", "http://localhost/entries", content=body))

    assert answer.json()["entries"][sale("1").key]["refused"] == "entry_differs"


# ---------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("chart", "why"),
    [
        ({}, "line 2 (-49.98 USD to Income:Sales:Apparel): it is not declared"),
        ({APPAREL: "CAD"}, "it takes CAD only"),
        ({APPAREL: {"opened": "2026-10-06"}}, "it is opened on 2026-10-06, and this is of 2026-10-05"),
        ({APPAREL: {"closed": "2026-10-04"}}, "it was closed on 2026-10-04, and this is of 2026-10-05"),
    ],
)
def test_account_that_does_not_take_a_line_is_named(place, chart, why):
    accounts = {name: [] for name in (CLEARING, "Income:Sales:Home", "Income:Shipping")} | chart
    answer = books(place, accounts=accounts).handle(request([sale()]))

    told = answer.json()["entries"][sale().key]

    assert told["refused"] == "account_not_usable"
    assert any(why in one for one in told["why"])


@pytest.mark.parametrize("day", ["2026-10-05", "2026-12-31"])
def test_account_takes_entries_on_its_first_and_last_day(place, day):
    accounts = {name: [] for name in (CLEARING, "Income:Sales:Home", "Income:Shipping")}
    chart = accounts | {APPAREL: {"opened": "2026-10-05", "closed": "2026-12-31"}}

    assert post(books(place, accounts=chart), sale(date=date.fromisoformat(day))) == {sale().key: "posted"}


def test_closed_period_takes_nothing(place):
    connection = books(place, closed_through="2026-10-31")

    told = post(connection, sale("1"), sale("2", date=date(2026, 11, 1)))

    assert told == {sale("1").key: "period_closed", sale("2").key: "posted"}
    assert not (place / "2026-10.beancount").exists()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "/entries", b"", 404),
        ("POST", "/book", b"{}", 404),
        ("POST", "/entries", b"no json", 400),
        ("POST", "/entries", b'{"batch":"x","entries":[{"entry":{"key":"a"}}]}', 400),
        ("POST", "/entries", b"null", 400),
    ],
)
def test_request_that_is_none_is_refused_before_anything_is_done(place, method, path, body, status):
    answer = books(place).handle(Request(method, f"http://localhost{path}", content=body))

    assert answer.status_code == status
    assert not place.exists()


# ---------------------------------------------------------------------------------------------------- reading back


def test_nothing_is_in_books_that_were_never_written(place):
    connection = books(place)

    assert ask(connection, "/entries")["entries"] == []
    assert ask(connection, "/book")["entries"] == 0
    assert not place.exists()


@pytest.mark.parametrize("form", ["beancount", "hledger"])
def test_entries_are_found_by_name_period_bundle_reference_and_days(place, form):
    connection = books(place, format=form)
    post(connection, sale("1"), sale("2", date=date(2026, 11, 3)), batch="XD1")
    post(connection, sale("3", date=date(2026, 10, 9)), batch="XD2")

    def found(**params):
        return [one["entry"]["reference"] for one in ask(connection, "/entries", **params)["entries"]]

    assert found(key=sale("3").key) == ["3"]
    assert found(key="another") == []
    assert found(period="2026-10") == ["1", "3"]
    assert found(batch="XD1") == ["1", "2"]
    assert found(reference="2") == ["2"]
    assert found(**{"from": "2026-10-06", "to": "2026-11-02"}) == ["3"]
    assert ask(connection, "/book")["periods"] == ["2026-10", "2026-11"]


def test_many_entries_are_read_page_by_page(place, monkeypatch):
    monkeypatch.setattr("crossdock_erp_ledger.books.desk.PAGE", 3)
    connection = books(place)
    monkeypatch.setattr(shelf, "LARGEST_PART", 3000)
    wanted = [sale(str(number)) for number in range(17)]
    for one in wanted:
        post(connection, one, batch=f"XD{one.reference}")

    assert len(list(place.glob("2026-10*"))) > 3
    assert keys_in(connection) == [one.key for one in wanted]


def test_period_goes_on_in_another_file_when_one_is_large(place, monkeypatch):
    monkeypatch.setattr(shelf, "LARGEST_PART", 2000)
    connection = books(place)
    for number in range(20):
        post(connection, *(sale(f"{number}{part}") for part in range(2)), batch=f"XD{number}")

    parts = sorted(one.name for one in place.glob("2026-10*.beancount"))
    included = [name for name in (place / "main.beancount").read_text().split('"') if name in parts]

    assert len(parts) >= 10  # as texts they sort otherwise
    assert included == sorted(parts, key=lambda name: int("".join(name.split(".")[1:-1]) or 0))
    assert keys_in(books(place)) == [sale(f"{number}{part}").key for number in range(20) for part in range(2)]


@FEW
@given(data=st.data())
def test_balances_of_the_books_are_those_of_a_simple_model(data, tmp_path_factory):
    place = tmp_path_factory.mktemp("books")
    connection, model, number = books(place, format=["beancount", "hledger"]), defaultdict(Decimal), 0
    for batch in range(data.draw(st.integers(1, 3))):
        some = [data.draw(entries(number + step)) for step in range(data.draw(st.integers(1, 4)))]
        number += len(some)
        post(connection, *some, batch=f"XD{batch}")
        post(connection, *some, batch=f"XD{batch}")  # as after a lost answer
        for row in (row for one in some for row in one.lines):
            model[row.account, row.amount.currency] += row.amount.amount

    for form in ("beancount", "hledger"):
        found = defaultdict(Decimal)
        for one in ask(books(place, format=form), "/entries")["entries"]:
            for row in one["entry"]["lines"]:
                found[row["account"], row["amount"]["currency"]] += Decimal(row["amount"]["amount"])
        assert found == model


# ---------------------------------------------------------------------------------------------------- settings


def test_format_that_is_added_later_gets_what_is_there_already(place):
    post(books(place), sale("1"), sale("2", date=date(2026, 11, 2)))

    post(books(place, format=["beancount", "hledger"]), sale("3"), batch="XD2")

    wanted = {sale(po).key for po in ("1", "2", "3")}
    for form in ("beancount", "hledger"):
        assert set(keys_in(books(place, format=form))) == wanted


def test_format_that_was_away_for_a_while_catches_up(place):
    both = {"format": ["beancount", "hledger"]}
    post(books(place, **both), sale("1"))
    post(books(place, format="hledger"), sale("2"))

    post(books(place, **both), sale("3"))

    assert set(keys_in(books(place, format="beancount"))) == {sale(po).key for po in ("1", "2", "3")}


def test_accounts_and_main_file_follow_the_settings(place):
    post(books(place), sale("1"))
    (place / "main.beancount").write_text("; by hand\n")
    chart = {**books(place).accounts, "Assets:Bank": "USD"}

    post(books(place, accounts=chart), sale("2"))

    assert "open Assets:Bank USD" in (place / "accounts.beancount").read_text()
    assert 'include "2026-10.beancount"' in (place / "main.beancount").read_text()


def test_file_of_the_integrators_own_is_read_with_the_others_and_never_written(place):
    post(books(place), sale("1"))
    (place / "own.beancount").write_text("2026-01-01 open Equity:Own\n")

    post(books(place), sale("2"))

    assert 'include "own.beancount"' in (place / "main.beancount").read_text()
    assert (place / "own.beancount").read_text() == "2026-01-01 open Equity:Own\n"


def test_closed_period_is_sealed_with_what_its_accounts_come_to(place):
    post(books(place), sale("1"), sale("2", date=date(2026, 9, 5)))

    post(books(place, closed_through="2026-10-31"), sale("3", date=date(2026, 11, 1)))

    assert f"2026-10-01 balance {CLEARING}  70.97 ~ 0 USD" in (place / "closed-2026-09.beancount").read_text()
    assert f"2026-11-01 balance {CLEARING}  141.94 ~ 0 USD" in (place / "closed-2026-10.beancount").read_text()


def test_seal_is_taken_off_a_period_that_is_opened_again(place):
    post(books(place), sale("1"))
    post(books(place, closed_through="2026-10-31"), sale("2", date=date(2026, 11, 1)))

    post(books(place), sale("3"))
    sealed = (place / "closed-2026-10.beancount").exists()
    post(books(place, closed_through="2026-10-31"), sale("4", date=date(2026, 11, 1)))

    assert not sealed
    assert f"{CLEARING}  141.94 ~ 0 USD" in (place / "closed-2026-10.beancount").read_text()


def test_seal_that_was_to_go_is_gone_also_after_a_crash(place, monkeypatch):
    post(books(place), sale("1"))
    post(books(place, closed_through="2026-10-31"), sale("2", date=date(2026, 11, 1)))

    replace = folders.BooksFolder._replace_head

    def crash(self, head):
        replace(self, head)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(folders.BooksFolder, "_replace_head", crash)
        with pytest.raises(OSError, match="Input/output"):
            books(place).handle(request([sale("3")]))

    assert post(books(place), sale("3"), sale("4")) == {sale("3").key: "there", sale("4").key: "posted"}
    assert not list(place.glob("closed-*"))


def test_account_that_somebody_else_posts_to_is_not_asserted(place):
    post(books(place), sale("1"))
    (place / "own.beancount").write_text(f'2026-10-31 * "By hand"\n  {CLEARING}  1.00 USD\n  {APPAREL}\n')

    post(books(place, closed_through="2026-10-31"), sale("2", date=date(2026, 11, 1)))

    seal = (place / "closed-2026-10.beancount").read_text()
    assert f"; 2026-11-01 balance {CLEARING}" in seal
    assert "\n2026-11-01 balance Income:Sales:Home" in seal


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        ({}, "declare the accounts"),
        ({"Sales": "USD"}, "is no account"),
        ({"Income:sales": "USD"}, "is no account"),
        ({"Income:Sales": "USD", "Income:Sales:Home": "USD"}, "Income:Sales has the sub-account"),
        ({"Income:Sales": "usd"}, "pattern"),
        ({"Income:Sales": {"owner": 1}}, "owner"),
    ],
)
def test_chart_that_no_books_can_have_is_refused(place, accounts, why):
    with pytest.raises(ValueError, match=why):
        books(place, accounts=accounts)


# ---------------------------------------------------------------------------------------------------- tampering


def cut(file):
    file.write_bytes(file.read_bytes()[:-40])


def edit(file):
    file.write_bytes(file.read_bytes().replace(b"49.98", b"49.97"))


def remove(file):
    file.unlink()


@pytest.mark.parametrize("harm", [cut, edit, remove])
@pytest.mark.parametrize("fresh", [True, False], ids=["another process", "the same process"])
def test_entries_that_somebody_changed_are_noticed_and_nothing_is_added_to_them(place, harm, fresh):
    connection = books(place)
    post(connection, sale("1"))
    post(connection, sale("2", date=date(2026, 11, 1)), batch="XD2")
    harm(place / "2026-10.beancount")
    connection = books(place) if fresh else connection

    assert refused(connection, sale("3")) == (423, "books_changed")
    assert connection.handle(Request("GET", "http://localhost/book?thoroughly=1")).json()["changed"] == [
        "2026-10.beancount"
    ]


def test_change_that_leaves_size_and_time_is_seen_by_a_thorough_look(place):
    connection = books(place)
    post(connection, sale())
    file = place / "2026-10.beancount"
    seen = file.stat()
    edit(file)
    folders.os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    assert ask(connection, "/book", thoroughly="1")["changed"] == ["2026-10.beancount"]


def test_copy_of_the_folder_is_as_good_as_the_folder(place, tmp_path):
    post(books(place), sale("1"))
    shutil.copytree(place, tmp_path / "copy", copy_function=shutil.copy)  # times are not kept

    assert post(books(tmp_path / "copy"), sale("1"), sale("2")) == {sale("1").key: "there", sale("2").key: "posted"}


@pytest.mark.parametrize("name", ["2026-09.beancount", "main.beancount"])
def test_file_of_somebody_else_is_not_overwritten(place, name):
    place.mkdir()
    (place / name).write_text("; mine\n")

    assert refused(books(place), sale()) == (423, "books_changed")
    assert (place / name).read_text() == "; mine\n"


def test_lost_head_is_noticed(place):
    post(books(place), sale("1"))
    (place / ".crossdock" / "head.json").unlink()

    assert refused(books(place), sale("2")) == (423, "books_changed")


def test_change_that_a_person_takes_on_counts_from_then_on(place):
    post(books(place), sale("1"))
    file = place / "2026-10.beancount"
    file.write_text(file.read_text().replace("TEE-BLK-M", "TEE-RED-M"))
    (place / ".crossdock" / "accept").touch()

    assert post(books(place), sale("2")) == {sale("2").key: "posted"}
    assert ask(books(place), "/book", thoroughly="1")["changed"] == []
    assert "TEE-RED-M" in file.read_text()
    edit(file)
    assert refused(books(place), sale("3")) == (423, "books_changed")


def test_change_that_cannot_be_read_is_not_taken_on(place):
    post(books(place), sale("1"))
    edit(place / "2026-10.beancount")
    (place / ".crossdock" / "accept").touch()

    answer = books(place).handle(request([sale("2")]))

    assert answer.status_code == 423
    assert "2026-10.beancount:" in answer.json()["message"]
    assert "does not balance" in answer.json()["message"]


def test_entry_that_was_doubled_by_hand_is_found_by_our_own_checker(place):
    """Beancount sees no double where the payee differs."""
    post(books(place), sale("1"))
    file = place / "2026-10.beancount"
    block = file.read_text().partition("\n\n")[2]
    file.write_text(f"{file.read_text()}\n{block}".replace('"Walmart US" "Sale', '"Somebody" "Sale', 1))
    (place / ".crossdock" / "accept").touch()

    answer = books(place).handle(request([sale("2")]))

    assert answer.status_code == 423
    assert "stands in the books twice" in answer.json()["message"]


def test_books_of_another_company_are_left_alone(place):
    post(books(place), sale("1"))

    assert refused(books(place, book="other"), sale("2")) == (409, "other_books")


# ---------------------------------------------------------------------------------------------------- trouble


def test_books_in_a_folder_that_is_not_there_cannot_be_used_now(tmp_path):
    assert refused(books(tmp_path / "not" / "mounted"), sale()) == (503, "unavailable")


def test_books_that_another_process_has_for_too_long_cannot_be_used_now(place, monkeypatch):
    monkeypatch.setattr(folders, "_PATIENCE_S", 0.0)
    post(books(place), sale("1"))

    with (place / ".crossdock" / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert refused(books(place), sale("2")) == (503, "unavailable")

    assert post(books(place), sale("2")) == {sale("2").key: "posted"}


def test_entries_that_find_no_room_on_the_disk_were_not_posted(place, monkeypatch):
    post(books(place), sale("1"))

    def full(path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(folders, "_write", full)
        assert refused(books(place), sale("2")) == (503, "unavailable")

    assert keys_in(books(place)) == [sale("1").key]


def test_processes_that_post_at_once_lose_and_double_nothing(place):
    place.mkdir()
    told = []

    def work(number):
        connection = books(place)
        for step in range(5):
            told.append(post(connection, sale(f"{step}"), sale(f"{number}-{step}"), batch=f"XD{number}{step}"))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    posted = [key for one in told for key, what in one.items() if what == "posted"]
    assert len(posted) == 25
    assert sorted(keys_in(books(place))) == sorted(posted) == sorted(set(posted))
