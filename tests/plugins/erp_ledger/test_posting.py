"""What all ledgers share: the effect of an entry, its day, the sum of a total, the receipt."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import Effect, HoldError, NothingToDo, RejectedError
from crossdock.canonical import JournalEntry
from crossdock_erp_ledger.posting import (
    Posting,
    dumped,
    period_closed,
    plan_entry,
    posting_of,
    posting_with,
    postings_of,
    receipt_of,
)
from ledger_entries import APPAREL, CLEARING, DAYS, FEW, line, many_entries, sale

CLOSED = date(2026, 10, 31)


def posting(entry: JournalEntry, closed_through: date | None = None) -> Posting:
    found = posting_of(plan_entry(entry, closed_through))
    assert found is not None
    return found


def balances(postings: list[Posting]) -> dict[tuple[str, ...], Decimal]:
    total: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for one in postings:
        for row in one.entry.lines:
            dimensions = ",".join(f"{name}={value}" for name, value in sorted(row.dimensions.items()))
            total[row.account, row.unit or "", dimensions, row.amount.currency] += row.amount.amount
    return {key: amount for key, amount in total.items() if amount}


def test_effect_is_the_entry_by_its_key_and_facts() -> None:
    effect = plan_entry(sale(), None)

    assert (effect.key, effect.steps, effect.facts) == (sale().key, (), sale().facts)


@FEW
@given(entry=many_entries(1).map(lambda some: some[0]))
def test_memo_gives_back_the_entry(entry: JournalEntry) -> None:
    found = posting(entry)

    assert found.entry == entry.model_copy(update={"transaction_date": entry.date})
    assert JournalEntry.model_validate(dumped(entry)) == entry


def test_content_stays_when_a_period_is_closed() -> None:
    closed, opened = plan_entry(sale(), CLOSED), plan_entry(sale(), None)

    assert closed.content == opened.content == plan_entry(sale(when_closed="hold"), None).content
    assert closed.memo != opened.memo


def test_content_does_not_depend_on_how_an_amount_is_written() -> None:
    written = [sale(lines=(line(CLEARING, amount), line(APPAREL, f"-{amount}"))) for amount in ("5", "5.0", "5.000")]

    assert len({str(plan_entry(entry, None).content) for entry in written}) == 1


def test_entry_of_a_closed_period_goes_to_the_first_open_day_with_a_mark() -> None:
    found = posting(sale(), CLOSED)

    assert (found.entry.date, found.late_for) == (date(2026, 11, 1), "2026-10")
    assert found.entry.transaction_date == date(2026, 10, 5)


def test_entry_of_a_closed_period_keeps_the_day_it_says_it_happened() -> None:
    found = posting(sale(transaction_date=date(2026, 9, 30)), CLOSED)

    assert found.entry.transaction_date == date(2026, 9, 30)


@FEW
@given(day=DAYS, closed=DAYS)
def test_nothing_is_dated_into_what_is_closed(day: date, closed: date) -> None:
    found = posting(sale(date=day), closed)

    assert found.entry.date > closed
    assert (found.entry.date == day) is (found.late_for is None) is (day > closed)


def test_entry_of_a_closed_period_is_held_where_a_person_is_to_decide() -> None:
    with pytest.raises(HoldError, match="closed through 2026-10-31") as held:
        plan_entry(sale(when_closed="hold"), CLOSED)

    assert held.value.code == "period_closed"
    assert "closed_period: next" in (held.value.fix or "")


def test_ledger_that_refuses_a_day_is_held_under_the_same_code() -> None:
    assert period_closed("k", CLOSED, "No period found").code == "period_closed"


@pytest.mark.parametrize(("amount", "currency"), [("5.005", "USD"), ("5.5", "CLP")])
def test_parts_of_a_minor_unit_do_not_leave(amount: str, currency: str) -> None:
    entry = sale(lines=(line(CLEARING, amount, currency), line(APPAREL, f"-{amount}", currency)))

    with pytest.raises(RejectedError, match="no whole number of minor units"):
        plan_entry(entry, None)


def test_entry_without_lines_is_nothing_to_post() -> None:
    with pytest.raises(NothingToDo):
        plan_entry(sale(lines=()), None)


def test_effect_of_a_whole_bundle_posts_no_entry() -> None:
    carrier = Effect("XD1", (), content={}, memo={"bundle": "XD1"})

    assert posting_of(carrier) is None
    with pytest.raises(TypeError):
        postings_of([carrier], "XD1")


def test_entries_stay_apart_where_they_have_no_total() -> None:
    effects = [plan_entry(sale(po), None) for po in ("1", "2")]

    assert [one.members for one in postings_of(effects, "XD1")] == [(effect.key,) for effect in effects]


def test_entries_of_one_total_are_posted_as_one() -> None:
    day = "wmt:us:2026-10-05:USD"
    effects = [plan_entry(sale(po, total=day), None) for po in ("1", "2", "3")]

    (found,) = postings_of([effects[0], plan_entry(sale("4"), None), *effects[1:]], "XD1")[:1]

    assert found.key == f"{day}:XD1"
    assert found.members == tuple(effect.key for effect in effects)
    assert {row.account: str(row.amount) for row in found.entry.lines}[CLEARING] == "212.91 USD"
    assert set(found.entry.facts) == {fact for effect in effects for fact in effect.facts}


def test_total_keeps_units_and_dimensions_apart() -> None:
    lines = (line(CLEARING, "9.00"), *(line(APPAREL, "-3.00", unit=unit) for unit in ("1", "2", "2")))

    (found,) = postings_of([plan_entry(sale(total="t", lines=lines), None)], "XD1")

    assert [(row.unit, str(row.amount)) for row in found.entry.lines[1:]] == [("1", "-3.00 USD"), ("2", "-6.00 USD")]


def test_total_that_comes_to_nothing_still_has_lines() -> None:
    there, back = sale("1", total="t"), sale("2", total="t")
    back = back.model_copy(
        update={"lines": tuple(row.model_copy(update={"amount": -row.amount}) for row in there.lines)}
    )

    (found,) = postings_of([plan_entry(one, None) for one in (there, back)], "XD1")

    assert len(found.entry.lines) == 2 * len(there.lines)
    assert balances([found]) == {}


def test_late_part_of_a_total_is_posted_by_itself() -> None:
    day = "wmt:us:2026-10-05:USD"
    early, late = plan_entry(sale("1", total=day), None), plan_entry(sale("2", total=day), CLOSED)

    found = postings_of([early, late], "XD1")

    assert [(one.key, one.late_for) for one in found] == [
        (f"{day}:XD1", None),
        (f"{day}:2026-11-01:XD1", "2026-10"),
    ]


@FEW
@given(some=many_entries(), which=st.lists(st.sampled_from([None, "a", "b"]), min_size=8, max_size=8))
def test_totals_change_no_balance(some: list[JournalEntry], which: list[str | None]) -> None:
    effects = [
        plan_entry(one.model_copy(update={"total": total}), None) for one, total in zip(some, which, strict=False)
    ]

    found = postings_of(effects, "XD1")

    assert balances(list(found)) == balances([posting(one) for one in some])
    assert sorted(key for one in found for key in one.members) == sorted(effect.key for effect in effects)
    assert len({one.key for one in found}) == len(found)
    assert all(one.entry.lines for one in found)


def test_posting_is_found_by_the_effect_that_it_makes() -> None:
    found = postings_of([plan_entry(sale(po, total="t"), None) for po in ("1", "2")], "XD1")

    assert posting_with(found, sale("2").key) is found[0]
    with pytest.raises(KeyError):
        posting_with(found, "another")


def test_receipt_tells_what_was_posted_for_each_line_of_the_order() -> None:
    receipt = receipt_of(plan_entry(sale(), None), "XD1", {"run": "7"})

    assert (receipt.kind, receipt.id) == ("journal_entry", sale().key)
    assert receipt.identifiers == {
        "reference": "108800000000001",
        "document": "200000000000001",
        "batch": "XD1",
        "run": "7",
    }
    posted = {"customer": "WALMART-US", "date": "2026-10-05"}
    assert receipt.lines["1"] == [
        posted
        | {
            "event": "sale",
            "account": APPAREL,
            "unit": "100",
            "amount": "-49.98",
            "currency": "USD",
            "quantity": "2",
            "sku": "TEE-BLK-M",
        },
        posted
        | {
            "event": "shipping",
            "account": "Income:Shipping",
            "dimensions": {"channel": "walmart"},
            "amount": "-5.99",
            "currency": "USD",
        },
    ]
    assert receipt.lines["*"] == [posted | {"event": "sale", "account": CLEARING, "amount": "70.97", "currency": "USD"}]


def test_receipt_of_one_in_a_total_names_the_total_and_its_own_lines() -> None:
    effects = [plan_entry(sale(po, total="t"), None) for po in ("1", "2")]
    (total,) = postings_of(effects, "XD1")

    receipt = receipt_of(effects[0], "XD1")

    assert receipt.identifiers["total"] == total.key
    assert receipt.lines == receipt_of(plan_entry(sale("1"), None), "XD1").lines
