"""Books under the eyes of programs that are not ours: they pass as written, and fail when anything is planted."""

from __future__ import annotations

import random
import re
import shutil
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger_books import HLEDGER, ask, bean_check, books, hledger_check, post, request
from ledger_entries import APPAREL, CLEARING, HOME, SHIPPING, line, sale

CHART = {
    CLEARING: {"currencies": ["USD", "CLP", "KWD"]},
    APPAREL: {"closed": "2026-12-31"},
    HOME: [],
    SHIPPING: {"opened": "2026-09-01"},
    "Assets:Bank:Operating": "USD",
}
NEXT = "2026-11-01"


def generated(number=150):
    """Sales, refunds and payouts of two months, in three currencies, some of them alike to the cent."""
    dice = random.Random(4)
    for n in range(number):
        day = date(2026, 10, 1) + timedelta(days=dice.randrange(55))
        currency, digits = dice.choice([("USD", 2), ("CLP", 0), ("KWD", 3)])
        cents = dice.choice([100, dice.randrange(1, 10**6)])
        sign = dice.choice([1, 1, -1])
        parts = [cents // 3, cents // 3, cents - 2 * (cents // 3)]
        amounts = [str(Decimal(-sign * part).scaleb(-digits)) for part in parts]
        lines = [
            line(name, amount, currency, sku='A "B"')
            for name, amount in zip((APPAREL, HOME, SHIPPING), amounts, strict=True)
        ]
        whole = line(CLEARING, str(Decimal(sign * cents).scaleb(-digits)), currency)
        yield sale(
            f"{n // 2}", key=f"wmt:us:{n // 2}:refund:{n}:v1", date=day, lines=(whole, *lines), reverses=f"x:{n}"
        )


def refunds_of_one_day():
    """Two facts that differ in their names alone."""
    return [sale("r", key=f"wmt:us:r:refund:{n}:v1", description="Refund") for n in (1, 2)]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Books of two months, of which October is closed."""
    place = tmp_path_factory.mktemp("books") / "books"
    settings = {"format": ["beancount", "hledger"], "accounts": CHART}
    some = list(generated())
    for start in range(0, len(some), 40):
        post(books(place, **settings), *some[start : start + 40], batch=f"XD{start}")
    totals = [sale(f"t{n}", total="wmt:us:2026-10-05:USD") for n in range(5)]
    post(books(place, **settings), *totals, batch="XDT")
    (place / "own.beancount").write_text("2026-12-31 balance Assets:Bank:Operating  100.00 ~ 0 USD\n")
    post(books(place, **settings), *refunds_of_one_day(), batch="XDR")
    payout = (line("Assets:Bank:Operating", "100.00"), line(CLEARING, "-100.00"))
    closed = books(place, closed_through="2026-10-31", **settings)
    post(closed, sale("p", date=date(2026, 11, 2), lines=payout), sale("late"), batch="XDP", closed=date(2026, 10, 31))
    return place


@pytest.fixture
def copy(written, tmp_path):
    return shutil.copytree(written, tmp_path / "books")


def put(place, text, name="2026-10"):
    with (place / f"{name}.beancount").open("a") as file:
        file.write(text)


def swap(place, old, new, name="2026-10"):
    file = place / f"{name}.beancount"
    text = file.read_text()
    assert len(re.findall(old, text)) > 0
    file.write_text(re.sub(old, new, text, count=1))


def first_entry(place, name="2026-10"):
    return (place / f"{name}.beancount").read_text().split("\n\n")[1]


def test_beancount_accepts_the_books(written):
    assert bean_check(written) == ""


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
def test_hledger_accepts_the_books(written):
    assert hledger_check(written) == ""


def test_our_own_checker_accepts_the_books(written):
    state = ask(books(written, format=["beancount", "hledger"], accounts=CHART), "/book", thoroughly="1")

    assert (state["entries"], state["changed"], state["faults"]) == (155, [], [])


def bump(file, currency, by):
    """Make the first amount in that currency a little larger."""
    found = re.search(rf"(-?[\d.]+) {currency}$", file.read_text(), re.MULTILINE)
    text = file.read_text()
    file.write_text(f"{text[: found.start()]}{Decimal(found[1]) + Decimal(by)} {currency}{text[found.end() :]}")


def one_cent_off(place):
    bump(place / "2026-11.beancount", "USD", "0.01")


def one_peso_off(place):
    bump(place / "2026-11.beancount", "CLP", "1")


def undeclared_account(place):
    swap(place, "  Income:Sales:Home  ", "  Income:Sales:Garden  ")


def undeclared_currency(place):
    put(place, f'\n2026-11-05 * "X" "Y"\n  {HOME}  1.00 EUR\n  {CLEARING}  -1.00 EUR\n', "2026-11")


def same_entry_twice(place):
    put(place, f"\n{first_entry(place)}\n", "2026-11")


def entry_on_an_account_that_is_closed(place):
    put(place, f'\n2027-01-05 * "X" "Y"\n  {APPAREL}  1.00 USD\n  {CLEARING}  -1.00 USD\n', "2026-11")


def entry_before_its_account_is_opened(place):
    put(place, f'\n2026-08-05 * "X" "Y"\n  {SHIPPING}  1.00 USD\n  {CLEARING}  -1.00 USD\n')


def entry_put_into_the_closed_period(place):
    put(place, f'\n2026-10-31 * "X" "Y"\n  {HOME}  1.00 USD\n  {CLEARING}  -1.00 USD\n', "2026-11")


def entry_left_out_of_the_closed_period(place):
    file = place / "2026-10.beancount"
    file.write_text(file.read_text().replace(f"\n{first_entry(place)}\n", ""))


def entry_moved_out_of_the_closed_period(place):
    swap(place, r"\n2026-10-\d\d \*", "\n2026-11-20 *")


def clearing_not_at_the_asserted_balance(place):
    swap(place, r"balance Assets:Bank:Operating  100.00", "balance Assets:Bank:Operating  100.01", "own")


def closed_period_one_cent_off_on_both_sides(place):
    swap(place, r"\n2026-10-\d\d \*", f'\n2026-10-05 * "X" "Y"\n  {HOME}  0.01 USD\n  {CLEARING}  -0.01 USD\n\\g<0>')


def file_of_a_period_that_is_gone(place):
    (place / "2026-10.beancount").unlink()


def posting_to_an_account_with_sub_accounts(place):
    put(place, "\n2026-01-01 open Income:Sales\n", "accounts")
    put(place, f'\n2026-11-05 * "X" "Y"\n  Income:Sales  1.00 USD\n  {CLEARING}  -1.00 USD\n', "2026-11")


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (one_cent_off, "does not balance"),
        (one_peso_off, "does not balance"),
        (undeclared_account, "unknown account"),
        (undeclared_currency, "Invalid currency EUR"),
        (same_entry_twice, "Duplicate"),
        (entry_on_an_account_that_is_closed, "inactive account"),
        (entry_before_its_account_is_opened, "inactive account"),
        (entry_put_into_the_closed_period, "Balance failed"),
        (entry_left_out_of_the_closed_period, "Balance failed"),
        (entry_moved_out_of_the_closed_period, "Balance failed"),
        (clearing_not_at_the_asserted_balance, "Balance failed"),
        (closed_period_one_cent_off_on_both_sides, "Balance failed"),
        (file_of_a_period_that_is_gone, "does not match any files"),
        (posting_to_an_account_with_sub_accounts, "Non-leaf"),
    ],
)
def test_beancount_refuses(plant, told, copy):
    plant(copy)

    assert told in bean_check(copy)


def test_double_that_beancount_takes_for_two_facts_is_refused_by_our_own_checker(copy):
    """Another payee: `noduplicates` sees two entries; the name is the same."""
    again = first_entry(copy, "2026-11").replace('"Walmart US"', '"Somebody"')
    put(copy, f"\n{again}\n", "2026-11")
    (copy / ".crossdock" / "accept").touch()
    connection = books(copy, accounts=CHART, format=["beancount", "hledger"])

    answer = connection.handle(request([sale("more", date=date(2026, 11, 3))]))

    assert bean_check(copy) == ""
    assert answer.status_code == 423
    assert "stands in the books twice" in answer.json()["message"]


def another_cent(place):
    bump(place / "2026-11.journal", "USD", "0.01")


def another_account(place):
    file = place / "2026-11.journal"
    file.write_text(file.read_text().replace("    Income:Sales:Home  ", "    Income:Sales:Garden  ", 1))


def another_day(place):
    file = place / "2026-10.journal"
    file.write_text(re.sub(r"\n2026-10-\d\d \*", "\n2026-11-20 *", file.read_text(), count=1))


@pytest.mark.skipif(HLEDGER is None, reason="hledger is not installed")
@pytest.mark.parametrize(
    ("plant", "told"), [(another_cent, "could not balance"), (another_account, "account"), (another_day, "difference")]
)
def test_hledger_refuses(plant, told, copy):
    plant(copy)

    assert told in hledger_check(copy)


def test_books_that_are_checked_hold_facts_that_are_alike_to_the_cent():
    alike = [(one.date, one.reference, one.description, str(one.lines)) for one in refunds_of_one_day()]

    assert len(alike) == 2
    assert len(set(alike)) == 1
