"""From Walmart's words to canonical documents: pure, and it names its fault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from crossdock import RejectedError
from crossdock.canonical import Address, Charge, Money, Order, OrderLine, OrderLineStatus, trusted
from crossdock_walmart.usual import UsualCharge, UsualLine, UsualLineStatus, UsualOrder
from crossdock_walmart.wire import WalmartAddress, WalmartCharge, WalmartLine, WalmartLineStatus, WalmartOrder

# What is built here was validated when it was read, or is checked here.
_make_order, _make_line, _make_status = trusted(Order), trusted(OrderLine), trusted(OrderLineStatus)
_make_charge, _make_money, _make_address = trusted(Charge), trusted(Money), trusted(Address)

Status = Literal["created", "acknowledged", "shipped", "delivered", "cancelled", "refunded", "unknown"]
Fulfiller = Literal["seller", "channel", "third_party", "unknown"]

_STATUSES: dict[str, Status] = {
    "created": "created",
    "acknowledged": "acknowledged",
    "shipped": "shipped",
    "delivered": "delivered",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "refund": "refunded",
    "refunded": "refunded",
}
_FULFILLERS: dict[str, Fulfiller] = {
    "": "seller",
    "sellerfulfilled": "seller",
    "wfsfulfilled": "channel",
    "3plfulfilled": "third_party",
}
_NOTHING = Decimal(0)
# ISO 3166-1: Walmart's markets, and the territories that its US market delivers to.
_COUNTRIES = {
    "USA": "US", "CAN": "CA", "MEX": "MX", "CHL": "CL",
    "PRI": "PR", "GUM": "GU", "VIR": "VI", "ASM": "AS", "MNP": "MP", "UMI": "UM",
}  # fmt: skip


def to_order(wire: WalmartOrder | UsualOrder, market: str = "us") -> Order:
    """Turn one Walmart purchase order into an order.

    Shape: n wire lines become n order lines, in the same sequence; the statuses of each add up to its quantity.
    Units: money in major units with currency, for the whole line; time in UTC.
    Raises: RejectedError, naming the line, where a line bears no SKU, no number or no quantity, or where the order
    bears no line or no address.
    Source: Walmart Marketplace, Orders API, "All orders"; read 2026-11.
    """
    lines: Sequence[WalmartLine | UsualLine] = wire.lines
    if not lines:
        raise RejectedError("the order bears no lines", code="no_lines")
    ship_by, deliver_by = wire.ship_by, wire.deliver_by
    return _make_order(
        channel="walmart",
        market=market,
        number=wire.purchase_order_id,
        customer_number=wire.customer_order_id or None,
        ordered_at=utc(wire.order_date),
        ship_by=utc(ship_by) if ship_by else None,
        deliver_by=utc(deliver_by) if deliver_by else None,
        shipping_method=wire.method or None,
        ship_to=_address(wire, market),
        node=wire.node_id or None,
        node_name=wire.node_name or None,
        fulfilled_by=to_fulfiller(wire),
        lines=tuple([_line(position, line) for position, line in enumerate(lines, start=1)]),
    )


def to_fulfiller(wire: WalmartOrder | UsualOrder) -> Fulfiller:
    """Who fulfils an order; one that does not say so is the seller's own."""
    return _FULFILLERS.get((wire.node_type or "").lower(), "unknown")


def _line(position: int, line: WalmartLine | UsualLine) -> OrderLine:
    number, sku = line.number, line.sku
    if not number or not number.strip():
        raise RejectedError(f"order line {position} bears no line number", code="no_line_number", line=position)
    if not sku or not sku.strip():
        raise RejectedError(f"order line {position} bears no SKU", code="no_sku", line=position, line_number=number)
    quantity = to_quantity(position, line)
    return _make_line(
        number=number,
        sku=sku,
        name=line.name or None,
        quantity=quantity,
        unit=line.unit or None,
        charges=tuple([made for charge in line.charges if (made := _charge(position, charge)) is not None]),
        statuses=to_statuses(position, line, quantity),
        fulfilment=line.fulfilment_option or None,
        cancel_requested=asks_to_cancel(line),
        refunds=(),
    )


