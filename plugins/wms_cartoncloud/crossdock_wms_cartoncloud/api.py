"""CartonCloud's endpoints, one method each. Requests that change something are only built: core sends them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from crossdock import RejectedError, TransientError
from crossdock.http import Reader, Request, Response, json_of
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.body import Body, is_uuid
from crossdock_wms_cartoncloud.wire import (
    CUSTOMERS,
    ORDERS,
    PARTIES,
    Customer,
    OutboundOrder,
    User,
    parse_problems,
)

PAGE_SIZE = 100
_USER = TypeAdapter(User)
_CONCERNS_CONDITION = re.compile(r"condition|comparison|timestamp|date", re.IGNORECASE)
_ROLES = {"outbound-orders": "WMS Create Jobs", "consignments": "TMS View Jobs"}
Resource = Literal["outbound-orders", "consignments"]
ValueT = TypeVar("ValueT")


class ReadRefusedError(RejectedError):
    """CartonCloud refuses to let us read: `status` says why."""

    code = "read_refused"

    def __init__(self, what: str, status: int, fix: str | None = None) -> None:
        super().__init__(f"CartonCloud refuses {what} ({status})", fix=fix, status=status)
        self.status = status


class ConditionRefusedError(ReadRefusedError):
    """It is the condition of a search that CartonCloud does not take: another way to write it may do."""

    code = "condition_refused"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search: raw rows, and what the headers say of the whole."""

    rows: list[Json]
    pages: int
    total: int | None


@dataclass(frozen=True, slots=True)
class CartonCloudApi:
    """One tenant behind a client that can only read."""

    http: Reader
    tenant: str

    def create_order_request(self, body: Body) -> Request:
        """Create a sale order."""
        return self.http.build("POST", f"/tenants/{self.tenant}/outbound-orders", json=body)

    def order_request(self, order_id: str) -> Request:
        """Read one sale order."""
        return self.http.build("GET", f"/tenants/{self.tenant}/outbound-orders/{quote(order_id, safe='')}")

    def delete_order_request(self, order_id: str) -> Request:
        """Delete one sale order."""
        return self.http.build("DELETE", f"/tenants/{self.tenant}/outbound-orders/{quote(order_id, safe='')}")

    async def order(self, order_id: str) -> Json | None:
        """One raw sale order; None where there is none (any more). Raises: ReadRefusedError, TransientError."""
        answer = await self.http.send(self.order_request(order_id))
        body = json_of(answer)
        if answer.status_code == 404 and isinstance(body, list):  # a proxy's page says nothing of orders
            return None
        if answer.status_code not in (200, 404):
            raise ReadRefusedError("to show a sale order", answer.status_code, _fix("outbound-orders", answer))
        if answer.status_code == 404 or not isinstance(body, dict):
            raise TransientError("CartonCloud's answer, asked to show a sale order, cannot be read")
        return body

    async def page(self, resource: Resource, condition: Body, number: int) -> Page:
        """One page of a search. Raises: ConditionRefusedError, ReadRefusedError, TransientError."""
        path = f"/tenants/{self.tenant}/{resource}/search?page={number}&size={PAGE_SIZE}"
        answer = await self.http.post(path, json={"condition": condition})
        what = f"to search {resource.replace('-', ' ')}"
        if answer.status_code in (400, 422) and any(
            _CONCERNS_CONDITION.search(f"{problem.field} {problem.message}") for problem in parse_problems(answer)
        ):
            raise ConditionRefusedError(what, answer.status_code)
        if answer.status_code != 200:
            raise ReadRefusedError(what, answer.status_code, _fix(resource, answer))
        rows = json_of(answer)
        if not isinstance(rows, list):
            raise TransientError(f"CartonCloud's answer, asked {what}, cannot be read")
        return Page(rows, _total_pages(answer), _total_elements(answer))

    def search_orders_request(self, condition: Body, *, page: int = 1, size: int = PAGE_SIZE) -> Request:
        """Search sale orders. CartonCloud refuses a condition whose root is not composite."""
        path = f"/tenants/{self.tenant}/outbound-orders/search?page={page}&size={size}"
        return self.http.build("POST", path, json={"condition": condition})

    async def search_orders(self, condition: Body) -> list[OutboundOrder]:
        """All sale orders that meet the condition. Raises: ReadRefusedError, TransientError."""
        pages = self._pages(
            lambda page: self.search_orders_request(condition, page=page), ORDERS, "to search outbound orders"
        )
        # Rows can move from page to page while we turn them.
        found = {order.id: order async for page in pages for order in page}
        return list(found.values())

    async def recent_orders(self, size: int = 50) -> list[OutboundOrder]:
        """One page of any sale orders in scope. Raises: ReadRefusedError, TransientError."""
        answer = await self.http.send(self.search_orders_request(all_of(), size=size))
        return _read(ORDERS, answer, "to search outbound orders")

    async def search_consignments(self, condition: Body) -> None:
        """Ask whether consignments may be read. Raises: ReadRefusedError, TransientError."""
        path = f"/tenants/{self.tenant}/consignments/search?page=1&size=1"
        answer = await self.http.post(path, json={"condition": condition}, headers={"Prefer": "return=minimal"})
        _read(PARTIES, answer, "to search consignments")

    async def customers(self) -> list[Customer]:
        """All customers in scope. Raises: ReadRefusedError, TransientError."""
        path = f"/tenants/{self.tenant}/customers"
        pages = self._pages(
            lambda page: self.http.build("GET", f"{path}?page={page}&size={PAGE_SIZE}"), CUSTOMERS, "to list customers"
        )
        return [customer async for page in pages for customer in page]

    async def user(self) -> User:
        """Whom our token stands for. Raises: ReadRefusedError, TransientError."""
        return _read(_USER, await self.http.get("/uaa/userinfo"), "to say who we are")

    async def _pages(
        self, request: Callable[[int], Request], shape: TypeAdapter[list[ValueT]], what: str
    ) -> AsyncIterator[list[ValueT]]:
        page, total = 1, 1
        while page <= total:
            answer = await self.http.send(request(page))
            rows = _read(shape, answer, what)
            if not rows:
                return
            yield rows
            total = _total_pages(answer)
            page += 1


