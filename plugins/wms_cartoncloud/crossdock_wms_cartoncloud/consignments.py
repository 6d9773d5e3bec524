"""The consignments of many sale orders, read in few searches."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import CartonCloudApi, ConditionRefusedError, Page, all_of, any_of, text_equals
from crossdock_wms_cartoncloud.listing import Report, read_listing
from crossdock_wms_cartoncloud.rows import text_at

TOGETHER = 50
"""How many sale orders one search names: half a page, so that two consignments each still fit on one."""
_TASK = "/generatedFromTask/id"


class ConsignmentSearch:
    """Consignments by the sale order that they were made from.

    A search names 50 orders. Where the tenant takes no such condition it names fewer, and where a consignment does not
    say which order it belongs to, one: then the question tells. Both are remembered as long as the process runs.
    """

    def __init__(self, api: CartonCloudApi) -> None:
        self.together = TOGETHER
        self._api = api

    async def of(self, orders: Sequence[str], report: Report) -> dict[str, list[Json]]:
        """The raw consignments of each of these sale orders, in a steady sequence.

        Raises: ReadRefusedError, TransientError.
        """
        found: dict[str, list[Json]] = {}
        place = 0
        while place < len(orders):
            some = orders[place : place + self.together]
            sorted_out = await self._search(some, report)
            if sorted_out is None:
                continue
            found.update(sorted_out)
            place += len(some)
        return found

    async def _search(self, orders: Sequence[str], report: Report) -> dict[str, list[Json]] | None:
        """One search; None where it is to be asked again for fewer orders."""
        condition = all_of(any_of(*(text_equals(_TASK, order) for order in orders)))
        if len(orders) == 1:
            condition = all_of(text_equals(_TASK, orders[0]))
        found: dict[str, Json] = {}

        async def turn(number: int) -> Page:
            return await self._api.page("consignments", condition, number)

        try:
            async with aclosing(read_listing(turn, report)) as pages:
                async for rows in pages:
                    found.update({text_at(row, "id") or "": row for row in rows})
        except ConditionRefusedError:
            if len(orders) == 1:
                raise
            self.together = len(orders) // 2
            return None
        return self._sort_out(orders, list(found.values()))

    def _sort_out(self, orders: Sequence[str], found: list[Json]) -> dict[str, list[Json]] | None:
        found.sort(key=_sequence)
        if len(orders) == 1:
            return {orders[0]: [row for row in found if _owner(row) in (None, orders[0].lower())]}
        if any(_owner(row) is None for row in found):
            self.together = 1
            return None
        return {order: [row for row in found if _owner(row) == order.lower()] for order in orders}


def _owner(consignment: Json) -> str | None:
    owner = text_at(consignment, "generatedFromTask", "id")
    return None if owner is None else owner.lower()


def _sequence(consignment: Json) -> tuple[int, str]:
    # As they were made: a list in any other order would look like a change each time it is read.
    number = text_at(consignment, "references", "numericId") or ""
    return (int(number) if number.isascii() and number.isdigit() else 0, text_at(consignment, "id") or "")
