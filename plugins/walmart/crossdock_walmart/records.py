"""From a raw order to a record that loses nothing."""

from __future__ import annotations

from hashlib import sha256

from crossdock import Record
from crossdock.jsonio import Json, canonical
from crossdock_walmart.api import ShipNodeType

MALFORMED = "malformed:"
NOT_THE_SELLERS: tuple[ShipNodeType, ...] = ("WFSFulfilled", "3PLFulfilled")


def record_of(raw: Json, kind: ShipNodeType | None = None) -> Record:
    """A record of one raw order.

    It has no version: not every change of an order moves one of its dates (a buyer's wish to cancel, a refund), so core
    counts up when the content differs. One without a purchase order id is kept under a key made of its content, and
    `to_document` rejects it by name; it spoils no other.
    """
    order = raw if isinstance(raw, dict) else {}
    key = text_of(order.get("purchaseOrderId"))
    if not key:
        return Record(key=MALFORMED + sha256(canonical(raw)).hexdigest()[:16], raw=raw)
    customer_order = text_of(order.get("customerOrderId"))
    return Record(
        key=key,
        raw=_typed(order, kind),
        identifiers={"customer_order": customer_order} if customer_order else {},
    )


def _typed(order: dict[str, Json], kind: ShipNodeType | None) -> dict[str, Json]:
    """An order that does not say who fulfils it, but was found among those that Walmart or a third party fulfils.

    It must say so from here on: taken for the seller's own, it would be shipped twice.
    """
    if kind not in NOT_THE_SELLERS or says_who_fulfils(order):
        return order
    node = order.get("shipNode")
    return {**order, "shipNode": {**(node if isinstance(node, dict) else {}), "type": kind}}


def says_who_fulfils(order: dict[str, Json]) -> bool:
    """Whether a raw order names its kind of fulfilment."""
    node = order.get("shipNode")
    return isinstance(node, dict) and bool(node.get("type"))


def text_of(value: Json) -> str:
    """An identifier, written as a text or as a number; "" where there is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""
