"""A reader without a network, and a small marketplace behind it."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import aclosing
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from crossdock import Cursor, Secret
from crossdock.http import Request, Response
from crossdock.jsonio import dumps, loads
from crossdock_walmart.auth import ClientCredentials
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.orders import OrderSource

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
Handler = Callable[[Request], Response]

# Typed from Walmart's documentation of `GET /v3/orders` (read 2026-11); identifiers, names and addresses are invented.
ORDER: dict[str, Any] = {
    "purchaseOrderId": "108900000000001",
    "customerOrderId": "200010000000001",
    "customerEmailId": "0F0000000000000A@relay.example.test",
    "orderType": "REGULAR",
    "orderDate": 1793523600000,
    "shippingInfo": {
        "phone": "5550100000",
        "estimatedDeliveryDate": 1793955600000,
        "estimatedShipDate": 1793696400000,
        "methodCode": "Value",
        "postalAddress": {
            "name": "Sample Buyer",
            "address1": "1 Example Way",
            "address2": None,
            "city": "Sampleton",
            "state": "NY",
            "postalCode": "10001",
            "country": "USA",
            "addressType": "RESIDENTIAL",
        },
    },
    "orderLines": {
        "orderLine": [
            {
                "lineNumber": "2",
                "item": {"productName": "Blue kettle", "sku": "KET-BLU", "condition": "New"},
                "charges": {
                    "charge": [
                        {
                            "chargeType": "PRODUCT",
                            "chargeName": "ItemPrice",
                            "chargeAmount": {"currency": "USD", "amount": Decimal("19.90")},
                            "tax": {"taxName": "Tax1", "taxAmount": {"currency": "USD", "amount": Decimal("1.65")}},
                        },
                        {
                            "chargeType": "SHIPPING",
                            "chargeName": "Shipping",
                            "chargeAmount": {"currency": "USD", "amount": Decimal("4.50")},
                            "tax": None,
                        },
                    ]
                },
                "orderLineQuantity": {"unitOfMeasurement": "EACH", "amount": "2"},
                "statusDate": 1793523700000,
                "orderLineStatuses": {
                    "orderLineStatus": [
                        {
                            "status": "Created",
                            "statusQuantity": {"unitOfMeasurement": "EACH", "amount": "2"},
                            "cancellationReason": None,
                            "trackingInfo": None,
                        }
                    ]
                },
                "refund": None,
                "fulfillment": {"fulfillmentOption": "S2H", "shipMethod": "VALUE", "storeId": None},
                "intentToCancel": None,
            },
            {
                "lineNumber": "5",
                "item": {"productName": "Mug", "sku": "MUG-01"},
                "charges": {"charge": []},
                "orderLineQuantity": {"unitOfMeasurement": "EACH", "amount": "1"},
                "statusDate": 1793523700000,
                "orderLineStatuses": {
                    "orderLineStatus": [
                        {"status": "Created", "statusQuantity": {"unitOfMeasurement": "EACH", "amount": "1"}}
                    ]
                },
            },
        ]
    },
    "shipNode": {"type": "SellerFulfilled", "name": "Main DC", "id": "1011100000000000001"},
}


class FakeReader:
    """What core hands to a plugin, answered by a function."""

    def __init__(self, handler: Handler, now: datetime = NOW) -> None:
        self.handler = handler
        self.now = now
        self.requests: list[Request] = []

    def build(self, method: str, path: str, **kwargs: Any) -> Request:
        body, headers = kwargs.get("json"), {} if kwargs.get("json") is None else {"Content-Type": "application/json"}
        return Request(
            method,
            f"https://walmart.example.test{path}",
            params=kwargs.get("params"),
            content=None if body is None else dumps(body),
            headers={**headers, **(kwargs.get("headers") or {})},
        )

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        response = self.handler(request)
        response.request = request
        return response

    async def get(self, path: str, **kwargs: Any) -> Response:
        return await self.send(self.build("GET", path, **kwargs))

    async def post(self, path: str, **kwargs: Any) -> Response:
        return await self.send(self.build("POST", path, **kwargs))

    async def vendor_now(self) -> datetime:
        return self.now

    @property
    def queries(self) -> list[dict[str, str]]:
        """The query strings so far, in order."""
        return [dict(request.url.params) for request in self.requests]


class Marketplace:
    """Answers `GET /v3/orders` as the documentation says: filters, pages, the ceiling, and 404 for none.

    It looks at its orders anew for each page, so that what changes between pages shows.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.ceiling = 20_000
        self.page_size = 200
        self.counts_only = False  # answers beyond the ceiling, and only totalCount says so
        self.between_pages: Callable[[], None] = lambda: None

    def place(self, number: str, created: datetime, **row: Any) -> None:
        self.rows.append(
            {"id": number, "created": created, "modified": created, "type": "SellerFulfilled", "raw": {}, **row}
        )

    def modify(self, number: str, at: datetime) -> None:
        next(row for row in self.rows if row["id"] == number)["modified"] = at

    def __call__(self, request: Request) -> Response:
        raw_query = request.url.query.decode()
        params = dict(parse_qsl(raw_query))
        assert all("." not in params.get(name, "") for name in params if "Date" in name), "milliseconds are refused"
        offset = int(params.pop("soIndex", "0"))
        if offset:
            self.between_pages()
        found = sorted((row for row in self.rows if self._matches(row, params)), key=lambda row: row["created"])
        if len(found) > self.ceiling and not self.counts_only:
            return error(400, "INVALID_REQUEST_CONTENT.GMP_ORDER_API", "More than 20000 orders match")
        if not found[offset:]:
            return error(404, "CONTENT_NOT_FOUND.GMP_ORDER_API", "No orders")
        last = offset + self.page_size
        cursor = f"?soIndex={last}&{urlencode(params)}" if found[last:] else None
        return page(found[offset:last], total=len(found), cursor=cursor)

    def _matches(self, row: dict[str, Any], params: dict[str, str]) -> bool:
        created_from = datetime.fromisoformat(params["createdStartDate"])
        created_to = datetime.fromisoformat(params.get("createdEndDate", "2099-01-01T00:00:00Z"))
        modified_from = datetime.fromisoformat(params.get("lastModifiedStartDate", "1999-01-01T00:00:00Z"))
        return (
            row["type"] == params["shipNodeType"]
            and params.get("purchaseOrderId") in (None, row["id"])
            and created_from <= row["created"] <= created_to
            and row["modified"] >= modified_from
        )


