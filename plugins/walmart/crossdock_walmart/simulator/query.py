"""The query of an order list: its parameters, their rules, and which orders it matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crossdock_walmart.simulator.book import StoredOrder, at
from crossdock_walmart.simulator.errors import bad_parameter, refusal

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")
_CURSOR_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?")
_LIMIT = re.compile(r"[0-9]{1,6}")
_REACH = timedelta(days=180)
_DEFAULT_WINDOW = timedelta(days=7)
_CHOICES = {
    "status": ("Created", "Acknowledged", "Shipped", "Delivered", "Cancelled"),
    "orderType": ("REGULAR", "REPLACEMENT"),
    "shipNodeType": ("SellerFulfilled", "WFSFulfilled", "3PLFulfilled"),
    "shippingProgramType": ("TWO_DAY", "ONE_DAY"),
    "productInfo": ("true", "false"),
    "replacementInfo": ("true", "false"),
    "sortOrder": ("ASC", "DESC"),
}
DATES = (
    "createdStartDate",
    "createdEndDate",
    "lastModifiedStartDate",
    "lastModifiedEndDate",
    "fromExpectedShipDate",
    "toExpectedShipDate",
)
FILTERS = ("sku", "customerOrderId", "purchaseOrderId", *_CHOICES, *DATES)


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """What a list asks for. `given` are the parameters as they came, `dates` their moments with the defaults in."""

    given: Mapping[str, str]
    dates: Mapping[str, datetime]
    limit: int
    released: bool = False

    def matches(self, order: StoredOrder) -> bool:
        """Whether an order belongs to the list."""
        return self._in("createdStartDate", order.created, "createdEndDate") and all(
            rule(order) for rule in self._rules()
        )

    def _rules(self) -> list[Callable[[StoredOrder], bool]]:
        given = self.given
        node_type = given.get("shipNodeType", "SellerFulfilled")
        rules: list[Callable[[StoredOrder], bool]] = [
            lambda order: order.ship_node_type == node_type,
            lambda order: self._in("lastModifiedStartDate", order.modified, "lastModifiedEndDate"),
        ]
        ids = [(name, given[name]) for name in ("customerOrderId", "purchaseOrderId") if name in given]
        rules.append(lambda order: all(order.wire.get(name) == value for name, value in ids))
        if "orderType" in given:
            rules.append(lambda order: (order.wire.get("orderType") or "REGULAR") == given["orderType"])
        if "fromExpectedShipDate" in given or "toExpectedShipDate" in given:
            rules.append(lambda order: self._in("fromExpectedShipDate", order.ship_by, "toExpectedShipDate"))
        return rules + self._line_rules()

    def _line_rules(self) -> list[Callable[[StoredOrder], bool]]:
        rules: list[Callable[[StoredOrder], bool]] = []
        if (status := "Created" if self.released else self.given.get("status")) is not None:
            rules.append(lambda order: any(status in statuses(line) for line in order.lines))
        if (sku := self.given.get("sku")) is not None:
            rules.append(lambda order: any(at(line, "item", "sku") == sku for line in order.lines))
        if (program := self.given.get("shippingProgramType")) is not None:
            rules.append(
                lambda order: any(at(line, "fulfillment", "shippingProgramType") == program for line in order.lines)
            )
        return rules

    def _in(self, start: str, moment: datetime, end: str) -> bool:
        return not (moment < self.dates.get(start, moment) or moment > self.dates.get(end, moment))


def read_query(
    parameters: Mapping[str, str], now: datetime, *, released: bool, from_cursor: bool = False
) -> OrderQuery:
    """Check the parameters; what nobody knows is ignored, as the service does. Raises: Refusal."""
    given = {name: value for name, value in parameters.items() if name in FILTERS and value}
    for name, choices in _CHOICES.items():
        if given.get(name, choices[0]) not in choices:
            raise bad_parameter(name, f"{name} must be one of {', '.join(choices)}")
    dates = {name: _moment(given[name], from_cursor) for name in DATES if name in given}
    dates.setdefault("createdStartDate", now - _DEFAULT_WINDOW)
    dates.setdefault("createdEndDate", now)
    if dates["createdStartDate"] < now - _REACH and not from_cursor:
        raise bad_parameter("createdStartDate", "Orders older than 180 days cannot be queried")
    if dates["createdStartDate"] > dates["createdEndDate"] and "createdEndDate" in given:
        raise bad_parameter("createdEndDate", "createdEndDate lies before createdStartDate")
    return OrderQuery(given, dates, _limit(parameters.get("limit", "100")), released)


def statuses(line: Mapping[str, Any]) -> set[str]:
    """The statuses that a line's quantities have."""
    entries = at(line, "orderLineStatuses", "orderLineStatus")
    return {str(at(entry, "status")) for entry in entries} if isinstance(entries, list) else set()


def _moment(text: str, from_cursor: bool) -> datetime:
    # The service refuses milliseconds, although its own cursor bears them.
    try:
        if (_CURSOR_DATE if from_cursor else _DATE).fullmatch(text):
            return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=UTC)
    except ValueError:
        pass
    description = f"Invalid date format: {text}. Use yyyy-MM-dd or yyyy-MM-dd'T'HH:mm:ss'Z'"
    raise refusal("INVALID_REQUEST", field="data", description=description, info="Request invalid.")


def _limit(text: str) -> int:
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= 200:
        raise bad_parameter("limit", "limit must be a number from 1 to 200")
    return int(text)
