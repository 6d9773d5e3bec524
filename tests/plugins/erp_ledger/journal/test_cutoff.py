"""The cut-off: revenue of what was sold and not shipped when a month ended is put off by a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from crossdock import Context, HoldError, NothingToDo, NotYetError
from crossdock.canonical import OrderAsOf, OrderLine
from crossdock_erp_ledger.journal.cutoff import CutoffMapper
from crossdock_erp_ledger.journal.mapper import JournalMapper
from tiny_ledger import PO, SETTINGS, TinyLedger, charge, order, order_line, status

APPAREL, DEFERRED = "Income:Sales:Apparel", "Liabilities:Deferred"
END, NEXT = date(2026, 10, 31), date(2026, 11, 1)
KEY = f"2026-10/{PO}"


def journal(**changed: Any) -> JournalMapper:
    return JournalMapper.model_validate({**SETTINGS, **changed})


def cutoff(**changed: Any) -> CutoffMapper:
    return CutoffMapper.model_validate({"deferred": {"us": DEFERRED}, **changed})


def as_of(*lines: OrderLine) -> OrderAsOf:
    return OrderAsOf(
        channel="walmart",
        market="us",
        number=PO,
        ordered_at=datetime(2026, 10, 5, tzinfo=UTC),
        as_of=END,
        lines=lines or (order_line(),),
    )


def half_shipped(**changed: Any) -> OrderLine:
    return order_line(statuses=(status("shipped", "1"), status("acknowledged", "1")), **changed)


def rows(entry: Any) -> list[tuple[str, str]]:
    return [(line.account, str(line.amount.amount)) for line in entry.lines]


@pytest.fixture
def ledger() -> TinyLedger:
    books = TinyLedger()
    books.post(journal(), order(), PO)
    return books


def test_unshipped_revenue_is_put_off_on_the_last_day_and_taken_back_on_the_first(ledger: TinyLedger) -> None:
    off, back = ledger.post(cutoff(), as_of(half_shipped()), KEY, PO)

    assert (off.key, off.date) == (f"wmt:us:{PO}:cutoff:2026-10:v1", END)
    assert rows(off) == [(APPAREL, "24.99"), (DEFERRED, "-24.99")]
    assert (back.key, back.date, back.reverses) == (f"wmt:us:{PO}:cutoff:2026-10:v1:reversal", NEXT, off.key)
    assert rows(back) == [(APPAREL, "-24.99"), (DEFERRED, "24.99")]


def test_cutoff_uses_the_accounts_of_the_sale(ledger: TinyLedger) -> None:
    (off, _) = ledger.post(cutoff(), as_of(), KEY, PO)

    assert [(line.account, line.unit) for line in off.lines] == [(APPAREL, "100"), (DEFERRED, None)]


def test_cutoff_of_several_lines_is_one_entry(ledger: TinyLedger) -> None:
    ledger.post(journal(), order(order_line("1"), order_line("2", sku="MUG")), PO)

    off, back = ledger.post(cutoff(), as_of(order_line("1"), order_line("2", sku="MUG")), KEY, PO)

    assert len(off.lines) == len(back.lines) == 4
    assert off.facts == (f"wmt:us:{PO}:1:cutoff:2026-10:v1", f"wmt:us:{PO}:2:cutoff:2026-10:v1")


def test_cutoff_puts_off_shipping_charges_and_no_taxes() -> None:
    ledger = TinyLedger()
    seller = journal(tax_remitted_by={"us": "seller"})
    line = order_line(charges=(charge("49.98", tax="4.12"), charge("6.00", "shipping")))
    ledger.post(seller, order(line), PO)

    off, _ = ledger.post(cutoff(), as_of(line), KEY, PO)

    assert rows(off) == [(APPAREL, "49.98"), (DEFERRED, "-49.98"), ("Income:Shipping", "6.00"), (DEFERRED, "-6.00")]


def test_cutoff_is_made_once(ledger: TinyLedger) -> None:
    ledger.post(cutoff(), as_of(), KEY, PO)

    assert ledger.post(cutoff(), as_of(), KEY, PO) == []


def test_shipment_that_is_told_late_takes_back_what_was_put_off_too_much(ledger: TinyLedger) -> None:
    ledger.post(cutoff(), as_of(), KEY, PO)
    shipped = order_line(statuses=(status("shipped", "2"),))

    off, _ = ledger.post(cutoff(), as_of(shipped), KEY, PO)

    assert (off.key, off.date) == (f"wmt:us:{PO}:cutoff:2026-10:v2", END)
    assert rows(off) == [(APPAREL, "-49.98"), (DEFERRED, "49.98")]
    assert DEFERRED not in ledger.balances()
    assert ledger.post(cutoff(), as_of(shipped), KEY, PO) == []


def test_what_was_posted_after_the_month_is_not_put_off() -> None:
    ledger = TinyLedger(closed_through=END)
    ledger.post(journal(), order(), PO)  # on the first open day: the first of November

    assert ledger.post(cutoff(), as_of(), KEY, PO) == []


def test_what_was_cancelled_within_the_month_is_not_put_off(ledger: TinyLedger) -> None:
    cancelled = order_line(statuses=(status("created", "1"), status("cancelled", "1", "2026-10-20T10:00:00")))
    ledger.post(journal(), order(cancelled), PO)

    off, _ = ledger.post(cutoff(), as_of(cancelled), KEY, PO)

    assert rows(off)[0] == (APPAREL, "24.99")


def test_cancellation_after_the_month_leaves_the_cutoff_and_all_comes_to_nothing(ledger: TinyLedger) -> None:
    ledger.post(cutoff(), as_of(), KEY, PO)

    ledger.post(journal(), order(order_line(statuses=(status("cancelled", "2", "2026-11-02T10:00:00"),))), PO)

    assert ledger.balances() == {}


def test_cutoffs_of_two_months_are_two_facts(ledger: TinyLedger) -> None:
    ledger.post(cutoff(), as_of(), KEY, PO)
    november = as_of().model_copy(update={"as_of": date(2026, 11, 30)})

    off, _ = ledger.post(cutoff(), november, f"2026-11/{PO}", PO)

    assert off.key == f"wmt:us:{PO}:cutoff:2026-11:v1"
    assert ledger.balances()[APPAREL] == Decimal("-49.98")


def test_cutoff_waits_for_its_sale() -> None:
    with pytest.raises(NotYetError) as waiting:
        cutoff().map(as_of(), Context(key=KEY, pipeline="cutoff"))

    assert waiting.value.code == "sale_not_posted"


def test_order_that_had_left_puts_off_nothing(ledger: TinyLedger) -> None:
    with pytest.raises(NothingToDo):
        cutoff().map(as_of(order_line(statuses=(status("shipped", "2"),))), ledger.context(KEY, [PO]))


def test_market_without_an_account_is_held(ledger: TinyLedger) -> None:
    with pytest.raises(HoldError, match="no account of deferred revenue for market us"):
        ledger.post(cutoff(deferred={"ca": "1"}), as_of(), KEY, PO)


def test_cutoff_that_is_late_is_held_by_the_ledger(ledger: TinyLedger) -> None:
    off, _ = ledger.post(cutoff(), as_of(), KEY, PO)

    assert off.when_closed == "hold"


@pytest.mark.parametrize(("refused", "lacking"), [(0b01, ""), (0b10, ":reversal")])
def test_half_of_a_cutoff_that_the_ledger_refused_is_made_up_for_and_nothing_else(
    ledger: TinyLedger, refused: int, lacking: str
) -> None:
    ledger.post(cutoff(), as_of(half_shipped()), KEY, PO, refused=refused)

    (entry,) = ledger.post(cutoff(), as_of(half_shipped()), KEY, PO)

    assert entry.key == f"wmt:us:{PO}:cutoff:2026-10:v1{lacking}"
    assert ledger.balances() == {"Assets:Clearing:US": Decimal("49.98"), APPAREL: Decimal("-49.98")}
    assert ledger.post(cutoff(), as_of(half_shipped()), KEY, PO) == []


@pytest.mark.parametrize("per", ["order", "line"])
def test_lines_for_different_customers_are_put_off_under_names_of_their_own(per: str) -> None:
    rules = [
        {"match": {"event": "sale", "category": "apparel"}, "account": APPAREL, "customer": "SHIRTS"},
        {"match": {"event": "sale"}, "account": APPAREL, "customer": "MUGS"},
    ]
    ledger, lines = TinyLedger(), (order_line(), order_line("2", sku="MUG-01"))
    ledger.post(journal(rules=rules), order(*lines), PO)

    entries = ledger.post(cutoff(per=per), as_of(*lines), KEY, PO)

    assert [(entry.customer, entry.reverses) for entry in entries] == [
        ("SHIRTS", None),
        ("SHIRTS", entries[0].key),
        ("MUGS", None),
        ("MUGS", entries[2].key),
    ]
