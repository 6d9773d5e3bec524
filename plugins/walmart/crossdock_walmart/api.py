"""Walmart's endpoints, one method each. Nothing here knows of records or documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from crossdock import CredentialsError, CrossdockError, RejectedError, TransientError
from crossdock.http import Reader, Request, Response
from crossdock.jsonio import Json, loads
from crossdock_walmart.faults import Fault, codes, faults_of

ShipNodeType = Literal["SellerFulfilled", "WFSFulfilled", "3PLFulfilled"]

PAGE_SIZE = 200
CEILING = 20_000
"""How many orders one query may find."""

_OUTAGES_BELIEVED = 5


class TooManyOrdersError(TransientError):
    """A query found more orders than one query may: ask for a shorter span."""

    code = "too_many_orders"


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
            "createdStartDate": _date(self.created_from),
        }
        if not self.open_ended:
            params["createdEndDate"] = _date(self.created_to)
        if self.modified_from is not None:
            params["lastModifiedStartDate"] = _date(self.modified_from)
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
        self._outages = 0

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
        if not self._is_found(response, "orders"):
            return None
        order = _json_object(response, "an order").get("order")
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
        self._raise_for_status(response, "token detail")
        return _json_object(response, "token detail")

    async def ship_nodes(self) -> Json | None:
        """The fulfilment centres, a bare array; None where the account may not list them (seen as 403 and 404)."""
        response = await self._http.get("/v3/settings/shipping/shipnodes")
        if response.status_code in (403, 404):
            return None
        self._raise_for_status(response, "shipping")
        return _json(response, "fulfilment centres")

    async def partner_profile(self) -> Json | None:
        """Who the seller is; None where the account may not say (settings endpoints are closed to some)."""
        response = await self._http.get("/v3/settings/partnerprofile")
        if response.status_code in (403, 404):
            return None
        self._raise_for_status(response, "partner profile")
        return _json_object(response, "the partner profile")

    async def partner_id(self) -> str | None:
        """Whose key it is; None where the account may not say."""
        partner = _object((await self.partner_profile() or {}).get("partner"))
        return str(partner["partnerId"]) if partner.get("partnerId") else None

    def _page(self, response: Response) -> OrderPage:
        if not self._is_found(response, "orders"):
            return OrderPage()  # Walmart says 404, severity INFO, for "no orders"
        listing = _json_object(response, "a page of orders").get("list")
        if not isinstance(listing, dict):
            raise TransientError("Walmart answered a page of orders without its `list`; nothing of it was taken")
        meta = _object(listing.get("meta"))
        if "elements" not in listing and _count(meta.get("totalCount")) != 0:
            raise TransientError("Walmart answered a page of orders without its `elements`; nothing of it was taken")
        orders = _listed(_object(listing.get("elements")).get("order"))
        cursor = meta.get("nextCursor")
        return OrderPage(orders, cursor if isinstance(cursor, str) and cursor else None, _count(meta.get("totalCount")))

    def _is_found(self, response: Response, scope: str) -> bool:
        """False for Walmart's own "nothing there". Another 404 (a proxy's page, a wrong path) is no empty list."""
        if response.status_code != 404:
            self._raise_for_status(response, scope)
            return True
        faults = faults_of(response)
        if any(fault.kind == "CONTENT_NOT_FOUND" for fault in faults):
            self._outages = 0
            return False
        raise TransientError(
            f"{response.request.url.host} answered 404 in a way that Walmart does not ({codes(faults)})",
            fix="check base_url of the connection",
        )

    def _raise_for_status(self, response: Response, scope: str) -> None:
        if response.is_success:
            self._outages = 0
            return
        faults = faults_of(response)
        if response.status_code == 403 and (faults or not _is_web_page(response)):
            raise _forbidden(scope, faults)
        if any(fault.names_the_ceiling for fault in faults):
            raise TooManyOrdersError(f"Walmart finds more than {CEILING} orders in one query")
        raise self._refusal(response, faults)

    def _refusal(self, response: Response, faults: tuple[Fault, ...]) -> CrossdockError:
        status = response.status_code
        message = f"Walmart refused a reading call: {status}, {codes(faults)}"
        facts: dict[str, Any] = {"status": status, "codes": codes(faults), "field": faults[0].field if faults else ""}
        if any(fault.is_outage for fault in faults) and self._outages < _OUTAGES_BELIEVED:
            self._outages += 1  # an outage of its back end looks like this; if it stays, it is our request
            return TransientError(f"{message}, as in an outage of its order service", retry_after=60.0, **facts)
        if status in (408, 423, 425, 429) or status >= 500 or not faults:
            return TransientError(message, **facts)
        return RejectedError(message, **facts)


def _order_path(purchase_order_id: str) -> str:
    return f"/v3/orders/{quote(purchase_order_id, safe='')}"


def _forbidden(scope: str, faults: tuple[Fault, ...]) -> CredentialsError:
    return CredentialsError(
        f"Walmart forbids this key to read {scope} ({codes(faults)})",
        code="permission_missing",
        fix=f"give the key the permission {scope!r} (view) in Developer Portal > API Key Management",
        scope=scope,
    )


def _is_web_page(response: Response) -> bool:
    """Whether a person was meant to read it: then a proxy or Walmart's edge answered, not the API."""
    return response.content[:64].lstrip()[:1] == b"<"


def _date(moment: datetime) -> str:
    """UTC without milliseconds: Walmart refuses a date that has them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_second(moment: datetime) -> datetime:
    """The instant as a query can say it, rounded down."""
    return moment.astimezone(UTC).replace(microsecond=0)


def reach(now: datetime) -> datetime:
    """The oldest creation date that Walmart still shows: 180 days, less a day of margin."""
    return whole_second(now) - timedelta(days=179)


def _json(response: Response, what: str) -> Json:
    try:
        return loads(response.content)
    except ValueError as error:
        kind = response.headers.get("Content-Type", "no type").partition(";")[0]
        size = len(response.content)
        raise TransientError(
            f"Walmart answered {what} with something that is no JSON ({kind}, {size} bytes)",
            status=response.status_code,
        ) from error


def _json_object(response: Response, what: str) -> dict[str, Json]:
    body = _json(response, what)
    if not isinstance(body, dict):
        raise TransientError(f"Walmart answered {what} with JSON of another shape")
    return body


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _listed(value: Json) -> tuple[Json, ...]:
    """A collection that may come as a list, as a bare object, or as null."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def _count(value: Json) -> int | None:
    text = str(value) if isinstance(value, int | str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
