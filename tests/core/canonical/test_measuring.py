"""How much documents are of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crossdock.canonical import (
    Address,
    Charge,
    JournalEntry,
    JournalLine,
    Measure,
    Money,
    Order,
    OrderLine,
    OrderLineStatus,
    Package,
    PackageLine,
    Return,
    ReturnLine,
    SettlementLine,
    Shipment,
    StatusChange,
    StockLevel,
    measure,
)

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
USD = st.decimals("-999.99", "999.99", places=2)


def usd(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def order(*amounts: Decimal, quantity: int = 3, cancelled: int = 0) -> Order:
    slices = (("shipped", quantity - cancelled), ("cancelled", cancelled))
    statuses = tuple(
        OrderLineStatus(status=status, quantity=Decimal(count), raw=status) for status, count in slices if count
    )
    charges = tuple(Charge(kind="product", amount=usd(amount), tax=usd("1")) for amount in amounts)
    line = OrderLine(number="1", sku="MUG", quantity=Decimal(quantity), charges=charges, statuses=statuses)
    ship_to = Address(line1="1 Sample St", city="Austin", country="US")
    return Order(channel="walmart", number="PO1", ordered_at=AT, ship_to=ship_to, lines=(line,))


def test_order_is_of_what_is_not_cancelled_without_taxes():
    found = measure(order(Decimal("10.00"), Decimal("4.99"), cancelled=1))

    assert (found.units, found.money, found.at) == (2, {"USD": Decimal("10.00")}, AT)


@given(USD, st.integers(1, 9), st.data())
def test_what_is_kept_and_what_is_cancelled_of_a_line_make_the_whole(amount, quantity, data):
    cancelled = data.draw(st.integers(0, quantity))

    kept = measure(order(amount, quantity=quantity, cancelled=cancelled)).money["USD"]
    gone = amount - kept

    assert abs(kept * quantity - amount * (quantity - cancelled)) <= quantity * Decimal("0.01")
    assert (cancelled == quantity) <= (kept == 0)
    assert (cancelled == 0) <= (gone == 0)


def test_each_document_is_of_what_it_speaks_of():
    charge = Charge(kind="product", amount=usd("5.00"))
    line = ReturnLine(
        number="1", order="PO1", order_line="1", sku="MUG", quantity=Decimal(2), charges=(charge,), status="completed"
    )
    packed = Package(lines=(PackageLine(line="1", quantity=Decimal(2)),))
    entry = JournalEntry(
        key="k",
        date=date(2026, 10, 5),
        description="sale",
        lines=(JournalLine(account="1100", amount=usd("7")), JournalLine(account="4000", amount=usd("-7"))),
    )
    settled = {"channel": "walmart", "settlement": "10052026", "number": "1", "kind": "Sale", "posted_on": AT.date()}

    assert measure(Return(channel="walmart", number="R1", created_at=AT, lines=(line,))) == Measure(
        Decimal(2), {"USD": Decimal("5.00")}
    )
    assert measure(Shipment(order="PO1", shipped_at=AT, packages=(packed,))) == Measure(Decimal(2))
    assert measure(Shipment(order="PO1", shipped_at=AT, packages=(packed, Package()))) == Measure()
    assert measure(StatusChange(kind="sale_order", id="1", status="PACKED", at=AT)) == Measure()
    assert measure(entry) == Measure(None, {"USD": Decimal(7)})
    assert measure(SettlementLine(**settled, amount=usd("-1.5"))) == Measure(None, {"USD": Decimal("-1.5")})
    assert measure(SettlementLine(**settled, amount=usd("9"), payable=usd("9"))) == Measure()
    assert measure(SettlementLine(**settled, amount=usd("9"))).at == datetime(2026, 10, 5, tzinfo=UTC)


def test_level_of_stock_is_of_nothing_that_adds_up():
    level = StockLevel(sku="MUG", warehouse="Sydney", status="OK", quantity=Decimal(9), at=AT)

    assert measure(level) is None


def test_plugin_measures_a_document_of_its_own():
    @dataclass
    class Pallet:
        boxes: int

    measure.register(Pallet, lambda pallet: Measure(Decimal(pallet.boxes)))

    assert measure(Pallet(boxes=4)) == Measure(Decimal(4))


MEASURES = st.builds(
    Measure, st.none() | USD, st.none() | st.dictionaries(st.sampled_from(["USD", "CAD", "CLP"]), USD, max_size=3)
)


@given(MEASURES, MEASURES, MEASURES)
def test_sums_do_not_depend_on_their_sequence(one, two, three):
    assert not ((one + two) + three).differs(three + (two + one))


@given(MEASURES, MEASURES)
def test_measures_differ_both_ways_or_neither_and_never_from_what_is_filled_in(one, other):
    assert one.differs(other) == other.differs(one)
    assert not one.differs(one.filled(other))
    assert one.differs(other) == bool((one - other).units or (one - other).money)
