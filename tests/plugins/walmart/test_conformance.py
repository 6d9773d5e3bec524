"""The suite that every plugin inherits."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crossdock import Context, Known, Link, Links, Ref, Secret
from crossdock.canonical import Package, PackageLine, Shipment, StatusChange
from crossdock.testing import conformance
from crossdock_walmart import plugin
from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.as_of import judge
from crossdock_walmart.auth import ClientCredentials
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.orders import OrderSource
from crossdock_walmart.returns import ReturnSource
from crossdock_walmart.settlements import SettlementSource
from crossdock_walmart.shipment import ShipmentMapper
from crossdock_walmart.shipments import ShipmentSink
from crossdock_walmart.simulator import WalmartSimulator
from crossdock_walmart.standing import to_standing
from crossdock_walmart.unshipped import UnshippedSource

AT = datetime(2026, 11, 2, tzinfo=UTC)
SHIPMENT = Shipment(
    order="so-1",
    shipped_at=AT,
    packages=(
        Package(
            id="con-1",
            carrier="fedex ground",
            tracking_number="9612 0209 8765 4312 3456 72",
            lines=(PackageLine(line="item-1", sku="KET-BLU", quantity=Decimal(1)),),
        ),
        Package(
            id="con-2",
            carrier="Star Track",
            tracking_number="ST2",
            tracking_url="https://track.example.test/ST2",
            lines=(PackageLine(line="item-1", sku="KET-BLU", quantity=Decimal(1)),),
        ),
    ),
)


def connect(base_url: str) -> WalmartConnection:
    secret = Secret.literal("a-secret-of-nobody")
    return WalmartConnection(base_url=base_url, auth=ClientCredentials(client_id="client-1", client_secret=secret))


def raw_orders() -> list[Any]:
    simulator = WalmartSimulator(seed=1)
    simulator.control("orders", {"count": 3})
    return list(simulator.control("state")["orders"])


def raw_returns() -> list[Any]:
    simulator = WalmartSimulator(seed=1)
    give_back(simulator, refund="issued", excess="2.50")
    give_back(simulator, type="REPLACEMENT")
    return list(simulator.control("state")["returns"])


def give_back(simulator: Any, **asked: Any) -> None:
    """One order that was shipped, and comes back."""
    (order_id,) = simulator.control("orders", {})["ids"]
    simulator.control("ship", {"purchase_order_id": order_id})
    simulator.control("returns", {"purchase_order_id": order_id, **asked})


def settle(simulator: Any, **asked: Any) -> dict[str, Any]:
    """A settlement of what left and came back."""
    give_back(simulator, refund="issued")
    closed: dict[str, Any] = simulator.control("settlements", {"fees": [{"amount": "-1"}], **asked})
    return closed


def raw_settlement() -> list[Any]:
    closed = settle(WalmartSimulator(seed=1))
    rows = [{name.lower(): text for name, text in row.items() if text} for row in closed["rows"]]
    shared = {"report": closed["report_date"], "currency": "USD", "period": ["11/07/2026", "11/20/2026"]}
    total = {"total": str(closed["payable"])}
    return [{**shared, "number": str(place), "row": row, **({} if place else total)} for place, row in enumerate(rows)]


def known(status: str) -> Known:
    """One order of two kettles in that status, and the link to its sale order."""
    slices = {"orderLineStatus": [{"status": status, "statusQuantity": {"amount": "2"}}]}
    line = {"lineNumber": "3", "item": {"sku": "KET-BLU"}, "orderLineQuantity": {"amount": "2"}}
    raw = {
        "purchaseOrderId": "108900000000001",
        "orderDate": int(AT.timestamp() * 1000),
        "orderLines": {"orderLine": [{**line, "orderLineStatuses": slices}]},
    }
    near, far = Ref("warehouse/one", "sale_order", "so-1"), Ref("walmart/us", "order", "108900000000001")
    beside = {"id": "3", "sku": "KET-BLU", "quantity": "2"}
    return Known(Links([Link(near, far, {"item-1": beside})]), None, to_standing(raw, "108900000000001", AT))


def place(status: str) -> Any:
    """Put that order into a simulator."""

    def arrange(simulator: Any) -> None:
        lines = [{"sku": "KET-BLU", "quantity": 2, "line_number": 3}]
        simulator.control("orders", {"purchase_order_id": "108900000000001", "lines": lines})
        (raw,) = simulator.control("state")["orders"]
        raw["orderLines"]["orderLine"][0]["orderLineStatuses"]["orderLineStatus"][0]["status"] = status
        simulator.control("reset", {})
        simulator.control("orders", {"orders": [raw]})

    return arrange


def updates(**changed: Any) -> list[Any]:
    first, *others = SHIPMENT.packages
    shipment = SHIPMENT.model_copy(update={"packages": (first.model_copy(update=changed), *others)})
    return list(ShipmentMapper().map(shipment, Context(key="so-1", pipeline="sample")))


class TestWalmart(conformance.Suite):
    subject = conformance.Subject(
        plugin=plugin,
        name="walmart",
        connect=connect,
        simulator=WalmartSimulator,
        sources=[
            conformance.SourceSample(
                OrderSource(since=datetime(2026, 8, 1, tzinfo=UTC)),
                raws=raw_orders(),
                arrange=lambda simulator: simulator.control("orders", {"count": 3, "created_hours_ago": 1}),
            ),
            conformance.SourceSample(
                ReturnSource(since=datetime(2026, 8, 1, tzinfo=UTC)),
                raws=raw_returns(),
                arrange=lambda simulator: give_back(simulator, refund="issued"),
            ),
            conformance.SourceSample(SettlementSource(since="2026-08-01"), raws=raw_settlement(), arrange=settle),
            conformance.SourceSample(
                UnshippedSource(timezone="America/New_York", since=datetime(2026, 8, 1, tzinfo=UTC)),
                raws=[{"as_of": "2026-10-31", "order": judge(raw, AT).order} for raw in raw_orders()],
                # Within five weeks a month has ended, whenever this runs.
                arrange=lambda simulator: simulator.control("orders", {"count": 3, "created_hours_ago": 24 * 35}),
            ),
        ],
        mappers=[conformance.MapperSample(ShipmentMapper(carriers={"Star Track": "other"}), documents=[SHIPMENT])],
        sinks=[
            conformance.SinkSample(
                AcknowledgementSink(),
                StatusChange(kind="sale_order", id="so-1", status="PACKED", at=AT),
                known=known("Created"),
                arrange=place("Created"),
            ),
            conformance.SinkSample(
                ShipmentSink(),
                updates()[0],
                revised=[updates(tracking_number="96120001")[0], updates(carrier="UPS")[0]],
                known=known("Acknowledged"),
                arrange=place("Acknowledged"),
            ),
        ],
    )