def all_of(*conditions: Body) -> Body:
    """A composite that holds where each condition does; without any it holds always."""
    return {"type": "AndCondition", "conditions": list(conditions)}


def any_of(*conditions: Body) -> Body:
    """A composite that holds where one condition does."""
    return {"type": "OrCondition", "conditions": list(conditions)}


def text_equals(pointer: str, value: str) -> Body:
    """A literal comparison: STARTS_WITH would take REF-12 for REF-1."""
    return compare("Text", pointer, "EQUAL_TO", value)


def compare(kind: Literal["Text", "Date", "DateTime"], pointer: str, method: str, value: str) -> Body:
    """A comparison of one field with one value."""
    return {
        "type": f"{kind}ComparisonCondition",
        "field": {"type": "JsonField", "pointer": pointer},
        "value": {"type": "ValueField", "value": value},
        "method": method,
    }


def same_order(reference: str, customer: str) -> Body:
    """The condition that finds a customer's sale orders of one reference, and perhaps others' to be told apart.

    A customer's name is not asked for: creation may accept a spelling that a literal search does not find, and an order
    that is overlooked is created twice. Whoever searches compares the customer of what was found.
    """
    conditions = [text_equals("/references/customer", reference)]
    if is_uuid(customer):
        conditions.append(text_equals("/customer/id", customer.lower()))
    return all_of(*conditions)


def _read(shape: TypeAdapter[ValueT], answer: Response, what: str) -> ValueT:
    if answer.status_code != 200:
        raise ReadRefusedError(what, answer.status_code)
    try:
        return shape.validate_json(answer.content)
    except ValidationError:
        # What the cause would quote may be a buyer's.
        raise TransientError(f"CartonCloud's answer, asked {what}, cannot be read") from None


def _total_pages(answer: Response) -> int:
    return _count(answer, "Total-Pages", 1)


def _total_elements(answer: Response) -> int | None:
    total = _count(answer, "Total-Elements", -1)
    return None if total < 0 else total


def _count(answer: Response, header: str, otherwise: int) -> int:
    value: Any = answer.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() else otherwise


def _fix(resource: Resource, answer: Response) -> str | None:
    if answer.status_code != 403:
        return None
    return f"give the API client the role {_ROLES[resource]}, and let it see the customer"
