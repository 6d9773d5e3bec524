"""The way back: what a warehouse did, told to a marketplace, without a network and with one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from crossdock import Answers, Context, HoldError, Known, Link, Links, Ref, SettledEffect
from crossdock.canonical import Package, PackageLine, Shipment, StatusChange
from crossdock.clock import SystemClock
from crossdock.http import Client, Request, Response
from crossdock.jsonio import dumps, loads
from crossdock.testing.clients import client_for
from crossdock_walmart.acknowledgements import AcknowledgementSink
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.shipment import ShipmentMapper
from crossdock_walmart.shipments import ShipmentSink
from crossdock_walmart.simulator import WalmartSimulator

SALE_ORDER = "so-1"
WAREHOUSE = "warehouse/one"
NUMBER = "1Z5R89390357567127"
PLACED = [{"sku": "KET-BLU", "quantity": 3, "line_number": 4}, {"sku": "MUG-01", "quantity": 1, "line_number": 2}]


class Way:
    """Orders as Walmart shows them, links as our own effect left them, and what comes from the warehouse."""

    sale_order = SALE_ORDER
    number = NUMBER

    def __init__(self, kit: Any) -> None:
        self.kit = kit
        self.order: str = kit.order["purchaseOrderId"]

    def line(self, number: str, sku: str, *parts: tuple[Any, ...], **more: Any) -> dict[str, Any]:
        """A line whose statuses are `parts`: (status, quantity), and what left also (number, carrier, url)."""
        statuses = []
        for status, quantity, *tracking in parts:
            entry: dict[str, Any] = {
                "status": status,
                "statusQuantity": {"unitOfMeasurement": "EACH", "amount": str(quantity)},
                "trackingInfo": None,
            }
            if tracking:
                name, carrier, url = [*tracking, *("", "UPS", None)[len(tracking) :]]
                entry["trackingInfo"] = {
                    "trackingNumber": name,
                    "carrierName": {"carrier": carrier, "otherCarrier": None},
                    "trackingURL": url,
                }
            statuses.append(entry)
        return {
            "lineNumber": number,
            "item": {"sku": sku, "productName": f"Sample {sku}"},
            "charges": {"charge": []},
            "orderLineQuantity": {"unitOfMeasurement": "EACH", "amount": str(sum(part[1] for part in parts))},
            "statusDate": int(self.kit.now.timestamp() * 1000),
            "orderLineStatuses": {"orderLineStatus": statuses},
            **more,
        }

    def wire(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {**deepcopy(self.kit.order), "orderLines": {"orderLine": list(lines)}, **more}

    def links(self, *lines: tuple[str, str, str, int], near: str = SALE_ORDER, account: str | None = None) -> Links:
        """A link from a sale order to the order, with (item, Walmart's line, sku, quantity) as our effect recorded."""
        recorded: dict[str, Any] = {}
        for item, line, sku, quantity in lines:
            beside = {"id": line, "sku": sku, "quantity": str(quantity)}
            recorded[item] = [*recorded[item], beside] if item in recorded else [beside]
        far = Ref(account or self.kit.connection().identity, "order", self.order)
        single = {item: found[0] if len(found) == 1 else found for item, found in recorded.items()}
        return Links([Link(Ref(WAREHOUSE, "sale_order", near), far, single)])

    def update(self, *lines: tuple[str, str, int], **more: Any) -> ShipmentUpdate:
        """One package with (item, sku, quantity), which is all that left unless `dispatched` says more."""
        held = tuple(PackageLine(line=item, sku=sku, quantity=Decimal(quantity)) for item, sku, quantity in lines)
        given = {
            "order": self.order,
            "record": SALE_ORDER,
            "package": "con-1",
            "shipped_at": self.kit.now - timedelta(minutes=10),
            "carrier": None if more.get("other_carrier") else "UPS",
            "tracking_number": NUMBER,
            "lines": held,
            "dispatched": held,
        }
        return ShipmentUpdate(**{**given, **more})

    def status(self, status: str = "AWAITING_PICK_AND_PACK", **more: Any) -> StatusChange:
        """Where the sale order stands."""
        return StatusChange(kind="sale_order", id=SALE_ORDER, status=status, at=self.kit.now, **more)


@dataclass
class Desk:
    """A sink on a desk: `raw` is the order that Walmart shows; `answers` are taken for what is sent."""

    kit: Any
    sink: Any
    links: Links
    raw: Any = None
    answers: list[Response] = field(default_factory=list)
    latest: SettledEffect | None = None
    sent: list[Any] = field(default_factory=list)
    afterwards: Any = None
    """The order as Walmart shows it once something was sent."""
    reader: Any = None

    def __post_init__(self) -> None:
        self.reader = self.kit.reader(self._show)
        self.sink.bind(self.kit.connection(), self.reader)

    def _show(self, request: Request) -> Response:
        if isinstance(self.raw, Response):
            return self.raw
        return (
            self.kit.error(404, "CONTENT_NOT_FOUND.GMP_ORDER_API")
            if self.raw is None
            else self.kit.answer({"order": self.raw})
        )

    async def plan(self, document: Any) -> Any:
        """What core does before it sends: look, learn the key, plan."""
        observed = await self.sink.observe(document, Known(self.links))
        key = self.sink.effect_key(document, Known(self.links, observed=observed))
        effect = self.sink.plan(document, Known(self.links, self.latest, observed))
        assert key in (None, effect.key)
        return effect

    async def deliver(self, document: Any) -> Any:
        """Plan, send, follow, and settle; the effect that is then in effect. Nothing is sent twice for one content."""
        effect = await self.plan(document)
        if self.latest is not None and self.latest.content == effect.content:
            return None
        requests, answers = list(effect.steps), []
        while requests:
            request = requests.pop(0)
            answers.append(await self._send(request))
            following = None if requests else self.sink.follow(effect, Answers(answers))
            requests += [] if following is None else [following]
        receipt = self.sink.receipt(effect, Answers(answers))
        version = 1 if self.latest is None else self.latest.version + 1
        stored = loads(dumps({"content": effect.content, "memo": effect.memo}))
        self.latest = SettledEffect(effect.key, version, stored["content"], stored["memo"], receipt)
        return self.latest

    async def _send(self, request: Request) -> Response:
        if request.method == "GET":
            return await self.reader.send(request)
        self.sent.append(loads(request.content) if request.content else None)
        self.raw = self.raw if self.afterwards is None else self.afterwards
        response = self.answers.pop(0) if self.answers else self.kit.answer({"order": self.raw})
        response.request = request
        return response


@pytest.fixture(scope="session")
def way(kit: Any) -> Way:
    return Way(kit)


@pytest.fixture
def desk(kit: Any) -> Callable[..., Desk]:
    def make(sink: Any, found: Links | None = None, raw: Any = None, **more: Any) -> Desk:
        return Desk(kit, sink, Links() if found is None else found, raw, **more)

    return make


@pytest.fixture
def url() -> Iterator[str]:
    with WalmartSimulator(seed=1).running() as address:
        yield address


@pytest.fixture
def control(url):
    def call(verb, body=None):
        return httpx.post(f"{url}/_sim/{verb}", json=body or {}).raise_for_status().json()

    return call


@dataclass
class Store:
    """An order, its sale order, what is in effect, and what core does between them."""

    client: Client
    connection: Any
    order: str
    url: str
    effects: dict[str, SettledEffect] = field(default_factory=dict)

    @property
    def links(self) -> Links:
        near = Ref("warehouse/one", "sale_order", "so-1")
        lines = {
            f"item-{line['line_number']}": {
                "id": str(line["line_number"]),
                "sku": line["sku"],
                "quantity": str(line["quantity"]),
            }
            for line in PLACED
        }
        return Links([Link(near, Ref(self.connection.identity, "order", self.order), lines)])

    async def plan(self, sink: Any, document: Any) -> Any:
        sink.bind(self.connection, self.client)
        observed = await sink.observe(document, Known(self.links))
        key = sink.effect_key(document, Known(self.links, observed=observed))
        return sink.plan(document, Known(self.links, self.effects.get(key or self.order), observed))

    async def acknowledge(self, status: str = "AWAITING_PICK_AND_PACK", **settings: Any) -> SettledEffect | None:
        change = StatusChange(kind="sale_order", id="so-1", status=status, at=await self.client.vendor_now())
        return await self.make(sink := AcknowledgementSink(**settings), await self.plan(sink, change))

    async def ship(self, *packages: Package, **settings: Any) -> list[SettledEffect | None]:
        """What became of each package; None where it was in effect already."""
        sink = ShipmentSink(**settings)
        effects = [await self.plan(sink, update) for update in await self.updates(*packages)]
        return [await self.make(sink, effect) for effect in effects]

    async def updates(self, *packages: Package) -> Any:
        at = await self.client.vendor_now() - timedelta(minutes=5)
        shipment = Shipment(order=self.order, shipped_at=at, packages=packages)
        return ShipmentMapper().map(shipment, Context(key="so-1", pipeline="tracking"))

    async def make(self, sink: Any, effect: Any) -> SettledEffect | None:
        """Send a planned effect, unless it is in effect already."""
        latest = self.effects.get(effect.key)
        if latest is not None and latest.content == effect.content:
            return None
        answers = [await self.send(step) for step in effect.steps]
        while (following := sink.follow(effect, Answers(answers))) is not None:
            answers.append(await self.send(following))
        receipt = sink.receipt(effect, Answers(answers))
        stored = loads(dumps({"content": effect.content, "memo": effect.memo}))
        version = latest.version + 1 if latest else 1
        self.effects[effect.key] = SettledEffect(effect.key, version, stored["content"], stored["memo"], receipt)
        return self.effects[effect.key]

    async def send(self, request: Any) -> Any:
        return await self.client.perform(request, correlation_id=str(uuid.uuid4()))

    @property
    def shown(self) -> dict[str, list[tuple[str, str, str | None]]]:
        """Status, quantity and number of each part of each line, as Walmart has it."""
        (order,) = [
            one for one in httpx.get(f"{self.url}/_sim/state").json()["orders"] if one["purchaseOrderId"] == self.order
        ]
        return {
            line["lineNumber"]: [
                (part["status"], part["statusQuantity"]["amount"], (part["trackingInfo"] or {}).get("trackingNumber"))
                for part in line["orderLineStatuses"]["orderLineStatus"]
            ]
            for line in order["orderLines"]["orderLine"]
        }

    def done(self, kind: str) -> list[int]:
        """How often each revision of a fact was done."""
        facts = httpx.get(f"{self.url}/_sim/facts").json()
        return [fact["count"] for fact in facts if (fact["kind"], fact["key"]) == (kind, self.order)]


@pytest.fixture
def store(url, control, kit):
    @asynccontextmanager
    async def opened():
        (order,) = control("orders", {"lines": PLACED})["ids"]
        connection = kit.connection(base_url=url)
        async with client_for(connection, clock=SystemClock()) as client:
            yield Store(client, connection, order, url)

    return opened


# ---------------------------------------------------------------- one order of two kettles and a mug


@pytest.fixture
def linked(way):
    return way.links(("item-1", "2", "KET-BLU", 2), ("item-2", "5", "MUG-01", 1))


@pytest.fixture
def open_(way):
    return way.wire(way.line("2", "KET-BLU", ("Acknowledged", 2)), way.line("5", "MUG-01", ("Acknowledged", 1)))


@pytest.fixture
def shipped(way):
    def make(number=way.number, kettles=2, **more):
        left = [("Acknowledged", 2 - kettles)] if kettles < 2 else []
        return way.wire(
            way.line("2", "KET-BLU", *left, ("Shipped", kettles, number), **more),
            way.line("5", "MUG-01", ("Shipped", 1, number), **more),
        )

    return make


@pytest.fixture
def whole(way):
    return way.update(("item-1", "KET-BLU", 2), ("item-2", "MUG-01", 1))


@pytest.fixture(scope="session")
def sent_lines():
    """What a shipping body says of each line."""

    def read(body):
        lines = body["orderShipment"]["orderLines"]["orderLine"]
        return {line["lineNumber"]: line["orderLineStatuses"]["orderLineStatus"][0] for line in lines}

    return read


@pytest.fixture(scope="session")
def held_by():
    """What expects a hold of that code."""
    return lambda code: pytest.raises(HoldError, check=lambda error: error.code == code)
