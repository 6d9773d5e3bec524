"""From a sale order to the JSON that creates it, and to what we remember of it. Plain dicts: this is a hot path."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from crossdock.canonical import Address, Money, trusted
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderLine

Body = dict[str, Any]

_make_money = trusted(Money)


def effect_key(customer: str, reference: str) -> str:
    """The business fact: this customer's sale order of that reference. Slashes within either are escaped."""
    return f"{_escaped(customer)}/{_escaped(reference)}"


def cancellation_key(customer: str, reference: str) -> str:
    """The business fact that this customer's sale order of that reference is gone."""
    return f"{effect_key(customer, reference)}/cancelled"


def from_sale_order(order: SaleOrder) -> Body:
    """The body of the request that creates a sale order.

    Shape: n lines become n items, in the same sequence.
    Units: quantities in the line's unit, else in the product's default; dates without a time.
    Source: CartonCloud REST API reference, "Outbound orders", revision of 2026-05-06.
    """
    body: Body = {
        "type": "OUTBOUND",
        "references": {"customer": order.reference},
        "customer": named(order.customer),
        "details": _details(order),
        "items": [_item(line, order.line_property) for line in order.lines],
    }
    if order.warehouse is not None:
        body["warehouse"] = named(order.warehouse)
    if order.properties:
        body["properties"] = dict(order.properties)
    return body


def memo(order: SaleOrder) -> Body:
    """What receipt and probe compare an answer with."""
    return {
        "reference": order.reference,
        "customer": order.customer,
        "unknown_sku": order.unknown_sku,
        "line_property": order.line_property,
        "warehouse": order.warehouse,
        "lines": [{"line": line.number, "sku": line.sku, "quantity": str(line.quantity)} for line in order.lines],
    }


def named(name_or_id: str) -> Body:
    """How CartonCloud is told a customer or a warehouse: by its UUID, else by its exact name."""
    return {"id": name_or_id.lower()} if is_uuid(name_or_id) else {"name": name_or_id}


def is_uuid(text: str) -> bool:
    """Whether a customer or warehouse is written by its id rather than its name."""
    if len(text) != 36:
        return False
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2F")


def _details(order: SaleOrder) -> Body:
    deliver: Body = {
        "address": _address(order.address),
        "method": {"type": "SHIPPING", "requestedService": order.method},
    }
    if order.deliver_by is not None:
        deliver["requiredDate"] = order.deliver_by.isoformat()
    details: Body = {"deliver": deliver, "allowSplitting": order.allow_splitting}
    if order.ship_by is not None:
        details["collect"] = {"requiredDate": order.ship_by.isoformat()}
    value = _value(order.lines)
    if value is not None:
        details["invoiceValue"] = {"amount": value.amount, "currency": value.currency}
    return details


def _address(address: Address) -> Body:
    region = address.region
    # A code that is none fails the look-up, so what cannot be a code goes as the name.
    state = None if not region else {"code": region} if len(region) <= 3 else {"name": region}
    return {
        "companyName": address.company,
        "contactName": address.name,
        "address1": address.line1,
        "address2": address.line2,
        "city": address.city,
        "state": state,
        "postcode": address.postcode,
        "country": {"iso2Code": address.country},
        "phone": address.phone,
        "email": address.email,
    }


def _item(line: SaleOrderLine, line_property: str | None) -> Body:
    details: Body = {"product": {"references": {"code": line.sku}}}
    if line.unit:
        details["unitOfMeasure"] = {"type": line.unit}
    item: Body = {"details": details, "measures": {"quantity": _number(line.quantity)}}
    if line_property:
        item["properties"] = {**line.properties, line_property: line.number}
    elif line.properties:
        item["properties"] = dict(line.properties)
    return item


def _number(quantity: Decimal) -> int | Decimal:
    # 2, 2.0 and 2.000 are one quantity: the channel's spelling must not look like a change.
    whole = int(quantity)
    return whole if whole == quantity else quantity.normalize()


def _value(lines: tuple[SaleOrderLine, ...]) -> Money | None:
    # For the order any currency will do; a price per item would have to be in the tenant's, which we do not know.
    total = Decimal(0)
    currency = lines[0].price.currency if lines[0].price else None
    for line in lines:
        if line.price is None or line.price.currency != currency:
            return None
        total += line.price.amount * line.quantity
    if currency is None or total < 0:
        return None
    return _make_money(amount=total, currency=currency).rounded()
