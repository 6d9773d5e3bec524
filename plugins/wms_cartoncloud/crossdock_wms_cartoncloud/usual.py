"""The answer that nearly always comes: the sale order as it was sent. Read strictly, and so in a fraction of the time.

What an answer means is said by `OutboundOrder` and `receipts` alone; here the same is said sooner, or nothing. So each
field that they look at has its type here too, and what they would refuse is never accepted.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from msgspec import Meta, MsgspecError, Struct, field
from msgspec.json import Decoder

from crossdock import Receipt
from crossdock_wms_cartoncloud.receipts import KIND, Memo

Text = str | None
Number = str | int | None
Properties = dict[str, Any] | None


class _Read(Struct, frozen=True, gc=False):  # a tree: the garbage collector has nothing to find in it
    """What is read; members that have no field are left out."""


class _References(_Read, frozen=True):
    customer: Text = None
    numeric_id: Number = field(name="numericId", default=None)
    code: Text = None
    tracking: Text = None


class _Party(_Read, frozen=True):
    id: Text = None
    name: Text = None
    references: _References | None = None


class _Unit(_Read, frozen=True):
    type: Text = None


class _ItemDetails(_Read, frozen=True):
    product: _Party
    unit: _Unit | None = field(name="unitOfMeasure", default=None)


class _Measures(_Read, frozen=True):
    quantity: Decimal


class _Item(_Read, frozen=True):
    details: _ItemDetails
    measures: _Measures
    id: Text = None
    references: _References | None = None
    properties: Properties = None


class _Method(_Read, frozen=True):
    service: Text = field(name="requestedService", default=None)


class _Deliver(_Read, frozen=True):
    method: _Method | None = None


class _Details(_Read, frozen=True):
    deliver: _Deliver | None = None
    errors: Annotated[list[Any], Meta(max_length=0)] | None = None


class _Time(_Read, frozen=True):
    time: Any = None


class _Timestamps(_Read, frozen=True):
    created: _Time | None = None
    modified: _Time | None = None
    dispatched: _Time | None = None


class _Order(_Read, frozen=True):
    id: Annotated[str, Meta(min_length=1)]
    items: list[_Item]
    references: _References
    status: Text = None
    customer: _Party | None = None
    warehouse: _Party | None = None
    details: _Details | None = None
    properties: Properties = None
    timestamps: _Timestamps | None = None


_decode = Decoder(_Order).decode


def usual_receipt(content: bytes, memo: Memo) -> Receipt | None:
    """The receipt of a sale order that was taken over as it was sent; None where anything asks for a closer look."""
    try:
        order = _decode(content)
        linked = _linked(order.items, memo["lines"])
    except (MsgspecError, UnicodeDecodeError, InvalidOperation):  # the last where a quantity is none
        return None
    stated, numeric_id = order.references.customer, order.references.numeric_id
    if linked is None or order.status == "REJECTED" or stated != memo["reference"] or memo.get("line_property"):
        return None
    identifiers: dict[str, str] = {"reference": memo["reference"]}
    if numeric_id is not None and numeric_id != "":
        identifiers["numeric_id"] = str(numeric_id)
    return Receipt(KIND, order.id, identifiers, linked, note=f"status {order.status or 'not stated'}")


def _linked(items: list[_Item], lines: Sequence[Memo]) -> dict[str, Any] | None:
    """Which item stands for which line; None where they are not line by line what was sent."""
    if len(items) != len(lines):
        return None
    linked = {}
    for line, item in zip(lines, items, strict=True):
        sku, quantity, product = line["sku"], line["quantity"], item.details.product
        known_as = (product.references and product.references.code) or product.name
        if known_as != sku or item.measures.quantity != Decimal(quantity):
            return None
        linked[line["line"]] = {"id": item.id, "sku": sku, "quantity": quantity}
    return linked
