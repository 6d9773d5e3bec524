"""CartonCloud's endpoints, one method each. Requests that change something are only built: core sends them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from crossdock import RejectedError, TransientError
from crossdock.http import Reader, Request, Response
from crossdock_wms_cartoncloud.body import Body, is_uuid
from crossdock_wms_cartoncloud.wire import CUSTOMERS, ORDERS, PARTIES, Customer, OutboundOrder, User

PAGE_SIZE = 100
_USER = TypeAdapter(User)
ValueT = TypeVar("ValueT")


class ReadRefusedError(RejectedError):
    """CartonCloud refuses to let us read: `status` says why."""

    code = "read_refused"

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"CartonCloud refuses {what} ({status})", status=status)
        self.status = status


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


def text_equals(pointer: str, value: str) -> Body:
    """A literal comparison: STARTS_WITH would take REF-12 for REF-1."""
    return {
        "type": "TextComparisonCondition",
        "field": {"type": "JsonField", "pointer": pointer},
        "value": {"type": "ValueField", "value": value},
        "method": "EQUAL_TO",
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
    value: Any = answer.headers.get("Total-Pages", "1")
    return int(value) if value.isascii() and value.isdigit() else 1
