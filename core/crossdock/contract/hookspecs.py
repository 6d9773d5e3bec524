"""What a plugin offers: synchronous hooks, called once at load, that return types and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

    from crossdock.contract.checks import Check
    from crossdock.contract.connection import AuthProvider, Connection
    from crossdock.contract.mapper import Mapper
    from crossdock.contract.simulator import Simulator
    from crossdock.contract.sink import Sink
    from crossdock.contract.source import Source

hookspec = pluggy.HookspecMarker("crossdock")
hookimpl = pluggy.HookimplMarker("crossdock")


@hookspec
def register_connections() -> list[type[Connection]]:  # type: ignore[empty-body]
    """Offer the kinds of account this plugin can talk to."""


@hookspec
def register_sources() -> list[type[Source[Any, Any]]]:  # type: ignore[empty-body]
    """Offer the streams this plugin can read."""


@hookspec
def register_sinks() -> list[type[Sink[Any, Any]]]:  # type: ignore[empty-body]
    """Offer the changes this plugin can make."""


@hookspec
def register_mappers() -> list[type[Mapper[Any, Any]]]:  # type: ignore[empty-body]
    """Offer pure functions from document to document."""


@hookspec
def register_auth_providers() -> list[type[AuthProvider]]:  # type: ignore[empty-body]
    """Offer ways to prove who we are."""


@hookspec
def register_simulators() -> list[type[Simulator]]:  # type: ignore[empty-body]
    """Offer stand-ins for the remote system, to run on loopback. Import them inside the hook: they need an extra."""


@hookspec
def register_checks() -> list[type[Check]]:  # type: ignore[empty-body]
    """Offer symptoms that `doctor` can look for."""


@hookspec
def register_commands() -> list[click.Command]:  # type: ignore[empty-body]
    """Offer commands: `crossdock NAME`, by the names they bear. Import them inside the hook: few runs need them."""
