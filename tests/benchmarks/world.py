"""The other side of a benchmark: a marketplace and a warehouse in one process, lean enough never to be the slow part.

It speaks the two calls that carry an order (Walmart's listing, CartonCloud's creation), keeps what it was sent, and can
therefore say of every run what was lost, what came twice, and what was wrong. It is no simulator: it refuses nothing
but what is no sale order. Orders are the same in every life of it.

    python world.py      prints `ready http://127.0.0.1:PORT`
    GET /_bench/place?count=2000&latency_ms=0     forget everything, place that many new orders
    GET /_bench/account                           what came of them
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from email.utils import formatdate
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode

PAGE = 200
_ANSWERS = {200: b"OK", 201: b"Created", 400: b"Bad Request", 401: b"Unauthorized", 404: b"Not Found"}
_PLACES = (
    ("Mesa", "AZ", "85213"),
    ("Bentonville", "AR", "72712"),
    ("Tacoma", "WA", "98402"),
    ("Savannah", "GA", "31401"),
)
_PRODUCTS = ("Insulated Water Bottle 32 oz, Midnight Blue", "Fitted Crib Sheet, 2 Pack, Grey", "Desk Lamp, Dimmable")

Json = dict[str, Any]
Answer = tuple[int, bytes]


class World:
    """What was placed, and what came of it."""

    def __init__(self) -> None:
        self.placed_ever = 0
        self.place(0, 0.0)

    def place(self, count: int, latency_s: float) -> None:
        """Forget what was, and let `count` new orders have been placed within the last second."""
        first, now_ms = self.placed_ever, time.time_ns() // 1_000_000
        orders = [_order(number, now_ms) for number in range(first, first + count)]
        self.placed_ever += count
        self.placed_at_s, self.latency_s = now_ms / 1000, latency_s
        self.elements = [_packed(order) for order in orders]
        self.wanted = {order["purchaseOrderId"]: _contents(order) for order in orders}
        self.times_created: dict[str, int] = {}
        self.created: dict[str, Json] = {}
        self.bad = self.requests = self.reads = self.looks = self.waiting = self.most_waiting = 0
        self.first_at = self.last_at = 0.0
        self.cpu_s = time.process_time()

    def account(self) -> Json:
        """Counts of the present orders; the span goes from the first request to the last creation."""
        return {
            "placed": len(self.wanted),
            "created": len(self.times_created),
            "lost": sum(reference not in self.times_created for reference in self.wanted),
            "doubled": sum(times - 1 for times in self.times_created.values()),
            "bad": self.bad,
            "requests": self.requests,
            "reads": self.reads,
            "looks": self.looks,
            "most_in_flight": self.most_waiting,
            "span_s": max(0.0, self.last_at - self.first_at),
            "busy_s": time.process_time() - self.cpu_s,
        }

    def list_orders(self, query: str) -> Answer:
        """One page of what was placed, if the asked span reaches it. The cursor is a query string, as Walmart's is."""
        self.reads += 1
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        if not self.elements or not self._reaches(asked):
            return 404, b'{"errors":{"error":[{"code":"CONTENT_NOT_FOUND.GMP_ORDER_API","severity":"INFO"}]}}'
        at, limit = int(asked.get("from", 0)), min(PAGE, int(asked.get("limit", 100)))
        elements = self.elements[at : at + limit]
        more = at + limit < len(self.elements)
        cursor = "?" + urlencode({**asked, "from": at + limit}) if more else None
        meta = _packed({"totalCount": len(self.elements), "limit": limit, "nextCursor": cursor})
        return 200, b'{"list":{"meta":%b,"elements":{"order":[%b]}}}' % (meta, b",".join(elements))

    def create(self, body: bytes) -> Answer:
        """Take a sale order, however often it comes, and say what it became."""
        try:
            order = json.loads(body)
            reference, items = order["references"]["customer"], order["items"]
            right = _sent(items) == self.wanted.get(reference) and bool(
                order["details"]["deliver"]["address"]["address1"]
            )
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            self.bad += 1
            return 400, b'[{"message":"not what was ordered","field":"/items"}]'
        number = len(self.times_created) + 1
        self.times_created[reference] = self.times_created.get(reference, 0) + 1
        self.last_at = time.monotonic()
        for position, item in enumerate(items):
            item["id"] = f"{number:08x}-0000-4000-9000-{position:012x}"
        kept = {
            **order,
            "id": f"{number:08x}-0000-4000-8000-000000000000",
            "status": "AWAITING_PICK_AND_PACK",
            "version": 1,
            "references": {"customer": reference, "numericId": str(number)},
        }
        self.created.setdefault(reference, kept)
        return 201, _packed(kept)

    def look(self, body: bytes) -> Answer:
        """The sale orders whose reference stands in a search."""
        self.looks += 1
        found = (self.created.get(text) for text in re.findall(r'"value"\s*:\s*"([^"]+)"', body.decode()))
        return 200, _packed([order for order in found if order is not None])

    def answer(self, method: str, target: str, head: bytes, body: bytes) -> Answer:
        """Answer one call."""
        path, _, query = target.partition("?")
        if path.startswith("/_bench/"):
            return self._control(path, query)
        self.requests += 1
        self.first_at = self.first_at or time.monotonic()
        if path in ("/v3/token", "/uaa/oauth/token"):
            return 200, b'{"access_token":"one-token","token_type":"bearer","expires_in":900}'
        if method == "GET" and path == "/v3/orders":
            return self.list_orders(query) if b"\r\nwm_sec.access_token:" in head else (401, b"{}")
        if method == "POST" and path.endswith("/outbound-orders"):
            return self.create(body) if b"\r\nauthorization: bearer" in head else (401, b"{}")
        if method == "POST" and path.endswith("/outbound-orders/search"):
            return self.look(body)
        return 404, b"{}"

    def _control(self, path: str, query: str) -> Answer:
        if path == "/_bench/place":
            asked = parse_qs(query)
            self.place(int(asked["count"][0]), float(asked["latency_ms"][0]) / 1000)
        return 200, _packed(self.account())

    def _reaches(self, asked: dict[str, str]) -> bool:
        """Whether the span of creation time holds what was placed; it was modified when it was created."""
        starts = [asked.get("createdStartDate"), asked.get("lastModifiedStartDate")]
        end = asked.get("createdEndDate")
        if any(start is not None and _seconds(start) > self.placed_at_s for start in starts):
            return False
        return end is None or self.placed_at_s <= _seconds(end)


