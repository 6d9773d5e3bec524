"""What a plugin's own commands work with: the checked definition and what the store knows. It only reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from crossdock.contract.connection import Connection
from crossdock.contract.mapper import Mapper
from crossdock.contract.sink import Sink
from crossdock.contract.values import Receipt
from crossdock.errors import CrossdockError
from crossdock.http.types import Reader
from crossdock.jsonio import Json

P = ParamSpec("P")
T = TypeVar("T")

WORKSPACE = "crossdock.workspace"
"""Where click's context keeps what opens a workspace."""


@dataclass(frozen=True, slots=True)
class RouteView:
    """A route of the definition. `use` is the sink's word; the sink and the mappers bear their settings."""

    name: str
    use: str
    connection: str
    sink: Sink[Any, Any]
    mappers: Sequence[Mapper[Any, Any]]


@dataclass(frozen=True, slots=True)
class PipelineView:
    """A pipeline of the definition."""

    name: str
    use: str
    connection: str
    customer: str | None
    enabled: bool
    routes: Sequence[RouteView]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one revision of a record stands on one route.

    `state` is "pending", "attempted", "waiting", "held", "delivered", "skipped" or "dead"; `code`, `reason` and `fix`
    say why, where there is something to say. `deadline` is when it is too late by the remote system's rules.
    """

    delivery: int
    route: str
    revision: int
    state: str
    code: str | None
    reason: str | None
    fix: str | None
    since: datetime
    deadline: datetime | None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """The newest revision of a record, and where it stands: the newest delivery on each route, and older open ones.

    `document` is what the source makes of it; where it can make nothing of it, `fault` says why, and where retention
    took the content, `erased` is true.
    """

    pipeline: str
    key: str
    revision: int
    identifiers: Mapping[str, str]
    read_at: datetime
    document: Any
    fault: CrossdockError | None
    erased: bool
    standing: Sequence[Standing]


@dataclass(frozen=True, slots=True)
class StoredEffect:
    """An effect that was made, is being made, or was found there: `state` is "done", "attempted" or "adopted".

    `record` and `pipeline` name what it was made for; `content`, `memo` and `facts` are as the sink planned them. Of
    the versions of one key the highest counts.
    """

    sink: str
    key: str
    version: int
    state: Literal["done", "attempted", "adopted"]
    pipeline: str
    route: str
    record: str
    delivery: int
    content: Json
    memo: Json
    facts: Sequence[str]
    receipt: Receipt | None
    planned_at: datetime
    settled_at: datetime | None


class Workspace(Protocol):
    """A checked definition and its store, to look at beside a running daemon: nothing is written, and nothing sent."""

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    @property
    def connections(self) -> Mapping[str, Connection]:
        """The accounts, by the integrator's names."""
        ...

    @property
    def pipelines(self) -> Mapping[str, PipelineView]:
        """The pipelines that can be used, disabled ones too."""
        ...

    @property
    def stopped(self) -> Mapping[str, str]:
        """The pipelines that cannot, since a plugin of theirs is absent or broken, and why."""
        ...

    async def reader(self, connection: str) -> Reader:
        """A client of an account, which can only read. Raises: ConfigError where there is no such connection."""
        ...

    async def read_through(self, pipeline: str) -> datetime | None:
        """When the source was last read to its end; None where it never was."""
        ...

    def records(self, pipeline: str, *, read_since: datetime | None = None) -> AsyncGenerator[StoredRecord, None]:
        """The newest revision of each record that the store has, in the order of keys; of those read since then.

        Whoever leaves it in its middle does so within `contextlib.aclosing`.

        Raises: ConfigError where there is no such pipeline.
        """
        ...

    def effects(self, connection: str, *, planned_since: datetime | None = None) -> AsyncGenerator[StoredEffect, None]:
        """The effects of an account, of whatever pipeline, in the order of sink, key and version; planned since then.

        Raises: ConfigError where there is no such connection.
        """
        ...


Work = Callable[[Workspace], Awaitable[T]]


def with_workspace(
    command: Callable[Concatenate[Workspace, P], Awaitable[int | None]],
) -> Callable[P, None]:
    """Make an asynchronous function the body of a click command: it gets a workspace, then click's arguments.

    Core checks the file, opens the store and closes it. The process ends with what the function returns (None: 0);
    what it raises of the error tree is told as core tells its own. Under this stand click's own decorators:

        @click.command()
        @click.option("--since")
        @with_workspace
        async def overdue(workspace: Workspace, since: str | None) -> int: ...
    """

    @wraps(command)
    def body(*args: P.args, **kwargs: P.kwargs) -> None:
        import click

        context = click.get_current_context()
        run: Callable[[Work[int | None]], int | None] | None = context.meta.get(WORKSPACE)
        if run is None:
            raise RuntimeError("a command with a workspace is called by crossdock: `crossdock COMMAND`")
        context.exit(run(partial(_call, command, args, kwargs)) or 0)

    return body


async def _call(command: Callable[..., Awaitable[T]], args: Any, kwargs: Any, workspace: Workspace) -> T:
    return await command(workspace, *args, **kwargs)
