"""A warehouse for the tests: the shape of a real plugin, with nothing behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, model_validator

from crossdock import AuthProvider, Connection, Duration, Mapper, Secret, Sink, Source, hookimpl
from crossdock.canonical import Document, Order, Shipment, StatusChange
from crossdock.http import Rate

__version__ = "0.2.1"


class ClientCredentials(AuthProvider):
    name = "client_credentials"

    client_id: str
    client_secret: Secret

    @property
    def account(self):
        return self.client_id

    def sign(self, request, token, now):
        pass


class CartonCloudConnection(Connection):
    name = "wms_cartoncloud"
    rates = (Rate("POST /orders", 30, burst=1), Rate("* /**", 120))

    tenant: str = Field(min_length=8)
    base_url: str = "https://warehouse.example.test"
    duplicates: Literal["probe", "reject"] = "probe"

    @property
    def identity(self):
        return f"cartoncloud:{self.host}:{self.tenant}"


class SaleOrder(Document):
    reference: str


class Statuses(Source[CartonCloudConnection, StatusChange]):
    name = "sale_order_statuses"
    entity = "sale_order"

    customer: str

    @property
    def calls(self):
        return {"POST /orders/search": 1}

    async def read(self, cursor):
        yield

    def to_document(self, raw):
        return raw


class Dispatches(Source[CartonCloudConnection, Shipment]):
    name = "dispatches"
    entity = "sale_order"

    customer: str
    watch: Duration = timedelta(days=14)

    @property
    def calls(self):
        return {"POST /orders/search": 1, "POST /consignments/search": 1}

    async def read(self, cursor):
        yield

    def to_document(self, raw):
        return raw


class SaleOrderSink(Sink[CartonCloudConnection, SaleOrder]):
    name = "sale_orders"
    kind = "create"
    makes = "sale_order"

    @property
    def calls(self):
        look = {"POST /orders/search": 1} if self.connection.duplicates == "probe" else {}
        return {"POST /orders": 1, **look}

    def plan(self, document, known):
        pass

    def receipt(self, effect, answers):
        pass

    async def probe(self, effect):
        return None


class NoteSink(Sink[CartonCloudConnection, SaleOrder]):
    """Cannot look whether a note is there."""

    name = "notes"
    kind = "create"

    def plan(self, document, known):
        pass

    def receipt(self, effect, answers):
        pass


class SaleOrderMapper(Mapper[Order, SaleOrder]):
    name = "sale_order"

    customer: str
    default_warehouse: str | None = None
    warehouses: dict[str, str | None] = {}
    split: Literal["hold", "warehouse"] = "hold"

    @model_validator(mode="after")
    def _lead_somewhere(self):
        if self.default_warehouse is None and not self.warehouses:
            raise ValueError("no order could go anywhere: name a default_warehouse or warehouses")
        return self

    def map(self, document, context):
        return document


class FailingMapper(Mapper[Order, SaleOrder]):
    """Its author made a mistake."""

    name = "unready"

    table: str

    @model_validator(mode="after")
    def _fail(self):
        raise KeyError(self.table)

    def map(self, document, context):
        return document


@hookimpl
def register_connections():
    return [CartonCloudConnection]


@hookimpl
def register_sources():
    return [Statuses, Dispatches]


@hookimpl
def register_sinks():
    return [SaleOrderSink, NoteSink]


@hookimpl
def register_mappers():
    return [SaleOrderMapper, FailingMapper]


@hookimpl
def register_auth_providers():
    return [ClientCredentials]
