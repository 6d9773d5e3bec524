"""Sales, cancellations, price-only refunds and corrections of orders: what is posted, where, on which day, once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crossdock import Context, HoldError, NothingToDo
from crossdock.canonical import Address, Refund
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, RULES, SETTINGS, TinyLedger, charge, order, order_line, status

CLEARING, APPAREL, SHIPPING = "Assets:Clearing:US", "Income:Sales:Apparel", "Income:Shipping"


def mapper(**changed: Any) -> JournalMapper:
    return JournalMapper.model_validate({**SETTINGS, **changed})


def rows(entry: Any) -> list[tuple[str, str]]:
    return [(line.account, str(line.amount.amount)) for line in entry.lines]


def half_cancelled(**changed: Any) -> Any:
    statuses = (status("acknowledged", "1"), status("cancelled", "1", "2026-11-02T15:00:00"))
    return order(order_line(statuses=statuses, **changed))


@pytest.fixture
def ledger() -> TinyLedger:
    return TinyLedger()


# ---------------------------------------------------------------- sales (E1, E2)


def test_sale_debits_what_the_channel_owes_and_credits_revenue(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), order(), PO)

    assert entry.key == f"wmt:us:{PO}:sale:v1"
    assert rows(entry) == [(APPAREL, "-49.98"), (CLEARING, "49.98")]


def test_sale_bears_order_date_order_id_customer_and_document(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), order(), PO)

    assert (entry.date, entry.transaction_date) == (date(2026, 10, 5), date(2026, 10, 5))
    assert (entry.reference, entry.document) == (PO, "200000000000001")
    assert entry.customer == "WALMART-US"


def test_sale_is_dated_in_the_zone_of_the_books(ledger: TinyLedger) -> None:
    late = order(ordered_at=datetime(2026, 11, 1, 3, tzinfo=UTC))  # 23:00 of the day before in New York

    (entry,) = ledger.post(mapper(), late, PO)

    assert entry.date == date(2026, 10, 31)


def test_shipping_charge_goes_to_its_own_account(ledger: TinyLedger) -> None:
    line = order_line(charges=(charge("49.98"), charge("5.99", "shipping")))

    (entry,) = ledger.post(mapper(), order(line), PO)

    assert rows(entry) == [(APPAREL, "-49.98"), (SHIPPING, "-5.99"), (CLEARING, "55.97")]


def test_sale_of_several_lines_is_one_entry_in_which_each_line_balances(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), order(order_line("1"), order_line("2", sku="MUG-01")), PO)

    for number in ("1", "2"):
        assert sum(line.amount.amount for line in entry.lines if line.order_line == number) == 0
    assert len(entry.lines) == 4


def test_order_that_the_channel_fulfils_is_posted_like_any_other(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), order(fulfilled_by="channel"), PO)

    assert rows(entry) == [(APPAREL, "-49.98"), (CLEARING, "49.98")]


def test_amount_is_rounded_half_up_once_per_line(ledger: TinyLedger) -> None:
    line = order_line(charges=(charge("10.003"), charge("0.002")))

    (entry,) = ledger.post(mapper(), order(line), PO)

    assert rows(entry)[0] == (APPAREL, "-10.01")


def test_peso_without_cents_stays_whole(ledger: TinyLedger) -> None:
    chile = mapper(clearing={"cl": "Assets:Clearing:CL"})
    line = order_line(quantity="3", charges=(charge("10000", currency="CLP"),))

    (entry,) = ledger.post(chile, order(line, market="cl"), PO)

    assert rows(entry) == [(APPAREL, "-10000"), ("Assets:Clearing:CL", "10000")]


@pytest.mark.parametrize("word", ["clearing", "tax", "sale"])
def test_charge_that_a_channel_calls_by_one_of_our_words_is_told_apart(ledger: TinyLedger, word: str) -> None:
    rules = [*RULES, {"match": {"event": f"{word}_charge"}, "account": "Income:Odd"}]

    (entry,) = ledger.post(mapper(rules=rules), order(order_line(charges=(charge("10"), charge("2", word)))), PO)

    assert rows(entry) == [(APPAREL, "-10.00"), ("Income:Odd", "-2.00"), (CLEARING, "12.00")]


def test_order_that_costs_nothing_posts_nothing() -> None:
    free = order(order_line(charges=(charge("0"),)))

    with pytest.raises(NothingToDo, match="nothing of it is charged"):
        mapper().map(free, Context(key=PO, pipeline="ledger"))


# ---------------------------------------------------------------- taxes (E3, E4)


def test_tax_that_the_channel_remits_is_not_posted(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), order(order_line(charges=(charge("49.98", tax="4.12"),))), PO)

    assert rows(entry) == [(APPAREL, "-49.98"), (CLEARING, "49.98")]


def test_tax_that_the_channel_remits_shows_as_nothing_where_wanted(ledger: TinyLedger) -> None:
    rules = [*RULES, {"match": {"event": "facilitator_tax"}, "account": "Liabilities:FacilitatorTax"}]

    ledger.post(mapper(memo_tax=True, rules=rules), order(order_line(charges=(charge("49.98", tax="4.12"),))), PO)

    assert len(ledger.entries[f"wmt:us:{PO}:sale:v1"].lines) == 6
    assert ledger.balances() == {CLEARING: Decimal("49.98"), APPAREL: Decimal("-49.98")}


def test_tax_that_the_seller_remits_is_a_liability(ledger: TinyLedger) -> None:
    line = order_line(charges=(charge("49.98", tax="6.50", currency="CAD"),))

    (entry,) = ledger.post(mapper(), order(line, market="ca"), PO)

    assert ("Liabilities:SalesTax", "-6.50") in rows(entry)
    assert ("Assets:Clearing:CA", "56.48") in rows(entry)


def test_tax_is_remitted_as_the_state_has_it(ledger: TinyLedger) -> None:
    puerto_rico = Address(line1="1 Example Way", city="Sampleton", region="PR", country="PR")
    rules = mapper(tax_remitted_by={"us": "channel", "us/PR": "seller"})

    line = order_line(charges=(charge("49.98", tax="4.12"),))
    (entry,) = ledger.post(rules, order(line, ship_to=puerto_rico), PO)

    assert ("Liabilities:SalesTax", "-4.12") in rows(entry)


def test_tax_of_a_market_that_nothing_is_said_of_is_held(ledger: TinyLedger) -> None:
    chile = mapper(clearing={"cl": "1151"})

    with pytest.raises(HoldError, match="nothing says who pays it on in market cl") as held:
        ledger.post(chile, order(order_line(charges=(charge("10", tax="1"),)), market="cl"), PO)

    assert held.value.code == "tax_unclear"


# ---------------------------------------------------------------- cancellations (E5, E6)


def test_line_that_was_cancelled_before_posting_gives_no_entry() -> None:
    cancelled = order(order_line(statuses=(status("cancelled", "2"),)))

    with pytest.raises(NothingToDo, match="not posted: cancelled"):
        mapper().map(cancelled, Context(key=PO, pipeline="ledger"))


def test_what_was_cancelled_before_posting_is_left_out(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), half_cancelled(), PO)

    assert rows(entry) == [(APPAREL, "-24.99"), (CLEARING, "24.99")]


def test_cancellation_after_posting_takes_back_exactly_its_slice(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)

    (entry,) = ledger.post(mapper(), half_cancelled(), PO)

    assert entry.key == f"wmt:us:{PO}:cancel:1.0-1:v1"
    assert entry.date == date(2026, 11, 2)
    assert rows(entry) == [(APPAREL, "24.99"), (CLEARING, "-24.99")]
    assert entry.facts == (f"wmt:us:{PO}:1:cancel:0:v1",)


def test_cancellation_goes_to_the_accounts_of_the_sale_whatever_rules_say_today(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)
    moved = mapper(rules=[{"account": "Income:Elsewhere", "unit": "999"}], clearing={"us": "Assets:Elsewhere"})

    (entry,) = ledger.post(moved, half_cancelled(), PO)

    assert rows(entry) == [(APPAREL, "24.99"), (CLEARING, "-24.99")]
    assert entry.lines[0].unit == "100"


@pytest.mark.parametrize("steps", [("1", "2", "3"), ("2", "3"), ("3",)])
def test_slices_that_do_not_divide_add_up_to_nothing(ledger: TinyLedger, steps: tuple[str, ...]) -> None:
    def cancelled(quantity: str) -> Any:
        left = Decimal(3) - Decimal(quantity)
        statuses = (status("created", str(left)), status("cancelled", quantity, "2026-10-09T00:00:00"))
        return order(order_line(quantity="3", charges=(charge("10.00"),), statuses=statuses))

    ledger.post(mapper(), cancelled("0"), PO)
    for quantity in steps:
        ledger.post(mapper(), cancelled(quantity), PO)

    assert ledger.balances() == {}


def test_cancelling_everything_takes_back_what_is_posted_even_where_settings_changed(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(order_line(charges=(charge("49.99", tax="4.12"),))), PO)
    taxed = mapper(tax_remitted_by={"us": "seller"})

    ledger.post(taxed, half_cancelled(charges=(charge("49.99", tax="4.12"),)), PO)
    gone = order_line(charges=(charge("49.99", tax="4.12"),), statuses=(status("cancelled", "2"),))
    ledger.post(taxed, order(gone), PO)

    assert ledger.balances() == {}


def test_units_that_come_back_after_a_cancellation_are_sold_as_other_units(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)
    ledger.post(mapper(), half_cancelled(), PO)

    (entry,) = ledger.post(mapper(), order(), PO)

    assert entry.facts == (f"wmt:us:{PO}:1:sale:2:v1",)
    assert ledger.balances() == {CLEARING: Decimal("49.98"), APPAREL: Decimal("-49.98")}


# ---------------------------------------------------------------- on: ship


def shipped(*slices: tuple[str, str], of: str = "2") -> Any:
    left = Decimal(of) - sum(Decimal(quantity) for quantity, _ in slices)
    statuses = [status("shipped", quantity, at) for quantity, at in slices]
    return order(order_line(quantity=of, statuses=(*statuses, status("acknowledged", str(left)))))


def test_sale_waits_for_its_shipment_where_settings_say_so() -> None:
    with pytest.raises(NothingToDo, match="not shipped yet"):
        mapper(on="ship").map(order(), Context(key=PO, pipeline="ledger"))


def test_each_shipment_is_posted_on_its_day_with_the_order_date_beside_it(ledger: TinyLedger) -> None:
    by_ship = mapper(on="ship")

    (first,) = ledger.post(by_ship, shipped(("1", "2026-10-30T12:00:00")), PO)
    (second,) = ledger.post(by_ship, shipped(("1", "2026-10-30T12:00:00"), ("1", "2026-11-02T12:00:00")), PO)

    assert (first.date, second.date) == (date(2026, 10, 30), date(2026, 11, 2))
    assert first.transaction_date == second.transaction_date == date(2026, 10, 5)
    assert rows(first) == rows(second) == [(APPAREL, "-24.99"), (CLEARING, "24.99")]


def test_shipments_of_several_days_that_are_seen_at_once_are_an_entry_each(ledger: TinyLedger) -> None:
    both = shipped(("1", "2026-11-02T12:00:00"), ("2", "2026-10-30T12:00:00"), of="3")

    entries = ledger.post(mapper(on="ship"), both, PO)

    assert [(entry.date, entry.lines[0].quantity) for entry in entries] == [
        (date(2026, 10, 30), Decimal(2)),
        (date(2026, 11, 2), Decimal(1)),
    ]


def test_shipment_without_a_day_is_held_and_a_person_may_take_the_order_date(ledger: TinyLedger) -> None:
    undated = order(order_line(statuses=(status("shipped", "2"),)))

    with pytest.raises(HoldError) as held:
        ledger.post(mapper(on="ship"), undated, PO)
    (entry,) = ledger.post(mapper(on="ship"), undated, PO, choice="order_date")

    assert held.value.code == "no_ship_date"
    assert entry.date == date(2026, 10, 5)


@pytest.mark.parametrize(("first", "then"), [("order", "ship"), ("ship", "order")])
def test_changing_when_sales_are_recognised_doubles_and_undoes_nothing(
    ledger: TinyLedger, first: str, then: str
) -> None:
    half = shipped(("1", "2026-10-30T12:00:00"))
    ledger.post(mapper(on=first), half, PO)

    ledger.post(mapper(on=then), half, PO)
    ledger.post(mapper(on=then), shipped(("2", "2026-10-30T12:00:00")), PO)

    assert ledger.balances() == {CLEARING: Decimal("49.98"), APPAREL: Decimal("-49.98")}


# ---------------------------------------------------------------- once


@pytest.mark.parametrize("per", ["order", "line", "day"])
def test_what_is_posted_is_not_posted_again_however_it_is_put_together(ledger: TinyLedger, per: str) -> None:
    ledger.post(mapper(), order(order_line("1"), order_line("2")), PO)

    assert ledger.post(mapper(per=per), order(order_line("1"), order_line("2")), PO) == []


def test_changed_rules_disturb_nothing_that_is_posted(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(order_line(charges=(charge("49.98", tax="4.12"),))), PO)
    changed = mapper(rules=[{"account": "Income:Elsewhere"}], tax_remitted_by={"us": "seller"}, memo_tax=True)

    assert ledger.post(changed, order(order_line(charges=(charge("49.98", tax="4.12"),))), PO) == []


def test_entry_per_line_names_its_line(ledger: TinyLedger) -> None:
    entries = ledger.post(mapper(per="line"), order(order_line("1"), order_line("7")), PO)

    assert [entry.key for entry in entries] == [f"wmt:us:{PO}:1:sale:v1", f"wmt:us:{PO}:7:sale:v1"]


def test_entries_of_a_day_bear_one_total(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(per="day"), order(), PO)

    assert entry.total == "wmt:us:2026-10-05:USD"


def test_line_that_appears_later_is_posted_for_itself(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(order_line("1")), PO)

    (entry,) = ledger.post(mapper(), order(order_line("1"), order_line("2")), PO)

    assert entry.key == f"wmt:us:{PO}:sale:2.0-2:v1"
    assert {line.order_line for line in entry.lines} == {"2"}


def test_order_that_a_person_linked_is_not_posted_blindly(ledger: TinyLedger) -> None:
    from crossdock import Link, Ref

    ledger.links.append(Link(Ref("walmart:us:test", "order", PO), Ref("books", "journal_entry", "JE-4711")))

    with pytest.raises(HoldError, match="JE-4711, which does not say what was posted") as held:
        ledger.post(mapper(), order(), PO)

    assert held.value.code == "posting_unclear"


# ---------------------------------------------------------------- corrections


def test_changed_amount_is_reversed_and_posted_again_as_a_new_version(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)

    undo, again = ledger.post(mapper(), order(order_line(charges=(charge("45.00"),))), PO)

    assert undo.key == f"wmt:us:{PO}:1:sale:v1:reversal"
    assert undo.reverses == f"wmt:us:{PO}:sale:v1"
    assert rows(undo) == [(APPAREL, "49.98"), (CLEARING, "-49.98")]
    assert again.key == f"wmt:us:{PO}:1:sale:v2"
    assert undo.date == again.date == date(2026, 10, 5)
    assert ledger.balances() == {CLEARING: Decimal("45.00"), APPAREL: Decimal("-45.00")}


def test_correction_touches_only_the_line_that_changed(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(order_line("1"), order_line("2")), PO)

    entries = ledger.post(mapper(), order(order_line("1"), order_line("2", charges=(charge("1.00"),))), PO)

    assert {line.order_line for entry in entries for line in entry.lines} == {"2"}


def test_changed_tax_corrects_nothing_where_the_channel_pays_it_on(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(order_line(charges=(charge("49.98", tax="4.12"),))), PO)
    changed = order(order_line(charges=(charge("49.98", tax="4.13"),)))

    assert ledger.post(mapper(), changed, PO) == []


def test_changed_tax_is_corrected_where_the_seller_pays_it_on(ledger: TinyLedger) -> None:
    seller = mapper(tax_remitted_by={"us": "seller"})
    ledger.post(seller, order(order_line(charges=(charge("49.98", tax="4.12"),))), PO)

    ledger.post(seller, order(order_line(charges=(charge("49.98", tax="4.13"),))), PO)

    assert ledger.balances()["Liabilities:SalesTax"] == Decimal("-4.13")


def test_corrected_line_can_be_corrected_again_and_cancelled(ledger: TinyLedger) -> None:
    for amount in ("49.98", "45.00", "47.00"):
        ledger.post(mapper(), order(order_line(charges=(charge(amount),))), PO)

    assert ledger.balances()[APPAREL] == Decimal("-47.00")
    ledger.post(mapper(), half_cancelled(charges=(charge("47.00"),)), PO)
    assert ledger.balances()[APPAREL] == Decimal("-23.50")


# ---------------------------------------------------------------- money that goes back without a return (E8)


def refunded(amount: str, id_: str = "R1", **changed: Any) -> Any:
    refund = {"id": id_, "charges": (charge(amount),), "at": datetime(2026, 11, 3, 15, tzinfo=UTC), **changed}
    statuses = (status("shipped", "2", "2026-10-06T12:00:00"),)
    return order(order_line(statuses=statuses, refunds=(Refund.model_validate(refund),)))


def test_price_only_refund_is_an_adjustment_of_the_sale_on_its_own_day(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)

    (entry,) = ledger.post(mapper(), refunded("5.00"), PO)

    assert entry.date == entry.transaction_date == date(2026, 11, 3)
    assert rows(entry) == [(APPAREL, "5.00"), (CLEARING, "-5.00")]
    assert ledger.post(mapper(), refunded("5.00"), PO) == []


def test_refunds_of_one_id_are_one_entry(ledger: TinyLedger) -> None:
    parts = tuple(Refund(id="R1", charges=(charge(amount),)) for amount in ("5.00", "2.00"))

    entries = ledger.post(mapper(), order(order_line(refunds=parts)), PO)

    assert [entry.event for entry in entries] == ["sale", "adjustment"]
    assert rows(entries[1]) == [(APPAREL, "7.00"), (CLEARING, "-7.00")]


def test_refund_that_belongs_to_a_return_is_left_to_the_return(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)

    assert ledger.post(mapper(), refunded("5.00", return_number="1037"), PO) == []


def test_what_is_refunded_beyond_the_price_is_an_allowance(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)

    (entry,) = ledger.post(mapper(), refunded("60.00"), PO)

    assert rows(entry) == [(APPAREL, "49.98"), ("Expenses:Allowances", "10.02"), (CLEARING, "-60.00")]


def test_what_is_refunded_beyond_the_price_may_go_to_the_sale(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(), PO)

    (entry,) = ledger.post(mapper(excess="sale"), refunded("60.00"), PO)

    assert rows(entry) == [(APPAREL, "60.00"), (CLEARING, "-60.00")]


def test_sale_and_refund_that_are_seen_at_once_are_two_entries(ledger: TinyLedger) -> None:
    entries = ledger.post(mapper(), refunded("5.00"), PO)

    assert [entry.event for entry in entries] == ["sale", "adjustment"]


def test_refund_whose_amount_changed_is_reversed_and_posted_again(ledger: TinyLedger) -> None:
    ledger.post(mapper(), refunded("5.00"), PO)

    undo, again = ledger.post(mapper(), refunded("7.00"), PO)

    assert undo.reverses == f"wmt:us:{PO}:1:adjustment:R1:v1"
    assert again.key == f"wmt:us:{PO}:1:adjustment:R1:v2"
    assert ledger.balances()[APPAREL] == Decimal("-42.98")
    assert ledger.post(mapper(), refunded("7.00"), PO) == []


def test_closed_period_is_left_to_the_sink_as_settings_say(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(closed_period="hold"), order(), PO)

    assert entry.when_closed == "hold"


def test_correction_that_got_in_while_its_reversal_was_refused_is_not_posted_twice_in_the_end():
    ledger = TinyLedger()
    ledger.post(mapper(), order(), PO)
    corrected = order(order_line(charges=(charge("60.00"),)))
    ledger.post(mapper(), corrected, PO, refused=0b01)

    again = ledger.post(mapper(), corrected, PO)

    assert [entry.key for entry in again] == [f"wmt:us:{PO}:1:sale:v1:reversal"]
    assert ledger.balances()["Assets:Clearing:US"] == Decimal("60.00")


def test_units_that_come_to_nothing_are_posted_with_those_after_them():
    ledger, on_ship = TinyLedger(), mapper(on="ship")
    for shipped in (["06"], ["06", "07"], ["06", "07", "08"]):
        statuses = [status("shipped", "1", f"2026-10-{day}") for day in shipped]
        cheap = order_line(quantity="3", charges=(charge("0.01"),), statuses=statuses)
        ledger.post(on_ship, order(cheap), PO)
        ledger.post(on_ship, order(cheap), PO)

    (entry,) = ledger.entries.values()
    assert entry.key == f"wmt:us:{PO}:sale:1.0-2:v1"


def test_two_price_reductions_at_once_share_what_is_left_of_the_sale():
    ledger = TinyLedger()
    ledger.post(mapper(), order(), PO)
    refunds = [Refund(id=id_, charges=(charge("40.00"),)) for id_ in ("R1", "R2")]

    ledger.post(mapper(), order(order_line(refunds=refunds)), PO)

    assert ledger.balances() == {"Assets:Clearing:US": Decimal("-30.02"), "Expenses:Allowances": Decimal("30.02")}


def test_shipment_that_was_refused_while_a_later_one_got_in_is_held_and_not_taken_for_posted():
    ledger, on_ship = TinyLedger(), mapper(on="ship")
    statuses = [status("shipped", "1", "2026-10-06"), status("shipped", "1", "2026-10-07")]
    ledger.post(on_ship, order(order_line(statuses=statuses)), PO, refused=0b01)

    with pytest.raises(HoldError, match="a part of line 1") as held:
        ledger.post(on_ship, order(order_line(statuses=statuses)), PO)

    assert held.value.code == "posting_unclear"
