"""The client of one connection: waits for quota and token, sends once, and repeats only what is safe to repeat."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import anyio
import httpx

from crossdock.clock import Clock
from crossdock.errors import AnswerLostError, ConfigError, CredentialsError, RejectedError, TransientError
from crossdock.http.answers import http_date, retry_after
from crossdock.http.building import Site, overrides_method
from crossdock.http.circuit import LOST, Circuit, CircuitStore, MemoryCircuits, Told
from crossdock.http.environment import check_url
from crossdock.http.faults import place
from crossdock.http.globs import Globs
from crossdock.http.lines import Lines
from crossdock.http.local_wire import LocalWire
from crossdock.http.logins import SCARCE, Logins
from crossdock.http.messages import value_of
from crossdock.http.quotas import Gate, Gates, MemoryQuotas, QuotaStore
from crossdock.http.reading import Reading
from crossdock.http.sending import TOO_LARGE, Observer, Post
from crossdock.http.tokens import MemoryTokenStore, TokenKeeper, TokenStore
from crossdock.http.types import Allowance, Endpoint, Request, Response, Token
from crossdock.http.wire import Guard, TransportWire, Wire, open_wire

ANSWER_LIMIT = 32 * 1024 * 1024
ATTEMPTS = 5
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 20.0
AnswerT = TypeVar("AnswerT")
# What says that the remote system cannot be reached, or fails: "too large" and "throttled" do not.
_FAULTS = frozenset({"unreachable", "answer_lost", "unanswered", "server_error"})
_NOT_TRIED = frozenset({LOST, SCARCE})
# Places in the pool beyond those that requests may take: token calls, and slack, since a full pool loses places.
_SPARE = 8


class Client:
    """Reads for plugins (`Reader`), and performs for core."""

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Clock,
        tokens: TokenStore,
        gates: tuple[Gates, Gate, Logins],
        circuit: Circuit,
        post: Post,
        rng: random.Random,
    ) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._gates, self._token_gate, self._logins = gates
        self._circuit = circuit
        self.worked = False
        """Whether the account has taken our credentials at least once."""
        self._post = post
        self._rng = rng
        self._site = Site(endpoint)
        self._reads = Globs(endpoint.reads)
        self._slots = anyio.CapacityLimiter(endpoint.max_in_flight)
        self._keeper = self._token_keeper(tokens)
        self._date: bytes | None = None
        self._ahead = timedelta(0)
        """How far the vendor's clock is ahead of ours."""

    @property
    def reader(self) -> Reading:
        """The half of it that plugins hold."""
        return Reading(self)

    # ------------------------------------------------------------------------------------------------ for plugins
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
        """Build a request without sending it; pure. `path` may bear a raw query string, which stays as it is."""
        return self._site.build(method, path, params, json, content, headers)

    async def get(
        self, path: str, *, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """`build` and `send` in one."""
        return await self.send(self.build("GET", path, params=params, headers=headers))

    async def post(self, path: str, *, json: object, headers: Mapping[str, str] | None = None) -> Response:
        """`build` and `send` in one, for searches."""
        return await self.send(self.build("POST", path, json=json, headers=headers))

    async def send(self, request: Request) -> Response:
        """Send a request that only reads; repeat it while the fault may pass.

        Raises: TransientError when it still fails; CredentialsError; RejectedError where the request is no reading one.
        """
        if not self.only_reads(request):
            raise RejectedError(f"{self._name}: {place(request)} is not declared as only reading", code="not_reading")
        correlation_id = str(uuid.uuid4())
        attempt = 1
        while True:
            outcome = await self._read(request, correlation_id)
            if isinstance(outcome, Response):
                return outcome
            if attempt == ATTEMPTS or outcome.code in _NOT_TRIED:
                raise outcome
            await self._clock.sleep(self._delay_s(attempt, outcome.retry_after))
            attempt += 1

    async def vendor_now(self) -> datetime:
        """The vendor's clock, in UTC: ours, corrected by the `Date` headers seen so far."""
        return self._clock.now() + self._ahead

    # --------------------------------------------------------------------------------------------------- for core
    @property
    def lost_s(self) -> float:
        """Seconds until a connection that is lost is tried again; 0 where it may be used."""
        return self._circuit.lost_s

    @property
    def deadline(self) -> timedelta:
        """How long a request may take as a whole: nothing of it leaves later."""
        return timedelta(seconds=self._endpoint.timeout_s)

    @property
    def ahead(self) -> timedelta:
        """How far the vendor's clock is ahead of ours, by the answers so far."""
        return self._ahead

    def only_reads(self, request: Request) -> bool:
        """Whether the connection type declares that such a request changes nothing."""
        path = self._site.path(request)
        return path is not None and self._reads.find(request.method, path) is not None and not overrides_method(request)

    async def perform(self, request: Request, *, correlation_id: str, guard: Guard | None = None) -> Response:
        """Send once and return the complete answer, whatever its status; `guard` is awaited just before the first byte.

        An answer that says the token is no longer good is followed by one repeat with another token.

        Raises: TransientError where nothing left (of code `connection_lost` where it was not even tried);
        AnswerLostError where it left and no complete answer came; CredentialsError; RejectedError; and what `guard`
        raises, and then nothing left.
        """
        read_only = self._endpoint.read_only
        if read_only and not self.only_reads(request):
            raise RejectedError(
                f"{self._name} is read_only: {place(request)} would change something",
                code="read_only",
                fix="remove read_only from the connection, or the pipeline that writes to it",
            )
        return await self._performed(request, correlation_id, guard, reading=read_only)

    async def _performed(
        self, request: Request, correlation_id: str, guard: Guard | None, *, reading: bool
    ) -> Response:
        path = self._site.path(request)
        if path is None:
            raise RejectedError(
                f"{self._name}: {place(request)} is not an address of this connection", code="foreign_host"
            )
        gate, token = self._gates.gate(request.method, path), None
        for _ in range(2 if self._keeper is not None else 1):
            response, token = await self._attempt(request, correlation_id, guard, gate, token, reading)
            if not self._refused(response):
                self.worked = True
                return response
        raise CredentialsError(
            f"{self._name}: {place(request)} was refused with {response.status_code}"
            + (", and again with a new token" if self._keeper is not None else ""),
            fix=f"check the credentials and permissions of connection {self._name}",
            status=response.status_code,
        )

    async def _attempt(
        self,
        request: Request,
        correlation_id: str,
        guard: Guard | None,
        gate: Gate,
        refused: Token | None,
        reading: bool,
    ) -> tuple[Response, Token | None]:
        circuit = self._circuit
        while True:
            circuit.check()
            await gate.enter()
            await self._take_slot()
            try:
                if gate.closed_s > 0:  # the vendor closed it while we waited for a place
                    continue
                trial = False if circuit.clear else await circuit.enter()
                try:
                    response, token = await self._exchange(request, correlation_id, guard, refused, reading)
                    if response.status_code >= 500:
                        await circuit.failed(f"it answered {response.status_code}", trial=trial)
                    elif not circuit.calm:
                        await circuit.passed()
                except TransientError as error:
                    raise await self._fault(error, trial) from None
                finally:
                    if trial:
                        circuit.left()
            finally:
                self._slots.release()
            await self._learn(gate, response)
            return response, token

    async def _exchange(
        self, request: Request, correlation_id: str, guard: Guard | None, refused: Token | None, reading: bool
    ) -> tuple[Response, Token | None]:
        token = None if self._keeper is None else await self._keeper.token(refused)
        copy = self._post.copy(request, correlation_id)
        if self._endpoint.auth is not None:
            self._endpoint.auth.sign(copy, token, self._clock.now())
            if reading and not self.only_reads(copy):  # what leaves is what counts, whoever made it so
                raise RejectedError(
                    f"{self._name}: once signed, {place(copy)} is not declared as only reading", code="not_reading"
                )
        return await self._post.send(copy, request, correlation_id, guard), token

    async def _fault(self, error: TransientError, trial: bool) -> TransientError:
        """What to raise: the fault itself, or, once the connection is lost, that this was nobody's attempt."""
        if error.code not in _FAULTS:
            return error
        lost = await self._circuit.failed(str(error.facts.get("cause", error.message)), trial=trial)
        return error if lost is None or isinstance(error, AnswerLostError) else lost

    async def _take_slot(self) -> None:
        try:
            self._slots.acquire_nowait()  # costs no turn of the event loop
        except anyio.WouldBlock:
            await self._slots.acquire()

    def _refused(self, response: Response) -> bool:
        auth = self._endpoint.auth
        return auth is not None and _asked(auth.refused, response) is True

    # ------------------------------------------------------------------------------------------- what answers say
    async def _learn(self, gate: Gate, response: Response) -> None:
        now = self._clock.now()
        self._set_clock(response, now)
        allowance: Allowance | None = _asked(self._endpoint.allowance, response)
        status = response.status_code
        if status == 429 or (status == 503 and "Retry-After" in response.headers):
            wait = retry_after(response, now)
            if wait is None and allowance is not None and allowance.replenished_at is not None:
                wait = min(max((allowance.replenished_at - now).total_seconds(), 0.0), 300.0)
            await gate.refused(wait)
            return
        gate.passed()
        if allowance is not None:
            gate.learn(allowance.remaining, allowance.replenished_at)

    def _set_clock(self, response: Response, now: datetime) -> None:
        date = value_of(response, b"date")
        # Dates count whole seconds: the first answer in a new second tells most, and parsing each would cost.
        if date is None or date == self._date or "Age" in response.headers:
            return
        self._date = date
        at = http_date(date.decode("latin-1"))
        if at is not None:
            self._ahead = at - now

    # ------------------------------------------------------------------------------------------------------ reads
    async def _read(self, request: Request, correlation_id: str) -> Response | TransientError:
        """One try: an answer to hand on, or a fault that may pass."""
        try:
            response = await self._performed(request, correlation_id, None, reading=True)
        except AnswerLostError as error:
            if error.code == TOO_LARGE:
                raise RejectedError(error.message, code=TOO_LARGE, **error.facts) from None
            return TransientError(error.message, code="unanswered", **error.facts)  # it only reads: nothing is unknown
        except TransientError as error:
            return error
        if response.status_code != 429 and response.status_code < 500:
            return response
        return self._complaint(request, response)

    def _complaint(self, request: Request, response: Response) -> TransientError:
        return TransientError(
            f"{self._name}: {place(request)} was answered {response.status_code}",
            retry_after=retry_after(response, self._clock.now()),
            code="throttled" if response.status_code == 429 else "server_error",
            status=response.status_code,
        )

    def _delay_s(self, attempt: int, asked_s: float | None) -> float:
        delay = self._rng.uniform(0.0, min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** (attempt - 1)))
        return delay if asked_s is None else max(delay, min(asked_s, 300.0))

    # ----------------------------------------------------------------------------------------------------- tokens
    def _token_keeper(self, store: TokenStore) -> TokenKeeper | None:
        endpoint = self._endpoint
        if endpoint.auth is None or not endpoint.needs_token:
            return None
        # Tokens belong to the account and to the credentials that got them: other credentials, another token.
        account = f"{endpoint.identity}|{endpoint.auth.account}"
        return TokenKeeper(
            endpoint.auth,
            endpoint.base_url,
            account,
            endpoint.timeout_s,
            store,
            self._clock,
            self._ask_token,
            self._rng,
        )

    async def _ask_token(self, request: Request) -> Response:
        await self._logins.enter()
        path = self._site.path(request)
        # A gate of its own, where no rate names it: a token service in trouble need not stop those who have a token.
        gate = self._token_gate if path is None else self._gates.gate(request.method, path, self._token_gate)
        await gate.enter()
        correlation_id = str(uuid.uuid4())
        copy = self._post.copy(request, correlation_id)
        for name, value in self._endpoint.headers.items():
            copy.headers.setdefault(name, value)
        try:
            # No place is taken: the request that needs the token may hold the last one.
            response = await self._post.send(copy, request, correlation_id)
        except AnswerLostError as error:
            raise TransientError(error.message, code="unanswered", **error.facts) from None  # asking again is harmless
        await self._learn(gate, response)
        if response.status_code == 429 or response.status_code >= 500:
            raise self._complaint(request, response)
        return response

    @property
    def _name(self) -> str:
        return self._endpoint.connection


