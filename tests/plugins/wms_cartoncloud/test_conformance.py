"""The suite that every plugin inherits."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.datastructures import Headers

from crossdock import Secret
from crossdock.canonical import Address, Order, OrderLine, OrderLineStatus
from crossdock.simulator import Call, dumps, loads
from crossdock.testing import conformance
from crossdock_wms_cartoncloud import plugin
from crossdock_wms_cartoncloud.auth import ClientCredentials
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.dispatches import DispatchSource
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderLine
from crossdock_wms_cartoncloud.sale_order import SaleOrderMapper
from crossdock_wms_cartoncloud.sale_order_statuses import SaleOrderStatusSource
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink
from crossdock_wms_cartoncloud.simulator import CartonCloudSimulator

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
DISPATCHED = {
    "id": "so-1",
    "status": "DISPATCHED",
    "version": 3,
    "references": {"customer": "108900000000001", "numericId": "787061"},
    "customer": {"id": "cust-1", "name": "Acme Trading"},
    "items": [{"id": "i-1", "details": {"product": {"references": {"code": "A"}}}, "measures": {"quantity": 2}}],
    "timestamps": {
        "modified": {"time": "2026-11-02T09:00:00-05:00"},
        "dispatched": {"time": "2026-11-02T08:59:00-05:00"},
    },
}
CONSIGNMENT = {
    "id": "con-1",
    "references": {"tracking": "1Z999AA10123456784"},
    "generatedFromTask": {"id": "so-1"},
    "details": {"tracking": {"companyName": "UPS", "url": "https://carrier.example.test/1Z"}},
}
ADDRESS = Address(name="Robin Sample", line1="1 Elm Street", city="Austin", region="TX", postcode="78701", country="US")


def connect(base_url: str) -> CartonCloudConnection:
    secret = Secret.literal("a-secret-of-nobody")
    auth = ClientCredentials(client_id="client-1", client_secret=secret)
    return CartonCloudConnection(base_url=base_url, tenant=TENANT, auth=auth)


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


def arrange(simulator: Any) -> None:
    """Two orders: one at its beginning, one that left; arranged once, however often it is asked for."""
    if simulator.control("state")["sale_orders"]:
        return

    def ask(path: str, body: bytes, headers: dict[str, str]) -> Any:
        given = Headers({"Host": "cc.example.test", "Accept-Version": "1", **headers})
        return simulator.handle(Call("POST", path, given, body, simulator.clock.now(), "", path)).response.body

    basic = f"Basic {base64.b64encode(b'client-1:a-secret-of-nobody').decode()}"
    form = {"Authorization": basic, "Content-Type": "application/x-www-form-urlencoded"}
    token = loads(ask("/uaa/oauth/token", b"grant_type=client_credentials", form))["access_token"]
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    address = {"contactName": "Robin Sample", "address1": "1 Elm", "city": "Austin", "country": {"iso2Code": "US"}}
    for reference in ("PO-1", "PO-2"):
        order = {
            "references": {"customer": reference},
            "customer": {"name": "Acme Trading"},
            "details": {"deliver": {"address": address}},
            "items": [{"details": {"product": {"references": {"code": "A"}}}, "measures": {"quantity": 2}}],
        }
        ask(f"/tenants/{TENANT}/outbound-orders", dumps(order), bearer)
    tracking = {"carrier": "UPS", "number": "1Z999AA10123456784"}
    simulator.control("orders/PO-2", {"status": "DISPATCHED", "tracking": tracking})


class TestCartonCloud(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="wms_cartoncloud",
        connect=connect,
        simulator=CartonCloudSimulator,
        sources=[
            conformance.SourceSample(SaleOrderStatusSource(customer="Acme Trading"), [DISPATCHED], arrange),
            conformance.SourceSample(
                DispatchSource(customer="Acme Trading"),
                [{"sale_order": DISPATCHED, "consignments": [CONSIGNMENT]}],
                arrange,
            ),
        ],
        mappers=[
            conformance.MapperSample(
                SaleOrderMapper(customer="Acme Trading", default_warehouse="Sydney DC"), documents=[order(1), order(3)]
            )
        ],
        sinks=[conformance.SinkSample(SaleOrderSink(), document=sale_order(2), revised=[sale_order(3)])],
    )
