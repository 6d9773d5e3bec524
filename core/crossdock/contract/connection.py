"""Connections and auth providers: which account, and how we prove who we are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from crossdock.contract.durations import parse_duration
from crossdock.errors import PluginError
from crossdock.http.types import Allowance, Rate, Reader, Request, Response, Token


class AuthProvider(BaseModel, ABC):
    """A flow that proves who we are, without I/O of its own. Core keeps tokens, renews them and repeats once on 401."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: ClassVar[str]
    replace_with: ClassVar[str | None] = None
    """The steps to take, with the names of menus and buttons, where credentials are refused that worked before."""
    needs_token: ClassVar[bool] = True
    """False where each request is signed by itself; then `sign` gets no token."""

    @property
    @abstractmethod
    def account(self) -> str:
        """What the credentials are known by (a client id). Never a secret."""

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        """Yield the requests that get a token, return the token.

        Raises: CredentialsError where the service refuses; TransientError where it cannot answer.
        """
        raise TypeError(f"{type(self).__name__} needs no token")
        yield

    @abstractmethod
    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Put the token, or a signature, on the request."""

    def refused(self, response: Response) -> bool:
        """Whether this answer says that the token is no longer good."""
        return response.status_code == 401


class NoAuth(AuthProvider):
    """Nobody asks who we are: for what is reached without signing in, as a folder of this machine."""

    name: ClassVar[str] = "none"
    needs_token: ClassVar[bool] = False

    @property
    def account(self) -> str:
        """Nobody."""
        return "none"

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Leave the request as it is."""


@dataclass(frozen=True, slots=True)
class TestReport:
    """What a connection test found: who we are there, what we may do, what is missing and what is too much."""

    __test__ = False  # for pytest: no test class

    account: str
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    excessive: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the integrator may write, fetched live: {"ship_nodes": ("1011… Main DC", …)}."""
    notes: tuple[str, ...] = ()
    partial: frozenset[str] = frozenset()
    """Which of the choices may not be all that there are."""

    @property
    def ok(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


class Connection(BaseModel, ABC):
    """One configured account of a remote system. The keys beside `use:` are its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: ClassVar[str]
    """The plugin's word: `use: walmart`."""
    reads: ClassVar[tuple[str, ...]] = ("GET /**",)
    """Which requests only read, as "METHOD /path/glob"."""
    rates: ClassVar[tuple[Rate, ...]] = ()
    """The vendor's published limits; the first that matches a request counts."""
    logins: ClassVar[tuple[Rate, ...]] = ()
    """The vendor's limits on getting tokens, each with some room below it: nobody waits for a login, it fails with
    `logins_scarce`. All of them count, wherever tokens are got; what they match does not."""
    correlation_header: ClassVar[str | None] = None
    """Header that bears a fresh id per request, kept over its repeats."""
    auth_kinds: ClassVar[tuple[type[AuthProvider], ...]] = ()
    """Which auth providers fit; empty: any of the same plugin."""

    base_url: str
    auth: AuthProvider
    quotas: Literal["vendor", "off"] | Annotated[float, Field(gt=0)] = "vendor"
    read_only: bool = False
    timeout: Annotated[timedelta, BeforeValidator(parse_duration)] = timedelta(seconds=30)
    plain_http_hosts: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """Host and port of the base URL."""
        return urlsplit(self.base_url).netloc

    @property
    @abstractmethod
    def identity(self) -> str:
        """The remote account: plugin, host and tenant or seller; never a name from the file. Effects belong to it."""

    @property
    def meter(self) -> str:
        """What the vendor counts calls and tokens by, where several accounts share it: a tenant of several companies.

        Connections of one meter share quotas, and of one auth account the token, too.
        """
        return self.identity

    def headers(self) -> Mapping[str, str]:
        """Headers of each call, the token call included."""
        return {}

    def allowance(self, response: Response) -> Allowance | None:
        """What an answer's headers say is left of its limit."""
        return None

    def handle(self, request: Request) -> Response:
        """Carry out a request by itself, where the account is no service: a folder, a file, a device.

        Override it and core asks here instead of the network, one request at a time, in a worker thread; everything
        else is as ever: the journal, probes, what counts as lost. A change is made wholly or not at all, and is on disk
        when this returns. What it raises counts as a lost answer.
        """
        raise TypeError(f"connections of {self.name} are reached by the network")

    @classmethod
    def is_local(cls) -> bool:
        """Whether it carries out requests by itself."""
        return cls.handle is not Connection.handle

    async def owner(self, http: Reader) -> str | None:
        """Ask whom the credentials belong to: the seller, the tenant. None where the remote system does not tell.

        Core asks when credentials are new, and refuses replaced ones that belong to somebody else.

        Raises: CredentialsError where that is not whom the settings name; TransientError.
        """
        return None

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Ping the account and compare permissions; `used` names the components of this plugin that pipelines use."""
        raise PluginError(f"connections of {self.name} cannot be tested", code="no_connection_test")
