"""The suite that every plugin inherits."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from crossdock import Secret
from crossdock.canonical import Address, Order, OrderLine, OrderLineStatus
from crossdock.testing import conformance
from crossdock_wms_cartoncloud import plugin
from crossdock_wms_cartoncloud.auth import ClientCredentials
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderLine
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink
from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator

ADDRESS = Address(name="Robin Sample", line1="1 Elm Street", city="Austin", region="TX", postcode="78701", country="US")


def connect(base_url: str) -> CartonCloudConnection:
    secret = Secret.literal("a-secret-of-nobody")
    auth = ClientCredentials(client_id="client-1", client_secret=secret)
    return CartonCloudConnection(base_url=base_url, tenant="8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f", auth=auth)


def order(quantity: int) -> Order:
    created = OrderLineStatus(status="created", quantity=Decimal(quantity), raw="Created")
    line = OrderLine(number="1", sku="MUG-01", quantity=Decimal(quantity), statuses=(created,))
    at = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
    return Order(channel="walmart", number="108900000000001", ordered_at=at, ship_to=ADDRESS, lines=(line,))


def sale_order(quantity: int) -> SaleOrder:
    lines = (
        SaleOrderLine(number="1", sku="MUG-01", quantity=Decimal(quantity)),
        SaleOrderLine(number="4", sku="MUG-01", quantity=Decimal(1)),
    )
    return SaleOrder(reference="108900000000001", customer="Acme Trading", address=ADDRESS, lines=lines)


class TestCartonCloud(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="wms_cartoncloud",
        connect=connect,
        simulator=CartonCloudSimulator,
        mappers=[
            conformance.MapperSample(
                SaleOrderMapper(customer="Acme Trading", default_warehouse="Sydney DC"), documents=[order(1), order(3)]
            )
        ],
        sinks=[conformance.SinkSample(SaleOrderSink(), document=sale_order(2), revised=[sale_order(3)])],
    )
