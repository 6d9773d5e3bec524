"""Both sides of a bare loop as validated models, as an engineer who knows neither side's surprises would write them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """JSON in camel case, read and written."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


# ---------------------------------------------------------------- what the marketplace sends


class Amount(Wire):
    currency: str
    amount: Decimal


class Tax(Wire):
    tax_name: str | None
    tax_amount: Amount


class Charge(Wire):
    charge_type: str
    charge_name: str | None
    charge_amount: Amount
    tax: Tax | None


class Charges(Wire):
    charge: list[Charge]


class Quantity(Wire):
    unit_of_measurement: str
    amount: Decimal


class LineStatus(Wire):
    status: str
    status_quantity: Quantity
    cancellation_reason: str | None
    tracking_info: dict[str, Any] | None


class LineStatuses(Wire):
    order_line_status: list[LineStatus]


class Item(Wire):
    product_name: str
    sku: str
    condition: str | None


class Fulfillment(Wire):
    fulfillment_option: str | None
    ship_method: str | None
    pick_up_date_time: datetime | None
    shipping_program_type: str | None


class Line(Wire):
    line_number: str
    item: Item
    charges: Charges
    order_line_quantity: Quantity
    status_date: datetime
    order_line_statuses: LineStatuses
    fulfillment: Fulfillment
    intent_to_cancel: str | None


class Lines(Wire):
    order_line: list[Line]


class PostalAddress(Wire):
    name: str
    address1: str
    address2: str | None
    city: str
    state: str
    postal_code: str
    country: str


class ShippingInfo(Wire):
    phone: str | None
    estimated_delivery_date: datetime
    estimated_ship_date: datetime
    method_code: str
    postal_address: PostalAddress


class ShipNode(Wire):
    type: str
    name: str | None
    id: str | None


class Order(Wire):
    purchase_order_id: str
    customer_order_id: str
    customer_email_id: str | None
    order_date: datetime
    shipping_info: ShippingInfo
    order_lines: Lines
    ship_node: ShipNode


class Meta(Wire):
    total_count: int
    next_cursor: str | None


class Elements(Wire):
    order: list[Order]


class Listing(Wire):
    meta: Meta
    elements: Elements


class Page(Wire):
    list: Listing


# ---------------------------------------------------------------- what the warehouse takes


class Named(Wire):
    name: str


class References(Wire):
    customer: str


class State(Wire):
    code: str


class Country(Wire):
    iso2_code: str


class Address(Wire):
    company_name: str
    contact_name: str
    address1: str
    address2: str | None
    city: str
    state: State
    postcode: str
    country: Country
    phone: str | None
    email: str | None


class Method(Wire):
    type: str
    requested_service: str | None


class Deliver(Wire):
    address: Address
    method: Method


class Details(Wire):
    deliver: Deliver
    allow_splitting: bool


class Code(Wire):
    code: str


class Product(Wire):
    references: Code


class ItemDetails(Wire):
    product: Product


class Measures(Wire):
    quantity: int


class OutboundItem(Wire):
    details: ItemDetails
    measures: Measures


class OutboundOrder(Wire):
    type: str
    references: References
    customer: Named
    warehouse: Named
    details: Details
    items: list[OutboundItem]


class Models:
    """Pages and orders through these models."""

    def page(self, raw: bytes) -> tuple[str | None, list[Order]]:
        listing = Page.model_validate_json(raw).list
        return listing.meta.next_cursor, listing.elements.order

    def turn(self, order: Order) -> tuple[str, bytes]:
        body = OutboundOrder(
            type="OUTBOUND",
            references=References(customer=order.purchase_order_id),
            customer=Named(name="Acme Stores"),
            warehouse=Named(name="Main"),
            details=Details(deliver=_deliver(order), allow_splitting=False),
            items=[_item(line) for line in order.order_lines.order_line],
        )
        return order.purchase_order_id, body.model_dump_json(by_alias=True).encode()


def _deliver(order: Order) -> Deliver:
    to = order.shipping_info.postal_address
    return Deliver(
        address=Address(
            company_name="Walmart",
            contact_name=to.name,
            address1=to.address1,
            address2=to.address2,
            city=to.city,
            state=State(code=to.state),
            postcode=to.postal_code,
            country=Country(iso2_code=to.country[:2]),
            phone=order.shipping_info.phone,
            email=order.customer_email_id,
        ),
        method=Method(type="SHIPPING", requested_service=order.shipping_info.method_code),
    )


def _item(line: Line) -> OutboundItem:
    return OutboundItem(
        details=ItemDetails(product=Product(references=Code(code=line.item.sku))),
        measures=Measures(quantity=int(line.order_line_quantity.amount)),
    )
