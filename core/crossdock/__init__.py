"""What a plugin author imports: the hook marker, base classes, values and the error tree. Loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.contract.checks import Check, Finding
    from crossdock.contract.component import Duration
    from crossdock.contract.connection import AuthProvider, Connection, NoAuth, TestReport
    from crossdock.contract.holds import Hold
    from crossdock.contract.hookspecs import hookimpl
    from crossdock.contract.mapper import Mapper
    from crossdock.contract.paths import LocalPath
    from crossdock.contract.secret import Secret
    from crossdock.contract.shape import Shape
    from crossdock.contract.simulator import Simulator
    from crossdock.contract.sink import Sink
    from crossdock.contract.source import Source
    from crossdock.contract.timezones import TimeZone
    from crossdock.contract.values import (
        Absent,
        Answers,
        Attention,
        Batch,
        Begun,
        Bundle,
        CannotTell,
        Conflict,
        Context,
        Cursor,
        Done,
        Effect,
        Known,
        Later,
        Link,
        Links,
        Probe,
        Push,
        Receipt,
        Received,
        Record,
        Ref,
        SettledEffect,
        Window,
    )
    from crossdock.contract.workspace import (
        PipelineView,
        RouteView,
        Standing,
        StoredEffect,
        StoredRecord,
        Workspace,
        with_workspace,
    )
    from crossdock.errors import (
        ConfigError,
        CredentialsError,
        CrossdockError,
        HoldError,
        NothingToDo,
        NotYetError,
        PluginError,
        RejectedError,
        TransientError,
    )

_HOMES = {
    "crossdock.contract.checks": ("Check", "Finding"),
    "crossdock.contract.component": ("Duration",),
    "crossdock.contract.connection": ("AuthProvider", "Connection", "NoAuth", "TestReport"),
    "crossdock.contract.holds": ("Hold",),
    "crossdock.contract.hookspecs": ("hookimpl",),
    "crossdock.contract.mapper": ("Mapper",),
    "crossdock.contract.paths": ("LocalPath",),
    "crossdock.contract.secret": ("Secret",),
    "crossdock.contract.shape": ("Shape",),
    "crossdock.contract.simulator": ("Simulator",),
    "crossdock.contract.sink": ("Sink",),
    "crossdock.contract.source": ("Source",),
    "crossdock.contract.timezones": ("TimeZone",),
    "crossdock.contract.values": (
        "Absent", "Answers", "Attention", "Batch", "Begun", "Bundle", "CannotTell", "Conflict", "Context", "Cursor",
        "Done", "Effect", "Known", "Later", "Link", "Links", "Probe", "Push", "Receipt", "Received", "Record",
        "Ref", "SettledEffect", "Window",
    ),
    "crossdock.contract.workspace": (
        "PipelineView", "RouteView", "Standing", "StoredEffect", "StoredRecord", "Workspace", "with_workspace",
    ),
    "crossdock.errors": (
        "ConfigError", "CredentialsError", "CrossdockError", "HoldError", "NothingToDo", "NotYetError", "PluginError",
        "RejectedError", "TransientError",
    ),
}  # fmt: skip
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Absent",
    "Answers",
    "Attention",
    "AuthProvider",
    "Batch",
    "Begun",
    "Bundle",
    "CannotTell",
    "Check",
    "ConfigError",
    "Conflict",
    "Connection",
    "Context",
    "CredentialsError",
    "CrossdockError",
    "Cursor",
    "Done",
    "Duration",
    "Effect",
    "Finding",
    "Hold",
    "HoldError",
    "Known",
    "Later",
    "Link",
    "Links",
    "LocalPath",
    "Mapper",
    "NoAuth",
    "NotYetError",
    "NothingToDo",
    "PipelineView",
    "PluginError",
    "Probe",
    "Push",
    "Receipt",
    "Received",
    "Record",
    "Ref",
    "RejectedError",
    "RouteView",
    "Secret",
    "SettledEffect",
    "Shape",
    "Simulator",
    "Sink",
    "Source",
    "Standing",
    "StoredEffect",
    "StoredRecord",
    "TestReport",
    "TimeZone",
    "TransientError",
    "Window",
    "Workspace",
    "hookimpl",
    "with_workspace",
]


def __getattr__(name: str) -> Any:
    # Lazily, so that `crossdock --help` loads neither pydantic nor httpx.
    if name not in _HOME:
        raise AttributeError(f"module 'crossdock' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
