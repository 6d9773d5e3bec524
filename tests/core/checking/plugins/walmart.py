"""A sales channel for the tests: the shape of a real plugin, with nothing behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from crossdock import AuthProvider, Connection, Duration, Mapper, Secret, Sink, Source, hookimpl
from crossdock.canonical import Document, Order, Shipment, StatusChange
from crossdock.http import Rate

__version__ = "0.3.0"


class ClientCredentials(AuthProvider):
    name = "client_credentials"

    client_id: str
    client_secret: Secret

    @property
    def account(self):
        return self.client_id

    def sign(self, request, token, now):
        pass


class WalmartConnection(Connection):
    name = "walmart"
    rates = (Rate("GET /orders", 5000), Rate("POST /orders/*/acknowledge", 60))

    market: Literal["us", "ca", "mx", "cl"]
    base_url: str = "https://marketplace.example.test"

    @property
    def identity(self):
        return f"walmart:{self.host}:{self.auth.account}"


class Window(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(ge=1, le=180)
    label: str = ""


class OrderSource(Source[WalmartConnection, Order]):
    name = "orders"
    entity = "order"

    since: datetime | None = None
    ship_nodes: tuple[Literal["SellerFulfilled", "WFSFulfilled", "3PLFulfilled"], ...] = ("SellerFulfilled",)
    overlap: Duration = timedelta(minutes=5)
    windows: tuple[Window, ...] = ()

    @property
    def calls(self):
        return {"GET /orders": len(self.ship_nodes)}

    async def read(self, cursor):
        yield

    def to_document(self, raw):
        return raw


class WalmartShipment(Document):
    order: str


class _Probing:
    async def probe(self, effect):
        return None


class Acknowledgements(_Probing, Sink[WalmartConnection, StatusChange]):
    name = "acknowledgements"
    kind = "create"

    when: Literal["accepted", "imported", "never"] = "accepted"
    not_yet: tuple[str, ...] = ("DRAFT", "AWAITING_STOCK", "REJECTED")
    alert_after: Duration = timedelta(hours=3)

    @property
    def calls(self):
        return {"POST /orders/*/acknowledge": 1}

    def plan(self, document, known):
        pass

    def receipt(self, effect, answers):
        pass


class Shipments(_Probing, Sink[WalmartConnection, WalmartShipment]):
    name = "shipments"
    kind = "state"

    def plan(self, document, known):
        pass

    def receipt(self, effect, answers):
        pass


class ShipmentMapper(Mapper[Shipment, WalmartShipment]):
    name = "shipment"

    carriers: dict[str, str] = {}

    @field_validator("carriers")
    @classmethod
    def _known(cls, carriers):
        for name, code in carriers.items():
            if code != code.lower():
                raise ValueError(f"carrier {name} has the code '{code}', which is not lower case")
        return carriers

    def map(self, document, context):
        return document


@hookimpl
def register_connections():
    return [WalmartConnection]


@hookimpl
def register_sources():
    return [OrderSource]


@hookimpl
def register_sinks():
    return [Acknowledgements, Shipments]


@hookimpl
def register_mappers():
    return [ShipmentMapper]


@hookimpl
def register_auth_providers():
    return [ClientCredentials]
