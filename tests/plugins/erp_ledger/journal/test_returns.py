"""Returns: what was paid back goes to where the sale went, each unit once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crossdock import Context, HoldError, NothingToDo, NotYetError
from crossdock.canonical import Return
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, SETTINGS, TinyLedger, charge, order, order_line

CLEARING, APPAREL = "Assets:Clearing:US", "Income:Sales:Apparel"
NUMBER = "103700000000000001"


def mapper(**changed: Any) -> JournalMapper:
    return JournalMapper.model_validate({**SETTINGS, **changed})


def returned(refunded: str = "2", amount: str = "49.98", **changed: Any) -> Return:
    line = {
        "number": "1",
        "order": PO,
        "order_line": "1",
        "sku": "TEE-BLK-M",
        "quantity": Decimal(2),
        "charges": (charge(amount),),
        "refunded_quantity": Decimal(refunded),
        "refunded_at": datetime(2026, 11, 4, 15, tzinfo=UTC),
        "status": "completed",
    }
    return Return(
        channel="walmart",
        market="us",
        number=NUMBER,
        customer_order="200000000000001",
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
        lines=({**line, **changed},),
    )


def rows(entry: Any) -> list[tuple[str, str]]:
    return [(line.account, str(line.amount.amount)) for line in entry.lines]


@pytest.fixture
def ledger() -> TinyLedger:
    """A sale is in the books."""
    books = TinyLedger()
    books.post(mapper(), order(), PO)
    return books


def test_refund_takes_back_the_sale_on_the_day_of_the_refund(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), returned(), NUMBER, PO)

    assert entry.key == f"wmt:us:{PO}:refund:{NUMBER}-1:0-2:v1"
    assert entry.date == entry.transaction_date == date(2026, 11, 4)
    assert (entry.reference, entry.document) == (PO, "200000000000001")
    assert rows(entry) == [(APPAREL, "49.98"), (CLEARING, "-49.98")]
    assert ledger.balances() == {}


def test_refund_goes_to_the_accounts_unit_and_customer_of_the_sale_whatever_rules_say_today(ledger: TinyLedger) -> None:
    moved = mapper(rules=[{"account": "Income:Elsewhere", "unit": "9"}], clearing={"us": "X"}, customers={})

    (entry,) = ledger.post(moved, returned(), NUMBER, PO)

    assert rows(entry) == [(APPAREL, "49.98"), (CLEARING, "-49.98")]
    assert entry.lines[0].unit == "100"
    assert entry.customer == "WALMART-US"


def test_each_unit_is_refunded_once_as_more_of_them_are(ledger: TinyLedger) -> None:
    (first,) = ledger.post(mapper(), returned("1"), NUMBER, PO)
    again = ledger.post(mapper(), returned("1"), NUMBER, PO)
    (second,) = ledger.post(mapper(), returned("2"), NUMBER, PO)

    assert again == []
    assert first.facts == (f"wmt:us:{PO}:1:refund:{NUMBER}-1:0:v1",)
    assert second.facts == (f"wmt:us:{PO}:1:refund:{NUMBER}-1:1:v1",)
    assert ledger.balances() == {}


def test_goods_that_need_not_come_back_are_the_same_money(ledger: TinyLedger) -> None:
    ledger.post(mapper(), returned(goods_expected=False), NUMBER, PO)

    assert ledger.balances() == {}


@pytest.mark.parametrize("status", ["initiated", "delivered", "cancelled"])
def test_return_that_paid_nothing_back_posts_nothing(ledger: TinyLedger, status: str) -> None:
    with pytest.raises(NothingToDo, match="nothing was paid back yet"):
        mapper().map(returned("0", status=status), ledger.context(NUMBER, [PO]))


def test_refund_waits_for_its_sale_and_tells_a_person_after_days() -> None:
    with pytest.raises(NotYetError, match="the sale is not in the books yet") as waiting:
        mapper().map(returned(), Context(key=NUMBER, pipeline="returns"))

    assert waiting.value.code == "sale_not_posted"
    assert waiting.value.alert_at == datetime(2026, 11, 4, tzinfo=UTC)


def test_refund_of_a_sale_that_was_booked_elsewhere_goes_by_the_rules_if_a_person_says_so() -> None:
    (entry,) = TinyLedger().post(mapper(), returned(), NUMBER, PO, choice="by_rules")

    assert rows(entry) == [(APPAREL, "49.98"), (CLEARING, "-49.98")]


def test_refund_beyond_the_price_is_an_allowance(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), returned(amount="55.00"), NUMBER, PO)

    assert rows(entry) == [(APPAREL, "49.98"), ("Expenses:Allowances", "5.02"), (CLEARING, "-55.00")]


def test_what_the_channel_calls_excess_is_an_allowance(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), returned(charges=(charge("49.98"), charge("5", "excess"))), NUMBER, PO)

    assert rows(entry) == [(APPAREL, "49.98"), ("Expenses:Allowances", "5.00"), (CLEARING, "-54.98")]


def test_what_is_kept_of_a_refund_lowers_it(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), returned(charges=(charge("49.98"), charge("-4.98", "shipping"))), NUMBER, PO)

    assert rows(entry) == [(APPAREL, "49.98"), ("Income:Shipping", "-4.98"), (CLEARING, "-45.00")]


def test_refund_after_a_price_only_refund_exceeds_the_sale_by_just_that(ledger: TinyLedger) -> None:
    from crossdock.canonical import Refund

    refund = Refund(id="R1", charges=(charge("5.00"),))
    ledger.post(mapper(), order(order_line(refunds=(refund,))), PO)

    (entry,) = ledger.post(mapper(), returned(), NUMBER, PO)

    assert rows(entry) == [(APPAREL, "44.98"), ("Expenses:Allowances", "5.00"), (CLEARING, "-49.98")]


def test_second_return_sees_what_the_first_paid_back(ledger: TinyLedger) -> None:
    ledger.post(mapper(), returned(), NUMBER, PO)
    second = returned().model_copy(update={"number": "1038"})

    (entry,) = ledger.post(mapper(), second, "1038", PO)

    assert rows(entry) == [("Expenses:Allowances", "49.98"), (CLEARING, "-49.98")]


def test_tax_is_paid_back_only_where_it_was_posted(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), returned(charges=(charge("49.98", tax="4.12"),)), NUMBER, PO)

    assert rows(entry) == [(APPAREL, "49.98"), (CLEARING, "-49.98")]


def test_tax_that_the_seller_remits_is_paid_back_with_the_price() -> None:
    ledger = TinyLedger()
    taxed = (charge("49.98", tax="6.50", currency="CAD"),)
    ledger.post(mapper(), order(order_line(charges=taxed), market="ca"), PO)

    ledger.post(mapper(), returned(charges=taxed).model_copy(update={"market": "ca"}), NUMBER, PO)

    assert ledger.balances() == {}


def test_refund_of_a_line_that_the_return_numbers_otherwise_is_found_by_its_sku(ledger: TinyLedger) -> None:
    (entry,) = ledger.post(mapper(), returned(order_line="7"), NUMBER, PO)

    assert {line.order_line for line in entry.lines} == {"1"}


def test_return_over_two_orders_is_an_entry_each(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(number="108800000000002"), "108800000000002")
    both = returned()
    other = both.lines[0].model_copy(update={"number": "2", "order": "108800000000002"})

    entries = ledger.post(
        mapper(), both.model_copy(update={"lines": (*both.lines, other)}), NUMBER, PO, "108800000000002"
    )

    assert [entry.reference for entry in entries] == [PO, "108800000000002"]
    assert ledger.balances() == {}


def test_refund_whose_amount_changed_is_reversed_and_posted_again(ledger: TinyLedger) -> None:
    ledger.post(mapper(), returned("1"), NUMBER, PO)

    undo, again = ledger.post(mapper(), returned("2", amount="40.00"), NUMBER, PO)

    assert undo.reverses == f"wmt:us:{PO}:refund:{NUMBER}-1:0-1:v1"
    assert again.key == f"wmt:us:{PO}:1:refund:{NUMBER}-1:0-2:v2"
    assert ledger.balances() == {CLEARING: Decimal("9.98"), APPAREL: Decimal("-9.98")}
    assert ledger.post(mapper(), returned("2", amount="40.00"), NUMBER, PO) == []


def test_refund_that_the_channel_takes_back_is_held(ledger: TinyLedger) -> None:
    ledger.post(mapper(), returned("2"), NUMBER, PO)

    with pytest.raises(HoldError, match=r"2 are posted as paid back .* and the channel now says 0") as held:
        ledger.post(mapper(), returned("0"), NUMBER, PO)

    assert held.value.code == "refund_withdrawn"


@pytest.mark.parametrize("per", ["line", "day"])
def test_refund_is_the_same_fact_however_entries_are_put_together(ledger: TinyLedger, per: str) -> None:
    ledger.post(mapper(per=per), returned(), NUMBER, PO)

    assert ledger.post(mapper(), returned(), NUMBER, PO) == []
    assert ledger.balances() == {}


@pytest.mark.parametrize("then", ["40.00", "30.00"])
def test_corrected_refund_that_was_refused_after_its_reversal_is_posted_as_the_next_version(
    ledger: TinyLedger, then: str
) -> None:
    ledger.post(mapper(), returned(amount="30.00"), NUMBER, PO)
    ledger.post(mapper(), returned(amount="40.00"), NUMBER, PO, refused=0b10)

    (entry,) = ledger.post(mapper(), returned(amount=then), NUMBER, PO)

    assert entry.key == f"wmt:us:{PO}:1:refund:{NUMBER}-1:0-2:v2"
    assert ledger.balances()[CLEARING] == Decimal("49.98") - Decimal(then)


@pytest.mark.parametrize("per", ["order", "line"])
def test_refund_that_was_posted_before_its_sale_stays_with_its_line(per: str) -> None:
    ledger, first = TinyLedger(), returned("1", order_line="9")
    ledger.post(mapper(per=per), first, NUMBER, PO, choice="by_rules")
    ledger.post(mapper(per=per), order(), PO)

    assert ledger.post(mapper(per=per), first, NUMBER, PO) == []
    ledger.post(mapper(per=per), returned("2", order_line="9"), NUMBER, PO)

    assert ledger.balances() == {}
