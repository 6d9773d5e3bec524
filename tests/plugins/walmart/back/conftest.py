"""The way back: what a warehouse did, told to a marketplace without a network."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from crossdock import Answers, Known, Link, Links, Ref, SettledEffect
from crossdock.canonical import PackageLine, StatusChange
from crossdock.http import Request, Response
from crossdock.jsonio import dumps, loads
from crossdock_walmart.documents import ShipmentUpdate

SALE_ORDER = "so-1"
WAREHOUSE = "warehouse/one"
NUMBER = "1Z5R89390357567127"


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
