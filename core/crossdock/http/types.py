"""What travels between a connector and its remote system: httpx requests and responses, tokens, rates, allowances."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from httpx import Request as Request
from httpx import Response as Response


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `lifetime_s` is what the server granted; `refresh` a refresh token where the grant has one."""

    value: str = field(repr=False)
    issued_at: datetime
    lifetime_s: float
    refresh: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Rate:
    """A vendor's limit: `calls` in each `per_s` seconds for the requests that match `match`.

    `match` is "METHOD /path/glob" ("POST /tenants/*/outbound-orders"); `*` stands for one path segment, `**` for any
    number, "*" alone for every method. The first rate that matches a request is its rate; `name` is what messages say.
    `burst` is how many calls may come at once after a pause; by default as many as `calls`. Where the vendor counts
    windows that it does not tell, or asks for even spacing, say a small one.
    """

    match: str
    calls: int
    per_s: float = 60.0
    burst: int | None = None

    @property
    def name(self) -> str:
        """How messages name the limit."""
        return self.match

    @property
    def at_once(self) -> int:
        """How many calls may come at once."""
        return self.calls if self.burst is None else self.burst


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the vendor's answer says is left of a limit: how many calls, and when there are more."""

    remaining: int
    replenished_at: datetime | None = None


class Authenticator(Protocol):
    """An auth flow without I/O of its own; `crossdock.contract.AuthProvider` is one."""

    @property
    def account(self) -> str:
        """What the credentials are known by: a client id. Never a secret."""
        ...

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        """Yield the requests that get a token, return the token. Raises CredentialsError where they are refused."""
        ...

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Put the token, or a signature, on the request."""
        ...

    def refused(self, response: Response) -> bool:
        """Whether this answer says that the token is no longer good."""
        ...


Handler = Callable[[Request], Response]
"""Answers requests by itself, where an account is no service."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Everything the client must know of one configured account. Core makes it from a connection."""

    connection: str
    """The integrator's name of it, for messages and logs."""
    base_url: str
    identity: str
    """What quotas and tokens belong to: the remote account, or what several accounts share."""
    auth: Authenticator | None = None
    needs_token: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent on each call, the token call included."""
    correlation_header: str | None = None
    reads: tuple[str, ...] = ()
    """Which requests only read, as `Rate.match` writes them."""
    rates: tuple[Rate, ...] = ()
    logins: tuple[Rate, ...] = ()
    """Limits on getting tokens, wherever they are got; all of them count, and what they match does not."""
    quota_factor: float | None = 1.0
    """Multiplies every rate; None switches quotas off."""
    allowance: Callable[[Response], Allowance | None] = lambda response: None
    read_only: bool = False
    timeout_s: float = 30.0
    plain_http_hosts: tuple[str, ...] = ()
    max_in_flight: int = 64
    handle: Handler | None = None
    """Takes the place of the network."""


class Reader(Protocol):
    """What plugins hold: a client that can only read."""

    def build(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """Build a request without sending it; pure. `path` may bear a raw query string, which stays as it is.

        `json` is written with exact decimals. The connection's headers and `Content-Type` are set, no token is.
        """
        ...

    async def send(self, request: Request) -> Response:
        """Send a request that only reads and return its complete answer, whatever its status below 500 but 401 and 429.

        Waits for the quota, repeats transient faults (no connection, cut, 429, 5xx) with back-off, honouring
        Retry-After.

        Raises: TransientError when it still fails; CredentialsError; RejectedError where the request is no reading one.
        """
        ...

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """`build` and `send` in one."""
        ...

    async def post(self, path: str, *, json: object, headers: Mapping[str, str] | None = None) -> Response:
        """`build` and `send` in one, for searches."""
        ...

    async def vendor_now(self) -> datetime:
        """The vendor's clock, in UTC: ours, corrected by the `Date` headers seen so far."""
        ...
