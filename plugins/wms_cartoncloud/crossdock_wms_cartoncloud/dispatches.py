"""The source `wms_cartoncloud.dispatches`: what left the warehouse for one customer, with its tracking."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, PrivateAttr

from crossdock import Batch, Cursor, Duration, Hold, Record, Shape, Source
from crossdock.canonical import Shipment
from crossdock.http import Reader
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import CartonCloudApi
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.consignments import ConsignmentSearch
from crossdock_wms_cartoncloud.documents import Text
from crossdock_wms_cartoncloud.listing import Report
from crossdock_wms_cartoncloud.receipts import KIND
from crossdock_wms_cartoncloud.rows import moment_at, numbered, record_of, text_at
from crossdock_wms_cartoncloud.searching import OrderSearch
from crossdock_wms_cartoncloud.shape import DISPATCH
from crossdock_wms_cartoncloud.shipments import Fields, Patience, to_shipment
from crossdock_wms_cartoncloud.statuses import DISPATCHED


class TrackingFields(BaseModel):
    """Names of the custom fields of a sale order that bear its tracking, as the tenant calls them in the API."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    carrier: Text | None = None
    number: Text
    url: Text | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The cursor: until when was read, and which dispatched orders are watched since when."""

    read_to: datetime | None
    watched: Mapping[str, datetime]

    @classmethod
    def parse(cls, value: Json) -> Position:
        """Read what an earlier read left."""
        if value is None:
            return cls(None, {})
        watched = {key: datetime.fromtimestamp(seconds, UTC) for key, seconds in value["watched"].items()}
        return cls(datetime.fromisoformat(value["read_to"]), watched)

    def to_json(self) -> Json:
        """What the next read gets."""
        watched = {key: int(moment.timestamp()) for key, moment in sorted(self.watched.items())}
        return {"read_to": self.read_to.isoformat() if self.read_to else None, "watched": watched}


class DispatchSource(Source[CartonCloudConnection, Shipment]):
    """Dispatched sale orders with their consignments, one record each, watched for `watch` after dispatch.

    Neither status nor tracking can be searched for, and editing a consignment changes nothing of its sale order. So
    each read searches all orders dispatched within `watch` and asks for their consignments, 50 orders a search: 2,000
    watched orders cost 20 pages of orders and 40 searches, which is 60 requests, and every five minutes 12 a minute, a
    tenth of the 120 that we allow ourselves. An order that the search no longer finds is asked for by its id: staff
    reset it.

    Source: CartonCloud REST API reference, "Consignments", "Search", revision of 2026-05-06.
    """

    name: ClassVar[str] = "dispatches"
    entity: ClassVar[str] = KIND
    shape: ClassVar[Shape | None] = DISPATCH
    holds: ClassVar[Sequence[Hold]] = (Hold("dispatched_without_lines"),)

    customer: Text
    """Name or UUID. Sale orders of the tenant's other customers are never read into the store."""
    watch: Duration = timedelta(days=14)
    """How long after dispatch tracking may come late or change."""
    tracking_fields: TrackingFields | None = None
    """Where tracking stands when no consignment bears it."""
    alert_after: Duration = timedelta(days=1)
    """How long after dispatch a person is told that there is no tracking."""
    overlap: Duration = timedelta(minutes=5)  # after an outage longer than `watch`; beside the connection's `read_lag`

    _search: OrderSearch | None = PrivateAttr(default=None)
    _consignments: ConsignmentSearch | None = PrivateAttr(default=None)

    @property
    def calls(self) -> Mapping[str, float]:
        """What is read of few orders: one page of them, and their consignments."""
        return {"POST /tenants/*/outbound-orders/search": 1, "POST /tenants/*/consignments/search": 1}

    def bind(self, connection: CartonCloudConnection, http: Reader) -> None:
        """Attach the tenant and the client that reads from it."""
        super().bind(connection, http)
        self._search = OrderSearch(self.api, connection.time_filter, self.customer)
        self._consignments = ConsignmentSearch(self.api)

    @property
    def api(self) -> CartonCloudApi:
        """The tenant's endpoints."""
        return CartonCloudApi(self.http, self.connection.tenant)

    @property
    def search(self) -> OrderSearch:
        """Searches by time, with what the tenant understands."""
        if self._search is None:
            raise RuntimeError("DispatchSource is not bound to a connection")
        return self._search

    @property
    def consignments(self) -> ConsignmentSearch:
        """Searches by sale order, with what the tenant understands."""
        if self._consignments is None:
            raise RuntimeError("DispatchSource is not bound to a connection")
        return self._consignments

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Read all that was dispatched within `watch`, and what was watched and is no longer dispatched."""
        position, report = Position.parse(cursor.value), Report()
        start, first = self._start(position, cursor.now), cursor.value is None
        if first:
            report.notes.append(f"first read: sale orders dispatched since {start.date().isoformat()}")
        watched: dict[str, datetime] = {}
        async with aclosing(self.search.since("dispatched", start, cursor.now, report)) as found:
            async for rows in found:
                records = await self._records(rows, report)
                if records:
                    yield Batch(records, backfill=first)
                watched.update({_key(row): _dispatched_at(row, position, cursor.now) for row in rows})
        if not report.complete:
            yield Batch(note=report.note)
            return
        async with aclosing(self._left(position, watched, cursor.now, report)) as left:
            async for record in left:
                watched[record.key] = position.watched[record.key]
                yield Batch([record])
        recent = {key: moment for key, moment in watched.items() if moment >= cursor.now - self.watch}
        yield Batch.end(Position(cursor.now, recent).to_json(), note=report.note)

    def to_document(self, raw: Json) -> Shipment:
        """Turn one dispatched order into a shipment. Raises: RejectedError, NothingToDo, NotYetError, HoldError."""
        fields = self.tracking_fields
        named = Fields(fields.carrier, fields.number, fields.url) if fields else None
        return to_shipment(raw, named, Patience(self.watch, self.alert_after))

    async def fetch(self, key: str) -> Record | None:
        """Read one sale order and its consignments by its id; None where there is none, or it is another customer's."""
        return await self._fetch(key, Report())

    async def _fetch(self, key: str, report: Report) -> Record | None:
        order = await self.api.order(key)
        if order is None or not (await self.search.owner()).owns(order):
            return None
        return next(iter(await self._records([order], report)), None)

    async def _records(self, orders: Sequence[Json], report: Report) -> list[Record]:
        shipped = [_key(order) for order in orders if text_at(order, "status") == DISPATCHED]
        found = await self.consignments.of(shipped, report)
        if not report.complete:
            return []  # a consignment that was overlooked would look like one that is gone
        return [_record(order, found.get(_key(order), [])) for order in orders]

    async def _left(
        self, position: Position, found: Mapping[str, datetime], now: datetime, report: Report
    ) -> AsyncGenerator[Record, None]:
        """Yield what was watched and is not found any more, though it is not long enough ago: it stays watched."""
        for key, moment in position.watched.items():
            if key in found or moment < now - self.watch:
                continue
            record = await self._fetch(key, report)
            if record is not None:
                yield record

    def _start(self, position: Position, now: datetime) -> datetime:
        start = now - self.watch
        if position.read_to is None:
            return start
        return min(start, position.read_to - self.overlap - self.connection.read_lag)


def _key(order: Json) -> str:
    return text_at(order, "id") or ""


def _dispatched_at(order: Json, position: Position, now: datetime) -> datetime:
    said = moment_at(order, "timestamps", "dispatched", "time")
    return said or position.watched.get(_key(order), now)


def _record(order: Json, consignments: Sequence[Json]) -> Record:
    raw = {"sale_order": order, "consignments": consignments}
    return record_of(order, raw, names=numbered("consignment", consignments))
