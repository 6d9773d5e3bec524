"""The suite that every plugin inherits: what the contract promises, tested on samples that its author gives.

    from crossdock.testing import conformance

    class TestAcme(conformance.Suite):
        subject = conformance.Subject(
            plugin=acme.plugin,
            name="acme",
            connect=lambda base_url: AcmeConnection(base_url=base_url, auth=Keys(client_id="id", secret="s3cret")),
            simulator=AcmeSimulator,
            sources=[conformance.SourceSample(OrderSource(since=SINCE), raws=[RAW_ORDER], arrange=place_orders)],
            mappers=[conformance.MapperSample(OrderMapper(customer="Acme"), documents=[ORDER])],
            sinks=[conformance.SinkSample(OrderSink(), document=ORDER, revised=[ORDER_WITH_ANOTHER_QUANTITY])],
        )

Without a simulator the tests that need one are skipped, and say so. pytest runs the asynchronous ones with anyio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crossdock.testing.extra import needed

if TYPE_CHECKING:
    from crossdock.testing.conformance.subject import MapperSample, SinkSample, SourceSample, Subject
    from crossdock.testing.conformance.suite import Suite

__all__ = ["MapperSample", "SinkSample", "SourceSample", "Subject", "Suite"]

# Before they are imported, so that a failing assertion shows its values.
needed("pytest").register_assert_rewrite(
    *(f"{__name__}.{part}" for part in ("auth", "documents", "live", "offers", "planning", "simulators", "suite"))
)
if not TYPE_CHECKING:
    from crossdock.testing.conformance.subject import MapperSample, SinkSample, SourceSample, Subject
    from crossdock.testing.conformance.suite import Suite
