"""Sale orders of one customer by a time, however the tenant's search wants times written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from datetime import date, datetime, timedelta
from typing import Literal

from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import CartonCloudApi, ConditionRefusedError, Page, all_of, any_of, compare
from crossdock_wms_cartoncloud.body import Body
from crossdock_wms_cartoncloud.customers import Owner, find_owner
from crossdock_wms_cartoncloud.listing import Report, read_listing
from crossdock_wms_cartoncloud.rows import moment_at

Mode = Literal["datetime", "date", "starts_with"]
MODES: tuple[Mode, ...] = ("datetime", "date", "starts_with")
"""In this order they are tried."""
DAYS = 31
"""How many days one search may name."""
_DAY = timedelta(days=1)


class OrderSearch:
    """Searches of one source. What the tenant turned out to understand is remembered as long as the process runs."""

    def __init__(self, api: CartonCloudApi, mode: Mode, customer: str) -> None:
        self.mode = mode
        self._api = api
        self._customer = customer
        self._owner: Owner | None = None

    async def owner(self) -> Owner:
        """Whose orders are ours. Raises: ConfigError, TransientError."""
        if self._owner is None:
            self._owner = await find_owner(self._api, self._customer)
        return self._owner

    async def since(
        self, stamp: Literal["modified", "dispatched"], start: datetime, now: datetime, report: Report
    ) -> AsyncGenerator[list[Json], None]:
        """Yield raw orders that bear that time stamp at or after `start`; no other customer's, whatever is answered.

        There is no upper bound: an order that changes while we read would leave a window that has one.

        Raises: ConfigError, ReadRefusedError, TransientError.
        """
        owner = await self.owner()
        while True:
            try:
                async with aclosing(self._read(stamp, start, now, owner, report)) as found:
                    async for rows in found:
                        yield rows
                return
            except ConditionRefusedError as error:
                self._fall_back(error, report)

    async def _read(
        self, stamp: str, start: datetime, now: datetime, owner: Owner, report: Report
    ) -> AsyncGenerator[list[Json], None]:
        for times in conditions(self.mode, f"/timestamps/{stamp}/time", start, now):
            condition = all_of(owner.condition(), times)

            async def turn(number: int, condition: Body = condition) -> Page:
                return await self._api.page("outbound-orders", condition, number)

            async with aclosing(read_listing(turn, report)) as pages:
                async for rows in pages:
                    yield [row for row in rows if owner.owns(row) and _is_since(row, stamp, start)]

    def _fall_back(self, error: ConditionRefusedError, report: Report) -> None:
        place = MODES.index(self.mode) + 1
        if place == len(MODES):
            raise error
        before, self.mode = self.mode, MODES[place]
        report.notes.append(
            f"the tenant's search takes no times as `{before}`: write `time_filter: {self.mode}` in the connection"
        )


def conditions(mode: Mode, pointer: str, start: datetime, now: datetime) -> Iterator[Body]:
    """What finds everything from `start` on, a search each; days are the tenant's, so there is one more on both sides.

    Shape: one, but for `starts_with` one for every 31 days.
    """
    first = start.date() - _DAY
    if mode == "datetime":
        yield compare("DateTime", pointer, "GREATER_THAN_OR_EQUAL_TO", start.isoformat(timespec="seconds"))
    elif mode == "date":
        yield compare("Date", pointer, "GREATER_THAN_OR_EQUAL_TO", first.isoformat())
    else:
        days = _days(first, now.date() + _DAY)
        for place in range(0, len(days), DAYS):
            some = days[place : place + DAYS]
            yield any_of(*(compare("Text", pointer, "STARTS_WITH", day.isoformat()) for day in some))


def _days(first: date, last: date) -> list[date]:
    return [first + number * _DAY for number in range((last - first).days + 1)]


def _is_since(order: Json, stamp: str, start: datetime) -> bool:
    # Days bring more than was asked for. What does not say its time unmistakably is kept.
    moment = moment_at(order, "timestamps", stamp, "time")
    return moment is None or moment >= start.replace(microsecond=0)
