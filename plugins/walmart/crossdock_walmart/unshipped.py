"""What was ordered and had not left when a month ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from datetime import date, datetime, timedelta
from typing import ClassVar

from pydantic import PrivateAttr, ValidationError

from crossdock import Batch, Cursor, Duration, Record, RejectedError, Source, TimeZone
from crossdock.canonical import OrderAsOf
from crossdock.http import Reader
from crossdock.jsonio import Json
from crossdock_walmart.answers import TooManyOrdersError, as_list, as_object
from crossdock_walmart.api import OrderQuery, WalmartApi, reach, whole_second
from crossdock_walmart.as_of import judge, month_ends, to_order_as_of
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.coverage import slices
from crossdock_walmart.mapping import ChargeAmounts
from crossdock_walmart.order_pages import ShipNodes, order_pages
from crossdock_walmart.records import MALFORMED, record_of
from crossdock_walmart.since import Since

_MONTHS_KEPT = 36


class UnshippedSource(Source[WalmartConnection, OrderAsOf]):
    """For each month that ended, the orders of which something had not left by then: one record per month and order.

    Source: Walmart Marketplace, Orders API, "All orders"; read 2026-11.
    """

    name: ClassVar[str] = "unshipped"
    entity: ClassVar[str] = "order_as_of"

    timezone: TimeZone
    """In which months end: that of the books."""
    since: Since
    """Months that ended before are not looked at."""
    delay: Duration = timedelta(minutes=15)
    """How long after its end a month is judged: by then Walmart lists what was ordered in its last minute."""
    lookback: Duration = timedelta(days=45)
    """How long before the end of a month orders are looked at: what was ordered earlier has left, or was cancelled."""
    look_again: Duration = timedelta(days=7)
    """For so long after its end, the daily sweep judges a month again: some shipments are confirmed late."""
    ship_nodes: ShipNodes = ("SellerFulfilled",)
    charge_amounts: ChargeAmounts = "line"

    _api: WalmartApi | None = PrivateAttr(default=None)

    @property
    def calls(self) -> Mapping[str, float]:
        """None, but when a month has ended."""
        return {}

    def bind(self, connection: WalmartConnection, http: Reader) -> None:
        """Attach the account and the client that reads from it."""
        super().bind(connection, http)
        self._api = WalmartApi(http)

    @property
    def api(self) -> WalmartApi:
        """Walmart's endpoints."""
        if self._api is None:
            raise RuntimeError("UnshippedSource is not bound to a connection")
        return self._api

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Judge each month that ended and was not judged yet."""
        done = [str(month) for month in as_list(as_object(cursor.value).get("months"))]
        now = whole_second(cursor.now)
        for last_day, end in month_ends(self.since, now - self.delay, self.timezone):
            month = f"{last_day:%Y-%m}"
            again = month in done
            if again and not (cursor.sweep and now - end <= self.look_again):
                continue
            notes = _out_of_reach(end - self.lookback, now)
            async with aclosing(self._orders(self._queries(end, now), notes)) as pages:
                async for orders in pages:
                    if await self.http.vendor_now() < end:  # our clock is ahead of Walmart's, by more than the delay
                        return
                    found = (_record(order, last_day, end, again=again) for order in orders)
                    yield Batch([record for record in found if record])
            done = [*dict.fromkeys([*done, month])][-_MONTHS_KEPT:]
            yield Batch(cursor={"months": done}, note="; ".join(notes) or None)

    def to_document(self, raw: Json) -> OrderAsOf:
        """Turn one judged order into a document. Raises: RejectedError, naming the field and never its value."""
        stored = as_object(raw)
        try:
            as_of = date.fromisoformat(str(stored.get("as_of")))
            return to_order_as_of(stored.get("order"), as_of, self.charge_amounts)
        except (ValidationError, ValueError) as error:
            message = f"this is no order that can be understood: {type(error).__name__}"
            raise RejectedError(message, code="malformed_order") from None  # the cause may quote the buyer's data

    async def fetch(self, key: str) -> Record | None:
        """Judge one order as of a month: "2026-10/108900000000001"."""
        month, _, number = key.partition("/")
        now = whole_second(await self.http.vendor_now())
        ends = [pair for pair in month_ends(self.since, now, self.timezone) if f"{pair[0]:%Y-%m}" == month]
        if not ends or not number or number.startswith(MALFORMED):
            return None
        raw = await self.api.order(number)
        return None if raw is None else _record(record_of(raw), *ends[0], again=False)

    def _queries(self, end: datetime, now: datetime) -> list[OrderQuery]:
        """All that was ordered before the end, by creation: a set that nothing leaves while we page through it."""
        start = max(whole_second(end - self.lookback), reach(now))
        pieces = slices((start, whole_second(end)))
        return [OrderQuery(kind, *piece) for kind in self.ship_nodes for piece in pieces]

    async def _orders(self, queries: list[OrderQuery], notes: list[str]) -> AsyncGenerator[list[Record], None]:
        """The orders of queries, page by page, as `walmart.orders` keeps them; in halves where one finds too many.

        After the last of them, nothing: by then Walmart has answered at least once.
        """
        while queries:
            query = queries.pop(0)
            try:
                async with aclosing(order_pages(self.api, query, notes)) as pages:
                    async for orders in pages:
                        yield [record_of(raw, query.ship_node_type) for raw in orders]
            except TooManyOrdersError:
                halves = query.halves()
                if halves is None:
                    raise
                queries[:0] = halves
        yield []


def _record(order: Record, last_day: date, end: datetime, *, again: bool) -> Record | None:
    """A record of an order of which something was open; when a month is judged again, of what was told late."""
    if order.key.startswith(MALFORMED) or not _placed_before(order.raw, end):
        return None
    judgement = judge(order.raw, end)
    if not judgement.told_late and (again or not judgement.is_open):
        return None
    return Record(
        key=f"{last_day:%Y-%m}/{order.key}",
        raw={"as_of": last_day.isoformat(), "order": judgement.order},
        ordering_key=order.key,
        identifiers={"purchase_order": order.key, **order.identifiers},
    )


def _placed_before(raw: Json, end: datetime) -> bool:
    """Both ends of Walmart's filter are inclusive."""
    placed = as_object(raw).get("orderDate")
    return not isinstance(placed, int) or placed < end.timestamp() * 1000


def _out_of_reach(start: datetime, now: datetime) -> list[str]:
    if start >= reach(now):
        return []
    return [f"Walmart shows orders of the last 180 days only: judged from {reach(now).date().isoformat()}"]
