"""From Walmart's words to canonical documents: pure, and it names its fault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from crossdock import RejectedError
from crossdock.canonical import Address, Charge, Money, Order, OrderLine, OrderLineStatus, Refund, trusted
from crossdock_walmart.usual import UsualCharge, UsualLine, UsualLineStatus, UsualOrder, UsualRefund
from crossdock_walmart.wire import (
    WalmartAddress,
    WalmartCharge,
    WalmartLine,
    WalmartLineStatus,
    WalmartOrder,
    WalmartRefund,
)

# What is built here was validated when it was read, or is checked here.
_make_order, _make_line, _make_status = trusted(Order), trusted(OrderLine), trusted(OrderLineStatus)
_make_charge, _make_money, _make_address = trusted(Charge), trusted(Money), trusted(Address)
_make_refund = trusted(Refund)

Status = Literal["created", "acknowledged", "shipped", "delivered", "cancelled", "refunded", "unknown"]
Fulfiller = Literal["seller", "channel", "third_party", "unknown"]
ChargeAmounts = Literal["line", "unit"]

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


def to_order(wire: WalmartOrder | UsualOrder, market: str = "us", charge_amounts: ChargeAmounts = "line") -> Order:
    """Turn one Walmart purchase order into an order.

    Shape: n wire lines become n order lines, in the same sequence; the statuses of each add up to its quantity.
    Units: money in major units with currency, for the whole line, of which `charge_amounts` says whether the wire's are
    for it too or for one unit; refunds positive, though the wire's are negative; time in UTC.
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
        lines=tuple([to_line(position, line, charge_amounts) for position, line in enumerate(lines, start=1)]),
    )


def to_fulfiller(wire: WalmartOrder | UsualOrder) -> Fulfiller:
    """Who fulfils an order; one that does not say so is the seller's own."""
    return _FULFILLERS.get((wire.node_type or "").lower(), "unknown")


def to_line(position: int, line: WalmartLine | UsualLine, charge_amounts: ChargeAmounts = "line") -> OrderLine:
    """One line, the `position`th of its order. Raises: RejectedError."""
    number, sku = line.number, line.sku
    if not number or not number.strip():
        raise RejectedError(f"order line {position} bears no line number", code="no_line_number", line=position)
    if not sku or not sku.strip():
        raise RejectedError(f"order line {position} bears no SKU", code="no_sku", line=position, line_number=number)
    quantity, refunds = to_quantity(position, line), line.refunds
    factor = quantity if charge_amounts == "unit" else None
    return _make_line(
        number=number,
        sku=sku,
        name=line.name or None,
        quantity=quantity,
        unit=line.unit or None,
        charges=tuple([made for charge in line.charges if (made := _charge(position, charge, factor)) is not None]),
        statuses=to_statuses(position, line, quantity),
        fulfilment=line.fulfilment_option or None,
        cancel_requested=asks_to_cancel(line),
        refunds=to_refunds(position, line, refunds) if refunds else (),
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
    left, open_ones, changed_at = quantity, 0, line.status_date
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
    at = utc(changed_at) if changed_at else None
    slices = tuple([_status(slice_, left if part is None else part, at) for slice_, part in counted])
    if open_ones or not left:
        return slices
    return (*slices, _make_status(status="unknown", quantity=left, raw="", tracking_number=None, carrier=None, at=at))


def _status(
    slice_: WalmartLineStatus | UsualLineStatus, quantity: Decimal, changed_at: datetime | None
) -> OrderLineStatus:
    """One slice. Only what was shipped has a date of its own; for the rest there is that of its line's last change."""
    raw, shipped_at = slice_.status or "", slice_.shipped_at
    return _make_status(
        status=_STATUSES.get(raw.strip().lower(), "unknown"),
        quantity=quantity,
        raw=raw,
        tracking_number=slice_.tracking_number or None,
        carrier=slice_.carrier or slice_.other_carrier or None,
        at=changed_at if shipped_at is None else utc(shipped_at),
    )


def to_refunds(
    position: int, line: WalmartLine | UsualLine, refunds: Sequence[WalmartRefund | UsualRefund]
) -> tuple[Refund, ...]:
    """What was paid back of one line. Walmart does not date it: the line's own date is the nearest that there is."""
    at = line.status_date
    made = []
    for place, refund in enumerate(refunds, start=1):
        charges = [(part.charge, part.reason) for part in refund.charges if part.charge is not None]
        taken = [charge for given, _ in charges if (charge := _charge(position, given, None)) is not None]
        if not taken:
            continue
        made.append(
            _make_refund(
                id=refund.id or line.return_order_id or str(place),
                charges=_positive(taken),
                at=utc(at) if at else None,
                reason=next((reason for _, reason in charges if reason), None),
                return_number=line.return_order_id or None,
            )
        )
    return tuple(made)


def _positive(charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """The same with what is paid back above zero, and what is kept of it below, whichever way it was written."""
    if sum(charge.amount.amount + (charge.tax.amount if charge.tax else 0) for charge in charges) > 0:
        return tuple(charges)
    return tuple(
        _make_charge(kind=charge.kind, name=charge.name, amount=-charge.amount, tax=-charge.tax if charge.tax else None)
        for charge in charges
    )


def _charge(position: int, charge: WalmartCharge | UsualCharge, factor: Decimal | None) -> Charge | None:
    """One charge for the whole line, `factor` times what is written; None where nothing is charged."""
    amount, tax = charge.amount, charge.tax
    if amount is None and tax is None:
        return None
    if factor is not None:
        amount, tax = amount and amount * factor, tax and tax * factor
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
