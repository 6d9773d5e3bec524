"""Listings of orders, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from crossdock.jsonio import Json
from crossdock_walmart.answers import CEILING, TooManyOrdersError
from crossdock_walmart.api import OrderQuery, ShipNodeType, WalmartApi


def _distinct(kinds: tuple[ShipNodeType, ...]) -> tuple[ShipNodeType, ...]:
    return tuple(dict.fromkeys(kinds))


ShipNodes = Annotated[tuple[ShipNodeType, ...], Field(min_length=1), AfterValidator(_distinct)]
"""Who fulfils the orders that are read: one sweep of calls for each."""


async def order_pages(api: WalmartApi, query: OrderQuery, notes: list[str]) -> AsyncGenerator[Sequence[Json], None]:
    """Yield the orders of one query page by page, serially: Walmart's cursor bears no parallel reading.

    Raises: TooManyOrdersError where the query finds more than one query may and can be divided.
    """
    page = await api.orders(query)
    total, read = page.total or 0, 0
    if total > CEILING and query.halves() is not None:
        raise TooManyOrdersError(f"Walmart finds {total} orders in one query")
    seen: set[str] = set()
    while page.orders:
        yield page.orders
        read += len(page.orders)
        if page.next_cursor is None:
            return
        if page.next_cursor in seen:
            break
        seen.add(page.next_cursor)
        page = await api.more_orders(page.next_cursor)
    if read < total:
        notes.append(f"Walmart's paging ended after {read} of {total} orders; the next sweep looks again")
