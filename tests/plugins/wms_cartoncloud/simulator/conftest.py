from __future__ import annotations

import base64
import copy
from typing import Any

import pytest
from starlette.datastructures import Headers

from crossdock.simulator import Call, Outcome, dumps, loads
from crossdock_wms_cartoncloud.simulator import DEFAULT_TENANT, CartonCloudSimulator

BASIC = "Basic " + base64.b64encode(b"client:secret").decode()


class Reply:
    """An answer, opened."""

    def __init__(self, outcome: Outcome) -> None:
        self.lost = outcome.response is None
        self.status = outcome.response.status_code if outcome.response else None
        self.headers = outcome.response.headers if outcome.response else Headers({})
        self.raw = bytes(outcome.response.body) if outcome.response else b""

    @property
    def json(self) -> Any:
        return loads(self.raw)


class Client:
    """Talks to the simulator as the documentation says, without a wire."""

    def __init__(self, simulator: CartonCloudSimulator, tenant: str = DEFAULT_TENANT) -> None:
        self.simulator = simulator
        self.tenant = tenant
        self.token = self.new_token()

    def new_token(self) -> str:
        headers = {"Authorization": BASIC, "Content-Type": "application/x-www-form-urlencoded"}
        return self.send("POST", "/uaa/oauth/token", b"grant_type=client_credentials", headers).json["access_token"]

    def send(self, method: str, path: str, body: Any = b"", headers: dict[str, str | None] | None = None) -> Reply:
        path, _, query = path.partition("?")
        content = body if isinstance(body, bytes) else dumps(body)
        given = {"Host": "cc.example.test", "Accept-Version": "1", "Content-Type": "application/json"}
        given["Authorization"] = f"Bearer {getattr(self, 'token', '')}"
        merged = {key: value for key, value in (given | (headers or {})).items() if value is not None}
        now = self.simulator.clock.now()
        return Reply(self.simulator.handle(Call(method, path, Headers(merged), content, now, query, path)))

    def call(self, method: str, path: str, body: Any = b"", headers: dict[str, str | None] | None = None) -> Reply:
        return self.send(method, f"/tenants/{self.tenant}/{path}", body, headers)

    def create(self, body: Any, headers: dict[str, str | None] | None = None) -> Reply:
        return self.call("POST", "outbound-orders", body, headers)

    def order(self, order_id: str) -> Any:
        return self.call("GET", f"outbound-orders/{order_id}").json

    def find(self, reference: str) -> list[Any]:
        condition = text_condition("/references/customer", reference)
        return self.search("outbound-orders", condition).json

    def search(self, resource: str, *conditions: Any, query: str = "", headers: Any = None) -> Reply:
        body = {"condition": {"type": "AndCondition", "conditions": list(conditions)}}
        return self.call("POST", f"{resource}/search{query}", body, headers)

    def consignments(self, order_id: str) -> list[Any]:
        return self.search("consignments", text_condition("/generatedFromTask/id", order_id)).json


def text_condition(pointer: str, value: Any, method: str = "EQUAL_TO") -> dict[str, Any]:
    return {
        "type": "TextComparisonCondition",
        "field": {"type": "JsonField", "pointer": pointer},
        "value": {"type": "ValueField", "value": value},
        "method": method,
    }


ORDER = {
    "type": "OUTBOUND",
    "references": {"customer": "PO-1"},
    "customer": {"name": "Acme Trading"},
    "warehouse": {"name": "Sydney DC"},
    "details": {
        "deliver": {
            "address": {
                "contactName": "Jo Buyer",
                "address1": "1 Elm St",
                "city": "Austin",
                "state": {"code": "TX"},
                "postcode": "78701",
                "country": {"iso3Code": "USA"},
                "phone": "512-555-0100",
                "email": "jo@example.test",
            },
            "method": {"requestedService": "Standard"},
            "requiredDate": "2026-11-23",
        },
        "allowSplitting": False,
    },
    "items": [
        {
            "details": {
                "product": {"references": {"code": "MUG-1"}},
                "unitOfMeasure": {"type": "UNIT"},
                "approximateUnitPrice": {"amount": 12.5, "currency": "USD"},
            },
            "measures": {"quantity": 2},
            "properties": {"sop_custom_field_1": "1"},
        }
    ],
}


@pytest.fixture
def simulator():
    return CartonCloudSimulator(seed=7)


@pytest.fixture
def client(simulator):
    return Client(simulator)


@pytest.fixture
def new_client():
    return Client


@pytest.fixture
def settings(simulator):
    """Change settings by the control plane."""
    return lambda **changes: simulator.control("settings", changes)


@pytest.fixture
def text():
    return text_condition


@pytest.fixture
def order_body():
    """Make a valid order; keywords are references and lines, `changes` maps pointers to values (... removes)."""

    def make(
        reference: str = "PO-1", lines: dict[str, Any] | None = None, changes: dict[str, Any] | None = None
    ) -> Any:
        body: Any = copy.deepcopy(ORDER)
        body["references"]["customer"] = reference
        if lines is not None:
            item = body["items"][0]
            body["items"] = [copy.deepcopy(item) for _ in lines]
            for made, (sku, quantity) in zip(body["items"], lines.items(), strict=True):
                made["details"]["product"]["references"]["code"] = sku
                made["measures"]["quantity"] = quantity
        for pointer, value in (changes or {}).items():
            _put(body, pointer, value)
        return body

    return make


def _put(body: Any, pointer: str, value: Any) -> None:
    *parents, last = pointer.strip("/").split("/")
    for step in parents:
        body = body[int(step)] if isinstance(body, list) else body[step]
    if value is ...:
        del body[last]
    elif isinstance(body, list):
        body[int(last)] = value
    else:
        body[last] = value
