"""Purchase orders of one seller."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import PrivateAttr, ValidationError

from crossdock import Batch, Cursor, Duration, Record, RejectedError, Shape, Source
from crossdock.canonical import Order
from crossdock.http import Reader
from crossdock.jsonio import Json
from crossdock_walmart.answers import TooManyOrdersError
from crossdock_walmart.api import OrderQuery, ShipNodeType, WalmartApi, reach, whole_second
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.coverage import Coverage, OrderCursor, Span, slices
from crossdock_walmart.mapping import ChargeAmounts, to_order
from crossdock_walmart.order_pages import ShipNodes, order_pages
from crossdock_walmart.records import MALFORMED, NOT_THE_SELLERS, record_of, says_who_fulfils
from crossdock_walmart.shape import ORDER
from crossdock_walmart.since import Since
from crossdock_walmart.usual import UnusualError, usual_order
from crossdock_walmart.wire import WalmartOrder


@dataclass(frozen=True, slots=True)
class _Window:
    """One span of creation time, read in one go. `closes`: with it, all that changed until now has been read."""

    query: OrderQuery
    backfill: bool = False
    closes: bool = False

    def halves(self) -> tuple[_Window, _Window] | None:
        """The same in two, or None where it cannot be divided."""
        parts = self.query.halves()
        if parts is None:
            return None
        return _Window(parts[0], self.backfill), _Window(parts[1], self.backfill, self.closes)

    def moved(self, coverage: Coverage, now: datetime) -> Coverage | None:
        """What is covered once the window is read; None where it alone covers nothing new."""
        if self.backfill:
            return coverage.filled(self.query.created_to)
        return coverage.followed(now) if self.closes else None


class OrderSource(Source[WalmartConnection, Order]):
    """Purchase orders of one seller, one record each.

    Source: Walmart Marketplace, Orders API, "All orders"; read 2026-11.
    """

    name: ClassVar[str] = "orders"
    entity: ClassVar[str] = "order"
    shape: ClassVar[Shape | None] = ORDER

    since: Since
    """Orders created before are not read. Moved earlier, what it uncovers is back-filled once."""
    ship_nodes: ShipNodes = ("SellerFulfilled",)
    overlap: Duration = timedelta(minutes=5)  # the filter is inclusive; keys drop the repeats
    charge_amounts: ChargeAmounts = "line"
    """Whether Walmart's `chargeAmount` is for the whole line or for one unit of it: nowhere documented, so that only a
    settlement proves it."""

    _api: WalmartApi | None = PrivateAttr(default=None)

    @property
    def calls(self) -> Mapping[str, float]:
        """One page that is empty, for each ship-node type."""
        return {"GET /v3/orders": len(self.ship_nodes)}

    def bind(self, connection: WalmartConnection, http: Reader) -> None:
        """Attach the account and the client that reads from it."""
        super().bind(connection, http)
        self._api = WalmartApi(http)

    @property
    def api(self) -> WalmartApi:
        """Walmart's endpoints."""
        if self._api is None:
            raise RuntimeError("OrderSource is not bound to a connection")
        return self._api

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Back-fill what is not covered yet, then read what changed since: one sweep of calls per ship-node type."""
        position = OrderCursor.parse(cursor.value)
        for kind in self.ship_nodes:
            async with aclosing(self._read_kind(kind, position, cursor)) as batches:
                async for batch, reached in batches:
                    position = reached
                    yield batch

    def to_document(self, raw: Json) -> Order:
        """Turn one raw order into an order. Raises: RejectedError, naming the field and never its value."""
        try:
            return to_order(usual_order(raw), charge_amounts=self.charge_amounts)
        except (UnusualError, RejectedError):
            pass  # whatever it is, it is said by the model that knows all that Walmart sends
        return _read(raw, self.charge_amounts)

    async def fetch(self, key: str) -> Record | None:
        """Read one order by its purchase order id."""
        if key.startswith(MALFORMED):
            return None
        raw = await self.api.order(key)
        return None if raw is None else record_of(raw, await self._kind_of(key, raw))

    async def _kind_of(self, key: str, raw: Json) -> ShipNodeType | None:
        """Who fulfils a fetched order that does not say so: it is looked for among those that the seller does not."""
        if says_who_fulfils(raw):
            return None
        now = whole_second(await self.http.vendor_now())
        for kind in NOT_THE_SELLERS:
            query = OrderQuery(kind, reach(now), now, open_ended=True, purchase_order_id=key)
            if (await self.api.orders(query)).orders:
                return kind
        return None

    async def _read_kind(
        self, kind: ShipNodeType, position: OrderCursor, cursor: Cursor
    ) -> AsyncGenerator[tuple[Batch, OrderCursor], None]:
        """Yield the batches of one ship-node type, and the position after each."""
        before, now = position.nodes.get(kind), whole_second(cursor.now)
        if before is None and whole_second(self.since) >= now:
            yield Batch(note=f"`since` lies ahead: reading starts at {self.since.isoformat()}"), position
            return
        coverage = self._covered(before, now)
        notes = self._short_of_since(before, now)
        windows = self._plan(kind, before, coverage, cursor)
        while windows:
            window = windows.pop(0)
            try:
                async with aclosing(order_pages(self.api, window.query, notes)) as pages:
                    async for orders in pages:
                        yield Batch([record_of(raw, kind) for raw in orders], backfill=window.backfill), position
            except TooManyOrdersError:
                parts = window.halves()
                if parts is None:
                    raise
                windows[:0] = parts
                continue
            moved = window.moved(coverage, now)
            if moved is not None:
                coverage, position = moved, position.with_node(kind, moved)
                yield Batch(cursor=position.to_json(), backfill=window.backfill, note=_joined(notes)), position

    def _covered(self, before: Coverage | None, now: datetime) -> Coverage:
        """What is covered, and what `since` asks for beyond that as far as Walmart still shows it."""
        since = max(whole_second(self.since), reach(now))
        coverage = Coverage.begin(since, now) if before is None else before.extended(since)
        return coverage.within(reach(now))

    def _plan(self, kind: ShipNodeType, before: Coverage | None, coverage: Coverage, cursor: Cursor) -> list[_Window]:
        """The windows to read, in order: what is not back-filled yet, then the open window or what changed in it."""
        past = [piece for span in coverage.pending for piece in slices(span)]
        now = whole_second(cursor.now)
        # The piece that reaches the present has no end: an order that was placed a moment ago belongs to it.
        windows = [_Window(OrderQuery(kind, *piece, open_ended=piece[1] >= now), backfill=True) for piece in past]
        if before is None:
            return windows  # all was read just now; what changes meanwhile is modified after `now`
        span = (max(coverage.created_from, reach(now)), now)
        return windows + (_sweep(kind, span) if cursor.sweep else [self._live(kind, span, coverage)])

    def _live(self, kind: ShipNodeType, span: Span, coverage: Coverage) -> _Window:
        # No end: an order that is modified while we page would leave a window that has one, and the next one would
        # move up into the page that we have read already.
        modified_from = max(coverage.modified_to - self.overlap, reach(span[1]))
        return _Window(OrderQuery(kind, *span, modified_from=modified_from, open_ended=True), closes=True)

    def _short_of_since(self, before: Coverage | None, now: datetime) -> list[str]:
        """Say where Walmart's reach ends short of `since`, or of the last read."""
        oldest = reach(now)
        if self.since < oldest and (before is None or oldest < before.created_from):
            return [f"Walmart shows orders of the last 180 days only: read from {oldest.isoformat()}, not from `since`"]
        if before is not None and before.modified_to < oldest:
            day = oldest.date().isoformat()
            return [f"the last read is longer ago than Walmart's 180 days: changes of orders before {day} are lost"]
        return []


def _sweep(kind: ShipNodeType, span: Span) -> list[_Window]:
    """The open window again by creation date: it finds what no change of a modification date announced."""
    pieces = slices(span)
    return [_Window(OrderQuery(kind, *piece), closes=piece is pieces[-1]) for piece in pieces]


def _joined(notes: list[str]) -> str | None:
    """All notes as one text, once."""
    text = "; ".join(notes)
    notes.clear()
    return text or None


def _read(raw: Json, charge_amounts: ChargeAmounts = "line") -> Order:
    """What any raw order says, or why it cannot be read."""
    try:
        return to_order(WalmartOrder.model_validate(raw), charge_amounts=charge_amounts)
    except ValidationError as error:
        raise _rejected(error) from None  # the cause quotes the buyer's data


def _rejected(error: ValidationError) -> RejectedError:
    faults: list[Any] = error.errors(include_url=False, include_input=False, include_context=False)
    first = faults[0]
    where = ".".join(str(part) for part in first["loc"]) or "the order"
    more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    return RejectedError(
        f"this is no order that can be understood: {where}: {first['type']}{more}",
        code="malformed_order",
        fields=sorted({".".join(str(part) for part in fault["loc"]) for fault in faults}),
    )
