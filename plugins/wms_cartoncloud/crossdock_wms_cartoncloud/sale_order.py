"""The mapper `wms_cartoncloud.sale_order`: an order of a channel becomes a sale order of one customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from crossdock import Context, Hold, HoldError, Mapper, NothingToDo
from crossdock.canonical import Order, trusted
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderCancellation, Text
from crossdock_wms_cartoncloud.mapping import (
    Party,
    channel_name,
    is_cancelled,
    to_address,
    to_cancelled,
    to_date,
    to_lines,
)
from crossdock_wms_cartoncloud.receipts import KIND

_make_sale_order = trusted(SaleOrder)


class SaleOrderMapper(Mapper[Order, SaleOrder | SaleOrderCancellation]):
    """Orders the seller fulfils become sale orders; the channel's number becomes the customer reference."""

    name: ClassVar[str] = "sale_order"
    holds: ClassVar[Sequence[Hold]] = (
        Hold("unmapped_node"),
        Hold("unknown_fulfilment"),
        Hold("unknown_line_status"),
        Hold("address_incomplete"),
        Hold("cancel_requested", {"send": "send it although the buyer asks to cancel"}),
    )

    customer: Text
    """Name or UUID of the tenant's customer whose stock is sent."""
    default_warehouse: str | None = None
    """Where orders go whose node has no row in `warehouses`; without it they are held. `crossdock connections test`
    lists the names."""
    warehouses: Annotated[Mapping[str, str | None], Field(default_factory=dict)]
    """Node id to warehouse, by name or UUID; a blank warehouse means the default."""
    split: Literal["hold", "warehouse"] = "hold"
    """What becomes of an order whose lines go to several warehouses. Today a node stands on the order, never on a
    line, so that no order does."""
    unknown_sku: Literal["hold", "flag"] = "hold"
    party: Party = "channel"
    """Who the company of the delivery address is."""
    line_property: str | None = None
    """Custom field of the sale order's lines that takes the channel's line number ("sop_custom_field_1")."""

    def choices_used(self) -> Mapping[str, Collection[str]]:
        """The customer, the warehouses, and the seller's nodes."""
        warehouses = {name for name in (*self.warehouses.values(), self.default_warehouse) if name}
        return {"customers": [self.customer], "warehouses": warehouses, "ship_nodes": list(self.warehouses)}

    def map(self, document: Order, context: Context) -> SaleOrder | SaleOrderCancellation:
        """Turn one order into one sale order, or into its cancellation where all of it was cancelled since.

        Raises: NothingToDo, HoldError, RejectedError.
        """
        _refuse_others(document)
        created = context.links.far(KIND) is not None
        if created and is_cancelled(document):
            return SaleOrderCancellation(reference=document.number, customer=self.customer, channel=document.channel)
        made = created or context.adopting  # it was made before anything of it left
        lines = to_lines(document, created=made, despite_request=context.choice == "send")
        reference = document.number.strip()
        make = _make_sale_order if reference else SaleOrder  # which says what it lacks
        return make(
            reference=reference,
            customer=self.customer,
            warehouse=self.warehouse(document, context),
            channel=document.channel,
            address=to_address(document.ship_to, channel=document.channel, party=self.party),
            method=(document.shipping_method or "").strip() or None,
            ship_by=to_date(document.ship_by),
            deliver_by=to_date(document.deliver_by),
            allow_splitting=False,
            unknown_sku=self.unknown_sku,
            line_property=self.line_property or None,
            properties={},
            lines=lines,
            cancelled=to_cancelled(document),
        )

    def warehouse(self, order: Order, context: Context) -> str:
        """Where the order's node sends from. Raises: HoldError where neither a row nor a default says it."""
        mapped = _filled(self.warehouses.get(order.node)) if order.node is not None else None
        if mapped:
            return mapped
        default = _filled(self.default_warehouse)
        if default is None:
            raise self._unmapped(order)
        if order.node is not None and order.node not in self.warehouses:
            context.notice(
                "node_without_mapping",
                order.node,
                f"{_node(order)} has no row in `warehouses`: its orders go to the default, {default}",
                fix=f"{self._row(order.node)}; leave the warehouse blank to keep the default",
            )
        return default

    def _unmapped(self, order: Order) -> HoldError:
        choose = "set `default_warehouse: WAREHOUSE NAME` in wms_cartoncloud.sale_order"
        return HoldError(
            "unmapped_node",
            f"{_node(order)} is mapped to no warehouse, and there is no default",
            fix=choose if order.node is None else f"{self._row(order.node)}; or {choose}",
            node=order.node,
            node_name=order.node_name,
        )

    @staticmethod
    def _row(node: str) -> str:
        return f'write `warehouses: {{"{node}": WAREHOUSE NAME}}` in wms_cartoncloud.sale_order'


def _refuse_others(order: Order) -> None:
    if order.fulfilled_by == "channel":
        raise NothingToDo(f"fulfilled by the channel's own warehouse ({channel_name(order.channel)})")
    if order.fulfilled_by == "third_party":
        raise NothingToDo("fulfilled by a third party's warehouse, not by the seller's")
    if order.fulfilled_by == "unknown":
        raise HoldError(
            "unknown_fulfilment",
            f"order {order.number} does not say whose warehouse sends it",
            fix="look in the channel: if it is yours, create the sale order by hand under that reference; then discard",
            order=order.number,
        )


def _node(order: Order) -> str:
    if order.node is None:
        return f"order {order.number}, which names no fulfilment node,"
    return f"fulfilment node {order.node} ({order.node_name})" if order.node_name else f"fulfilment node {order.node}"


def _filled(text: str | None) -> str | None:
    return (text.strip() or None) if text else None