@asynccontextmanager
async def open_client(
    endpoint: Endpoint,
    *,
    clock: Clock,
    tokens: TokenStore | None = None,
    quotas: QuotaStore | None = None,
    circuits: CircuitStore | None = None,
    observer: Observer | None = None,
    outages: Told | None = None,
    rng: random.Random | None = None,
    answer_limit: int = ANSWER_LIMIT,
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None,
) -> AsyncIterator[Client]:
    """Open a client of one account. `transport` makes another way out than the network, for tests.

    Raises: ConfigError where the address, a rate, or proxy and CA settings cannot be used.
    """
    url = _checked(endpoint)

    def open_one(to: httpx.URL) -> Wire:
        if endpoint.handle is not None:
            return LocalWire(endpoint.handle, answer_limit)
        if transport is not None:
            return TransportWire(transport(), answer_limit, traced=False, pool_timeout_s=endpoint.timeout_s)
        return open_wire(to, answer_limit, endpoint.max_in_flight + _SPARE, endpoint.timeout_s)

    store, lines = quotas or MemoryQuotas(), Lines(open_one)
    account, factor = endpoint.identity, endpoint.quota_factor
    gates = Gates(account, endpoint.rates, factor, store, clock)
    logins = Logins(endpoint.connection, account, endpoint.logins, factor, store, clock)
    client = Client(
        endpoint,
        clock,
        tokens or MemoryTokenStore(),
        (gates, Gate(endpoint.identity, None, store, clock), logins),
        Circuit(endpoint.identity, endpoint.connection, circuits or MemoryCircuits(), clock, outages),
        Post(endpoint, lines, answer_limit, observer),
        rng or random.Random(),  # noqa: S311  (it spreads load, and keeps no secret)
    )
    lines.line(url)  # now, so that a wrong proxy or CA setting refuses to start
    try:
        yield client
    finally:
        await lines.aclose()
        with anyio.CancelScope(shield=True):
            await gates.aclose()


def _checked(endpoint: Endpoint) -> httpx.URL:
    try:
        url = httpx.URL(endpoint.base_url)
    except httpx.InvalidURL as error:
        raise ConfigError(f"connection {endpoint.connection}: base_url is no URL: {error}") from None
    if url.query or url.fragment:
        raise ConfigError(f"connection {endpoint.connection}: base_url must not bear a query or a fragment")
    check_url(url, endpoint.plain_http_hosts, endpoint.connection)
    return url


def _asked(question: Callable[[Response], AnswerT], response: Response) -> AnswerT | None:
    try:
        return question(response)
    except Exception:  # noqa: BLE001  a plugin that stumbles over an odd answer must not lose it
        return None
