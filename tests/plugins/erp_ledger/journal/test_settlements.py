"""Settlements: sales are matched, never posted again; all else moves what the channel owes, once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crossdock import HoldError, NothingToDo, NotYetError, RejectedError
from crossdock.canonical import Refund, SettlementLine
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, RULES, SETTINGS, TinyLedger, charge, money, order, order_line, status

CLEARING, APPAREL = "Assets:Clearing:US", "Income:Sales:Apparel"
MORE_RULES = [
    {"match": {"event": "commission"}, "account": "Expenses:Commission"},
    {"match": {"event": "fee", "description": "WFS*"}, "account": "Expenses:WFS"},
    {"match": {"event": "fee"}, "account": "Expenses:Fees"},
    {"match": {"event": "advertising"}, "account": "Expenses:Advertising"},
    {"match": {"event": "savings"}, "account": "Income:Savings"},
    {"match": {"event": "reimbursement"}, "account": "Income:Other"},
    {"match": {"event": "reserve"}, "account": "Assets:Reserve"},
    {"match": {"event": "payout"}, "account": "Assets:InTransit"},
    {"match": {"event": "fx"}, "account": "Equity:Exchange"},
    {"match": {"event": "rounding"}, "account": "Expenses:Rounding"},
]


def mapper(**changed: Any) -> JournalMapper:
    return JournalMapper.model_validate({**SETTINGS, "rules": [*RULES, *MORE_RULES], **changed})


def settled(kind: str, part: str | None, amount: str, number: str = "7", **changed: Any) -> SettlementLine:
    line = {
        "channel": "walmart",
        "market": "us",
        "settlement": "11172026",
        "number": number,
        "kind": kind,
        "part": part,
        "amount": money(amount),
        "posted_on": date(2026, 11, 10),
        "order": PO,
        "sku": "tee-blk-m",
    }
    return SettlementLine.model_validate(line | changed)


def post(ledger: TinyLedger, line: SettlementLine, choice: str | None = None, **settings: Any) -> Any:
    key = f"{line.settlement}/{line.number}"
    entries = mapper(**settings).map(line, ledger.context(key, [line.order] if line.order else [], choice))
    for entry in entries:
        ledger.keep(entry, key)
    return entries[0]


def rows(entry: Any) -> list[tuple[str, str]]:
    return [(line.account, str(line.amount.amount)) for line in entry.lines]


@pytest.fixture
def ledger() -> TinyLedger:
    """A sale of 49.98 is in the books."""
    books = TinyLedger()
    books.post(mapper(), order(), PO)
    return books


# ---------------------------------------------------------------- what moves the clearing account


@pytest.mark.parametrize(
    ("kind", "part", "amount", "description", "account"),
    [
        ("Sale", "Commission on Product", "-7.50", "Purchase", "Expenses:Commission"),
        ("Refund", "Commission on Product", "3.75", "Return Refund", "Expenses:Commission"),
        ("Sale", "Commission on Shipping", "-0.60", "Purchase", "Expenses:Commission"),
        ("Service Fee", "Fee/Reimbursement", "-4.20", "Walmart Shipping Label Service Charge", "Expenses:Fees"),
        ("Service Fee", "WFS Fee/Reimbursement", "-3.45", "WFS Fulfillment fee", "Expenses:WFS"),
        ("Adjustment", "Fee/Reimbursement", "12.00", "Shipping Protection Claim Payout", "Income:Other"),
        ("Adjustment", "WFS Inventory Fee/Reimbursement", "9.00", "WFS LostInventory", "Income:Other"),
        ("Campaigns", "Fee/Reimbursement", "-20.00", "Walmart Product Advertising", "Expenses:Advertising"),
        ("Adjustment", "SEM Marketing Fee", "-5.00", "SEM Marketing", "Expenses:Advertising"),
        ("Adjustment", "Review Accelerator Fee", "-10.00", "Review Accelerator", "Expenses:Advertising"),
        ("Sale", "Total Walmart Funded Savings", "2.00", "Purchase", "Income:Savings"),
        ("Reserve", "Fee/Reimbursement", "-100.00", "Funds withheld to cover future refunds", "Assets:Reserve"),
        ("Release Reserve", "Fee/Reimbursement", "100.00", "Reserve credited back", "Assets:Reserve"),
        ("Dispute Settlement", "Fee/Reimbursement", "15.00", None, "Income:Other"),
    ],
)
def test_amount_moves_what_the_channel_owes(
    kind: str, part: str, amount: str, description: str | None, account: str
) -> None:
    entry = post(TinyLedger(), settled(kind, part, amount, description=description))

    assert rows(entry) == [(account, str(-Decimal(amount))), (CLEARING, amount)]
    assert entry.key == "wmt:us:settlement:11172026:7:v1"
    assert entry.facts == ("wmt:us:settlement:11172026:7",)
    assert entry.date == date(2026, 11, 10)
    assert entry.reference == PO


def test_amount_is_posted_once(ledger: TinyLedger) -> None:
    commission = settled("Sale", "Commission on Product", "-7.50")
    post(ledger, commission)

    with pytest.raises(NothingToDo, match="in the books"):
        post(ledger, commission)


def test_report_that_says_something_else_under_the_same_number_is_held(ledger: TinyLedger) -> None:
    post(ledger, settled("Sale", "Commission on Product", "-7.50"))

    with pytest.raises(HoldError, match="the report now says something else there") as held:
        post(ledger, settled("Sale", "Commission on Product", "-7.51"))

    assert held.value.code == "settlement_changed"


@pytest.mark.parametrize(("kind", "part"), [("Surprise", None), ("Sale", "Gift wrap"), ("Adjustment", "Product Price")])
def test_kind_that_nobody_knows_is_held_by_its_name(kind: str, part: str | None) -> None:
    with pytest.raises(HoldError, match=kind) as held:
        post(TinyLedger(), settled(kind, part, "-1.00"))

    assert held.value.code == "unknown_settlement_kind"


@pytest.mark.parametrize(("amount", "account"), [("-1.00", "Expenses:Fees"), ("1.00", "Income:Other")])
def test_unknown_kind_goes_by_its_sign_if_a_person_says_so(amount: str, account: str) -> None:
    entry = post(TinyLedger(), settled("Surprise", None, amount), choice="by_sign")

    assert rows(entry)[0][0] == account


def test_amount_without_a_date_is_refused() -> None:
    with pytest.raises(RejectedError, match="bears no date"):
        post(TinyLedger(), settled("Sale", "Commission on Product", "-1.00", posted_on=None))


# ---------------------------------------------------------------- payouts (E14 to E16)


def payout(payable: str, total: str | None, currency: str = "USD") -> SettlementLine:
    return settled(
        "PaymentSummary",
        None,
        "0",
        order=None,
        sku=None,
        payable=money(payable, currency),
        total=None if total is None else money(total),
    )


def test_payout_empties_what_the_channel_owes_into_the_bank(ledger: TinyLedger) -> None:
    entry = post(ledger, payout("49.98", "49.98"))

    assert rows(entry) == [("Assets:InTransit", "49.98"), (CLEARING, "-49.98")]
    assert CLEARING not in ledger.balances()


def test_payout_that_is_not_the_sum_of_its_report_is_held(ledger: TinyLedger) -> None:
    with pytest.raises(HoldError, match=r"pays 49.98 USD, and its amounts add up to 49.97 USD") as held:
        post(ledger, payout("49.98", "49.97"))
    entry = post(ledger, payout("49.98", "49.97"), choice="as_paid")

    assert held.value.code == "settlement_sum_differs"
    assert rows(entry)[0] == ("Assets:InTransit", "49.98")


@pytest.mark.parametrize("payable", ["-12.00", "0"])
def test_balance_that_is_not_paid_out_is_carried_forward(payable: str) -> None:
    with pytest.raises(NothingToDo, match="carried forward"):
        post(TinyLedger(), payout(payable, payable))


def test_payout_in_another_currency_leaves_its_difference_on_the_exchange_account() -> None:
    entry = post(TinyLedger(), payout("41.25", "56.50", "CAD"))

    assert [(line.account, str(line.amount)) for line in entry.lines] == [
        (CLEARING, "-56.50 USD"),
        ("Equity:Exchange", "56.50 USD"),
        ("Assets:InTransit", "41.25 CAD"),
        ("Equity:Exchange", "-41.25 CAD"),
    ]


# ---------------------------------------------------------------- sales and refunds are matched (E1, E2, E7)


def assert_matched(ledger: TinyLedger, line: SettlementLine, **settings: Any) -> None:
    with pytest.raises(NothingToDo) as nothing:
        post(ledger, line, **settings)
    assert nothing.value.code == "matched"


def test_settled_sale_is_matched_by_order_and_sku_and_not_posted_again(ledger: TinyLedger) -> None:
    assert_matched(ledger, settled("Sale", "Product Price", "49.98", order_line="99"))


def test_settled_part_of_a_sale_is_matched_by_its_quantity(ledger: TinyLedger) -> None:
    assert_matched(ledger, settled("Sale", "Product Price", "24.99", quantity=Decimal(1)))


@pytest.mark.parametrize("amount", ["3.33", "3.34"])
def test_settled_share_may_be_rounded_either_way(amount: str) -> None:
    ledger = TinyLedger()
    ledger.post(mapper(), order(order_line(quantity="3", charges=(charge("10.00"),))), PO)

    assert_matched(ledger, settled("Sale", "Product Price", amount, quantity=Decimal(1)))


def test_settled_shipping_is_matched_with_shipping() -> None:
    ledger = TinyLedger()
    ledger.post(mapper(), order(order_line(charges=(charge("49.98"), charge("5.99", "shipping")))), PO)

    assert_matched(ledger, settled("Sale", "Shipping", "5.99"))


def test_one_amount_for_two_lines_of_a_sku_is_matched_with_both() -> None:
    ledger = TinyLedger()
    ledger.post(
        mapper(),
        order(order_line("1", "1", charges=(charge("10"),)), order_line("2", "1", charges=(charge("12"),))),
        PO,
    )

    assert_matched(ledger, settled("Sale", "Product Price", "12.00", quantity=Decimal(1)))
    assert_matched(ledger, settled("Sale", "Product Price", "22.00", quantity=Decimal(2)))


def test_sale_that_was_cancelled_in_part_is_matched_with_what_is_left(ledger: TinyLedger) -> None:
    ledger.post(mapper(), order(order_line(statuses=(status("shipped", "1"), status("cancelled", "1")))), PO)

    assert_matched(ledger, settled("Sale", "Product Price", "24.99"))


def test_difference_within_tolerance_is_a_true_up_that_names_both_sides(ledger: TinyLedger) -> None:
    entry = post(ledger, settled("Sale", "Product Price", "49.97"))

    assert rows(entry) == [("Expenses:Rounding", "0.01"), (CLEARING, "-0.01")]
    assert "says 49.97 USD" in entry.description
    assert "the books 49.98 USD" in entry.description


def test_difference_beyond_tolerance_is_held_until_a_person_trues_it_up(ledger: TinyLedger) -> None:
    with pytest.raises(HoldError, match=r"says 45.00 USD .*, the books 49.98 USD: -4.98") as held:
        post(ledger, settled("Sale", "Product Price", "45.00"))
    entry = post(ledger, settled("Sale", "Product Price", "45.00"), choice="true_up")

    assert held.value.code == "settlement_differs"
    assert rows(entry) == [(APPAREL, "4.98"), (CLEARING, "-4.98")]


@pytest.mark.parametrize(("settled_as", "choice"), [("49.97", None), ("45.00", "true_up")])
def test_order_that_changes_after_its_settlement_was_trued_up_is_held(
    ledger: TinyLedger, settled_as: str, choice: str | None
) -> None:
    post(ledger, settled("Sale", "Product Price", settled_as), choice=choice)

    with pytest.raises(HoldError) as held:
        ledger.post(mapper(), order(order_line(charges=(charge("45.00"),))), PO)

    assert held.value.code == "trued_up"
    assert ledger.post(mapper(), order(order_line(charges=(charge("45.00"),))), PO, choice="post")


def test_refund_that_comes_after_it_was_posted_from_its_settlement_is_held(ledger: TinyLedger) -> None:
    post(ledger, settled("Refund", "Product Price", "-5.00"), choice="by_rules")
    refund = Refund(id="R1", charges=(charge("5.00"),))

    with pytest.raises(HoldError) as held:
        ledger.post(mapper(), order(order_line(refunds=(refund,))), PO)

    assert held.value.code == "trued_up"


def test_refund_after_a_mere_rounding_difference_is_posted(ledger: TinyLedger) -> None:
    post(ledger, settled("Sale", "Product Price", "49.97"))
    refund = Refund(id="R1", charges=(charge("5.00"),))

    (entry,) = ledger.post(mapper(), order(order_line(refunds=(refund,))), PO)

    assert rows(entry) == [(APPAREL, "5.00"), (CLEARING, "-5.00")]


@pytest.mark.parametrize(("amount", "hint"), [("99.96", "seem to be per unit"), ("24.99", "seem to be per line")])
def test_difference_by_just_the_quantity_says_that_charges_are_read_wrongly(
    ledger: TinyLedger, amount: str, hint: str
) -> None:
    with pytest.raises(HoldError, match=hint):
        post(ledger, settled("Sale", "Product Price", amount, quantity=Decimal(2)))


def test_settled_sale_waits_for_its_order() -> None:
    with pytest.raises(NotYetError, match="its sale is not in the books yet") as waiting:
        post(TinyLedger(), settled("Sale", "Product Price", "49.98"))

    assert waiting.value.code == "sale_not_posted"
    assert waiting.value.alert_at == datetime(2026, 11, 13, tzinfo=UTC)


def test_sale_that_a_person_had_posted_from_its_settlement_is_not_posted_again_when_the_order_comes() -> None:
    ledger = TinyLedger()
    entry = post(ledger, settled("Sale", "Product Price", "49.98"), choice="by_rules")

    with pytest.raises(HoldError, match="was posted from its settlement"):
        ledger.post(mapper(), order(), PO)

    assert rows(entry) == [(APPAREL, "-49.98"), (CLEARING, "49.98")]


def test_sales_that_were_booked_by_other_means_are_not_looked_for() -> None:
    with pytest.raises(NothingToDo, match="booked by other means"):
        post(TinyLedger(), settled("Sale", "Product Price", "49.98"), sales_since="2026-11-15")


def test_settled_refund_is_matched_with_a_refund_of_any_kind(ledger: TinyLedger) -> None:
    refund = Refund(id="R1", charges=(charge("5.00"),))
    ledger.post(mapper(), order(order_line(refunds=(refund,))), PO)

    assert_matched(ledger, settled("Refund", "Product Price", "-5.00"))


def test_settled_refund_beyond_the_price_is_matched_with_all_of_it(ledger: TinyLedger) -> None:
    refund = Refund(id="R1", charges=(charge("60.00"),))
    ledger.post(mapper(), order(order_line(refunds=(refund,))), PO)

    assert_matched(ledger, settled("Refund", "Product Price", "-60.00"))


def test_settled_refund_waits_for_its_return_and_may_be_posted_by_a_person(ledger: TinyLedger) -> None:
    with pytest.raises(NotYetError) as waiting:
        post(ledger, settled("Refund", "Product Price", "-24.99"))
    entry = post(
        ledger, settled("Refund", "Product Price", "-24.99"), choice="by_rules", rules=[{"account": "Elsewhere"}]
    )

    assert waiting.value.code == "refund_not_posted"
    assert rows(entry) == [(APPAREL, "24.99"), (CLEARING, "-24.99")]


# ---------------------------------------------------------------- taxes (E3, E4)


@pytest.mark.parametrize("part", ["Product tax", "Product tax withheld", "Shipping tax"])
def test_tax_that_the_channel_remits_moves_nothing(part: str) -> None:
    with pytest.raises(NothingToDo) as nothing:
        post(TinyLedger(), settled("Sale", part, "4.12"))

    assert nothing.value.code == "nets_to_nothing"


def test_tax_of_which_something_remains_is_the_sellers_to_remit() -> None:
    entry = post(TinyLedger(), settled("Sale", "Product tax", "4.12", remainder=money("0.50")))

    assert rows(entry) == [("Liabilities:SalesTax", "-0.50"), (CLEARING, "0.50")]


def test_tax_that_is_withheld_altogether_moves_nothing() -> None:
    with pytest.raises(NothingToDo):
        post(TinyLedger(), settled("Sale", "Product tax withheld", "-4.12", remainder=money("0")))


def test_tax_that_was_posted_with_the_sale_is_matched() -> None:
    ledger = TinyLedger()
    seller = {"tax_remitted_by": {"us": "seller"}}
    ledger.post(mapper(**seller), order(order_line(charges=(charge("49.98", tax="4.12"),))), PO)

    assert_matched(ledger, settled("Sale", "Product tax", "4.12"), **seller)


def test_amounts_of_a_day_bear_its_total() -> None:
    entry = post(TinyLedger(), settled("Sale", "Commission on Product", "-7.50"), per="day")

    assert entry.total == "wmt:us:2026-11-10:USD"
