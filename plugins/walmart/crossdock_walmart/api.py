"""Walmart's endpoints, one method each. Nothing here knows of records or documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from crossdock import TransientError
from crossdock.http import Reader, Request, Response
from crossdock.jsonio import Json
from crossdock_walmart.answers import Judge, any_json, as_count, as_cursor, as_list, as_object, json_object

ShipNodeType = Literal["SellerFulfilled", "WFSFulfilled", "3PLFulfilled"]

PAGE_SIZE = 200


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders to list: created in a span, and modified since, if that is given.

    `open_ended` leaves the end of the span to Walmart's clock; `created_to` then only says where to halve.
    """

    ship_node_type: ShipNodeType
    created_from: datetime
    created_to: datetime
    modified_from: datetime | None = None
    open_ended: bool = False
    purchase_order_id: str | None = None

    def params(self) -> dict[str, str]:
        """The query string. A creation date is always there: its default would hide what is older than a week."""
        params = {
            "shipNodeType": self.ship_node_type,
            "limit": str(PAGE_SIZE),
            "createdStartDate": date_of(self.created_from),
        }
        if not self.open_ended:
            params["createdEndDate"] = date_of(self.created_to)
        if self.modified_from is not None:
            params["lastModifiedStartDate"] = date_of(self.modified_from)
        if self.purchase_order_id is not None:
            params["purchaseOrderId"] = self.purchase_order_id
        return params

    def halves(self) -> tuple[OrderQuery, OrderQuery] | None:
        """The same orders in two queries; None where a second cannot be divided."""
        middle = (self.created_from + (self.created_to - self.created_from) / 2).replace(microsecond=0)
        if not self.created_from < middle < self.created_to:
            return None
        return replace(self, created_to=middle, open_ended=False), replace(self, created_from=middle)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of a listing: raw orders, where to go on, and how many the whole query finds."""

    orders: tuple[Json, ...] = ()
    next_cursor: str | None = None
    total: int | None = None


class WalmartApi:
    """Walmart Marketplace: what is read at once, and requests for core to send.

    Source: Walmart Marketplace, Orders API, Settings API, Token API (US); read 2026-11.
    """

    def __init__(self, http: Reader) -> None:
        self._http = http
        self._judge = Judge()

    async def orders(self, query: OrderQuery) -> OrderPage:
        """The first page of a listing.

        Raises: TooManyOrdersError, TransientError, CredentialsError, RejectedError.
        """
        page = self._page(await self._http.get("/v3/orders", params=query.params()))
        if page.total and not page.orders:
            raise TransientError(f"Walmart counts {page.total} orders and shows none; nothing was taken")
        return page

    async def more_orders(self, cursor: str) -> OrderPage:
        """The page that `cursor` names. It is a query string, sent byte for byte: re-encoded, page one comes again."""
        return self._page(await self._http.get("/v3/orders" + ("" if cursor.startswith("?") else "?") + cursor))

    async def order(self, purchase_order_id: str) -> Json | None:
        """One order as it is now, or None where there is none."""
        response = await self._http.get(_order_path(purchase_order_id))
        if not self._judge.is_found(response, "orders"):
            return None
        order = json_object(response, "an order").get("order")
        if not isinstance(order, dict):
            raise TransientError("Walmart answered the request for one order without an order in it")
        return order

    async def now(self) -> datetime:
        """Walmart's clock."""
        return await self._http.vendor_now()

    def order_request(self, purchase_order_id: str) -> Request:
        """The request that reads one order."""
        return self._http.build("GET", _order_path(purchase_order_id))

    def acknowledge_request(self, purchase_order_id: str) -> Request:
        """The request that acknowledges a whole order; its body is empty."""
        return self._http.build("POST", f"{_order_path(purchase_order_id)}/acknowledge")

    def shipping_request(self, purchase_order_id: str, body: Json) -> Request:
        """The request that ships lines of an order, or changes the tracking of what is shipped."""
        return self._http.build("POST", f"{_order_path(purchase_order_id)}/shipping", json=body)

    async def token_detail(self) -> Json | None:
        """What the token may do, or None where Walmart does not tell."""
        response = await self._http.get("/v3/token/detail")
        if response.status_code in (403, 404):
            return None
        self._judge.raise_for_status(response, "token detail")
        return json_object(response, "token detail")

    async def ship_nodes(self) -> Json | None:
        """The fulfilment centres, a bare array; None where the account may not list them (seen as 403 and 404)."""
        response = await self._http.get("/v3/settings/shipping/shipnodes")
        if response.status_code in (403, 404):
            return None
        self._judge.raise_for_status(response, "shipping")
        return any_json(response, "fulfilment centres")

    async def partner_profile(self) -> Json | None:
        """Who the seller is; None where the account may not say (settings endpoints are closed to some)."""
        response = await self._http.get("/v3/settings/partnerprofile")
        if response.status_code in (403, 404):
            return None
        self._judge.raise_for_status(response, "partner profile")
        return json_object(response, "the partner profile")

    async def partner_id(self) -> str | None:
        """Whose key it is; None where the account may not say."""
        partner = as_object((await self.partner_profile() or {}).get("partner"))
        return str(partner["partnerId"]) if partner.get("partnerId") else None

    def _page(self, response: Response) -> OrderPage:
        if not self._judge.is_found(response, "orders"):
            return OrderPage()  # Walmart says 404, severity INFO, for "no orders"
        listing = json_object(response, "a page of orders").get("list")
        if not isinstance(listing, dict):
            raise TransientError("Walmart answered a page of orders without its `list`; nothing of it was taken")
        meta = as_object(listing.get("meta"))
        if "elements" not in listing and as_count(meta.get("totalCount")) != 0:
            raise TransientError("Walmart answered a page of orders without its `elements`; nothing of it was taken")
        orders = as_list(as_object(listing.get("elements")).get("order"))
        return OrderPage(orders, as_cursor(meta.get("nextCursor")), as_count(meta.get("totalCount")))


def _order_path(purchase_order_id: str) -> str:
    return f"/v3/orders/{quote(purchase_order_id, safe='')}"


def date_of(moment: datetime) -> str:
    """UTC without milliseconds: Walmart refuses a date that has them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_second(moment: datetime) -> datetime:
    """The instant as a query can say it, rounded down."""
    return moment.astimezone(UTC).replace(microsecond=0)


def reach(now: datetime) -> datetime:
    """The oldest creation date that Walmart still shows: 180 days, less a day of margin."""
    return whole_second(now) - timedelta(days=179)
