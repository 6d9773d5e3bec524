"""The simulated marketplace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, Simulator
from crossdock_walmart.simulator.book import OrderBook, Wire
from crossdock_walmart.simulator.errors import GATEWAY, refusal
from crossdock_walmart.simulator.finance import FinanceVerbs
from crossdock_walmart.simulator.gateway import api_of, check_headers, check_media_types, check_scope, check_token
from crossdock_walmart.simulator.order_refunds import OrderRefunds
from crossdock_walmart.simulator.quantities import count, move, new_slice
from crossdock_walmart.simulator.reads import OrderReads
from crossdock_walmart.simulator.refunds import RefundLedger
from crossdock_walmart.simulator.reports import ReportEndpoints
from crossdock_walmart.simulator.return_endpoints import ReturnEndpoints
from crossdock_walmart.simulator.returns import ReturnBook
from crossdock_walmart.simulator.revisions import Revisions
from crossdock_walmart.simulator.seller import SellerSettings
from crossdock_walmart.simulator.settings import WalmartSettings
from crossdock_walmart.simulator.settlement import SettlementBook
from crossdock_walmart.simulator.settling import SettlementVerb
from crossdock_walmart.simulator.tokens import TokenEndpoints
from crossdock_walmart.simulator.verbs import Verbs
from crossdock_walmart.simulator.writes import OrderWrites

_GRACE = timedelta(days=4)


class WalmartSimulator(Simulator):
    """Walmart Marketplace, US: strict, stateful, with the documented limits and error bodies."""

    name = "walmart"
    settings_type = WalmartSettings
    settings: WalmartSettings
    partner_id = "10001"

    def prepare(self) -> None:
        """No orders yet."""
        self.book = OrderBook(self.clock, self.lag_s)
        self.returns = ReturnBook(self.clock, self.lag_s)
        self.refunds = RefundLedger()
        self.settlement = SettlementBook()
        self.revisions = Revisions(self.journal)
        self.seller = SellerSettings(self)
        self._verbs = Verbs(self)
        self._finance = (FinanceVerbs(self), SettlementVerb(self))

    def routes(self) -> Sequence[Route]:
        """The endpoints that are simulated; every other path is unknown here."""
        orders = (OrderReads(self), OrderWrites(self), OrderRefunds(self))
        parts = (TokenEndpoints(self), *orders, ReturnEndpoints(self), ReportEndpoints(self), self.seller)
        return [route for part in parts for route in part.routes()]

    def verbs(self) -> Sequence[Route]:
        """Orders, cancellations, deliveries, nodes; shipments without a warehouse, returns, refunds, settlements."""
        return [route for part in (self._verbs, *self._finance) for route in part.routes()]

    def collections(self) -> Mapping[str, Any]:
        """The orders as they are, whatever lists see yet."""
        return {
            "orders": [order.wire for order in self.book.all()],
            "returns": [stored.wire for stored in self.returns.all()],
            "settlements": {name: closed.rows for name, closed in self.settlement.closed.items()},
            "ship_nodes": self.seller.nodes,
        }

    def guard(self, call: Call, route: Route) -> None:
        """Headers, then token, then scope, then media types."""
        check_headers(call, api_of(route))
        if "open" in route.tags:
            return
        check_token(call, self.tokens, self.settings)
        check_scope(route, self.settings.scopes)
        check_media_types(call, api_of(route), route.tags.get("accept"))

    def unknown_path(self, call: Call) -> Response:
        """404 of the gateway."""
        return refusal("URI_NOT_FOUND", GATEWAY, field="URI", description=f"{call.path} not found").response

    def wrong_method(self, call: Call, allowed: Sequence[str]) -> Response:
        """405 of the gateway."""
        description = f"{call.method} is not allowed here"
        return refusal("METHOD_NOT_ALLOWED", GATEWAY, field="METHOD", description=description).response

    def too_many(self, call: Call) -> Response:
        """429 of the gateway; there is no Retry-After."""
        return refusal("REQUEST_THRESHOLD_VIOLATED", GATEWAY, description="Too many requests").response

    def finish(self, call: Call, response: Response) -> None:
        """Both quota headers on each answer of a limited endpoint, and the correlation id again."""
        if correlation := call.headers.get("WM_QOS.CORRELATION_ID"):
            response.headers["WM_QOS.CORRELATION_ID"] = correlation
        if call.taken:
            response.headers["x-current-token-count"] = str(call.taken.remaining)
            moment = call.taken.next_at
            iso = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            written = iso if self.settings.replenishment == "iso" else str(int(moment.timestamp() * 1000))
            response.headers["x-next-replenishment-time"] = written

    def settle(self) -> None:
        """Late effects, then what the passing of time does to orders."""
        super().settle()
        if self.settings.auto_cancel:
            self._cancel_overdue()

    def _cancel_overdue(self) -> None:
        now = self.clock.now()
        for order in self.book.all():
            due = order.ship_by
            if now < due + _GRACE or not any(_left(line) for line in order.lines):
                continue
            draft, touched = self.book.draft(order), set()
            for line in draft["orderLines"]["orderLine"]:
                if left := _left(line):
                    to = new_slice("Cancelled", left, cancellationReason="Cancelled: not shipped in time")
                    move(line, left, ("Created", "Acknowledged"), to)
                    touched.add(line["lineNumber"])
            if touched:
                with self.clock.at(due + _GRACE):
                    self.book.save(order, draft, touched)
                    self.revisions.record("auto_cancelled", order.id, sorted(touched))


def _left(line: Wire) -> int:
    return count(line)["Created"] + count(line)["Acknowledged"]
