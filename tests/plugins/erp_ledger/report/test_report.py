"""The report on a month: READY where all agrees; each difference once where something does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from month import Month, kinds, po

from crossdock.canonical import Money
from crossdock_erp_ledger.ledger import LedgerLine
from crossdock_erp_ledger.report import text
from crossdock_erp_ledger.report.findings import Finding
from tiny_ledger import status

CLEARING = "Assets:Clearing:US"


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def dearer(month: Month, name: str, cents: str = "0.10") -> tuple[LedgerLine, ...]:
    """The lines of an entry of the ledger, with some cents more on both sides."""
    (entry,) = [one for one in month.there if one.key == name]
    first, second = entry.lines
    more = usd(cents) if first.amount.amount > 0 else -usd(cents)
    return (
        LedgerLine(first.account, first.amount + more, first.unit, first.dimensions),
        LedgerLine(second.account, second.amount - more, second.unit, second.dimensions),
    )


def test_clean_month_is_ready(usual: Month) -> None:
    found = usual.report()

    assert (found.ready, found.verdict, found.findings) == (True, "READY", [])


def test_figures_of_a_clean_month_are_those_of_the_orders_to_the_cent(usual: Month) -> None:
    total = usual.report().totals["us", "USD"]

    sold = sum((Decimal(20 + number) + Decimal("0.50") for number in range(1, 11)), Decimal(0))
    assert (total.orders_said, total.orders_posted, total.orders_ledger) == (sold, sold, sold)
    assert (total.refunds_said, total.refunds_posted, total.refunds_ledger) == (Decimal("22.25"),) * 3
    assert (total.lines_said, total.lines_posted) == (10, 10)
    assert (total.diff_posted, total.diff_ledger) == (0, 0)


def test_clearing_rolls_from_the_opening_over_what_moved_it_to_the_closing(usual: Month) -> None:
    usual.sell(90, date(2026, 9, 28), "100.00", shipped=date(2026, 9, 29))
    usual.sell(91, date(2026, 11, 2), "7.00")

    (roll,) = usual.report().clearing

    assert (roll.account, roll.opening) == (CLEARING, Decimal("100.00"))
    assert roll.moved == {
        "sales": Decimal("260.00"),
        "refunds": Decimal("-22.25"),
        "fees": Decimal("-12.00"),
        "payouts": Decimal("-80.00"),
    }
    assert roll.opening + roll.movement == roll.closing == Decimal("245.75")
    assert roll.ledger == roll.movement


def test_open_items_are_the_orders_that_no_settlement_names_by_age(usual: Month) -> None:
    found = usual.report()

    assert [(one.order, one.amount) for one in found.open_items][:2] == [
        (po(5), Decimal("13.25")),
        (po(6), Decimal("16.50")),
    ]
    assert sum(one.amount for one in found.open_items) == found.clearing[0].closing
    assert found.open_items[0].bracket == "15-30 days"
    assert (found.settling.matched, found.settling.pending) == (4, 6)


def test_what_is_settled_and_not_paid_yet_is_told_beside_the_open_orders(month: Month) -> None:
    order = month.sell(1, 3, "30.00")
    month.sell(2, 4, "10.00")
    month.settle("11052026", date(2026, 11, 5), [(order, "30.00", "-3.00")], posted_on=date(2026, 10, 29))

    found = month.report()

    assert [(one.order, one.amount) for one in found.open_items] == [(po(2), Decimal("10.00"))]
    assert found.beside_orders == {"USD": Decimal("27.00")}
    assert found.clearing[0].closing == Decimal("37.00")
    told = next(line for line in text.lines(found) if "settled and not paid yet" in line)
    assert told.split()[-2:] == ["27.00", "USD"]


def test_month_with_eight_planted_differences_finds_exactly_those_eight(usual: Month) -> None:
    missing, double, cents, moved = (f"wmt:us:{po(number)}:sale:v1" for number in (7, 8, 9, 10))
    usual.there = [one for one in usual.there if one.key != missing]
    usual.there.append(next(one for one in usual.there if one.key == double))
    usual.change(cents, lines=dearer(usual, cents))
    usual.change(moved, date=date(2026, 11, 3))
    unmapped = usual.sell(11, 12, post=False)
    usual.stand(unmapped, "held", "unmapped_account", "no rule fits event sale")
    failed = usual.sell(12, 13, post=False)
    usual.stand(failed, "dead", "rejected", "the interface run failed")
    settled = usual.sell(13, 2, "30.00")
    usual.settle("10292026", date(2026, 10, 29), [(settled, "29.00", "-3.00")])
    usual.close(date(2026, 10, 31))
    usual.refund(po(3), 31, "5.00")

    found = usual.report()

    assert sorted(kinds(found)) == sorted(
        [
            ("not_in_ledger", po(7)),
            ("twice_in_ledger", po(8)),
            ("ledger_differs", po(9)),
            ("wrong_period", po(10)),
            ("unmapped", unmapped),
            ("failed", failed),
            ("settlement_differs", settled),
            ("late", po(3)),
        ]
    )
    assert not found.ready
    assert found.verdict.startswith("BLOCKED(")
    assert len(found.blocking) == 8


@pytest.mark.parametrize(
    ("state", "code", "kind", "column"),
    [
        ("held", "unmapped_account", "unmapped", "held"),
        ("held", "tax_unclear", "held", "held"),
        ("dead", "rejected", "failed", "failed"),
        ("waiting", "sale_not_posted", "in_flight", "in_flight"),
        ("pending", None, "in_flight", "in_flight"),
        ("attempted", "processing", "in_flight", "in_flight"),
    ],
)
def test_what_is_not_posted_yet_is_told_by_where_it_stands(usual: Month, state, code, kind, column) -> None:
    order = usual.sell(50, 9, "80.00", post=False)
    usual.stand(order, state, code, "why")

    found = usual.report()

    assert kinds(found) == [(kind, order)]
    row = next(one for one in found.rows if one.day == date(2026, 10, 9))
    assert (getattr(row, column), row.diff_posted) == (Decimal("80.00"), 0)
    assert found.findings[0].amounts == {"USD": Decimal("80.00")}


def test_what_nothing_explains_is_a_missing_posting(usual: Month) -> None:
    order = usual.sell(50, 9, "80.00", post=False)
    usual.stand(order, "skipped", "discarded", "discarded by a person: booked by hand")

    found = usual.report()

    assert kinds(found) == [("missing_posting", order)]
    assert "discarded by a person" in found.findings[0].message
    assert next(one for one in found.rows if one.day == date(2026, 10, 9)).diff_posted == Decimal("80.00")


def test_what_is_posted_and_nobody_remembers_is_told_once_for_its_pipeline(usual: Month) -> None:
    usual.seen = {key: one for key, one in usual.seen.items() if one.stored.pipeline != "orders" or key == po(1)}

    found = usual.report()

    assert kinds(found) == [("unsaid", "orders")]
    assert found.findings[0].amounts == {"USD": Decimal("-238.50")}
    assert "9 orders" in found.findings[0].message
    assert usual.report("unsaid").ready


def test_order_whose_amount_changed_after_it_was_posted_differs(usual: Month) -> None:
    usual.sell(1, 1, "25.00", post=False)

    found = usual.report()

    assert kinds(found) == [("amount_differs", po(1))]
    assert found.findings[0].amounts == {"USD": Decimal("3.50")}


def test_order_that_was_cancelled_in_part_is_compared_by_what_is_left(usual: Month) -> None:
    usual.sell(30, 14, "10.01", quantity="3")
    usual.sell(30, 14, "10.01", quantity="3", cancelled="1")

    found = usual.report()

    assert found.findings == []
    assert next(one for one in found.rows if one.day == date(2026, 10, 14)).orders_said == Decimal("6.67")


def test_order_that_was_cancelled_whole_in_the_next_month_comes_to_nothing_under_its_day(usual: Month) -> None:
    order = usual.sell(30, 31, "10.00", quantity="1", shipped=None)
    gone = status("cancelled", "1", "2026-11-02T12:00:00")
    document = usual.seen[order].document
    line = document.lines[0].model_copy(update={"statuses": (gone,)})
    usual.say("orders", order, document.model_copy(update={"lines": (line,)}))

    found = usual.report()

    assert kinds(found) == [("no_cutoff", "2026-10")]  # when the month ended it was still to be shipped
    row = next(one for one in found.rows if one.day == date(2026, 10, 31))
    assert (row.orders_said, row.orders_posted, row.orders_ledger) == (0, 0, 0)
    assert found.clearing[0].closing == Decimal("155.75")  # by the days on which it was posted


def test_day_is_that_of_the_books_zone(month: Month) -> None:
    order = month.sell(1, 31, "10.00")
    document = month.seen[order].document
    moved = document.model_copy(update={"ordered_at": document.ordered_at + timedelta(hours=14)})  # 02:00 on the 1st

    month.say("orders", order, moved, post=False)
    found = month.report()

    assert kinds(found) == [("wrong_day", order)]


def test_entry_that_the_ledger_has_and_nobody_posted_is_found(usual: Month) -> None:
    stranger = usual.there[0]
    usual.change(stranger.key, key="wmt:us:1:sale:v1", reference="1")
    usual.there.append(stranger)

    assert kinds(usual.report()) == [("unknown_in_ledger", "1")]


def test_other_account_in_the_ledger_is_found_though_the_sums_agree(usual: Month) -> None:
    name = f"wmt:us:{po(2)}:sale:v1"
    (entry,) = [one for one in usual.there if one.key == name]
    lines = tuple(
        LedgerLine("Income:Elsewhere", one.amount, one.unit) if one.amount.amount < 0 else one for one in entry.lines
    )
    usual.change(name, lines=lines)

    found = usual.report()

    assert kinds(found) == [("ledger_differs", po(2))]
    assert "Income:Elsewhere" in found.findings[0].message
    apart = {one.account: (one.posted, one.ledger) for one in found.accounts if one.posted != one.ledger}
    assert apart == {"Income:Sales:Apparel": (Decimal("-237.75"), Decimal("-215.25"))}


def test_ledger_that_tells_neither_units_nor_dimensions_is_compared_without(usual: Month) -> None:
    usual.there = [
        type(one)(one.key, one.date, tuple(LedgerLine(line.account, line.amount) for line in one.lines), one.reference)
        for one in usual.there
    ]

    assert usual.report().ready


def test_ledger_that_tells_dimensions_of_its_own_is_compared_by_ours(usual: Month) -> None:
    usual.there = [
        replace(one, lines=tuple(replace(line, dimensions={**line.dimensions, "customer": "X"}) for line in one.lines))
        for one in usual.there
    ]

    assert usual.report().ready


def test_entry_is_found_under_the_name_that_its_receipt_says_it_has_in_the_ledger(usual: Month) -> None:
    for number, (name, effect) in enumerate(usual.effects.items()):
        receipt = replace(effect.receipt, identifiers={**effect.receipt.identifiers, "batch_key": f"XD{number}"})
        usual.effects[name] = replace(effect, receipt=receipt)
        usual.change(name, key=f"XD{number}")

    assert usual.report().ready


def test_ledger_that_could_not_be_read_back_blocks_and_its_columns_are_empty(usual: Month) -> None:
    usual.readable = False
    unread = Finding("ledger_not_read", "books", "books could not be read back: no answer", "see that it is there")

    found = usual.report(unread=[unread])

    assert found.verdict == "BLOCKED(ledger_not_read 1)"
    assert {one.orders_ledger for one in found.rows} == {None}
    assert {one.diff_ledger for one in found.rows} == {None}
    assert usual.report("ledger_not_read", unread=[unread]).ready


def test_late_posting_blocks_until_it_is_accepted(usual: Month) -> None:
    usual.close(date(2026, 10, 31))
    usual.refund(po(3), 31, "5.00")

    found, accepted = usual.report(), usual.report("late")

    assert kinds(found) == [("late", po(3))]
    row = next(one for one in found.rows if one.day == date(2026, 10, 31))
    assert (row.refunds_said, row.refunds_posted, row.late, row.diff_posted) == (
        Decimal("5.00"), 0, Decimal("-5.00"), 0,
    )  # fmt: skip
    assert [one.name for one in found.late] == [f"wmt:us:{po(3)}:refund:R003-1:0-1:v1"]
    assert (found.ready, accepted.ready) == (False, True)
    assert accepted.findings == found.findings


# ---------------------------------------------------------------- settlements


def test_settlement_that_does_not_add_up_to_what_it_pays_is_found(usual: Month) -> None:
    order = usual.sell(20, 3, "30.00")
    usual.settle("10292026", date(2026, 10, 29), [(order, "30.00", "-3.00")], payable="26.00")

    found = usual.report()

    assert kinds(found) == [("settlement_sum", "10292026")]
    assert [one.agrees for one in found.settling.reports] == [True, False]


def test_settlement_of_a_sale_that_is_not_posted_is_found_once(usual: Month) -> None:
    usual.settle("10292026", date(2026, 10, 29), [("108899999999999", "30.00", "-3.00")])

    assert kinds(usual.report()) == [("settled_unsold", "108899999999999")]


def test_sale_of_which_part_is_settled_waits_for_the_rest(usual: Month) -> None:
    order = usual.sell(20, 3, "30.00", quantity="4")
    usual.settle("10292026", date(2026, 10, 29), [(order, "15.00", "-1.50")])

    assert usual.report().ready


def test_sale_that_is_in_no_settlement_for_long_is_a_note(month: Month) -> None:
    month.sell(1, date(2026, 9, 1), "30.00", shipped=date(2026, 9, 2))

    found = month.report()

    assert kinds(found) == [("unsettled", po(1))]
    assert found.ready


def test_settled_shares_of_a_line_that_does_not_divide_are_matched_within_their_cents(usual: Month) -> None:
    order = usual.sell(20, 3, "10.00", quantity="3")
    usual.settle("10292026", date(2026, 10, 29), [(order, "6.66", "-1.00")])  # two units
    usual.settle("10302026", date(2026, 10, 30), [(order, "3.33", "-0.50")], quantity=1)

    found = usual.report()

    assert found.ready, found.findings
    assert [(one.order, one.amount) for one in found.open_items if one.order == order] == [(order, Decimal("0.01"))]


# ---------------------------------------------------------------- the end of the month


def test_what_is_not_shipped_at_the_end_is_a_note_where_no_pipeline_defers_it(usual: Month) -> None:
    usual.sell(40, 30, "60.00", shipped=date(2026, 11, 2))

    found = usual.report()

    assert kinds(found) == [("no_cutoff", "2026-10")]
    assert found.ready
    assert [(one.order, one.unshipped, one.deferred) for one in found.deferred] == [(po(40), Decimal("60.00"), 0)]


def test_what_is_not_shipped_at_the_end_and_not_deferred_blocks_where_a_pipeline_defers(usual: Month) -> None:
    usual.sell(40, 30, "60.00", shipped=None)

    assert kinds(usual.report(has_cutoff=True)) == [("cutoff_missing", po(40))]


def test_what_was_deferred_and_came_back_is_told_under_the_last_day(usual: Month) -> None:
    order = usual.sell(40, 30, "60.00", shipped=date(2026, 11, 2))
    usual.cut_off(order)

    found = usual.report(has_cutoff=True)

    assert found.ready, found.findings
    assert found.totals["us", "USD"].deferred == Decimal("60.00")
    accounts = {one.account: one.posted for one in found.accounts}
    assert accounts["Liabilities:Deferred"] == Decimal("-60.00")  # it comes back in November


def test_order_that_was_cancelled_before_it_was_posted_needs_no_cut_off(usual: Month) -> None:
    usual.sell(41, 31, "10.00", quantity="1", cancelled="1", shipped=None)

    assert usual.report(has_cutoff=True).findings == []


def test_sales_that_are_posted_when_they_are_shipped_need_no_cut_off(month: Month) -> None:
    month.settings = {"on": "ship"}
    month.sell(1, 30, "60.00", shipped=date(2026, 11, 2))
    month.sell(2, 30, "60.00", shipped=date(2026, 10, 31))

    found = month.report(has_cutoff=True)

    assert found.ready
    assert found.totals["us", "USD"].orders_said == Decimal("60.00")


# ---------------------------------------------------------------- totals of a day


def test_totals_are_compared_as_one_entry_and_a_changed_one_is_found(month: Month) -> None:
    month.settings = {"per": "day"}
    sold = [month.sell(number, 5, "10.00") for number in (1, 2, 3)]
    total = month.effects[f"wmt:us:{sold[0]}:sale:v1"].receipt.identifiers["total"]
    lines = (
        LedgerLine("Income:Sales:Apparel", usd("-30.00"), "100"),
        LedgerLine(CLEARING, usd("30.00")),
    )
    month.there = [type(month.there[0])(total, date(2026, 10, 5), lines)]
    clean = month.report()

    month.change(total, lines=dearer(month, total))
    changed = month.report()

    assert clean.ready, clean.findings
    assert kinds(changed) == [("ledger_differs", sold[0])]
    assert changed.totals["us", "USD"].diff_ledger == Decimal("-0.10")


# ---------------------------------------------------------------- laws

STATES = st.sampled_from(["posted", "held", "dead", "pending", "discarded"])
SALES = st.lists(
    st.tuples(st.integers(1, 31), st.integers(1, 99_999), st.integers(1, 4), STATES, st.booleans()), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(SALES)
def test_every_row_adds_up_and_what_is_not_explained_is_found(sales: list[Any]) -> None:
    month = Month()
    for number, (day, cents, quantity, state, there) in enumerate(sales, start=1):
        amount = f"{Decimal(cents) / 100:.2f}"
        order = month.sell(number, day, amount, quantity=str(quantity), post=state == "posted")
        if state in ("held", "dead", "pending"):
            month.stand(order, state)
        elif state == "discarded":
            month.stand(order, "skipped", "discarded")
        elif not there:
            month.there = [one for one in month.there if one.reference != order]

    found = month.report()

    assert found.ready == all(state == "posted" and there for *_, state, there in sales)
    assert len(found.blocking) == sum(1 for *_, state, there in sales if state != "posted" or not there)
    said = sum((Decimal(cents) / 100 for _, cents, *_ in sales), Decimal(0))
    assert sum((row.said for row in found.rows), Decimal(0)) == said
    unexplained = sum((Decimal(cents) / 100 for _, cents, _, state, _ in sales if state == "discarded"), Decimal(0))
    assert sum((row.diff_posted for row in found.rows), Decimal(0)) == unexplained
    gone = sum(
        (Decimal(cents) / 100 for _, cents, _, state, there in sales if state == "posted" and not there), Decimal(0)
    )
    assert sum((row.diff_ledger for row in found.rows), Decimal(0)) == gone
    for roll in found.clearing:
        assert roll.opening + roll.movement == roll.closing
        assert roll.closing == sum((one.amount for one in found.open_items), Decimal(0))