class Http(asyncio.Protocol):
    """As much of HTTP/1.1 as our clients speak: kept-alive connections, bodies of a stated length."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        for method, target, head, body in self._whole():
            status, payload = self._world.answer(method, target, head, body)
            raw = _raw(status, payload)
            if self._world.latency_s and not target.startswith("/_bench/"):
                self._world.waiting += 1
                self._world.most_waiting = max(self._world.most_waiting, self._world.waiting)
                asyncio.get_running_loop().call_later(self._world.latency_s, self._late, raw)
            else:
                self._transport.write(raw)

    def _late(self, raw: bytes) -> None:
        self._world.waiting -= 1
        if not self._transport.is_closing():
            self._transport.write(raw)

    def _whole(self) -> Iterator[tuple[str, str, bytes, bytes]]:
        """The calls that have come completely; what is left over stays."""
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            line, _, rest = self._buffer[:end].partition(b"\r\n")
            head = b"\r\n" + rest.lower() + b"\r\n"
            size = re.search(rb"\r\ncontent-length: *(\d+)", head)
            stop = end + 4 + (int(size[1]) if size else 0)
            if len(self._buffer) < stop:
                return
            method, target, _ = line.decode("latin-1").split(" ", 2)
            body, self._buffer = self._buffer[end + 4 : stop], self._buffer[stop:]
            yield method, target, head, body


def _raw(status: int, payload: bytes) -> bytes:
    date = formatdate(int(time.time()), usegmt=True).encode()
    return b"HTTP/1.1 %d %b\r\nDate: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status, _ANSWERS[status], date, len(payload), payload,
    )  # fmt: skip


def _packed(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _contents(order: Json) -> list[tuple[str, int]]:
    lines = order["orderLines"]["orderLine"]
    return [(line["item"]["sku"], int(line["orderLineQuantity"]["amount"])) for line in lines]


def _sent(items: list[Json]) -> list[tuple[str, int]]:
    return [(item["details"]["product"]["references"]["code"], item["measures"]["quantity"]) for item in items]


# ---------------------------------------------------------------- orders as Walmart states them


def _order(number: int, now_ms: int) -> Json:
    """One order: about 3.5 KB, one to four lines. The same number gives the same order, but for its dates."""
    chance = Random(number)
    city, state, postcode = chance.choice(_PLACES)
    lines = [_line(number, position, chance, now_ms) for position in range(1, chance.choice((1, 1, 2, 2, 3, 4)) + 1)]
    return {
        "purchaseOrderId": str(1_790_000_000_000 + number),
        "customerOrderId": str(4_020_000_000_000 + number),
        "customerEmailId": f"{chance.getrandbits(128):032x}@relay.example.test",
        "orderType": "REGULAR",
        "originalCustomerOrderID": None,
        "orderDate": now_ms,
        "buyerId": f"{chance.getrandbits(128):032x}",
        "mart": "WALMART",
        "isGuest": False,
        "shippingInfo": {
            "phone": f"555{chance.randrange(10_000_000):07d}",
            "estimatedDeliveryDate": now_ms + 5 * 86_400_000,
            "estimatedShipDate": now_ms + 2 * 86_400_000,
            "methodCode": "Value",
            "postalAddress": {
                "name": f"Buyer {number}",
                "address1": f"{chance.randint(1, 9999)} Orchard Lane",
                "address2": chance.choice((None, f"Apt {chance.randint(1, 99)}")),
                "city": city,
                "state": state,
                "postalCode": postcode,
                "country": "USA",
                "addressType": "RESIDENTIAL",
            },
        },
        "orderLines": {"orderLine": lines},
        "paymentTypes": ["CREDITCARD"],
        "orderSummary": {"totalAmount": {"currencyAmount": 25.98, "currencyUnit": "USD"}, "orderSubTotals": []},
        "pickupPersons": None,
        "shipNode": {"type": "SellerFulfilled", "name": "Main", "id": "10001234567"},
    }


def _line(number: int, position: int, chance: Random, now_ms: int) -> Json:
    quantity = {"unitOfMeasurement": "EACH", "amount": str(chance.randint(1, 5))}
    sku = f"SKU-{chance.randint(1, 500):05d}"
    return {
        "lineNumber": str(position),
        "item": {
            "productName": chance.choice(_PRODUCTS),
            "sku": sku,
            "condition": "New",
            "imageUrl": f"https://pictures.example.test/{sku.lower()}-{number:08x}.jpeg",
            "weight": {"value": f"{chance.randint(1, 40) / 4:.2f}", "unit": "POUNDS"},
        },
        "charges": {
            "charge": [
                _charge("PRODUCT", "ItemPrice", chance.randint(499, 19999)),
                _charge("SHIPPING", "Shipping", 599),
            ]
        },
        "orderLineQuantity": quantity,
        "statusDate": now_ms,
        "orderLineStatuses": {
            "orderLineStatus": [
                {
                    "status": "Created",
                    "subSellerId": None,
                    "statusQuantity": quantity,
                    "cancellationReason": None,
                    "trackingInfo": None,
                    "returnCenterAddress": None,
                }
            ]
        },
        "refund": None,
        "originalCarrierMethod": None,
        "referenceLineId": None,
        "fulfillment": {
            "fulfillmentOption": "S2H",
            "shipMethod": "VALUE",
            "storeId": None,
            "pickUpDateTime": now_ms + 2 * 86_400_000,
            "pickUpBy": None,
            "shippingProgramType": "TWO_DAY",
        },
        "serialNumbers": [],
        "intentToCancel": None,
        "configId": None,
        "sellerOrderId": None,
    }


def _charge(kind: str, name: str, cents: int) -> Json:
    return {
        "chargeType": kind,
        "chargeName": name,
        "chargeAmount": {"currency": "USD", "amount": cents / 100},
        "tax": {"taxName": "Tax1", "taxAmount": {"currency": "USD", "amount": cents * 8 // 100 / 100}},
    }


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    world, ended = World(), asyncio.Event()
    server = await loop.create_server(lambda: Http(world), "127.0.0.1", 0, backlog=1024)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
