"""What `POST /_sim/settings` may change: how every tenant is set up, and how the gateway behaves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from crossdock.simulator import Settings
from crossdock_erp_ledger.simulator.m3.parm import DEFAULT_LAYOUT, Column

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Budget = Annotated[int, Field(ge=1)]


class InforSettings(Settings):
    """Settings of the Infor simulator, beside those that every simulator has."""

    # ------------------------------------------------------------ the authorization server
    clients: dict[str, str] | None = None
    """Client ids and their secrets; None takes any."""
    service_accounts: dict[str, str] | None = None
    """Access keys (`TENANT#…`) and their secret keys; None takes any of the path's tenant."""
    refused_clients: tuple[str, ...] = ()
    grants: tuple[Literal["password", "client_credentials", "refresh_token"], ...] = (
        "password", "client_credentials", "refresh_token",
    )  # fmt: skip
    """What the authorized app may do."""
    scopes: tuple[str, ...] = ()
    """Scopes that each login must ask for, where a tenant enforces them."""
    token_lifetime_s: Seconds = 7200
    refresh_tokens: bool = False
    """*Issue Refresh Tokens* of the authorized app."""
    refresh_lifetime_s: Seconds = 86_400
    """0: a refresh token is given that renews nothing."""
    refresh_rotates: bool = True
    """Whether a renewal gives a new refresh token and ends the old one."""

    # ------------------------------------------------------------ the gateway
    calls_per_min: Budget = 3000
    calls_per_day: Budget = 250_000
    logins_per_min: Budget = 20
    logins_per_day: Budget = 1000
    tokens_per_day: Budget = 100
    """Of one client; the other four are of one tenant. `quotas` scales all five, or lifts them."""
    retry_after: bool = False
    """Whether a 429 says when to come again. Nothing that is published promises it."""
    gateway_s: Seconds = 60
    """What takes longer than this is answered 504, at once, and goes on."""
    gateway_bodies: Literal["json", "xml", "text"] = "json"
    """The form of the gateway's own errors, which is documented nowhere."""
    forbidden: tuple[str, ...] = ()
    """Classes and programs (GLTransactionInterface, CRS610MI) that the service account has no role for: 403."""

    # ------------------------------------------------------------ Financials
    start_s: Seconds = 0
    """How long the call takes that starts a run; above `gateway_s` it is answered 504, and the run goes on."""
    interface_s: Seconds = 1
    """How long a run takes, and a job of M3."""
    list_shape: Literal["array", "records"] = "array"
    list_rows: Budget | None = None
    """A list of more rows than this takes longer than the gateway waits."""
    unequal_empty: bool = True
    """Whether an `_lplFilter` may say `<> ""`; some tenants refuse it."""
    spaced_error_key: bool = False
    """Rows bear their message under " ErrorMessage", with a space before it, as was once seen."""
    run_group_case: Literal["keep", "upper"] = "keep"
    """Whether the system turns run groups into upper case."""
    chart: Literal["listed", "any"] = "listed"
    """`any` knows every account."""
    dimensions: Literal["listed", "any"] = "listed"
    """`any` knows every accounting unit and dimension."""
    require_unit: bool = False
    """Whether a row needs an accounting unit."""
    auto_post: bool = True
    """Whether interfaced journals are posted at once, or wait for staff (`POST /_sim/journals`)."""

    # ------------------------------------------------------------ M3
    companies: Annotated[tuple[str, ...], Field(min_length=1)] = ("100",)
    """The first is the user's own."""
    divisions: tuple[str, ...] = ("AAA",)
    """None: divisions are not used."""
    division_currency: str = "USD"
    templates: dict[str, Literal[1, 2]] = {"XDWMT": 2, "XDPOS": 1}
    """Journal interfaces and their usage types: 1 by position (PARM), 2 by field."""
    parm_layout: tuple[Column, ...] = DEFAULT_LAYOUT
    """The columns of PARM, of every template by position."""
    signed_amounts: bool = True
    """Amounts bear their sign; else DBCR alone says the side."""
    decimal_comma: bool = False
    """What the service user writes between units and decimals."""
    line_checks: bool = True
    """Whether account and date are judged when a line comes, not only by CtrlBatch."""
    keep_batches: bool = True
    """Whether an updated batch stays; else its name can be used again, and then posts again."""
    bulk_stops: bool = False
    """Whether a bulk request ends at its first failure."""
    m3_booleans: Literal["json", "text"] = "json"
    """How truth is written: true, or "true" as is sometimes met."""
    customer_templates: tuple[str, ...] | None = None
    """What CUTM may name; None: anything."""
