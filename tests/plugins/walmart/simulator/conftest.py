"""The simulated marketplace, served, and a caller that does everything right unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from crossdock_walmart.simulator import WalmartSimulator

RIGHT = {
    "WM_SVC.NAME": "Walmart Marketplace",
    "WM_QOS.CORRELATION_ID": "3f0e7a52-0000-4000-8000-000000000001",
    "Accept": "application/json",
}


class Caller:
    """Calls with the right headers and a good token; `without` and `headers` spoil them."""

    def __init__(self, client: httpx.Client, simulator: WalmartSimulator) -> None:
        self.client = client
        self.simulator = simulator
        self.token = simulator.tokens.issue("seller-1", 900).value

    def __call__(
        self, method: str, path: str, *, without: str = "", headers: dict[str, str] | None = None, **rest: Any
    ) -> httpx.Response:
        right = {**RIGHT, "WM_SEC.ACCESS_TOKEN": self.token, **(headers or {})}
        right.pop(without, None)
        request = self.client.build_request(method, path, headers=right, **rest)
        if without == "Accept":
            del request.headers["accept"]
        return self.client.send(request)

    def get(self, path: str, **rest: Any) -> httpx.Response:
        return self("GET", path, **rest)

    def post(self, path: str, json: Any = None, **rest: Any) -> httpx.Response:
        return self("POST", path, **({} if json is None else {"json": json}), **rest)

    def place(self, **asked: Any) -> list[str]:
        ids: list[str] = self.simulator.control("orders", asked)["ids"]
        return ids

    def order(self, order_id: str) -> dict[str, Any]:
        order: dict[str, Any] = self.get(f"/v3/orders/{order_id}").json()["order"]
        return order

    def facts(self, key: str) -> list[tuple[str, int | str, int]]:
        return [(f["kind"], f["revision"], f["count"]) for f in self.simulator.control("facts") if f["key"] == key]

    def pages(self, query: str) -> Iterator[dict[str, Any]]:
        while True:
            listed = self.get(f"/v3/orders{query}").json()["list"]
            yield listed
            if not (query := listed["meta"].get("nextCursor") or ""):
                return


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[WalmartSimulator, httpx.Client]]:
    simulator = WalmartSimulator(seed=11)
    with simulator.running() as url, httpx.Client(base_url=url, timeout=5) as client:
        yield simulator, client


@pytest.fixture
def simulator(served: tuple[WalmartSimulator, httpx.Client]) -> WalmartSimulator:
    served[0].control("reset", {})
    return served[0]


@pytest.fixture
def walmart(simulator: WalmartSimulator, served: tuple[WalmartSimulator, httpx.Client]) -> Caller:
    return Caller(served[1], simulator)


@pytest.fixture
def right_headers() -> dict[str, str]:
    return dict(RIGHT)
