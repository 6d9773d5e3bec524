"""What an integrator writes for a Walmart account, and what Walmart publishes about its limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from crossdock import AuthProvider, Connection, CredentialsError, Duration, TestReport
from crossdock.http import Allowance, Rate, Reader, Response
from crossdock_walmart.api import WalmartApi
from crossdock_walmart.auth import SERVICE_NAME, ClientCredentials
from crossdock_walmart.permissions import report

HOST = "https://marketplace.walmartapis.com"  # one host for all markets; https://sandbox.walmartapis.com for tests


def _us_only(market: str) -> str:
    if market != "us":
        raise ValueError(
            f"market {market!r} is not supported yet: this version of crossdock-walmart speaks to 'us' only"
        )
    return market


# Path and method each have a bucket of their own. Source: Walmart Marketplace, "Rate limiting", US; read 2026-11.
# Where query parameters lower a limit (items), the lower one stands: a bucket sees paths only.
_RATES = (
    Rate("GET /v3/orders", 5000),
    Rate("GET /v3/orders/released", 60),
    Rate("GET /v3/orders/*", 5000),
    Rate("POST /v3/orders/*/acknowledge", 60),
    Rate("POST /v3/orders/*/shipping", 60),
    Rate("POST /v3/orders/*/cancel", 60),
    Rate("POST /v3/orders/*/refund", 60),
    Rate("GET /v3/returns", 50),
    Rate("POST /v3/returns/*/refund", 60),
    Rate("GET /v3/items", 60),
    Rate("GET /v3/items/count", 200),
    Rate("GET /v3/items/*", 60),
    Rate("GET /v3/inventory", 200),
    Rate("PUT /v3/inventory", 200),
    Rate("GET /v3/inventories", 200),
    Rate("GET /v3/inventories/*", 200),
    Rate("PUT /v3/inventories/*", 200),
    Rate("GET /v3/lagtime", 20, per_s=3600),
    Rate("GET /v3/feeds", 5000),
    Rate("GET /v3/feeds/*", 5000),
    Rate("GET /v3/settings/shipping/shipnodes", 50),
    Rate("GET /v3/settings/partnerprofile", 50),
    Rate("GET /v3/settings/shipping/carriers", 10),
    Rate("GET /v3/report/reconreport/reconFile", 100),
    Rate("GET /v3/report/reconreport/availableReconFiles", 100),  # not in the table: as the files that it lists
    Rate("GET /v3/report/payment/*", 15),
    Rate("GET /v3/utilities/apiStatus", 100),
)


class WalmartConnection(Connection):
    """One seller's account in one market of Walmart Marketplace."""

    name: ClassVar[str] = "walmart"
    reads: ClassVar[tuple[str, ...]] = ("GET /v3/**",)
    rates: ClassVar[tuple[Rate, ...]] = _RATES
    correlation_header: ClassVar[str | None] = "WM_QOS.CORRELATION_ID"
    auth_kinds: ClassVar[tuple[type[AuthProvider], ...]] = (ClientCredentials,)

    market: Annotated[Literal["us", "ca", "mx", "cl"], AfterValidator(_us_only)] = "us"
    base_url: str = HOST
    """Another address stands in for Walmart's: that of its sandbox, or of `crossdock simulate walmart`."""
    seller: Annotated[str, Field(min_length=1)] | None = None
    """The partner id. With it, another key of the same seller remains the same account."""
    read_lag: Duration = timedelta(seconds=10)
    """How long an order may be read as it was before a change."""

    @property
    def identity(self) -> str:
        """Plugin, host, market and seller."""
        return f"walmart:{self.host.lower()}:{self.market}:{self.seller or self.auth.account}"

    def headers(self) -> Mapping[str, str]:
        """What each call bears. The US market needs no `WM_MARKET`."""
        return {"Accept": "application/json", "WM_SVC.NAME": SERVICE_NAME}

    def allowance(self, response: Response) -> Allowance | None:
        """What the token-bucket headers say; they are promised on throttled calls only."""
        headers = response.headers
        try:
            remaining = int(headers["x-current-token-count"])
        except (KeyError, ValueError):
            return None
        more_at = headers.get("x-next-replenishment-time") or headers.get("x-next-replenish-time")
        return Allowance(remaining=max(0, remaining), replenished_at=_instant(more_at))

    async def owner(self, http: Reader) -> str | None:
        """The partner id of the seller. Raises: CredentialsError where it is not the `seller` of the settings."""
        found = await WalmartApi(http).partner_id()
        if found is not None and self.seller is not None and found != self.seller:
            raise CredentialsError(
                f"the key belongs to seller {found}, not to seller {self.seller}",
                code="other_account",
                fix=f"give a key of {self.seller}, or write `seller: {found}` in a connection of another name",
            )
        return found

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Ask what the key may do, and which fulfilment centres there are."""
        api = WalmartApi(http)
        detail = await api.token_detail()
        nodes = await api.ship_nodes()
        return report(self.seller or self.auth.account, detail, nodes, used)


def _instant(text: str | None) -> datetime | None:
    """Read epoch milliseconds, epoch seconds or ISO 8601: the form is not documented, and clients met several."""
    if not text:
        return None
    try:
        if text.strip().isdigit():
            number = int(text)
            return datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