def page(rows: list[dict[str, Any]], *, total: int | None, cursor: str | None) -> Response:
    orders = [{"purchaseOrderId": row["id"], "customerOrderId": f"C{row['id']}", **row["raw"]} for row in rows]
    meta = {"totalCount": total, "limit": 200, "nextCursor": cursor}
    return answer({"list": {"meta": meta, "elements": {"order": orders}}})


def answer(body: Any, status: int = 200) -> Response:
    return Response(status, content=dumps(body), headers={"Content-Type": "application/json"})


def error(status: int, code: str, description: str = "", field: str = "data") -> Response:
    entry = {"code": code, "field": field, "description": description, "severity": "ERROR", "causes": []}
    return answer({"errors": {"error": [entry]}}, status)


def changed(wire: Any, path: str, value: Any) -> Any:
    """A copy with one value replaced: `changed(ORDER, "orderLines.orderLine.1.item.sku", None)`."""
    wire = deepcopy(wire)
    *way, last = [int(part) if re.fullmatch(r"\d+", part) else part for part in path.split(".")]
    target = wire
    for part in way:
        target = target[part]
    target[last] = value
    return wire


def connection(**settings: Any) -> WalmartConnection:
    auth = ClientCredentials(client_id="client-1", client_secret=Secret.literal("s3cret"))
    return WalmartConnection(auth=auth, **settings)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def marketplace() -> Marketplace:
    return Marketplace()


@pytest.fixture
def order() -> dict[str, Any]:
    return deepcopy(ORDER)


@pytest.fixture(scope="session")
def kit() -> Any:
    """The helpers of this file, for tests that need them by name."""

    class Kit:
        reader = FakeReader
        answer = staticmethod(answer)
        error = staticmethod(error)
        changed = staticmethod(changed)
        connection = staticmethod(connection)
        order = ORDER
        now = NOW
        day = timedelta(days=1)

    return Kit


@dataclass
class Reading:
    """One pipeline's reads, with the cursor kept between them as the store would."""

    kit: Any
    handler: Any
    now: datetime
    cursor: Any = None
    reader: Any = None
    batches: list[Any] = field(default_factory=list)

    def source(self, **settings: Any) -> OrderSource:
        source = OrderSource(**{"since": self.now - timedelta(days=3), **settings})
        self.reader = self.kit.reader(self.handler)
        source.bind(self.kit.connection(), self.reader)
        return source

    async def read(self, source: OrderSource, *, sweep: bool = False) -> list[str]:
        """Read to the end; the keys found. The cursor stays where it got to, even if the read breaks off."""
        self.batches = []
        self.reader.requests.clear()
        keys = []
        async with aclosing(source.read(Cursor(self.cursor, self.now, sweep))) as batches:
            async for batch in batches:
                self.batches.append(batch)
                keys += [record.key for record in batch.records]
                if batch.cursor is not None:
                    self.cursor = loads(dumps(batch.cursor))
        return keys

    @property
    def created(self) -> list[tuple[str, str | None]]:
        """The spans of creation time that were asked for by first pages."""
        return [
            (query["createdStartDate"], query.get("createdEndDate"))
            for query in self.reader.queries
            if "soIndex" not in query
        ]

    @property
    def notes(self) -> list[str]:
        return [batch.note for batch in self.batches if batch.note]


@pytest.fixture
def reading(kit: Any, marketplace: Marketplace, now: datetime) -> Reading:
    return Reading(kit, marketplace, now)
