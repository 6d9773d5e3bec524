"""Returns of one seller, and what is paid back for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from pydantic import PrivateAttr, ValidationError

from crossdock import Batch, Cursor, Duration, Hold, Record, RejectedError, Shape, Source
from crossdock.canonical import Return
from crossdock.http import Reader
from crossdock.jsonio import Json, canonical
from crossdock_walmart.answers import as_list, as_object
from crossdock_walmart.api import reach, whole_second
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.coverage import Coverage, slices
from crossdock_walmart.finance_api import FinanceApi, ReturnQuery
from crossdock_walmart.records import MALFORMED, text_of
from crossdock_walmart.return_mapping import to_return
from crossdock_walmart.return_wire import WalmartReturn
from crossdock_walmart.shape import RETURN
from crossdock_walmart.since import Since


@dataclass(frozen=True, slots=True)
class _Window:
    """One span, read in one go, and what is covered once it is."""

    query: ReturnQuery
    after: Coverage | None
    backfill: bool = False


class ReturnSource(Source[WalmartConnection, Return]):
    """Return orders of one seller, one record each; every revision counts, since each may have moved money.

    Source: Walmart Marketplace, Returns API, "Returns"; read 2026-11.
    """

    name: ClassVar[str] = "returns"
    entity: ClassVar[str] = "return"
    shape: ClassVar[Shape | None] = RETURN
    holds: ClassVar[Sequence[Hold]] = (Hold("unknown_refund_status"),)
    every: ClassVar[bool] = True

    since: Since
    """Returns that last changed before are not read. Moved earlier, what it uncovers is back-filled once."""
    overlap: Duration = timedelta(minutes=5)  # both ends of the filter are inclusive; keys drop the repeats

    _api: FinanceApi | None = PrivateAttr(default=None)

    @property
    def calls(self) -> Mapping[str, float]:
        """One page."""
        return {"GET /v3/returns": 1}

    def bind(self, connection: WalmartConnection, http: Reader) -> None:
        """Attach the account and the client that reads from it."""
        super().bind(connection, http)
        self._api = FinanceApi(http)

    @property
    def api(self) -> FinanceApi:
        """Walmart's endpoints."""
        if self._api is None:
            raise RuntimeError("ReturnSource is not bound to a connection")
        return self._api

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Back-fill what is not covered yet, then read what changed since; a sweep reads all by its creation again."""
        before, now = Coverage.parse(cursor.value), whole_second(cursor.now)
        since = whole_second(self.since)
        if before is None and since >= now:
            yield Batch(note=f"`since` lies ahead: reading starts at {self.since.isoformat()}")
            return
        coverage = Coverage.begin(since, now) if before is None else before.extended(since)
        for window in self._plan(before, coverage, now, sweep=cursor.sweep):
            notes: list[str] = []
            async with aclosing(self._pages(window.query, notes)) as pages:
                async for returns in pages:
                    yield Batch([_record_of(raw) for raw in returns], backfill=window.backfill)
            if window.after is not None:
                yield Batch(cursor=window.after.to_json(), backfill=window.backfill, note="; ".join(notes) or None)

    def to_document(self, raw: Json) -> Return:
        """Turn one raw return into a return. Raises: RejectedError, HoldError, naming fields and never their values."""
        try:
            return to_return(WalmartReturn.model_validate(raw))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_input=False, include_context=False)
            fields = sorted({".".join(str(part) for part in fault["loc"]) for fault in faults})
            raise RejectedError(
                f"this is no return that can be understood: {fields[0] or 'the return'}",
                code="malformed_return",
                fields=fields,
            ) from None  # the cause quotes the buyer's data

    async def fetch(self, key: str) -> Record | None:
        """Read one return by its return order id."""
        if key.startswith(MALFORMED):
            return None
        raw = await self.api.return_order(key)
        return None if raw is None else _record_of(raw)

    def _plan(self, before: Coverage | None, coverage: Coverage, now: datetime, *, sweep: bool) -> list[_Window]:
        """The windows to read, in order. What changes while an early one is read moves into the last, which is open."""
        windows = []
        for start, end in [piece for span in coverage.pending for piece in slices(span)]:
            coverage = coverage.filled(end)
            query = ReturnQuery("modified", start, None if end >= now else end, now)
            windows.append(_Window(query, coverage, backfill=True))
        if before is None:
            return windows
        if sweep:
            pieces = slices((max(coverage.created_from, reach(now)), now))
            windows += [_Window(ReturnQuery("created", start, end, now), None) for start, end in pieces]
        live = ReturnQuery("modified", coverage.modified_to - self.overlap, None, now)
        return [*windows, _Window(live, coverage.followed(now))]

    async def _pages(self, query: ReturnQuery, notes: list[str]) -> AsyncGenerator[tuple[Json, ...], None]:
        """Yield the returns of one query page by page, serially."""
        page = await self.api.returns(query)
        total, read = page.total or 0, 0
        seen: set[str] = set()
        while page.returns:
            yield page.returns
            read += len(page.returns)
            if page.next_cursor is None:
                return
            if page.next_cursor in seen:
                break
            seen.add(page.next_cursor)
            page = await self.api.more_returns(page.next_cursor)
        if read < total:
            notes.append(f"Walmart's paging ended after {read} of {total} returns; the next sweep looks again")


def _record_of(raw: Json) -> Record:
    """A record of one raw return. It bears no version: not every change of a return moves one of its dates.

    Deliveries of one buyer's order go one after another: refunds of the same order line are counted in their sequence.
    """
    returned = as_object(raw)
    key = text_of(returned.get("returnOrderId"))
    if not key:
        return Record(key=MALFORMED + sha256(canonical(raw)).hexdigest()[:16], raw=raw)
    lines = [as_object(line) for line in as_list(returned.get("returnOrderLines"))]
    orders = dict.fromkeys(order for line in lines if (order := text_of(line.get("purchaseOrderId"))))
    identifiers = {
        "purchase_order" if place == 1 else f"purchase_order_{place}": order
        for place, order in enumerate(orders, start=1)
    }
    customer_order = text_of(returned.get("customerOrderId"))
    if customer_order:
        identifiers["customer_order"] = customer_order
    return Record(key=key, raw=raw, ordering_key=customer_order or next(iter(orders), None), identifiers=identifiers)
