"""Walmart's JSON as it nearly always comes, read strictly and so in a sixth of the time.

What an order means is said by `WalmartOrder` alone: it is asked wherever anything here is unusual, and whatever is read
here, it would read alike. So each field that it looks at has its type here too, under the same name.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert, field
from pydantic import TypeAdapter

from crossdock.jsonio import Json
from crossdock_walmart.wire import Quantity

Text = str | None
Milliseconds = Annotated[int, Meta(ge=10**12, lt=4 * 10**12)]
"""Since 1970, from 2001 to 2096: no other number is plainly one."""

_MOST_DIGITS = 20
_quantities = TypeAdapter[Decimal](Quantity)


class _Read(Struct, frozen=True, gc=False):  # a tree: the garbage collector has nothing to find in it
    """What is read; members that have no field are left out."""


class UnusualError(ValueError):
    """It is not as it nearly always is; that says nothing of what it is."""


class _Amount(_Read, frozen=True):
    amount: Decimal | None = None
    currency: Text = None


class _Tax(_Read, frozen=True):
    total: _Amount | None = field(name="taxAmount", default=None)


class UsualCharge(_Read, frozen=True):
    """One charge of a line."""

    type: Text = field(name="chargeType", default=None)
    name: Text = field(name="chargeName", default=None)
    _charged: _Amount | None = field(name="chargeAmount", default=None)
    _tax: _Tax | None = field(name="tax", default=None)

    @property
    def amount(self) -> Decimal | None:
        """What is charged. Raises: UnusualError."""
        return _exact(self._charged)

    @property
    def currency(self) -> Text:
        """In which currency."""
        return self._charged.currency if self._charged else None

    @property
    def tax(self) -> Decimal | None:
        """The tax on it. Raises: UnusualError."""
        return _exact(self._tax.total) if self._tax else None

    @property
    def tax_currency(self) -> Text:
        """In which currency."""
        return self._tax.total.currency if self._tax and self._tax.total else None


class _Quantity(_Read, frozen=True):
    amount: str | int | None = None
    unit: Text = field(name="unitOfMeasurement", default=None)


class _Carrier(_Read, frozen=True):
    carrier: Text = None
    other: Text = field(name="otherCarrier", default=None)


class _Tracking(_Read, frozen=True):
    number: Text = field(name="trackingNumber", default=None)
    carrier: _Carrier | None = field(name="carrierName", default=None)
    shipped: Milliseconds | None = field(name="shipDateTime", default=None)


class UsualLineStatus(_Read, frozen=True):
    """How much of a line is in one status."""

    status: Text = None
    _quantity: _Quantity | None = field(name="statusQuantity", default=None)
    _tracking: _Tracking | None = field(name="trackingInfo", default=None)

    @property
    def quantity(self) -> Decimal | None:
        """How much. Raises: ValueError."""
        return _counted(self._quantity)

    @property
    def tracking_number(self) -> Text:
        """Under which number it travels."""
        return self._tracking.number if self._tracking else None

    @property
    def carrier(self) -> Text:
        """Who carries it."""
        return self._tracking.carrier.carrier if self._tracking and self._tracking.carrier else None

    @property
    def other_carrier(self) -> Text:
        """Who carries it, where Walmart does not know them."""
        return self._tracking.carrier.other if self._tracking and self._tracking.carrier else None

    @property
    def shipped_at(self) -> datetime | None:
        """When it left."""
        return _moment(self._tracking.shipped) if self._tracking and self._tracking.shipped else None


class UsualRefundCharge(_Read, frozen=True):
    """What was paid back of one charge."""

    reason: Text = field(name="refundReason", default=None)
    charge: UsualCharge | None = None


class _RefundCharges(_Read, frozen=True):
    all: list[UsualRefundCharge] = field(name="refundCharge")


class UsualRefund(_Read, frozen=True):
    """What was paid back of a line."""

    _charges: _RefundCharges = field(name="refundCharges")
    id: Text = field(name="refundId", default=None)

    @property
    def charges(self) -> list[UsualRefundCharge]:
        """Charge by charge."""
        return self._charges.all


class _Item(_Read, frozen=True):
    sku: Text = None
    name: Text = field(name="productName", default=None)


class _Charges(_Read, frozen=True):
    all: list[UsualCharge] = field(name="charge")


class _Statuses(_Read, frozen=True):
    all: list[UsualLineStatus] = field(name="orderLineStatus")


class _Fulfilment(_Read, frozen=True):
    option: Text = field(name="fulfillmentOption", default=None)


class UsualLine(_Read, frozen=True):
    """One order line."""

    _item: _Item = field(name="item")
    _statuses: _Statuses = field(name="orderLineStatuses")
    number: Text = field(name="lineNumber", default=None)
    _quantity: _Quantity | None = field(name="orderLineQuantity", default=None)
    _charges: _Charges | None = field(name="charges", default=None)
    _fulfilment: _Fulfilment | None = field(name="fulfillment", default=None)
    intent_to_cancel: Any = field(name="intentToCancel", default=None)
    _changed: Milliseconds | None = field(name="statusDate", default=None)
    _refund: UsualRefund | None = field(name="refund", default=None)
    return_order_id: Text = field(name="returnOrderId", default=None)

    @property
    def sku(self) -> Text:
        """What is ordered."""
        return self._item.sku

    @property
    def name(self) -> Text:
        """What it is called."""
        return self._item.name

    @property
    def quantity(self) -> Decimal | None:
        """How much. Raises: ValueError."""
        return _counted(self._quantity)

    @property
    def unit(self) -> Text:
        """Of which unit."""
        return self._quantity.unit if self._quantity else None

    @property
    def charges(self) -> list[UsualCharge]:
        """What is charged for it."""
        return self._charges.all if self._charges else []

    @property
    def statuses(self) -> list[UsualLineStatus]:
        """Where it stands."""
        return self._statuses.all

    @property
    def status_date(self) -> datetime | None:
        """When it last changed."""
        return _moment(self._changed) if self._changed else None

    @property
    def refunds(self) -> list[UsualRefund]:
        """What was paid back of it."""
        return [self._refund] if self._refund else []

    @property
    def fulfilment_option(self) -> Text:
        """How it is fulfilled."""
        return self._fulfilment.option if self._fulfilment else None


class UsualAddress(_Read, frozen=True):
    """Where the order goes. Personal data."""

    line1: Text = field(name="address1", default=None)
    line2: Text = field(name="address2", default=None)
    name: Text = None
    city: Text = None
    state: Text = None
    postcode: Text = field(name="postalCode", default=None)
    country: Text = None


class _Shipping(_Read, frozen=True):
    address: UsualAddress = field(name="postalAddress")
    phone: Text = None
    ship_by: Milliseconds | None = field(name="estimatedShipDate", default=None)
    deliver_by: Milliseconds | None = field(name="estimatedDeliveryDate", default=None)
    method: Text = field(name="methodCode", default=None)


class _Lines(_Read, frozen=True):
    all: list[UsualLine] = field(name="orderLine")


class _Node(_Read, frozen=True):
    type: Text = None
    id: Text = None
    name: Text = None


class UsualOrder(_Read, frozen=True):
    """One purchase order."""

    purchase_order_id: Annotated[str, Meta(min_length=1)] = field(name="purchaseOrderId")
    _ordered: Milliseconds = field(name="orderDate")
    _shipping: _Shipping = field(name="shippingInfo")
    _lines: _Lines = field(name="orderLines")
    customer_order_id: Text = field(name="customerOrderId", default=None)
    email: Text = field(name="customerEmailId", default=None)
    _node: _Node | None = field(name="shipNode", default=None)

    @property
    def order_date(self) -> datetime:
        """When it was placed."""
        return _moment(self._ordered)

    @property
    def phone(self) -> Text:
        """The buyer's. Personal data."""
        return self._shipping.phone

    @property
    def ship_by(self) -> datetime | None:
        """By when it must leave."""
        return _moment(self._shipping.ship_by) if self._shipping.ship_by else None

    @property
    def deliver_by(self) -> datetime | None:
        """By when it must arrive."""
        return _moment(self._shipping.deliver_by) if self._shipping.deliver_by else None

    @property
    def method(self) -> Text:
        """How it is to travel."""
        return self._shipping.method

    @property
    def address(self) -> UsualAddress:
        """Where it goes. Personal data."""
        return self._shipping.address

    @property
    def lines(self) -> list[UsualLine]:
        """What is ordered."""
        return self._lines.all

    @property
    def node_type(self) -> Text:
        """Who fulfils it."""
        return self._node.type if self._node else None

    @property
    def node_id(self) -> Text:
        """The fulfilment node."""
        return self._node.id if self._node else None

    @property
    def node_name(self) -> Text:
        """What the node is called."""
        return self._node.name if self._node else None


def usual_order(raw: Json) -> UsualOrder:
    """Read a raw order that is as nearly all are. Raises: UnusualError, here or where a number is looked at."""
    try:
        return convert(raw, UsualOrder)
    except ValidationError:
        raise UnusualError from None


def _exact(given: _Amount | None) -> Decimal | None:
    """An amount, if no arithmetic could round it."""
    amount = None if given is None else given.amount
    if amount is not None:
        text = str(amount)
        if len(text) > _MOST_DIGITS or "E" in text or not amount.is_finite():
            raise UnusualError
    return amount


def _counted(given: _Quantity | None) -> Decimal | None:
    return _quantity(given.amount) if given is not None and given.amount is not None else None


@lru_cache(maxsize=1024)
def _quantity(amount: str | int) -> Decimal:
    try:
        return _quantities.validate_python(amount)
    except ValueError:
        raise UnusualError from None


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)  # exact: a float bears microseconds until 2255
