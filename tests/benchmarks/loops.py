"""Bare loops that do the same job as `crossdock run`: page through the orders, map each, post each. Nothing else.

    WORLD_URL=… python loops.py httpx 8             keeps nothing: json and dicts
    WORLD_URL=… python loops.py aiohttp-durable 8   both sides validated, two marks per order in a ledger on disk

They know nothing of crossdock, so that they measure what it adds. Run in an empty folder: the ledger lies there.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

URL = os.environ["WORLD_URL"]
FIRST = "?shipNodeType=SellerFulfilled&limit=200&createdStartDate=2026-01-01T00:00:00Z"
READ = {"WM_SEC.ACCESS_TOKEN": "one-token", "WM_SVC.NAME": "Walmart Marketplace", "Accept": "application/json"}
WRITE = {"Authorization": "Bearer one-token", "Accept-Version": "1", "Content-Type": "application/json"}
CREATE = "/tenants/bench/outbound-orders"

Get = Callable[[str], Awaitable[bytes]]
Post = Callable[[bytes], Awaitable[int]]
Client = AbstractAsyncContextManager[tuple[Get, Post]]
Mark = Callable[[str, str], Awaitable[None]]


class Shape(Protocol):
    """How a page is read and an order turned."""

    def page(self, raw: bytes) -> tuple[str | None, list[Any]]: ...
    def turn(self, order: Any) -> tuple[str, bytes]: ...


class Dicts:
    """json and plain dicts: nobody looks whether the fields are there, or what they are."""

    def page(self, raw: bytes) -> tuple[str | None, list[Any]]:
        page = json.loads(raw)["list"]
        return page["meta"]["nextCursor"], page["elements"]["order"]

    def turn(self, order: Any) -> tuple[str, bytes]:
        address = order["shippingInfo"]["postalAddress"]
        body = {
            "type": "OUTBOUND",
            "references": {"customer": order["purchaseOrderId"]},
            "customer": {"name": "Acme Stores"},
            "warehouse": {"name": "Main"},
            "details": {
                "deliver": {
                    "address": {
                        "companyName": "Walmart",
                        "contactName": address["name"],
                        "address1": address["address1"],
                        "address2": address["address2"],
                        "city": address["city"],
                        "state": {"code": address["state"]},
                        "postcode": address["postalCode"],
                        "country": {"iso2Code": address["country"][:2]},
                        "phone": order["shippingInfo"]["phone"],
                        "email": order["customerEmailId"],
                    },
                    "method": {"type": "SHIPPING", "requestedService": order["shippingInfo"]["methodCode"]},
                },
                "allowSplitting": False,
            },
            "items": [
                {
                    "details": {"product": {"references": {"code": line["item"]["sku"]}}},
                    "measures": {"quantity": int(line["orderLineQuantity"]["amount"])},
                }
                for line in order["orderLines"]["orderLine"]
            ],
        }
        return order["purchaseOrderId"], json.dumps(body).encode()


@asynccontextmanager
async def httpx_client(in_flight: int) -> AsyncIterator[tuple[Get, Post]]:
    import httpx
    import sniffio  # noqa: F401  (without it, httpcore tries to import it at every lock, and is slower still)

    limits = httpx.Limits(max_connections=in_flight + 1, max_keepalive_connections=in_flight + 1)
    async with httpx.AsyncClient(base_url=URL, limits=limits, timeout=30, trust_env=False) as client:

        async def get(path: str) -> bytes:
            return (await client.get(path, headers=READ)).content

        async def post(body: bytes) -> int:
            return (await client.post(CREATE, content=body, headers=WRITE)).status_code

        yield get, post


@asynccontextmanager
async def aiohttp_client(in_flight: int) -> AsyncIterator[tuple[Get, Post]]:
    import aiohttp
    import yarl

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=in_flight + 1)) as session:

        async def get(path: str) -> bytes:
            async with session.get(yarl.URL(URL + path, encoded=True), headers=READ) as answer:
                return await answer.read()

        async def post(body: bytes) -> int:
            async with session.post(URL + CREATE, data=body, headers=WRITE) as answer:
                await answer.read()
                return answer.status

        yield get, post


async def carry(client: Client, shape: Shape, in_flight: int, mark: Mark | None = None) -> bool:
    """Carry every order; whether each was taken."""
    queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=400)
    taken = True

    async def work() -> None:
        nonlocal taken
        while (order := await queue.get()) is not None:
            reference, body = shape.turn(order)
            if mark is not None:
                await mark(reference, "sending")
            taken &= await post(body) == 201
            if mark is not None:
                await mark(reference, "done")

    async with client as (get, post):
        workers = [asyncio.create_task(work()) for _ in range(in_flight)]
        cursor: str | None = FIRST
        while cursor:
            cursor, orders = shape.page(await get("/v3/orders" + cursor))
            for order in orders:
                await queue.put(order)
        for _ in workers:
            await queue.put(None)
        await asyncio.gather(*workers)
    return taken


async def carry_durably(in_flight: int) -> bool:
    """The same on aiohttp, with both sides validated and a ledger on disk."""
    from ledger import open_ledger
    from models import Models

    async with open_ledger("ledger.db") as mark:
        return await carry(aiohttp_client(in_flight), Models(), in_flight, mark)


LOOPS: dict[str, Callable[[int], Awaitable[bool]]] = {
    "httpx": lambda in_flight: carry(httpx_client(in_flight), Dicts(), in_flight),
    "aiohttp": lambda in_flight: carry(aiohttp_client(in_flight), Dicts(), in_flight),
    "aiohttp-durable": carry_durably,
}


async def _main(name: str, in_flight: int) -> bool:
    return await LOOPS[name](in_flight)


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(_main(sys.argv[1], int(sys.argv[2]))) else 1)
