"""Refunds that an order tells of, and a return as well: posted once, and a person says which where that is unclear."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock import HoldError
from crossdock.canonical import Refund, Return, SettlementLine
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, SETTINGS, TinyLedger, charge, money, order, order_line

CLEARING = "Assets:Clearing:US"
NUMBER = "103700000000000001"
MAPPER = JournalMapper.model_validate(SETTINGS)


def told(*amounts: str, of: str | None = None, ids: str = "ABC") -> Any:
    """The order, with refunds of these amounts."""
    refunds = [Refund(id=id_, charges=(charge(one),), return_number=of) for id_, one in zip(ids, amounts, strict=False)]
    return order(order_line(refunds=refunds))


def returned(refunded: str = "1", amount: str = "49.98", **changed: Any) -> Return:
    """A return of both units."""
    line = {
        "number": "1",
        "order": PO,
        "order_line": "1",
        "sku": "TEE-BLK-M",
        "quantity": Decimal(2),
        "charges": (charge(amount),),
        "refunded_quantity": Decimal(refunded),
        "status": "completed",
    }
    at = datetime(2026, 11, 1, tzinfo=UTC)
    return Return(channel="walmart", market="us", number=NUMBER, created_at=at, lines=({**line, **changed},))


def look(ledger: TinyLedger, document: Any, choice: str | None = None) -> list[str]:
    """Deliver an order or a return; the keys of what is posted."""
    key = NUMBER if isinstance(document, Return) else PO
    return [entry.key for entry in ledger.post(MAPPER, document, key, PO, choice=choice)]


def held(ledger: TinyLedger, document: Any) -> str:
    with pytest.raises(HoldError) as found:
        look(ledger, document)
    assert found.value.fix
    return found.value.code


@pytest.fixture
def ledger() -> TinyLedger:
    """A sale is in the books."""
    books = TinyLedger()
    look(books, order())
    return books


def owed(ledger: TinyLedger) -> str:
    return str(ledger.balances().get(CLEARING, Decimal(0)))


def test_refund_whose_return_is_named_later_is_held_at_both_and_posted_once(ledger: TinyLedger) -> None:
    look(ledger, told("24.99"))

    assert held(ledger, told("24.99", of=NUMBER)) == "refund_of_return"
    assert held(ledger, returned()) == "refund_posted_by_order"
    assert owed(ledger) == "24.99"

    assert look(ledger, told("24.99", of=NUMBER), "same_money") == [f"wmt:us:{PO}:1:adjustment:A:v1:reversal"]
    assert look(ledger, returned()) == [f"wmt:us:{PO}:refund:{NUMBER}-1:0-1:v1"]
    assert look(ledger, told("24.99", of=NUMBER)) == []
    assert owed(ledger) == "24.99"


def test_return_takes_over_what_its_order_posted_and_ends_the_hold_of_the_order(ledger: TinyLedger) -> None:
    look(ledger, told("24.99"))

    undo, refund = look(ledger, returned(), "same_money")

    assert (undo, refund) == (f"wmt:us:{PO}:1:adjustment:A:v1:reversal", f"wmt:us:{PO}:refund:{NUMBER}-1:0-1:v1")
    assert look(ledger, told("24.99", of=NUMBER)) == look(ledger, returned()) == []
    assert ledger.balances() == {CLEARING: Decimal("24.99"), "Income:Sales:Apparel": Decimal("-24.99")}


def test_refund_of_the_order_and_the_return_are_both_posted_if_a_person_says_so(ledger: TinyLedger) -> None:
    look(ledger, told("24.99"))

    look(ledger, returned(), "other_money")

    assert look(ledger, told("24.99", of=NUMBER)) == look(ledger, returned()) == []
    assert owed(ledger) == "0"


def test_other_money_changes_nothing_at_the_order(ledger: TinyLedger) -> None:
    look(ledger, told("5.00"))

    assert look(ledger, told("5.00", of=NUMBER), "other_money") == []
    assert owed(ledger) == "44.98"


@pytest.mark.parametrize("lowered", ["5.00", "24.97", "49.97"])
def test_lower_price_before_a_return_is_other_money(ledger: TinyLedger, lowered: str) -> None:
    look(ledger, told(lowered))

    look(ledger, returned())

    assert owed(ledger) == str(Decimal("24.99") - Decimal(lowered))
    assert look(ledger, told(lowered, of=NUMBER)) == []


@pytest.mark.parametrize(
    ("amounts", "refunded", "changed"),
    [
        (["24.99"], "2", {}),  # one of the units that are paid back at once
        (["49.98"], "1", {}),  # all of them, of which the return tells one so far
        (["20.00", "29.98"], "2", {}),  # in two parts
        (["24.99"], "1", {"charges": (charge("49.98"), charge("5.99", "shipping"))}),  # with its shipping
        (["16.67"], "1", {"quantity": Decimal(3), "charges": (charge("50.00"),)}),  # rounded up
        (["16.66"], "1", {"quantity": Decimal(3), "charges": (charge("50.00"),)}),  # rounded down
        (["0.75"], "0.5", {"quantity": Decimal("0.5"), "charges": (charge("0.75"),)}),  # by weight
    ],
)
def test_return_is_held_where_the_order_may_tell_of_the_same(
    ledger: TinyLedger, amounts: list[str], refunded: str, changed: dict[str, Any]
) -> None:
    look(ledger, told(*amounts))

    assert held(ledger, returned(refunded, **changed)) == "refund_posted_by_order"


def test_refund_that_a_return_posted_is_not_posted_from_an_order_that_does_not_name_it_yet(ledger: TinyLedger) -> None:
    look(ledger, returned())

    assert held(ledger, told("24.99")) == "refund_of_return"
    assert look(ledger, told("24.99"), "same_money") == []
    assert look(ledger, told("24.99", of=NUMBER)) == []
    assert owed(ledger) == "24.99"


def test_refund_beside_a_return_of_the_same_amount_is_posted_if_a_person_says_so(ledger: TinyLedger) -> None:
    look(ledger, returned())

    look(ledger, told("24.99"), "other_money")

    assert look(ledger, told("24.99")) == []
    assert owed(ledger) == "0"


def test_refund_that_was_corrected_to_what_a_return_posted_is_taken_back_if_it_is_the_same(ledger: TinyLedger) -> None:
    look(ledger, told("5.00"))
    look(ledger, returned())

    assert held(ledger, told("24.99")) == "refund_of_return"
    look(ledger, told("24.99"), "same_money")

    assert owed(ledger) == "24.99"


def test_refund_without_a_name_of_its_own_is_known_again_under_that_of_its_return(ledger: TinyLedger) -> None:
    look(ledger, told("5.00", ids="1"))

    assert held(ledger, told("5.00", of=NUMBER, ids="N")) == "refund_of_return"


def test_refund_that_two_lines_of_a_return_may_tell_of_is_reversed_once(ledger: TinyLedger) -> None:
    look(ledger, told("24.99"))
    (line,) = returned().lines
    halves = [
        line.model_copy(update={"number": n, "quantity": Decimal(1), "charges": (charge("24.99"),)}) for n in "12"
    ]

    keys = look(ledger, returned().model_copy(update={"lines": tuple(halves)}), "same_money")

    assert len(keys) == 3
    assert owed(ledger) == "0"


def test_refund_that_stands_twice_in_an_order_is_reversed_once(ledger: TinyLedger) -> None:
    look(ledger, told("20.00", "4.99", ids="AA"))

    assert len(look(ledger, told("20.00", "4.99", of=NUMBER, ids="AA"), "same_money")) == 1
    assert owed(ledger) == "49.98"


def test_person_is_asked_of_the_settlement_after_the_return_and_can_answer_both(ledger: TinyLedger) -> None:
    look(ledger, told("24.99"))
    about = {"channel": "walmart", "market": "us", "settlement": "11172026", "number": "1", "kind": "Sale"}
    more = {"part": "Product Price", "amount": money("60.00"), "order": PO, "sku": "TEE-BLK-M"}
    settled = SettlementLine.model_validate({**about, **more, "posted_on": "2026-11-17"})
    ledger.post(MAPPER, settled, "11172026/1", PO, choice="true_up")

    assert held(ledger, returned()) == "refund_posted_by_order"
    with pytest.raises(HoldError, match="trued up"):
        look(ledger, returned(), "other_money")
    assert look(ledger, returned(), "post")


@given(
    quantity=st.integers(1, 4),
    price=st.integers(1, 9999),
    back=st.integers(1, 4),
    looks=st.lists(st.sampled_from(["told", "named", "returned"])),
)
def test_what_both_tell_of_is_posted_once_in_whatever_sequence_they_are_looked_at(
    quantity: int, price: int, back: int, looks: list[str]
) -> None:
    """The person says wherever they are asked that it is the same, and is asked wherever the order told of it alone."""
    ledger, units, sum_ = TinyLedger(), min(back, quantity), str(Decimal(price * quantity).scaleb(-2))
    amount = charge(str(Decimal(price * units).scaleb(-2)))
    line = {"quantity": str(quantity), "charges": (charge(sum_),)}
    plain, named = (
        order(order_line(**line, refunds=(Refund(id="A", charges=(amount,), return_number=of),)))
        for of in (None, NUMBER)
    )
    document = returned(str(units), amount=sum_, quantity=Decimal(quantity))
    documents = {"told": plain, "named": named, "returned": document}
    look(ledger, order(order_line(**line)))

    asked = set()
    for which in [*looks, "named", "returned", "named"]:
        try:
            look(ledger, documents[which])
        except HoldError as error:
            asked.add(error.code)
            look(ledger, documents[which], "same_money")

    assert asked <= {"refund_of_return", "refund_posted_by_order"}
    assert asked or "told" not in looks
    assert Decimal(owed(ledger)) == Decimal(sum_) - amount.amount.amount
    assert look(ledger, named) == look(ledger, document) == []
