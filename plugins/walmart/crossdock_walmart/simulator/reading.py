"""What a write's body says, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossdock.simulator import Call
from crossdock_walmart.simulator.book import StoredOrder, Wire
from crossdock_walmart.simulator.errors import bad_content

Json = Any

_AMOUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class LineOrder:
    """What is wanted of one line: the whole line as it came, and its status entries."""

    number: str
    wire: Mapping[str, Json]
    entries: list[Mapping[str, Json]]


def read_lines(call: Call, wrapper: str, order: StoredOrder) -> tuple[Mapping[str, Json], list[LineOrder]]:
    """The object inside the wrapper, and its lines, each of which the order has. Raises: Refusal."""
    try:
        body = call.json()
    except ValueError as error:
        raise bad_content(f"Unable to parse the request: {error}") from None
    wanted = member(body, wrapper)
    lines = [_line(raw, order) for raw in several(member(member(wanted, "orderLines"), "orderLine"))]
    if not lines:
        raise bad_content("orderLines is empty")
    return wanted, lines


def amount_of(entry: Mapping[str, Json]) -> int:
    """The quantity of a status entry: text that is a whole number above zero. Raises: Refusal."""
    amount = member(member(entry, "statusQuantity"), "amount")
    if not (isinstance(amount, str) and _AMOUNT.fullmatch(amount) and int(amount)):
        raise bad_content(f"statusQuantity.amount {amount!r} is not a valid quantity")
    return int(amount)


def find_line(wire: Wire, number: str) -> Wire:
    """The line of a draft."""
    line: Wire = next(line for line in wire["orderLines"]["orderLine"] if line["lineNumber"] == number)
    return line


def _line(raw: Json, order: StoredOrder) -> LineOrder:
    number = member(raw, "lineNumber")
    if number not in [line["lineNumber"] for line in order.lines]:
        raise bad_content(f"Unable to process this request. The Line: {number} of PO: {order.id} does not exist")
    entries = several(member(member(raw, "orderLineStatuses"), "orderLineStatus"))
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        raise bad_content(f"orderLineStatuses of line {number} is empty or not valid")
    return LineOrder(number, raw, entries)


def member(value: Json, name: str) -> Json:
    """A member that must be there. Raises: Refusal."""
    if not isinstance(value, Mapping) or value.get(name) is None:
        raise bad_content(f"{name} is missing", field=name)
    return value[name]


def several(value: Json) -> list[Json]:
    """A list, or one of its kind."""
    return value if isinstance(value, list) else [value]
