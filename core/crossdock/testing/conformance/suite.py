"""All of it, to inherit."""

from __future__ import annotations

from crossdock.testing.conformance.auth import AuthTests
from crossdock.testing.conformance.documents import DocumentTests
from crossdock.testing.conformance.live import LiveTests
from crossdock.testing.conformance.offers import OfferTests
from crossdock.testing.conformance.planning import PlanningTests
from crossdock.testing.conformance.simulators import SimulatorTests


class Suite(OfferTests, AuthTests, DocumentTests, PlanningTests, LiveTests, SimulatorTests):
    """Set `subject`, and run it with pytest."""
