"""The endpoints of returns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Limit, Route
from crossdock_walmart.simulator.book import Wire
from crossdock_walmart.simulator.errors import RETURNS, bad_content, bad_parameter, nothing_found
from crossdock_walmart.simulator.gateway import present
from crossdock_walmart.simulator.reading import several
from crossdock_walmart.simulator.return_refunds import refund_return
from crossdock_walmart.simulator.returns import StoredReturn, left_to_refund

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,3})?(Z|[+-]\d{2}:?\d{2})?)?")
_PAIRS = (
    ("returnCreationStartDate", "returnCreationEndDate"),
    ("returnLastModifiedStartDate", "returnLastModifiedEndDate"),
)
_REPLACEMENT_INFO = ("returnType", "replacementCustomerOrderId")
_LINE_REPLACEMENT_INFO = ("rechargeReason", "returnCancellationReason")
_TAGS = {"scope": "returns", "api": RETURNS}


@dataclass(frozen=True, slots=True)
class _Query:
    """What a list asks for."""

    given: Mapping[str, str]
    created: tuple[datetime, datetime] | None
    modified: tuple[datetime, datetime] | None
    limit: int

    def matches(self, stored: StoredReturn) -> bool:
        """Whether a return belongs to the list."""
        wire, given = stored.wire, self.given
        ids = all(wire[name] == given[name] for name in ("returnOrderId", "customerOrderId") if name in given)
        kind = given.get("returnType", wire["returnType"]) == wire["returnType"]
        status = "status" not in given or any(line["status"] == given["status"] for line in stored.lines)
        return (
            ids
            and kind
            and status
            and _within(stored.created, self.created)
            and _within(stored.modified, self.modified)
        )


class ReturnEndpoints:
    """A list of returns, and the seller's refund."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator
        self._issued: dict[str, tuple[_Query, int]] = {}

    def routes(self) -> list[Route]:
        """Two endpoints, each with its limit."""
        return [
            Route("GET", "/v3/returns", self.search, limit=Limit(50), tags=_TAGS),
            Route("POST", "/v3/returns/{id}/refund", self.refund, limit=Limit(60), tags=_TAGS),
        ]

    def search(self, call: Call) -> Response:
        """Returns by filter, the newest first. A cursor counts only as it was given, byte for byte; else page one."""
        resumed = self._issued.get("?" + call.raw_query)
        query, start = resumed or (_read(call.query), 0)
        found = sorted(
            filter(query.matches, self._simulator.returns.seen()), key=lambda one: (one.created, one.id), reverse=True
        )
        if not found:
            raise nothing_found("No returns found", RETURNS)
        meta: dict[str, Any] = {"totalCount": len(found), "limit": query.limit}
        end = start + query.limit
        if (cursor := self._next(query, start, len(found), resumed is not None, call.raw_query)) != "":
            meta["nextCursor"] = cursor
        page = [_view(stored.wire, query.given) for stored in found[start:end]]
        return present(call, "returns", {"meta": meta, "returnOrders": page})

    def refund(self, call: Call) -> Response:
        """The seller pays back return lines; Walmart computes the amounts."""
        stored = self._simulator.returns.one(call.params["id"])
        try:
            body = call.json()
        except ValueError as error:
            raise _bad(f"Unable to parse the request: {error}") from None
        if not isinstance(body, Mapping) or body.get("customerOrderId") != stored.wire["customerOrderId"]:
            raise _bad("customerOrderId is not that of the return", "customerOrderId")
        lines = several(body.get("refundLines") or [])
        if not lines or not all(isinstance(line, Mapping) for line in lines):
            raise _bad("refundLines is missing", "refundLines")
        wanted: dict[int, int] = {}
        for line in lines:
            number, quantity = self._line(line, stored)
            if number in wanted:
                raise _bad(f"line {number} stands twice", "returnOrderLineNumber")
            wanted[number] = quantity
        refund_return(self._simulator, stored, wanted, channel="SELLER_MANUAL_REFUND", issued=True)
        return present(call, "refund", {"returnOrderId": stored.id, **body})

    def _line(self, wanted: Mapping[str, Any], stored: StoredReturn) -> tuple[int, int]:
        number = wanted.get("returnOrderLineNumber")
        if number is None and len(stored.lines) == 1:
            number = stored.lines[0]["returnOrderLineNumber"]
        found = [line for line in stored.lines if line["returnOrderLineNumber"] == number]
        if not found:
            raise _bad(f"return line {number} does not exist", "returnOrderLineNumber")
        quantity = wanted.get("quantity")
        amount = quantity.get("measurementValue") if isinstance(quantity, Mapping) else left_to_refund(found[0])
        if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= left_to_refund(found[0]):
            raise _bad(f"quantity of return line {number} cannot be refunded", "measurementValue")
        return int(found[0]["returnOrderLineNumber"]), amount

    def _next(self, query: _Query, start: int, total: int, resumed: bool, asked: str) -> str | None:
        end, last_page = start + query.limit, self._simulator.settings.last_page
        if end < total or (last_page == "empty" and start < total):
            return self._issue(query, end)
        if last_page == "repeated":
            return "?" + asked if resumed else self._issue(query, start)
        return None if last_page == "null" else ""

    def _issue(self, query: _Query, offset: int) -> str:
        # Parameters that no documentation names stand in it, and the dates of the query do not.
        cursor = f"?sellerId=8&limit={query.limit}&offset={offset}&sn={len(self._issued)}"
        self._issued[cursor] = (query, offset)
        return cursor


def _read(given: Mapping[str, str]) -> _Query:
    """Check the parameters. Raises: Refusal."""
    spans = []
    for start, end in _PAIRS:
        if (start in given) != (end in given):
            raise bad_parameter(start, f"{start} and {end} must come together", RETURNS)
        spans.append((_moment(start, given[start]), _moment(end, given[end])) if start in given else None)
    limit = given.get("limit", "10")
    if not limit.isdigit() or not 1 <= int(limit) <= 200:
        raise bad_parameter("limit", "limit must be a number from 1 to 200", RETURNS)
    for name, choices in (
        ("status", ("INITIATED", "DELIVERED", "COMPLETED")),
        ("returnType", ("REPLACEMENT", "REFUND")),
    ):
        if given.get(name, choices[0]) not in choices:
            raise bad_parameter(name, f"{name} must be one of {', '.join(choices)}", RETURNS)
    return _Query(dict(given), spans[0], spans[1], int(limit))


def _moment(name: str, text: str) -> datetime:
    try:
        if _DATE.fullmatch(text):
            moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        pass
    raise bad_parameter(name, f"{name} is not a date: {text}", RETURNS)


def _within(moment: datetime, span: tuple[datetime, datetime] | None) -> bool:
    return span is None or span[0] <= moment <= span[1]


def _view(wire: Wire, asked: Mapping[str, str]) -> Wire:
    """The return as it is shown: what tells a replacement and a cancelled one only to those who ask."""
    if asked.get("replacementInfo") == "true":
        return wire
    lines = [{k: v for k, v in line.items() if k not in _LINE_REPLACEMENT_INFO} for line in wire["returnOrderLines"]]
    return {k: v for k, v in wire.items() if k not in _REPLACEMENT_INFO} | {"returnOrderLines": lines}


def _bad(description: str, field: str = "data") -> Exception:
    return bad_content(description, field, RETURNS)
