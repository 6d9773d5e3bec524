"""What the parts of the suite share."""

from __future__ import annotations

from typing import Any, ClassVar

from crossdock.contract.connection import Connection
from crossdock.contract.sink import Sink
from crossdock.contract.values import Bundle, Effect
from crossdock.testing.conformance.subject import NOW, Subject
from crossdock.testing.extra import needed
from crossdock.testing.reader import FakeReader

pytest: Any = needed("pytest")


class Part:
    """One part of the suite: tests of `subject`."""

    subject: ClassVar[Subject]


def bind_offline(component: Any, connection: Connection) -> None:
    """Bind to a client that has no network: what it is asked fails."""
    component.bind(connection, FakeReader(connection))


def carrier_of(sink: Sink[Any, Any], effect: Effect) -> Effect:
    """The effect that is sent: of a sink that bundles, the bundle of this one alone."""
    return effect if sink.bulk == 1 else sink.bundle(Bundle(1, "k7q2x", NOW, [effect]))


def the_simulator(subject: Subject) -> Any:
    """A fresh simulator; the test is skipped where the plugin has none."""
    if subject.simulator is None:
        raise pytest.skip.Exception("the subject names no simulator")
    return subject.simulator(seed=1)
