"""The returns of the marketplace: what a return says, and how refunds change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crossdock.simulator import Shelf, VirtualClock
from crossdock_walmart.simulator.book import StoredOrder, Wire
from crossdock_walmart.simulator.errors import RETURNS, nothing_found
from crossdock_walmart.simulator.money import CENT, currency_of, money, per_unit, product_and_tax

_TAGS = {"INITIATED": "RETURN_INITIATED", "DELIVERED": "DELIVERED_AT_RETURN_CENTER", "CANCELLED": "RETURN_CANCELLED"}
_NOT_REFUNDED, _INITIATED, _COMPLETED = "NOT_REFUNDED", "REFUND_INITIATED", "REFUND_COMPLETED"


@dataclass(frozen=True, slots=True)
class StoredReturn:
    """One return order. `wire` is never changed in place."""

    wire: Wire
    created: datetime
    modified: datetime

    @property
    def id(self) -> str:
        """The return order id."""
        return str(self.wire["returnOrderId"])

    @property
    def lines(self) -> list[Wire]:
        """The wire lines."""
        lines: list[Wire] = self.wire["returnOrderLines"]
        return lines


class ReturnBook:
    """Every return; lists see a change only after the read lag."""

    def __init__(self, clock: VirtualClock, lag_s: Callable[[], float]) -> None:
        self._clock = clock
        self._shelf: Shelf[StoredReturn] = Shelf(clock, lag_s)

    def add(self, wire: Wire) -> StoredReturn:
        """A new return. Raises: ValueError where its id is taken."""
        now = self._clock.now()
        made = StoredReturn(wire, now, now)
        if self._shelf.get(made.id) is not None:
            raise ValueError(f"return order {made.id} exists already")
        self._shelf.put(made.id, made)
        return made

    def one(self, return_id: str) -> StoredReturn:
        """The return as it is. Raises: Refusal with 404."""
        if (found := self._shelf.get(return_id)) is None:
            raise nothing_found(f"Return order not found for id {return_id}", RETURNS)
        return found

    def seen(self) -> Iterator[StoredReturn]:
        """The returns as a list sees them."""
        return self._shelf.seen()

    def all(self) -> list[StoredReturn]:
        """The returns as they are."""
        return self._shelf.all()

    def change(self, stored: StoredReturn, edit: Callable[[Wire], None]) -> StoredReturn:
        """Store what an edit makes of a copy."""
        wire = deepcopy(stored.wire)
        edit(wire)
        saved = replace(stored, wire=wire, modified=self._clock.now())
        self._shelf.put(saved.id, saved)
        return saved


@dataclass(frozen=True, slots=True)
class Returned:
    """How much of which order line comes back."""

    order: StoredOrder
    line: Wire
    quantity: int
    excess: Decimal = Decimal(0)


def new_return(
    return_id: str, parts: list[Returned], now: datetime, *, kind: str, reason: str, keep_it: bool, shipping: bool
) -> Wire:
    """A return that was just opened, with nothing refunded yet."""
    lines = [
        _line(number, part, now, reason=reason, keep_it=keep_it, shipping=shipping)
        for number, part in enumerate(parts, start=1)
    ]
    order = parts[0].order.wire
    refunded = Decimal(0) if kind == "REPLACEMENT" else sum((line_total(line) for line in lines), Decimal(0))
    return {
        "returnOrderId": return_id,
        "customerOrderId": order["customerOrderId"],
        "customerEmailId": order.get("customerEmailId"),
        "customerName": {"firstName": "Sample", "lastName": "Buyer"},
        "returnType": kind,
        "replacementCustomerOrderId": order["customerOrderId"] + "9" if kind == "REPLACEMENT" else None,
        "refundMode": "POST_DELIVERY",
        "returnOrderDate": iso(now),
        "returnByDate": iso(now + timedelta(days=30)),
        "totalRefundAmount": money(refunded, currency_of(parts[0].line)),
        "returnChannel": {"channelName": "ONLINE"},
        "returnLineGroups": [
            {
                "groupNo": 1,
                "returnLines": [{"returnOrderLineNumber": line["returnOrderLineNumber"]} for line in lines],
                "returnExpectedFlag": not keep_it,
                "labels": [],
            }
        ],
        "returnOrderLines": lines,
        "x-processing-hint": None,  # unknown on purpose: connectors must not mind
    }


def _line(number: int, part: Returned, now: datetime, *, reason: str, keep_it: bool, shipping: bool) -> Wire:
    line, item = part.line, part.line["item"]
    currency = currency_of(line)
    product, _ = product_and_tax(line)
    wire: Wire = {
        "returnOrderLineNumber": number,
        "salesOrderLineNumber": number,
        "purchaseOrderId": part.order.id,
        "purchaseOrderLineNumber": int(line["lineNumber"]),
        "sellerOrderId": line.get("sellerOrderId"),
        "returnReason": reason,
        "isReturnForException": False,
        "exceptionItemType": None,
        "rechargeReason": None,
        "returnCancellationReason": None,
        "item": {"sku": item["sku"], "condition": item.get("condition"), "productName": item["productName"]},
        "charges": [
            _charge(charge, line, part.excess if place == 0 else Decimal(0))
            for place, charge in enumerate(line["charges"]["charge"])
            if charge["chargeType"] == "PRODUCT" or shipping
        ],
        "unitPrice": money(per_unit(product, line), currency),
        "chargeTotals": [],
        "itemReturnSettings": [],
        "quantity": _each(part.quantity),
        "cancellableQty": 0,
        "refundedQty": 0,
        "rechargeableQty": 0,
        "returnExpectedFlag": not keep_it,
        "isFastReplacement": False,
        "isKeepIt": keep_it,
        "lastItem": False,
        "currentDeliveryStatus": "NOT_SHIPPED",
        "currentTrackingStatuses": [_slice("INITIATED", _NOT_REFUNDED, part.quantity, now)],
        "refundChannels": [],
        "returnTrackingDetail": [_event(0, "RETURN_INITIATED", now)],
    }
    _summarise(wire)
    total = line_total(wire)
    wire["chargeTotals"] = [{"name": "lineTotal", "value": money(total, currency)}]
    return wire


def _charge(charge: Wire, line: Wire, excess: Decimal) -> Wire:
    currency, tax = charge["chargeAmount"]["currency"], charge.get("tax")
    taxes = [
        {
            "taxName": tax["taxName"],
            "excessTax": money(Decimal(0), currency),
            "taxPerUnit": money(per_unit(tax["taxAmount"]["amount"], line), currency),
        }
        for tax in ([tax] if tax else [])
    ]
    return {
        "chargeCategory": charge["chargeType"],
        "chargeName": charge["chargeName"],
        "chargePerUnit": money(per_unit(charge["chargeAmount"]["amount"], line), currency),
        "isDiscount": False,
        "isBillable": True,
        "tax": taxes,
        "excessCharge": money(excess, currency),
        "references": [],
    }


def line_total(line: Mapping[str, Any]) -> Decimal:
    """What the whole quantity of a return line comes to, with tax and what is given beyond the price."""
    return refund_of(line, line["quantity"]["measurementValue"]) + excess_of(line)


def refund_of(line: Mapping[str, Any], quantity: int) -> Decimal:
    """What so many units of a return line come to, with tax."""
    taxes = [tax["taxPerUnit"]["currencyAmount"] for charge in line["charges"] for tax in charge["tax"]]
    prices = [charge["chargePerUnit"]["currencyAmount"] for charge in line["charges"]]
    return quantity * Decimal(sum(prices) + sum(taxes)).quantize(CENT)


def excess_of(line: Mapping[str, Any]) -> Decimal:
    """What is given beyond the price."""
    return Decimal(sum(charge["excessCharge"]["currencyAmount"] for charge in line["charges"]))


def left_to_refund(line: Mapping[str, Any]) -> int:
    """How much of a return line is not refunded, nor about to be."""
    return sum(
        entry["quantity"]["measurementValue"]
        for entry in line["currentTrackingStatuses"]
        if entry["currentRefundStatus"] == _NOT_REFUNDED and entry["status"] != "COMPLETED"
    )


def refund_line(line: Wire, quantity: int, now: datetime, channel: str, *, issued: bool) -> None:
    """So many units are refunded, or about to be."""
    _take(line, quantity, (_NOT_REFUNDED,) if left_to_refund(line) else (_INITIATED,))
    refund = _COMPLETED if issued else _INITIATED
    line["currentTrackingStatuses"].append(_slice("COMPLETED", refund, quantity, now))
    line["refundChannels"].append({"refundChannelName": channel, "quantity": {"measurementValue": quantity}})
    tags = ["REFUND_INITIATED", "REFUND_ISSUED"] if issued else ["REFUND_INITIATED"]
    for tag in tags:
        line["returnTrackingDetail"].insert(0, _event(len(line["returnTrackingDetail"]), tag, now))
    _summarise(line)


def move_line(line: Wire, status: str, now: datetime) -> None:
    """What is not refunded arrived at the return centre, or the return was called off."""
    for entry in line["currentTrackingStatuses"]:
        if entry["currentRefundStatus"] == _NOT_REFUNDED:
            entry |= {"status": "COMPLETED" if status == "CANCELLED" else status, "statusTime": iso(now)}
    if status == "CANCELLED":
        line["returnCancellationReason"] = "CUSTOMER_CHANGED_MIND"
    line["returnTrackingDetail"].insert(0, _event(len(line["returnTrackingDetail"]), _TAGS[status], now))
    _summarise(line)


def _take(line: Wire, quantity: int, refund_statuses: tuple[str, ...]) -> None:
    kept = []
    for entry in line["currentTrackingStatuses"]:
        left = entry["quantity"]["measurementValue"]
        if entry["currentRefundStatus"] in refund_statuses:
            taken = min(left, quantity)
            quantity, left = quantity - taken, left - taken
        if left:
            kept.append({**entry, "quantity": _each(left)})
    line["currentTrackingStatuses"] = kept


def _summarise(line: Wire) -> None:
    """The single fields, which are deprecated and still sent: they say what the first quantity says."""
    first = line["currentTrackingStatuses"][0]
    done = [entry for entry in line["currentTrackingStatuses"] if entry["currentRefundStatus"] == _COMPLETED]
    channels = line["refundChannels"]
    line |= {
        "status": first["status"],
        "statusTime": first["statusTime"],
        "currentRefundStatus": first["currentRefundStatus"],
        "refundedQty": sum(entry["quantity"]["measurementValue"] for entry in done),
        "refundChannel": channels[0]["refundChannelName"] if channels else None,
    }


def _slice(status: str, refund: str, quantity: int, now: datetime) -> Wire:
    return {"status": status, "statusTime": iso(now), "currentRefundStatus": refund, "quantity": _each(quantity)}


def _event(number: int, tag: str, now: datetime) -> Wire:
    return {"sequenceNo": number, "eventTag": tag, "eventDescription": None, "eventTime": iso(now), "references": []}


def _each(quantity: int) -> Wire:
    return {"unitOfMeasure": "EACH", "measurementValue": quantity}


def iso(moment: datetime) -> str:
    """As dates stand in returns."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
