from datetime import UTC, date, datetime
from decimal import Decimal

from crossdock.canonical import OrderAsOf, OrderLine, OrderLineStatus
from crossdock.canonical.order import LineStatus


def line(number: str, quantity: int, **statuses: int) -> OrderLine:
    slices = [
        OrderLineStatus(status=status, quantity=Decimal(amount), raw="")  # type: ignore[arg-type]
        for status, amount in statuses.items()
    ]
    return OrderLine(number=number, sku="MUG-01", quantity=Decimal(quantity), statuses=tuple(slices))


def as_of(*lines: OrderLine) -> OrderAsOf:
    ordered = datetime(2026, 10, 30, tzinfo=UTC)
    return OrderAsOf(channel="walmart", number="1", ordered_at=ordered, as_of=date(2026, 10, 31), lines=lines)


def test_what_neither_left_nor_was_cancelled_was_still_to_be_shipped():
    order = as_of(line("1", 5, shipped=2, cancelled=1, unknown=2), line("4", 2, delivered=1, acknowledged=1))

    assert order.unshipped == {"1": Decimal(2), "4": Decimal(1)}


def test_a_line_of_which_nothing_was_to_be_shipped_is_not_among_them():
    closed: tuple[LineStatus, ...] = ("shipped", "delivered", "cancelled", "refunded")
    order = as_of(*[line(str(number), 1, **{status: 1}) for number, status in enumerate(closed)])

    assert order.unshipped == {}
