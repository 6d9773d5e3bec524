"""The endpoints that read orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Route
from crossdock_walmart.simulator.book import StoredOrder, Wire
from crossdock_walmart.simulator.gateway import present
from crossdock_walmart.simulator.paging import MARKS, Page, Pager
from crossdock_walmart.simulator.query import read_query

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_SCOPE = {"scope": "orders"}


class OrderReads:
    """Lists of orders, and one order."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator
        self._pagers = {released: Pager(simulator.book, simulator.partner_id) for released in (False, True)}

    def routes(self) -> list[Route]:
        """Three endpoints, each with its limit."""
        return [
            Route("GET", "/v3/orders", self.search, limit=Limit(5000), tags=_SCOPE),
            Route("GET", "/v3/orders/released", self.released, limit=Limit(60), tags=_SCOPE),
            Route("GET", "/v3/orders/{id}", self.one, limit=Limit(5000), tags=_SCOPE),
        ]

    def search(self, call: Call) -> Response:
        """All orders, by filter."""
        return self._list(call, released=False)

    def released(self, call: Call) -> Response:
        """Orders with lines that nobody acknowledged yet."""
        return self._list(call, released=True)

    def one(self, call: Call) -> Response:
        """One order, as it is."""
        order = self._simulator.book.one(call.params["id"])
        return present(call, "order", {"order": view(order, call.query)})

    def _list(self, call: Call, *, released: bool) -> Response:
        pager = self._pagers[released]
        resumed = pager.resume(call.raw_query)
        if resumed is None:
            # A cursor that was changed on its way is none: the service begins again with page one.
            from_cursor = not MARKS.isdisjoint(call.query)
            query, start = read_query(call.query, call.at, released=released, from_cursor=from_cursor), 0
        else:
            query, start = resumed
        page = pager.page(query, start, self._simulator.settings, call.raw_query if resumed else "")
        return present(call, "list", {"list": _envelope(page, query.limit, query.given)})


def _envelope(page: Page, limit: int, given: Mapping[str, str]) -> Wire:
    meta: dict[str, Any] = {"totalCount": page.total, "limit": limit}
    if page.cursor != "":
        meta["nextCursor"] = page.cursor
    return {"meta": meta, "elements": {"order": [view(order, given) for order in page.orders]}}


def view(order: StoredOrder, asked: Mapping[str, str]) -> Wire:
    """The order as it is shown: product and replacement details only to those who ask."""
    shown = dict(order.wire)
    if asked.get("replacementInfo") != "true":
        shown.pop("orderType", None)
        shown.pop("originalCustomerOrderID", None)
    if asked.get("productInfo") != "true" and order.lines:
        shown["orderLines"] = {**order.wire["orderLines"], "orderLine": [_plain(line) for line in order.lines]}
    return shown


def _plain(line: Wire) -> Wire:
    if not isinstance(line.get("item"), dict):
        return line
    item = {name: value for name, value in line["item"].items() if name not in ("imageUrl", "weight")}
    return {**line, "item": item}
