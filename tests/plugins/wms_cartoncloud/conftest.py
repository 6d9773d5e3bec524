"""A CartonCloud that answers what a test tells it to, and orders to send there. Nobody here exists."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import httpx
import pytest

from crossdock import Cursor, Effect, Known
from crossdock.canonical import Address, Charge, Money, Order, OrderLine, OrderLineStatus
from crossdock.clock import ManualClock
from crossdock.jsonio import dumps
from crossdock.testing import FakeReader as TestingReader
from crossdock_wms_cartoncloud.auth import ClientCredentials
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderLine
from crossdock_wms_cartoncloud.sale_orders import SaleOrderSink

TENANT = "8f0c7a52-5d1e-4a52-9c1f-0a9b8c7d6e5f"
BASE = "https://api.cartoncloud.com"


class FakeReader:
    """A client that answers from a list, in turn, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response] = []
        self.sent: list[httpx.Request] = []

    def will_answer(self, status: int, json: object = None, **kwargs: Any) -> None:
        self.answers.append(
            httpx.Response(status, json=json, **kwargs) if json is not None else httpx.Response(status, **kwargs)
        )

    def build(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        body = dumps(json) if json is not None else content
        return httpx.Request(method, BASE + path, params=params, content=body, headers=headers)

    async def send(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "GET" or request.url.path.endswith("/search"), "a reader only reads"
        self.sent.append(request)
        return self.answers.pop(0)

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return await self.send(self.build("GET", path, params=params, headers=headers))

    async def post(self, path: str, *, json: object, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return await self.send(self.build("POST", path, json=json, headers=headers))

    async def vendor_now(self) -> datetime:
        return datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader()


@pytest.fixture
def auth() -> ClientCredentials:
    return ClientCredentials.model_validate({"client_id": "client-1", "client_secret": "hush-hush"})


@pytest.fixture
def connect(auth: ClientCredentials) -> Callable[..., CartonCloudConnection]:
    def make(**settings: Any) -> CartonCloudConnection:
        return CartonCloudConnection.model_validate({"tenant": TENANT, "auth": auth, **settings})

    return make


@pytest.fixture
def sink(reader: FakeReader, connect: Callable[..., CartonCloudConnection]) -> SaleOrderSink:
    made = SaleOrderSink()
    made.bind(connect(), reader)
    return made


@pytest.fixture
def effect(sink: SaleOrderSink, sale_order: Any) -> Effect:
    return sink.plan(sale_order(), Known())


@pytest.fixture
def line() -> Callable[..., OrderLine]:
    def make(number: str = "1", sku: str = "MUG-01", quantity: int | str = 2, **changes: Any) -> OrderLine:
        statuses = changes.pop("statuses", {"created": quantity})
        return OrderLine(
            number=number,
            sku=sku,
            quantity=Decimal(quantity),
            statuses=tuple(
                OrderLineStatus(status=status, quantity=Decimal(amount), raw=status.title())
                for status, amount in statuses.items()
            ),
            **changes,
        )

    return make


@pytest.fixture
def address() -> Address:
    return Address(
        name="Robin Sample",
        line1="1 Elm Street",
        line2="Apt 4",
        city="Austin",
        region="TX",
        postcode="78701",
        country="US",
        phone="512-555-0100",
        email="robin@example.test",
    )


@pytest.fixture
def order(line: Callable[..., OrderLine], address: Address) -> Callable[..., Order]:
    def make(*lines: OrderLine, **changes: Any) -> Order:
        charge = Charge(kind="product", amount=Money(amount=Decimal("10.00"), currency="USD"))
        values = {
            "channel": "walmart",
            "market": "us",
            "number": "108900000000001",
            "ordered_at": datetime(2026, 11, 1, 20, 0, tzinfo=UTC),
            "ship_by": datetime(2026, 11, 4, 7, 0, tzinfo=UTC),
            "deliver_by": datetime(2026, 11, 8, 20, 0, tzinfo=UTC),
            "shipping_method": "Standard",
            "ship_to": address,
            "node": "1011100000000000001",
            "node_name": "Elm Street",
            "lines": lines or (line(charges=(charge,)),),
        }
        return Order.model_validate({**values, **changes})

    return make


@pytest.fixture
def sale_order(address: Address) -> Callable[..., SaleOrder]:
    def make(*lines: tuple[str, str, int | str], **changes: Any) -> SaleOrder:
        wanted = lines or (("1", "MUG-01", 2), ("2", "CUP-02", 1))
        values = {
            "reference": "108900000000001",
            "customer": "Acme Trading",
            "warehouse": "Sydney DC",
            "channel": "walmart",
            "address": address,
            "method": "Standard",
            "lines": tuple(SaleOrderLine(number=n, sku=sku, quantity=Decimal(q)) for n, sku, q in wanted),
        }
        return SaleOrder.model_validate({**values, **changes})

    return make


@pytest.fixture
def wire() -> Callable[..., dict[str, Any]]:
    """A sale order as CartonCloud states it; typed after the API reference's description, revision of 2026-05-06."""

    def make(*items: tuple[str, int | str], **changes: Any) -> dict[str, Any]:
        stated = items or (("MUG-01", 2), ("CUP-02", 1))
        order = {
            "id": "so-1",
            "type": "OUTBOUND",
            "status": "AWAITING_PICK_AND_PACK",
            "version": 1,
            "references": {"customer": "108900000000001", "numericId": "787061"},
            "customer": {"id": "cust-1", "name": "Acme Trading", "enabled": True, "references": {"code": "ACME"}},
            "warehouse": {"id": "wh-1", "name": "Sydney DC", "enabled": True},
            "details": {"urgent": False, "somethingNew": {"of": "tomorrow"}},
            "items": [
                {
                    "id": f"item-{at}",
                    "references": {"numericId": 9900 + at},
                    "details": {
                        "product": {"id": f"p-{at}", "name": f"Product {sku}", "references": {"code": sku}},
                        "unitOfMeasure": {"type": "UNIT", "name": "UNIT"},
                    },
                    "measures": {"quantity": quantity},
                    "properties": {},
                }
                for at, (sku, quantity) in enumerate(stated, start=1)
            ],
            "timestamps": {"created": {"time": "2026-11-02T09:00:00-05:00"}},
        }
        return {**order, **changes}

    return make


class Tenant:
    """A tenant with paging and searches: rows may change between two requests, and not every condition is understood.

    `meanwhile` is called after each answer. A `careless` tenant finds other customers' orders too.
    """

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
        self.orders: list[dict[str, Any]] = []
        self.consignments: list[dict[str, Any]] = []
        self.customers: list[dict[str, Any]] = [{"id": "cust-1", "name": "Acme Trading"}]
        self.page_size = 100
        self.careless = False
        self.understands = {"Text", "Date", "DateTime"}
        self.most_conditions = 1000
        self.meanwhile: Callable[[], None] = lambda: None
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answer(request)
        self.meanwhile()
        return answer

    def add(self, key: str, status: str = "AWAITING_PICK_AND_PACK", **changes: Any) -> dict[str, Any]:
        """Put an order last, modified now."""
        stamps = {"modified": self.now()}
        if status == "DISPATCHED":
            stamps["dispatched"] = self.now()
        order = {
            "id": key,
            "status": status,
            "version": 1,
            "references": {"customer": f"PO-{key}", "numericId": f"78{len(self.orders)}"},
            "customer": {"id": "cust-1", "name": "Acme Trading"},
            "items": [
                {"id": f"{key}-1", "details": {"product": {"references": {"code": "A"}}}, "measures": {"quantity": 2}}
            ],
            "timestamps": {name: {"time": time} for name, time in stamps.items()},
            **changes,
        }
        self.orders.append(order)
        return order

    def change(self, order: dict[str, Any], **changes: Any) -> None:
        """Change an order, now."""
        stamps = {**order["timestamps"], "modified": {"time": self.now()}}
        order.update({"version": order["version"] + 1, "timestamps": stamps, **changes})

    def consign(self, order: str, number: str | None, **changes: Any) -> dict[str, Any]:
        """Add a consignment of an order."""
        consignment = {
            "id": f"con-{len(self.consignments) + 1}",
            "version": 1,
            "status": "IN_WAREHOUSE",
            "references": {"tracking": number, "numericId": str(len(self.consignments) + 1)},
            "generatedFromTask": {"id": order},
            "details": {"type": "DELIVERY", "tracking": {"companyName": "UPS", "url": None}},
            "items": [],
            **changes,
        }
        self.consignments.append(consignment)
        return consignment

    def now(self) -> str:
        return self.clock.now().astimezone(timezone(timedelta(hours=10))).isoformat(timespec="seconds")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix(f"/tenants/{TENANT}/")
        if path == "customers":
            return httpx.Response(200, json=self.customers)
        resource, _, rest = path.partition("/")
        rows = self.orders if resource == "outbound-orders" else self.consignments
        if rest != "search":
            found = [row for row in rows if row["id"] == rest]
            return httpx.Response(200, json=found[0]) if found else httpx.Response(404, json=[{"message": "None"}])
        condition = json.loads(request.content)["condition"]
        if self._refuses(condition):
            return httpx.Response(422, json=[{"field": "/condition", "message": "this is not supported"}])
        found = [row for row in rows if self._holds(condition, row)]
        number, size = int(request.url.params["page"]), min(int(request.url.params["size"]), self.page_size)
        total = str(len(found))
        headers = {"Total-Pages": str(-(-len(found) // size)), "Total-Elements": total}
        return httpx.Response(200, json=found[(number - 1) * size : number * size], headers=headers)

    def _refuses(self, condition: dict[str, Any]) -> bool:
        if "conditions" in condition:
            some = condition["conditions"]
            return len(some) > self.most_conditions or any(map(self._refuses, some))
        kind = condition["type"].removesuffix("ComparisonCondition")
        timely = condition["field"]["pointer"].startswith("/timestamps")
        return kind not in self.understands or (timely and kind == "Text" and condition["method"] != "STARTS_WITH")

    def _holds(self, condition: dict[str, Any], row: dict[str, Any]) -> bool:
        if "conditions" in condition:
            combine = all if condition["type"] == "AndCondition" else any
            return combine(self._holds(one, row) for one in condition["conditions"])
        pointer, value = condition["field"]["pointer"], condition["value"]["value"]
        if self.careless and pointer.startswith("/customer/"):
            return True
        stated: Any = row
        for key in pointer.strip("/").split("/"):
            stated = stated.get(key) if isinstance(stated, dict) else None
        if stated is None:
            return False
        if condition["type"] == "DateTimeComparisonCondition":
            return datetime.fromisoformat(stated) >= datetime.fromisoformat(value)
        if condition["type"] == "DateComparisonCondition":
            return bool(stated[:10] >= value)
        return bool(stated.startswith(value) if condition["method"] == "STARTS_WITH" else stated == value)


@pytest.fixture
def new_tenant() -> type[Tenant]:
    return Tenant


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def read(connect: Callable[..., CartonCloudConnection]) -> Callable[..., Any]:
    """Bind a source to a tenant, read from a cursor, and give the batches."""

    async def read(source: Any, tenant: Tenant, cursor: Any = None, *, sweep: bool = False, **settings: Any) -> Any:
        reader = TestingReader(connect(**settings), tenant, clock=tenant.clock)
        if source._http is None:
            source.bind(connect(**settings), reader)
        now = await reader.vendor_now()
        async with aclosing(source.read(Cursor(cursor, now, sweep))) as batches:
            return [batch async for batch in batches]

    return read
