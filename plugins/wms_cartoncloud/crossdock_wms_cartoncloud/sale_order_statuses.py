"""The source `wms_cartoncloud.sale_order_statuses`: where the sale orders of one customer stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import ClassVar

from pydantic import PrivateAttr

from crossdock import Batch, Cursor, Duration, Record, Shape, Source
from crossdock.canonical import StatusChange
from crossdock.http import Reader
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import CartonCloudApi
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.documents import Text
from crossdock_wms_cartoncloud.listing import Report
from crossdock_wms_cartoncloud.receipts import KIND
from crossdock_wms_cartoncloud.rows import record_of, version_at
from crossdock_wms_cartoncloud.searching import OrderSearch
from crossdock_wms_cartoncloud.shape import SALE_ORDER
from crossdock_wms_cartoncloud.statuses import to_status_change

REACH = timedelta(days=31)
"""How far back the first read and each sweep go."""


class SaleOrderStatusSource(Source[CartonCloudConnection, StatusChange]):
    """Sale orders of one customer as they change, one record each.

    A record's version is the order's: it rises with each change, also when staff reset the order and its status goes
    back.

    Source: CartonCloud REST API reference, "Outbound orders", "Search", revision of 2026-05-06.
    """

    name: ClassVar[str] = "sale_order_statuses"
    entity: ClassVar[str] = KIND
    shape: ClassVar[Shape | None] = SALE_ORDER

    customer: Text
    """Name or UUID. Sale orders of the tenant's other customers are never read into the store."""
    overlap: Duration = timedelta(minutes=5)  # beside the connection's `read_lag`; versions drop the repeats

    _search: OrderSearch | None = PrivateAttr(default=None)

    @property
    def calls(self) -> Mapping[str, float]:
        """One search that finds nothing."""
        return {"POST /tenants/*/outbound-orders/search": 1}

    def bind(self, connection: CartonCloudConnection, http: Reader) -> None:
        """Attach the tenant and the client that reads from it."""
        super().bind(connection, http)
        self._search = OrderSearch(self.api, connection.time_filter, self.customer)

    @property
    def api(self) -> CartonCloudApi:
        """The tenant's endpoints."""
        return CartonCloudApi(self.http, self.connection.tenant)

    @property
    def search(self) -> OrderSearch:
        """Searches by time, with what the tenant understands."""
        if self._search is None:
            raise RuntimeError("SaleOrderStatusSource is not bound to a connection")
        return self._search

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Read what changed since; at first, and once a day, what changed in the last 31 days."""
        first, oldest = cursor.value is None, cursor.now - REACH
        window = cursor.window(overlap=self.overlap + self.connection.read_lag, since=oldest)
        start = min(window.start or oldest, oldest) if cursor.sweep else window.start or oldest
        report = Report()
        if first:
            report.notes.append(f"first read: sale orders that changed since {start.date().isoformat()}")
        async with aclosing(self.search.since("modified", start, cursor.now, report)) as found:
            async for rows in found:
                records = [record_of(row, version=version_at(row)) for row in rows]
                if records:
                    yield Batch(records, backfill=first)
        if report.complete:
            yield Batch.end(window, note=report.note)
        else:
            yield Batch(note=report.note)

    def to_document(self, raw: Json) -> StatusChange:
        """Turn one raw sale order into where it stands. Raises: RejectedError."""
        return to_status_change(raw)

    async def fetch(self, key: str) -> Record | None:
        """Read one sale order by its id; None where there is none, or it is another customer's."""
        order = await self.api.order(key)
        if order is None or not (await self.search.owner()).owns(order):
            return None
        return record_of(order, version=version_at(order))