def to_quantity(position: int, line: WalmartLine | UsualLine) -> Decimal:
    """What was ordered; where the line does not say, what its statuses say."""
    quantity = line.quantity
    if quantity is not None:
        return quantity
    counted = [slice_.quantity for slice_ in line.statuses if slice_.quantity is not None]
    if not counted or len(counted) < len(line.statuses):
        raise RejectedError(f"order line {position} bears no quantity", code="no_quantity", line=position)
    return sum(counted, Decimal(0))


def to_statuses(position: int, line: WalmartLine | UsualLine, quantity: Decimal) -> tuple[OrderLineStatus, ...]:
    """One slice per status. A single one without quantity stands for what is left; what no status covers is unknown."""
    left, open_ones = quantity, 0
    counted = [(slice_, slice_.quantity) for slice_ in line.statuses]
    for _, part in counted:
        if part is None:
            open_ones += 1
        else:
            left -= part
    if left < 0 or open_ones > 1:
        raise RejectedError(
            f"order line {position}: its statuses do not add up to the quantity ordered",
            code="statuses_do_not_add_up",
            line=position,
            line_number=line.number,
        )
    slices = tuple([_status(slice_, left if part is None else part) for slice_, part in counted])
    if open_ones or not left:
        return slices
    return (*slices, _make_status(status="unknown", quantity=left, raw="", tracking_number=None, carrier=None, at=None))


def _status(slice_: WalmartLineStatus | UsualLineStatus, quantity: Decimal) -> OrderLineStatus:
    raw = slice_.status or ""
    return _make_status(
        status=_STATUSES.get(raw.strip().lower(), "unknown"),
        quantity=quantity,
        raw=raw,
        tracking_number=slice_.tracking_number or None,
        carrier=slice_.carrier or slice_.other_carrier or None,
        at=None,
    )


def _charge(position: int, charge: WalmartCharge | UsualCharge) -> Charge | None:
    """One charge, taken for the whole line as in the published samples; None where nothing is charged."""
    amount, tax = charge.amount, charge.tax
    if amount is None and tax is None:
        return None
    currency, tax_currency = charge.currency, charge.tax_currency
    return _make_charge(
        kind=(charge.type or "unknown").strip().lower(),
        name=charge.name or None,
        amount=_money(position, _NOTHING if amount is None else amount, currency or tax_currency),
        tax=None if tax is None else _money(position, tax, tax_currency or currency),
    )


def _money(position: int, amount: Decimal, currency: str | None) -> Money:
    code = _currency(currency or "")
    if code is None:
        raise RejectedError(f"order line {position}: a charge bears no currency", code="no_currency", line=position)
    return _make_money(amount=amount, currency=code)


@lru_cache(maxsize=64)
def _currency(text: str) -> str | None:
    """The code of a currency; None where it is none."""
    code = text.strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def _address(wire: WalmartOrder | UsualOrder, market: str) -> Address:
    """Where it goes. Without a country it goes to the market's own."""
    given = wire.address or WalmartAddress()
    if not given.line1 or not given.city:
        raise RejectedError("the order bears no delivery address: street or city is missing", code="no_address")
    country = (given.country or market).strip().upper()
    return _make_address(
        name=given.name or None,
        company=None,
        line1=given.line1,
        line2=given.line2 or None,
        city=given.city,
        region=given.state or None,
        postcode=given.postcode or None,
        country=_COUNTRIES.get(country, country),
        phone=wire.phone or None,
        email=wire.email or None,
    )


def asks_to_cancel(line: WalmartLine | UsualLine) -> bool:
    """Whether the buyer asked to cancel: the words are not documented, so any that are there count."""
    intent_to_cancel = line.intent_to_cancel
    return bool(intent_to_cancel.strip() if isinstance(intent_to_cancel, str) else intent_to_cancel)


def utc(moment: datetime) -> datetime:
    """The instant in UTC; without a zone it is taken for UTC."""
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
