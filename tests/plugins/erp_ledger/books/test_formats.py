"""What is written is read back as it was, and nothing else is read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock_erp_ledger.books.beancount import BEANCOUNT
from crossdock_erp_ledger.books.booked import (
    Unreadable,
    bookable,
    from_dimension,
    from_members,
    to_dimension,
    to_members,
)
from crossdock_erp_ledger.books.format import read_all
from crossdock_erp_ledger.books.hledger import HLEDGER
from crossdock_erp_ledger.posting import plan_entry, posting_of, postings_of
from ledger_entries import APPAREL, CLEARING, FEW, entries, line, many_entries, sale

FORMS = pytest.mark.parametrize("form", [BEANCOUNT, HLEDGER], ids=lambda form: form.name)
NASTY = st.text(max_size=20) | st.sampled_from(
    ['"', "\\", 'a\\"b', "; x", "a, b:c", "[1/2]", "%2C", "|", "(x)", " a ", '\n  idem: "x"']
)


def booked(entry, closed=None, batch="XD1"):
    return bookable(posting_of(plan_entry(entry, closed)), batch)


@FORMS
@FEW
@given(some=many_entries())
def test_file_of_entries_is_read_back_as_it_was_written(form, some):
    written = [booked(entry) for entry in some]

    text = "; a heading\n" + "".join(map(form.entry, written))

    assert list(read_all(form, text)) == written


@FORMS
@FEW
@given(
    entry=entries(),
    texts=st.tuples(NASTY, NASTY, NASTY, NASTY, NASTY, NASTY),
    dimensions=st.dictionaries(st.text(min_size=1, max_size=8), NASTY, max_size=2),
    quantity=st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.none(),
)
def test_any_text_is_read_back_as_books_can_bear_it(form, entry, texts, dimensions, quantity):
    names = dict(zip(("description", "reference", "customer", "channel", "document"), texts, strict=False))
    first = entry.lines[0].model_copy(update={"memo": texts[5], "dimensions": dimensions, "quantity": quantity})
    one = booked(entry.model_copy(update={**names, "lines": (first, *entry.lines[1:]), "links": texts[:2]}))

    text = form.entry(one)

    assert form.read(text.strip("\n"), 1) == one
    assert "\n\n" not in text
    assert len(form.keys.findall(text.encode())) == 1


@FORMS
def test_total_and_late_entry_are_read_back(form):
    effects = [plan_entry(sale(po, total="t", reverses="a b"), date(2026, 10, 31)) for po in ("1", "2 %")]
    (total,) = postings_of(effects, "XD1")

    one = bookable(total, "XD1")

    assert form.read(form.entry(one).strip("\n"), 1) == one
    assert one.posting.late_for == "2026-10"


@FORMS
def test_reversal_is_linked_to_what_it_reverses(form):
    one = booked(sale("1", key="wmt:us:1:sale:v1:reversal", reverses="wmt:us:1:sale:v1"))

    text = form.entry(one)

    assert "wmt:us:1:sale:v1" in text
    assert form.read(text.strip("\n"), 1) == one
    if form is BEANCOUNT:
        assert " ^wmt-us-1-sale-v1 " in text


def test_beancount_marks_bear_only_what_it_allows():
    text = BEANCOUNT.entry(booked(sale("1", channel="Wal mart?", links=("ärger é", "ok"))))

    assert "#wal-mart--us" in text
    assert "^-rger--" in text


def test_amounts_have_the_digits_of_their_currency():
    entry = sale(
        lines=(line(CLEARING, "12990", "CLP"), line(APPAREL, "-12990", "CLP"), line(CLEARING, "5"), line(APPAREL, "-5"))
    )

    for form in (BEANCOUNT, HLEDGER):
        text = form.entry(booked(entry))
        assert f"{CLEARING}  12990 CLP\n" in text
        assert f"{CLEARING}  5.00 USD\n" in text


@FORMS
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("70.97", "70.98"),
        ("70.97", "7O.97"),
        ("Income:Shipping", "income shipping"),
        ("2026-10-05 *", "2026-10-05 !"),
        ("2026-10-05 *", "2026-13-05 *"),
        ("batch", "bunch"),
        ("event", "evxnt"),
        ("sku", "skx"),
        ("idem", "idea"),
    ],
)
def test_what_crossdock_would_not_write_is_a_fault_with_its_line(form, old, new):
    text = "; a heading\n" + form.entry(booked(sale("1"))) + form.entry(booked(sale("2"))).replace(old, new)

    with pytest.raises(Unreadable) as fault:
        list(read_all(form, text))

    assert 25 <= fault.value.line <= 2 + text.count("\n")


@FORMS
def test_what_is_said_twice_is_a_fault(form):
    lines = form.entry(booked(sale("1"))).strip("\n").split("\n")

    with pytest.raises(Unreadable, match="batch is said twice"):
        form.read("\n".join((*lines[:3], lines[2], *lines[3:])), 1)


@FORMS
def test_entry_without_lines_is_a_fault(form):
    head = form.entry(booked(sale("1"))).strip("\n").split("Assets")[0].rstrip()

    with pytest.raises(Unreadable):
        form.read(head, 1)


@pytest.mark.parametrize("key", ["", " a", "a\nb", "a "])
def test_name_that_could_not_be_read_back_is_refused(key):
    with pytest.raises(ValueError, match="its key"):
        booked(sale(key=key))


@FEW
@given(name=st.text(min_size=1))
def test_any_dimension_has_a_name_in_books(name):
    assert from_dimension(to_dimension(name)) == name
    assert to_dimension(name).isascii()


@FEW
@given(names=st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_names_of_a_total_are_read_back(names):
    assert from_members(to_members(names)) == tuple(names)


@FORMS
def test_closing_is_read_back_with_what_is_not_asserted(form):
    balances = {
        ("Assets:A", "USD"): Decimal("1.50"),
        ("Assets:B", "CLP"): Decimal(-3),
        ("Assets:B", "USD"): Decimal("0.00"),
    }

    for unsure in (frozenset(), frozenset({"Assets:A"}), frozenset({"Assets:A", "Assets:B"})):
        assert form.balances(form.closing(date(2026, 10, 31), balances, unsure)) == balances
