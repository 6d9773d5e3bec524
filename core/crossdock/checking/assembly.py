"""What a definition becomes: connections, pipelines and routes, typed and checked, not yet bound to anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from crossdock.checking.alerting import AlertSettings
from crossdock.config import Fault
from crossdock.contract.connection import Connection
from crossdock.contract.mapper import Mapper
from crossdock.contract.sink import Sink
from crossdock.contract.source import Source


@dataclass(frozen=True, slots=True)
class Route:
    """Where a pipeline's documents go. `fingerprint` changes when a setting of mappers, sink or its connection does."""

    name: str
    use: str
    sink: Sink[Any, Any]
    connection_name: str
    mappers: tuple[Mapper[Any, Any], ...]
    max_in_flight: int
    attempts: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One source and its routes. Without `every` and `cron` it runs only when it is told to, or by pushes.

    `cron` counts in `timezone`; `expect` is the longest silence that is not worth a word.
    """

    name: str
    use: str
    source: Source[Any, Any]
    connection_name: str
    routes: tuple[Route, ...]
    customer: str | None
    enabled: bool
    every: timedelta | None
    cron: str | None
    timezone: str
    expect: timedelta | None
    recheck: timedelta
    jitter: timedelta | None


@dataclass(frozen=True, slots=True)
class Assembly:
    """A definition that can be run.

    `store` is as it was written; `needs_secrets` names what `${secret:…}` refers to; `stopped` says for each pipeline
    that is left out, because a plugin of it is absent or broken, which fault that is; `warnings` may be ignored.
    """

    file: Path
    files: tuple[Path, ...]
    store: str
    retain_payload: timedelta
    connections: Mapping[str, Connection]
    pipelines: Mapping[str, Pipeline]
    needs_secrets: frozenset[str]
    fingerprint: str
    stopped: Mapping[str, Fault] = field(default_factory=dict)
    warnings: tuple[Fault, ...] = ()
    alerts: AlertSettings | None = None

    def components_of(self, connection: str) -> frozenset[str]:
        """The `use:` words of sources and sinks that work on a connection: what its permissions must allow."""
        sources = {pipe.use for pipe in self.pipelines.values() if pipe.connection_name == connection}
        routes = (route for pipe in self.pipelines.values() for route in pipe.routes)
        return frozenset(sources | {route.use for route in routes if route.connection_name == connection})


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check: every fault, and the assembly where there is one."""

    assembly: Assembly | None
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing but warnings was found."""
        return not any(fault.severity == "error" for fault in self.faults)
