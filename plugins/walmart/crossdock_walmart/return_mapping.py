"""From Walmart's words to a return: pure, and it names its fault."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from crossdock import HoldError, RejectedError
from crossdock.canonical import Charge, Money, Return, ReturnLine
from crossdock_walmart.mapping import utc
from crossdock_walmart.return_wire import ReturnCharge, ReturnedLine, ReturnSlice, WalmartReturn

_NOTHING = Decimal(0)
_ISSUED = "REFUND_ISSUED"
_CANCELLED = "RETURN_CANCELLED"
_PAID = ("COMPLETED", "ISSUED", "SETTLED")
_NOT_PAID = ("NOT_", "INITIATED", "PENDING", "PROGRESS", "CANCEL", "FAIL", "DENIED", "REJECT", "SCHEDULED")


def to_return(wire: WalmartReturn, market: str = "us") -> Return:
    """Turn one Walmart return into a return.

    Shape: n wire lines become n lines, in the same sequence. A replacement moves no money: nothing of it is refunded.
    Units: charges in major units, for the whole quantity of the line; what is given beyond the price is a charge of
    kind "excess"; time in UTC.
    Raises: RejectedError, naming the line, where one bears no order, no SKU, no number or no quantity; HoldError where
    Walmart says of a refund what we do not know.
    Source: Walmart Marketplace, Returns API, "Returns"; read 2026-11.
    """
    if not wire.lines:
        raise RejectedError("the return bears no lines", code="no_lines")
    replacement = (wire.type or "").strip().upper() == "REPLACEMENT"
    return Return(
        channel="walmart",
        market=market,
        number=wire.id,
        customer_order=wire.customer_order_id or None,
        created_at=utc(wire.created),
        total=None if wire.total is None else _money("the total", wire.total, wire.total_currency),
        lines=tuple(_line(position, line, replacement) for position, line in enumerate(wire.lines, start=1)),
    )


def _line(position: int, line: ReturnedLine, replacement: bool) -> ReturnLine:
    where = f"return line {position}"
    quantity = _quantity(where, line)
    refunded = _NOTHING if replacement else _refunded(where, line, quantity)
    return ReturnLine(
        number=_text(where, "line number", line.number, code="no_line_number"),
        order=_text(where, "purchase order", line.order, code="no_order"),
        order_line=_text(where, "number of an order line", line.order_line, code="no_line_number"),
        sku=_text(where, "SKU", line.sku, code="no_sku"),
        quantity=quantity,
        reason=line.reason or None,
        goods_expected=line.expected is not False and line.keep_it is not True,
        charges=tuple(charge for given in line.charges for charge in _charges(where, given, quantity)),
        refunded_quantity=refunded,
        refunded_at=_refunded_at(line) if refunded else None,
        status=_status(line, refunded),
    )


def _text(where: str, what: str, given: str | None, *, code: str) -> str:
    if not given or not given.strip():
        raise RejectedError(f"{where} bears no {what}", code=code)
    return given.strip()


def _quantity(where: str, line: ReturnedLine) -> Decimal:
    """What comes back; where the line does not say, what its slices say."""
    counted = [slice_.quantity for slice_ in line.slices if slice_.quantity is not None]
    quantity = line.quantity if line.quantity is not None else sum(counted, _NOTHING)
    if not quantity:
        raise RejectedError(f"{where} bears no quantity", code="no_quantity")
    if sum(counted, _NOTHING) > quantity:
        raise RejectedError(
            f"{where}: its statuses do not add up to the quantity returned", code="statuses_do_not_add_up"
        )
    return quantity


def _refunded(where: str, line: ReturnedLine, quantity: Decimal) -> Decimal:
    """How much was paid back: what the slices say; where there are none, the single fields that came before them."""
    if not line.slices:
        if line.refunded is not None:
            return min(line.refunded, quantity)
        return quantity if _is_paid(where, line.refund) else _NOTHING
    return sum((_of(slice_, line, quantity) for slice_ in line.slices if _is_paid(where, slice_.refund)), _NOTHING)


def _of(slice_: ReturnSlice, line: ReturnedLine, quantity: Decimal) -> Decimal:
    """The quantity of a slice; a single one without stands for all."""
    if slice_.quantity is not None:
        return slice_.quantity
    return quantity if len(line.slices) == 1 else _NOTHING


def _is_paid(where: str, status: str | None) -> bool:
    """Whether a refund status says that the money went: begun is not done. The words are an open set."""
    word = (status or "").strip().upper()
    if not word or any(part in word for part in _NOT_PAID):
        return False
    if any(part in word for part in _PAID) or word == "REFUNDED":
        return True
    raise HoldError(
        "unknown_refund_status",
        f"{where}: Walmart says {word[:40]!r} of its refund, and we do not know whether that is money",
        fix="look at the return in Seller Center; if it was paid back, post it by hand and discard the delivery: the "
        "next change of the return is read by itself",
        status=word[:40],
    )


def _refunded_at(line: ReturnedLine) -> datetime | None:
    """When the newest part was paid back: by the event of that name, else by when the paid slices became so."""
    issued = [event for event in line.events if (event.tag or "").upper() == _ISSUED and event.time]
    newest = max(issued, key=lambda event: (event.sequence or 0, event.time), default=None)
    if newest is not None and newest.time is not None:
        return utc(newest.time)
    since = [utc(slice_.since) for slice_ in line.slices if slice_.since and _is_paid("", slice_.refund)]
    if since:
        return max(since)
    return utc(line.status_time) if line.status_time else None


def _status(line: ReturnedLine, refunded: Decimal) -> str:
    """Walmart's word in lower case; a return that was called off is "completed" there and "cancelled" here."""
    tags = {(event.tag or "").upper() for event in line.events}
    if not refunded and (_CANCELLED in tags or line.cancellation_reason):
        return "cancelled"
    words = list(dict.fromkeys((slice_.status or "").strip().lower() for slice_ in line.slices if slice_.status))
    return words[0] if len(words) == 1 else (line.status or (words or [""])[0] or "unknown").strip().lower()


def _charges(where: str, charge: ReturnCharge, quantity: Decimal) -> Sequence[Charge]:
    """What a charge comes to for the whole quantity, and what is given beyond it; one not billable is no refund."""
    if charge.is_billable is False:
        return ()
    made = []
    sign = -1 if charge.is_discount else 1
    taxes = [tax.per_unit for tax in charge.taxes if tax.per_unit is not None]
    currency = charge.currency or charge.excess_currency
    if charge.per_unit is not None:
        made.append(
            Charge(
                kind=(charge.category or "unknown").strip().lower(),
                name=charge.name or None,
                amount=_money(where, _signed(charge.per_unit, sign) * quantity, currency),
                tax=_money(where, _signed(sum(taxes, _NOTHING), sign) * quantity, currency) if taxes else None,
            )
        )
    beyond = charge.excess or _NOTHING
    beyond_tax = sum((tax.excess for tax in charge.taxes if tax.excess is not None), _NOTHING)
    if beyond or beyond_tax:
        tax = _money(where, beyond_tax, currency) if beyond_tax else None
        amount = _money(where, beyond, charge.excess_currency or currency)
        made.append(Charge(kind="excess", name=charge.name or None, amount=amount, tax=tax))
    return made


def _signed(amount: Decimal, sign: int) -> Decimal:
    """A discount lowers what is paid back, whichever way it is written."""
    return -abs(amount) if sign < 0 else amount


def _money(where: str, amount: Decimal, currency: str | None) -> Money:
    code = (currency or "").strip().upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise RejectedError(f"{where}: an amount bears no currency", code="no_currency")
    return Money(amount=amount, currency=code)
