"""The kit that tests a plugin for its author (extra `testing`): cassettes, conformance, and clients without a network.

`pytest_plugins = ["crossdock.testing.plugin"]` in the top-level conftest.py brings the fixture `cassette` and the
option `--record`; `from crossdock.testing import conformance` brings the suite that every plugin can inherit.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.clock import ManualClock
    from crossdock.testing import conformance
    from crossdock.testing.clients import client_for
    from crossdock.testing.documents import check_document
    from crossdock.testing.reader import FakeReader
    from crossdock.testing.recorder import Cassette
    from crossdock.testing.rules import Rules
    from crossdock.testing.scrubber import Scrubber

_HOMES = {
    "Cassette": "crossdock.testing.recorder",
    "FakeReader": "crossdock.testing.reader",
    "ManualClock": "crossdock.clock",
    "Rules": "crossdock.testing.rules",
    "Scrubber": "crossdock.testing.scrubber",
    "check_document": "crossdock.testing.documents",
    "client_for": "crossdock.testing.clients",
}

__all__ = ["Cassette", "FakeReader", "ManualClock", "Rules", "Scrubber", "check_document", "client_for", "conformance"]


def __getattr__(name: str) -> Any:
    # Lazily: vcrpy and pytest are needed by those alone who record or inherit the suite.
    if name == "conformance":
        return import_module("crossdock.testing.conformance")
    if name not in _HOMES:
        raise AttributeError(f"module 'crossdock.testing' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
