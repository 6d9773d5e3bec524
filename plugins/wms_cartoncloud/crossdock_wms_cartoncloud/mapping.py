"""From a channel's order to what a warehouse needs of it; pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from crossdock.canonical import Address, Money, Order, OrderLine, trusted
from crossdock.errors import HoldError, NothingToDo, RejectedError
from crossdock_wms_cartoncloud.documents import SaleOrderLine

# What an order bears was validated when it was read; what else these need is checked here.
_make_address, _make_line, _make_money = trusted(Address), trusted(SaleOrderLine), trusted(Money)

Party = Literal["channel", "buyer"]

PHONE_LENGTH = 64
_NOTHING = Decimal(0)
_HALF_A_DAY = timedelta(hours=12)
_SHIPPED: Final = ("shipped", "delivered", "refunded")


def to_lines(order: Order, *, created: bool, despite_request: bool = False) -> tuple[SaleOrderLine, ...]:
    """What the warehouse is to send, line by line.

    `despite_request` sends what the buyer asks to cancel.

    Until a sale order was `created`, that is what is neither cancelled nor shipped, so that a back-fill sends nothing
    twice. From then on it is what is not cancelled, whatever became of it since: what we shipped ourselves must not
    look like a changed order. Which other word a status bears never matters.

    Shape: lines of which nothing is left are omitted, the others keep sequence and number; the same SKU is not merged.
    Raises: NothingToDo, HoldError, RejectedError.
    """
    if not order.lines:
        raise RejectedError(f"order {order.number} bears no lines", order=order.number)
    lines = []
    for line in order.lines:
        quantity = to_send(line, created=created)
        if quantity > 0:
            lines.append(_line(line, quantity))
    if not lines:
        _explain_empty(order)
    if not despite_request:
        _refuse_cancel_requests(order)
    if not created:
        _refuse_unknown_statuses(order)
    return tuple(lines)


def is_cancelled(order: Order) -> bool:
    """Whether the whole order was cancelled in the channel."""
    return bool(order.lines) and all(to_send(line, created=True) <= 0 for line in order.lines)


def to_cancelled(order: Order) -> dict[str, Decimal]:
    """How much of which line was cancelled in the channel."""
    return {line.number: quantity for line in order.lines if (quantity := line.quantity_in("cancelled")) > 0}


def to_send(line: OrderLine, *, created: bool) -> Decimal:
    """How much of a line the warehouse is to send, or has been told to."""
    gone = line.quantity_in("cancelled") if created else line.quantity_in("cancelled", *_SHIPPED)
    return line.quantity - gone


def to_address(address: Address, *, channel: str, party: Party) -> Address:
    """An address as CartonCloud takes it: nothing blank, no invalid email, a phone that fits.

    With `channel`, the company is the channel for every order and the buyer stays the contact; with `buyer` both are
    the buyer's own.

    Raises: HoldError, naming the missing fields, where it could not be delivered to.
    """
    name, company = _filled(address.name), _filled(address.company)
    line1, city, country = _filled(address.line1), _filled(address.city), _filled(address.country)
    if not (name or company) or line1 is None or city is None or country is None:
        raise _incomplete({"name or company": name or company, "line1": line1, "city": city, "country": country})
    if party == "channel":
        name, company = ", ".join(part for part in (name, company) if part), channel_name(channel)
    phone = _filled(address.phone)
    return _make_address(
        name=name,
        company=company,
        line1=line1,
        line2=_filled(address.line2),
        city=city,
        region=_filled(address.region),
        postcode=_filled(address.postcode),
        country=country.upper(),
        phone=phone[:PHONE_LENGTH].rstrip() if phone else None,
        email=_email(address.email),
    )


def _incomplete(needed: dict[str, str | None]) -> HoldError:
    missing = [field for field, value in needed.items() if not value]
    return HoldError(
        "address_incomplete",
        f"the delivery address bears no {', no '.join(missing)}",
        fix="have the address completed in the channel; the order is then planned again by itself",
        missing=missing,
    )


def to_date(moment: datetime | None) -> date | None:
    """The earliest date that any clock on earth shows at a deadline.

    CartonCloud takes a date only, in the warehouse's zone, which nobody tells us: a day early is safe, a day late is
    a broken promise.
    """
    return None if moment is None else (moment - _HALF_A_DAY).date()


def channel_name(channel: str) -> str:
    """A channel as people write it: "walmart" is Walmart."""
    return channel.replace("_", " ").title()


def _line(line: OrderLine, quantity: Decimal) -> SaleOrderLine:
    number, sku = line.number.strip(), line.sku.strip()
    if not sku:
        raise RejectedError(f"order line {line.number} bears no SKU", line=line.number)
    make = _make_line if number else SaleOrderLine  # which says what it lacks
    # The channel's unit ("EACH") is no unit code of the tenant: the product's default counts.
    return make(number=number, sku=sku, quantity=quantity, unit=None, price=_price(line), properties={})


def _price(line: OrderLine) -> Money | None:
    total, currency = _NOTHING, None
    for charge in line.charges:
        if charge.kind == "product":
            if currency not in (None, charge.amount.currency):
                return None
            total, currency = total + charge.amount.amount, charge.amount.currency
    return None if currency is None else _make_money(amount=total / line.quantity, currency=currency)


def _explain_empty(order: Order) -> None:
    if any(line.quantity_in(*_SHIPPED) for line in order.lines):
        raise NothingToDo("already shipped: nothing of the order is left to send", order=order.number)
    raise NothingToDo("cancelled in the channel before it was created", order=order.number)


def _refuse_cancel_requests(order: Order) -> None:
    # What is shipped can no longer be cancelled, whether or not it was we who shipped it.
    lines = [line.number for line in order.lines if line.cancel_requested and to_send(line, created=False) > 0]
    if lines:
        raise HoldError(
            "cancel_requested",
            f"the buyer asks to cancel line {', '.join(lines)} of order {order.number}",
            fix="accept or refuse the cancellation in the channel, and it is planned again by itself; or resolve it "
            "as `send`",
            order=order.number,
            lines=lines,
        )


def _refuse_unknown_statuses(order: Order) -> None:
    unknown = [
        f"{slice_.raw!r} (line {line.number})"
        for line in order.lines
        for slice_ in line.statuses
        if slice_.status == "unknown" and slice_.quantity > 0
    ]
    if unknown:
        raise HoldError(
            "unknown_line_status",
            f"order {order.number} is in a status that crossdock does not know: {', '.join(unknown)}",
            fix="wait for its next status, which is planned by itself; or update the channel's plugin; or create the "
            "sale order by hand under that reference and discard this delivery",
            order=order.number,
        )


def _filled(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _email(text: str | None) -> str | None:
    email = _filled(text)
    if email is None or email.startswith(".") or email.split() != [email]:
        return None
    local, _, domain = email.partition("@")
    return email if local and domain and "@" not in domain else None
