"""Pages of orders. A cursor is a query string that counts only as it was given, byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from crossdock_walmart.simulator.book import OrderBook, StoredOrder
from crossdock_walmart.simulator.errors import bad_parameter, nothing_found
from crossdock_walmart.simulator.query import DATES, OrderQuery
from crossdock_walmart.simulator.settings import WalmartSettings

_REMEMBERED = 10_000
MARKS = frozenset({"soIndex", "poIndex", "hasMoreElements"})
"""Parameters that only a cursor bears."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page and the way to the next. `cursor` is "" where none is to be shown."""

    orders: list[StoredOrder]
    total: int
    cursor: str | None


class Pager:
    """Cuts lists into pages, newest order first, by position: what arrives in between shifts the rest."""

    def __init__(self, book: OrderBook, partner_id: str) -> None:
        self._book = book
        self._partner_id = partner_id
        self._issued: dict[str, tuple[OrderQuery, int]] = {}

    def resume(self, raw_query: str) -> tuple[OrderQuery, int] | None:
        """The query and position of a cursor of ours; None where it is not, or no longer, one: page one again."""
        return self._issued.get("?" + raw_query)

    def page(self, query: OrderQuery, start: int, settings: WalmartSettings, asked: str) -> Page:
        """The page that begins at a position. Raises: Refusal: 404 where nothing matches, 400 where too much does."""
        found = sorted(
            filter(query.matches, self._book.seen()), key=lambda order: (order.created, order.id), reverse=True
        )
        if not found:
            raise nothing_found()
        if len(found) > settings.max_results:
            raise bad_parameter("createdStartDate", f"The query matches more than {settings.max_results} orders")
        end = start + query.limit
        return Page(found[start:end], len(found), self._next(query, start, len(found), settings, asked))

    def _next(self, query: OrderQuery, start: int, total: int, settings: WalmartSettings, asked: str) -> str | None:
        end = start + query.limit
        if end < total or (settings.last_page == "empty" and start < total):
            return self._issue(query, end, total)
        if settings.last_page == "repeated":
            return "?" + asked if asked else self._issue(query, start, total)
        return None if settings.last_page == "null" else ""

    def _issue(self, query: OrderQuery, position: int, total: int) -> str:
        parts = {"limit": str(query.limit), "hasMoreElements": "true", "soIndex": str(total), "poIndex": str(position)}
        parts |= {"partnerId": self._partner_id, "sellerId": "8"}
        parts |= {name: value for name, value in query.given.items() if name not in DATES}
        parts |= {name: query.given.get(name) or _millis(moment) for name, moment in query.dates.items()}
        cursor = "?" + "&".join(f"{name}={quote(value, safe=':')}" for name, value in parts.items())
        self._issued[cursor] = (query, position)
        while len(self._issued) > _REMEMBERED:
            del self._issued[next(iter(self._issued))]
        return cursor


def _millis(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
