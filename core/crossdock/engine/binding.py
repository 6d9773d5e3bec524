"""From checked definitions to bound parts: one client per connection, shared by all its pipelines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Self

from crossdock.checking import Assembly, Pipeline, Route
from crossdock.clock import Clock
from crossdock.contract.connection import Connection
from crossdock.contract.sink import Sink
from crossdock.contract.source import Source
from crossdock.engine.intake import Origin
from crossdock.engine.route import BoundRoute
from crossdock.http import Client, Endpoint, MemoryCircuits, MemoryQuotas, MemoryTokenStore, open_client
from crossdock.observe.exchanges import log_exchange, log_outage
from crossdock.store.protocol import Store

_SLOTS = 16
"""Room for reads (probes, observations, paging) beside the writes that the routes of a connection have in flight."""


def endpoint(name: str, connection: Connection, in_flight: int) -> Endpoint:
    """What the client must know of a connection."""
    factor = {"vendor": 1.0, "off": None}.get(str(connection.quotas), connection.quotas)
    return Endpoint(
        connection=name,
        base_url=connection.base_url,
        identity=connection.meter,
        auth=connection.auth,
        needs_token=connection.auth.needs_token,
        headers=connection.headers(),
        correlation_header=connection.correlation_header,
        reads=connection.reads,
        rates=connection.rates,
        logins=connection.logins,
        quota_factor=factor if factor is None else float(factor),
        allowance=connection.allowance,
        read_only=connection.read_only,
        timeout_s=connection.timeout.total_seconds(),
        plain_http_hosts=connection.plain_http_hosts,
        max_in_flight=in_flight + _SLOTS,
        handle=connection.handle if connection.is_local() else None,
    )


class Binder:
    """Opens clients when they are first needed and closes them all at the end."""

    def __init__(self, assembly: Assembly, clock: Clock, store: Store | None) -> None:
        self._assembly = assembly
        self._clock = clock
        self._tokens = store or MemoryTokenStore()
        self._quotas = store or MemoryQuotas()
        self._circuits = store or MemoryCircuits()
        self._clients: dict[str, Client] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.__aenter__()
        return self

    async def __aexit__(self, *exc: Any) -> bool | None:
        return await self._stack.__aexit__(*exc)

    def connection(self, name: str) -> Connection:
        """A connection by the integrator's name."""
        return self._assembly.connections[name]

    async def client(self, name: str) -> Client:
        """The one client of a connection."""
        if name not in self._clients:
            described = endpoint(name, self.connection(name), self._in_flight(name))
            opening = open_client(
                described,
                clock=self._clock,
                tokens=self._tokens,
                quotas=self._quotas,
                circuits=self._circuits,
                observer=log_exchange,
                outages=log_outage,
            )
            self._clients[name] = await self._stack.enter_async_context(opening)
        return self._clients[name]

    async def origin(self, pipeline: Pipeline) -> Origin:
        """The reading end of a pipeline."""
        client = await self.client(pipeline.connection_name)
        connection = self.connection(pipeline.connection_name)
        return Origin(
            pipeline=pipeline.name,
            source=self._bound_source(pipeline, connection, client),
            connection_name=pipeline.connection_name,
            connection=connection,
            http=client,
            routes=tuple(route.name for route in pipeline.routes),
        )

    async def route(self, pipeline: Pipeline, route: Route) -> BoundRoute:
        """One route of a pipeline."""
        origin = await self.origin(pipeline)
        client = await self.client(route.connection_name)
        connection = self.connection(route.connection_name)
        return BoundRoute(
            pipeline=pipeline.name,
            customer=pipeline.customer,
            name=route.name,
            source=origin.source,
            source_connection=origin.connection,
            mappers=route.mappers,
            sink=self._bound_sink(route, connection, client),
            sink_connection_name=route.connection_name,
            sink_connection=connection,
            client=client,
            max_in_flight=route.max_in_flight,
            attempts=route.attempts,
            recheck=pipeline.recheck,
            fingerprint=route.fingerprint,
        )

    def _bound_source(self, pipeline: Pipeline, connection: Connection, client: Client) -> Source[Any, Any]:
        pipeline.source.bind(connection, client.reader)
        return pipeline.source

    def _bound_sink(self, route: Route, connection: Connection, client: Client) -> Sink[Any, Any]:
        route.sink.bind(connection, client.reader)
        return route.sink

    def _in_flight(self, name: str) -> int:
        routes = (route for pipeline in self._assembly.pipelines.values() for route in pipeline.routes)
        return sum(route.max_in_flight for route in routes if route.connection_name == name)


def chosen(
    assembly: Assembly, names: Sequence[str], unknown: Callable[[str, Sequence[str]], Exception]
) -> list[Pipeline]:
    """The named pipelines, or all enabled ones. Raises: what `unknown` makes of a name that is none."""
    if not names:
        return [pipeline for pipeline in assembly.pipelines.values() if pipeline.enabled]
    for name in names:
        if name not in assembly.pipelines:
            raise unknown(name, list(assembly.pipelines))
    return [assembly.pipelines[name] for name in dict.fromkeys(names)]
