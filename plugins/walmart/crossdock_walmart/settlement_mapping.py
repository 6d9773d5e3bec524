"""From a row of the reconciliation report to a settlement line: pure, and it names its fault."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from crossdock import HoldError, RejectedError
from crossdock.canonical import Money, SettlementLine
from crossdock.jsonio import Json
from crossdock_walmart.answers import as_object
from crossdock_walmart.recon import Row, amount_of

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\D.*)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:\D.*)?")
_ORDER = re.compile(r"[A-Za-z]?\d+")
_CURRENCY = re.compile(r"[A-Z]{3}")


def to_settlement_line(raw: Json, market: str = "us") -> SettlementLine:
    """Turn one stored row into a settlement line.

    Shape: one row is one amount. Currency and period stand on the payment summary alone; the record bears them.
    Units: money in major units, signed as Walmart signs it; dates as Walmart writes them, without a zone.
    Raises: HoldError where a spreadsheet damaged the purchase order; RejectedError, naming the column.
    Source: Walmart Marketplace, "Reconciliation report (v1)"; read 2026-11.
    """
    stored = as_object(raw)
    number = str(stored.get("number") or "")
    cells = {str(name): str(value) for name, value in as_object(stored.get("row")).items()}
    if not stored.get("report") or not number:
        raise _malformed(number, "it is no row of a report")
    if stored.get("fault"):
        raise _malformed(number, str(stored["fault"]))
    currency = _currency(number, cells.get("currency") or str(stored.get("currency") or ""))
    start, end = (*(stored.get("period") or ()), None, None)[:2]
    payable, total = _payout(number, cells, stored.get("total"), currency)
    return SettlementLine(
        channel="walmart",
        market=market,
        settlement=str(stored["report"]),
        number=number,
        kind=cells.get("transaction type") or _missing(number, "transaction type"),
        part=cells.get("amount type"),
        description=cells.get("transaction description"),
        reason=cells.get("transaction reason description"),
        amount=payable or Money(amount=_amount(number, "amount", cells.get("amount", "")), currency=currency),
        posted_on=_date(number, "transaction posted timestamp", cells.get("transaction posted timestamp")),
        period_start=_date(number, "period start date", cells.get("period start date") or start),
        period_end=_date(number, "period end date", cells.get("period end date") or end),
        payable=payable,
        total=total,
        remainder=_remainder(stored.get("remainder"), currency),
        order=_order(number, cells.get("purchase order #")),
        order_line=cells.get("purchase order line #"),
        customer_order=order_number(cells.get("customer order #")),
        sku=cells.get("partner item id"),
        quantity=_quantity(number, cells.get("ship qty")),
        category=cells.get("contract category"),
        product_type=cells.get("product type"),
        fulfilment=cells.get("fulfillment type"),
    )


def order_number(text: str | None) -> str | None:
    """An order's number, if it is one: a spreadsheet makes 1.19111E+14 of it, and nothing brings the digits back."""
    return text if text is not None and _ORDER.fullmatch(text) else None


def _payout(number: str, cells: Mapping[str, str], total: Json, currency: str) -> tuple[Money | None, Money | None]:
    """What is paid out, and what the report's amounts add up to, on the row that stands for the payout."""
    if not Row(number, cells).is_summary:
        return None, None
    payable = Money(amount=_amount(number, "total payable", cells.get("total payable", "")), currency=currency)
    return payable, None if total is None else Money(amount=Decimal(str(total)), currency=currency)


def _remainder(left: Json, currency: str) -> Money | None:
    return None if left is None else Money(amount=Decimal(str(left)), currency=currency)


def _order(number: str, text: str | None) -> str | None:
    if text is None or order_number(text):
        return text
    raise HoldError(
        "damaged_order_id",
        f"row {number} of the report names a purchase order that is no number of one: it went through a spreadsheet",
        fix="look the amount up in Seller Center > Payments, post it by hand and discard the delivery; later reports "
        "are read as ever",
        row=number,
    )


def _amount(number: str, column: str, text: str) -> Decimal:
    amount = amount_of(text)
    if amount is None:
        raise _malformed(number, f"column {column!r} bears no amount")
    return amount


def _quantity(number: str, text: str | None) -> Decimal | None:
    return None if text is None else _amount(number, "ship qty", text)


def _currency(number: str, text: str) -> str:
    code = text.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise RejectedError(f"row {number} of the report bears no currency", code="no_currency", row=number)
    return code


def _date(number: str, column: str, text: Json) -> date | None:
    if not text or text == '""':
        return None
    text = str(text)
    try:
        if found := _US_DATE.fullmatch(text):
            return date(int(found[3]), int(found[1]), int(found[2]))
        if found := _ISO_DATE.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    raise _malformed(number, f"column {column!r} bears no date")


def _missing(number: str, column: str) -> str:
    raise _malformed(number, f"column {column!r} is empty")


def _malformed(number: str, why: str) -> RejectedError:
    return RejectedError(
        f"row {number} of the report cannot be understood: {why}", code="malformed_settlement", row=number
    )
