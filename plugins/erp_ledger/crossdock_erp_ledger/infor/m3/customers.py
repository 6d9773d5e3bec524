"""House customers of M3, as they change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, ClassVar

from pydantic import Field

from crossdock import Batch, Cursor, Duration, Record, RejectedError, Source
from crossdock.canonical import Customer
from crossdock.jsonio import Json
from crossdock_erp_ledger.infor.m3.api import Record as Fields
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.customer_fields import KEPT, to_customer

Pattern = Annotated[str, Field(min_length=1)]


class M3CustomerSource(Source[M3Connection, Customer]):
    """Customers that stand for a channel. Others are not read: they are persons' data, and nobody's business here."""

    name: ClassVar[str] = "m3_customers"
    entity: ClassVar[str] = "customer"

    customers: Annotated[tuple[Pattern, ...], Field(min_length=1)]
    """Their numbers; `*` stands for any ending: ["WMT*"]."""
    overlap: Duration = timedelta(minutes=5)
    """How far before the last read each read begins."""

    @property
    def calls(self) -> Mapping[str, float]:
        """One list."""
        return {f"GET /{self.connection.tenant}/M3/m3api-rest/v2/execute/CRS610MI/LstByNumber": 1}

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """What changed since the last read, by M3's change stamp; everything at first, and once a day."""
        window, api = cursor.window(overlap=self.overlap), self.connection.api(self.http)
        whole = cursor.sweep or window.start is None
        since = None if whole or window.start is None else str(int(window.start.timestamp() * 1000))
        numbers = [one["CUNO"] for one in await api.customers(since) if self._is_ours(one.get("CUNO", ""))]
        found = [customer for number in numbers if (customer := await api.customer(number)) is not None]
        yield Batch([_record(one) for one in found], backfill=window.start is None)
        yield Batch.end(window)

    async def fetch(self, key: str) -> Record | None:
        """One customer, if it is one of those."""
        customer = await self.connection.api(self.http).customer(key) if self._is_ours(key) else None
        return None if customer is None else _record(customer)

    def to_document(self, raw: Json) -> Customer:
        """The customer, with the day of its last change. Raises: RejectedError where it is none."""
        if not isinstance(raw, dict) or not raw.get("CUNO") or not all(isinstance(text, str) for text in raw.values()):
            raise RejectedError("the record is no customer of M3")
        return to_customer(raw)

    def _is_ours(self, number: str) -> bool:
        return any(fnmatchcase(number, pattern) for pattern in self.customers)


def _record(customer: Fields) -> Record:
    return Record(customer["CUNO"], {name: customer[name] for name in KEPT if customer.get(name)})
