"""From a sale order that exists to a receipt: what it is, how it differs from what we sent, and who must look at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from crossdock import Attention, Receipt
from crossdock_wms_cartoncloud.body import is_uuid
from crossdock_wms_cartoncloud.redaction import Redactor
from crossdock_wms_cartoncloud.wire import EntityError, Item, OutboundOrder

KIND = "sale_order"
# CartonCloud REST API reference, "Error codes", revision of 2026-05-06: product not found, deactivated, ambiguous, …
UNKNOWN_PRODUCT = frozenset({"10443", "10449", "10450", "10456", "10457", "10459"})
_PRODUCT_WORDS = ("product not found", "product deactivated", "product code")

Memo = Mapping[str, Any]


def receipt(order: OutboundOrder, memo: Memo, *, redact: Redactor, issues: bool = False, note: str = "") -> Receipt:
    """A receipt of a sale order that is there. `issues` says that CartonCloud created it with issues (228)."""
    attention, remark = _attention(order, memo, redact, issues=issues)
    remarks = [f"status {order.status or 'not stated'}", note, remark]
    return Receipt(
        kind=KIND,
        id=order.id,
        identifiers=_identifiers(order, memo),
        lines=link_lines(memo["lines"], order.items, memo.get("line_property")),
        note="; ".join(part for part in remarks if part),
        attention=attention,
    )


def differences(order: OutboundOrder, memo: Memo) -> list[str]:
    """How an existing sale order differs from the one we want, by reference, customer and lines.

    A rejected one that bears no items is compared by reference and customer alone.
    """
    found = []
    if (order.references.customer or "").strip() != memo["reference"]:
        found.append(f"reference: wanted {memo['reference']}, found {order.references.customer}")
    if not same_customer(order, memo["customer"]):
        there = order.customer.name or order.customer.id or "none stated"
        found.append(f"customer: wanted {memo['customer']}, found {there}")
    return found + line_differences(order, memo)


def line_differences(order: OutboundOrder, memo: Memo) -> list[str]:
    """How quantities by SKU differ; several lines of one SKU may have been merged."""
    if (order.rejected and not order.items) or _in_sequence(memo["lines"], order.items):
        return []
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    there: dict[str, Decimal] = defaultdict(Decimal)
    spelling: dict[str, str] = {}
    for line in memo["lines"]:
        spelling.setdefault(_alike(line["sku"]), line["sku"])
        wanted[_alike(line["sku"])] += Decimal(line["quantity"])
    for item in order.items:
        spelling.setdefault(_alike(item.sku), item.sku or "an item without a product")
        there[_alike(item.sku)] += item.measures.quantity
    return [
        f"{spelling[sku]}: wanted {_plain(wanted[sku])}, found {_plain(there[sku])}"
        for sku in spelling
        if wanted[sku] != there[sku]
    ]


def same_customer(order: OutboundOrder, customer: str) -> bool:
    """Whether a sale order belongs to the customer that settings name by UUID or by name."""
    if is_uuid(customer):
        return (order.customer.id or "").lower() == customer.lower()
    return _alike(order.customer.name or "") == _alike(customer)


def link_lines(lines: Sequence[Memo], items: Sequence[Item], line_property: str | None) -> dict[str, Any]:
    """Which item stands for which line of the source; an item that was dropped is None.

    Shape: each line number once. By the line property where there is one, else by SKU and quantity in sequence, else by
    SKU in sequence; what is left of a SKU then shares an item, since CartonCloud may have merged its lines.
    """
    if not line_property and _in_sequence(lines, items):
        return {line["line"]: _link(line, item) for line, item in zip(lines, items, strict=True)}
    chosen: dict[str, Item] = {}
    free = list(items)
    passes = [
        lambda line, item: bool(line_property) and str(item.properties.get(line_property, "")) == line["line"],
        lambda line, item: _same_sku(line, item) and item.measures.quantity == Decimal(line["quantity"]),
        _same_sku,
    ]
    for matches in passes:
        for line in lines:
            if line["line"] in chosen:
                continue
            position = next((at for at, item in enumerate(free) if matches(line, item)), None)
            if position is not None:
                chosen[line["line"]] = free.pop(position)
    shared = {_alike(item.sku): item for item in reversed(items)}
    return {line["line"]: _link(line, chosen.get(line["line"]) or shared.get(_alike(line["sku"]))) for line in lines}


def names_unknown_product(message: str | None, code: str | None) -> bool:
    """Whether a problem is that CartonCloud does not know, or no longer sells, a product."""
    return (code or "") in UNKNOWN_PRODUCT or any(words in (message or "").lower() for words in _PRODUCT_WORDS)


def _attention(
    order: OutboundOrder, memo: Memo, redact: Redactor, *, issues: bool
) -> tuple[Attention | None, str | None]:
    number = order.references.numeric_id or order.id
    refused = order.rejected or issues
    if refused:
        said = redact(_said(order.unresolved)) or "without saying why"
        if not any(names_unknown_product(error.message, error.code) for error in order.unresolved):
            return _rejected(number, order, said), None
        if memo.get("unknown_sku") != "flag":
            return _unknown_sku(number, said), None
    changed = line_differences(order, memo)
    if changed:
        return _lines_differ(number, changed), None
    stated = order.references.customer
    if stated is not None and stated.strip() != memo["reference"]:
        return _renamed(number, stated, memo["reference"]), None
    return None, f"flagged by the warehouse: {said}" if refused else None


def _rejected(number: str, order: OutboundOrder, said: str) -> Attention:
    verb = "rejected" if order.rejected else "took with issues"
    return Attention(
        "rejected_by_warehouse",
        f"CartonCloud {verb} sale order {number}: {said}",
        "resolve it in CartonCloud (Sale Orders) and approve the order: the delivery then settles by itself",
    )


def _unknown_sku(number: str, said: str) -> Attention:
    return Attention(
        "unknown_sku",
        f"CartonCloud does not know a product of sale order {number}: {said}",
        "add the product, then approve the sale order in CartonCloud: the delivery settles by itself; "
        "`unknown_sku: flag` in the mapper lets such orders pass with a note",
    )


def _lines_differ(number: str, changed: Sequence[str]) -> Attention:
    return Attention(
        "lines_differ",
        f"CartonCloud keeps sale order {number} with other lines than it was sent: {'; '.join(changed)}",
        "correct the sale order in CartonCloud: the delivery then settles by itself; the customer's import settings "
        "there decide whether lines without stock or product are dropped",
    )


def _renamed(number: str, stated: str, wanted: str) -> Attention:
    return Attention(
        "reference_differs",
        f"CartonCloud keeps sale order {number} under reference {stated}, not {wanted}",
        f"set the sale order's customer reference to {wanted} in CartonCloud: it is how the order is found again",
    )


def _identifiers(order: OutboundOrder, memo: Memo) -> dict[str, str]:
    identifiers = {"reference": memo["reference"]}
    if order.references.numeric_id:
        identifiers["numeric_id"] = order.references.numeric_id
    return identifiers


def _link(line: Memo, item: Item | None) -> dict[str, Any]:
    return {"id": item.id if item else None, "sku": line["sku"], "quantity": line["quantity"]}


def _said(errors: Sequence[EntityError]) -> str:
    return "; ".join(error.message or f"code {error.code}" for error in errors)


def _in_sequence(lines: Sequence[Memo], items: Sequence[Item]) -> bool:
    # What nearly all answers are, and cheap to see.
    return len(lines) == len(items) and all(
        line["sku"] == item.sku and Decimal(line["quantity"]) == item.measures.quantity
        for line, item in zip(lines, items, strict=True)
    )


def _same_sku(line: Memo, item: Item) -> bool:
    return _alike(line["sku"]) == _alike(item.sku)


def _alike(text: str) -> str:
    return text.strip().casefold()


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
