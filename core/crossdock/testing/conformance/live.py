"""The plugin against its own simulator, within this process."""

# ruff: noqa: S101  (a suite consists of assertions)
from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import anyio

from crossdock.clock import SystemClock
from crossdock.contract.connection import Connection, TestReport
from crossdock.contract.sink import Sink
from crossdock.contract.values import Absent, Answers, Batch, Cursor, Done, Effect, Later, Receipt
from crossdock.errors import CredentialsError
from crossdock.http import Client, Request
from crossdock.jsonio import dumps, loads
from crossdock.testing.clients import client_for
from crossdock.testing.conformance.base import Part, carrier_of, pytest, the_simulator
from crossdock.testing.conformance.subject import BASE_URL, secrets_of, way_to

_POLL_S = 0.02
"""A simulator is not asked again at once, nor as late as the real service."""


class LiveTests(Part):
    """Tokens, reads, and effects from the first probe to the last."""

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_connection_test_is_passed(self) -> None:
        """The account answers, and its report bears no secret."""
        async with self._opened() as (connection, client, _):
            uses = frozenset(f"{self.subject.name}.{one}" for one in self._names())
            report = await connection.test(client, uses)
        assert isinstance(report, TestReport)
        assert report.ok, report.missing
        assert [secret for secret in secrets_of(connection) if secret in repr(report)] == []

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_effect_is_absent_then_done(self) -> None:
        """Probe, send, receipt, probe: the probe finds what the receipt says was made."""
        for sample in self.subject.sinks:
            async with self._opened() as (connection, client, simulator):
                sample.arrange(simulator)
                sample.sink.bind(connection, client)
                effect = sample.sink.plan(sample.document, sample.known)
                before = await sample.sink.probe(effect) if sample.sink.can_probe() else None
                receipt = await _deliver(sample.sink, client, effect)
                after = await sample.sink.probe(effect) if sample.sink.can_probe() else None
            assert isinstance(receipt, Receipt)
            assert receipt.id, "a receipt without id"
            assert loads(dumps(dict(receipt.lines))) == dict(receipt.lines)
            if sample.sink.can_probe():
                assert before == Absent(), f"before it was made the probe says {before!r}"
                assert isinstance(after, Done), f"after it was made the probe says {after!r}"
                assert (after.receipt.kind, after.receipt.id) == (receipt.kind, receipt.id)
                assert after.receipt.lines == receipt.lines

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_source_reads_what_is_there_once(self) -> None:
        """Only the last batch moves the cursor; reading on from it, as the store gives it back, finds nothing older."""
        for sample in self.subject.sources:
            async with self._opened() as (connection, client, simulator):
                sample.arrange(simulator)
                sample.source.bind(connection, client)
                first = await _read(sample.source, None, client)
                cursor = next((batch.cursor for batch in reversed(first) if batch.cursor is not None), None)
                again = await _read(sample.source, loads(dumps(cursor)), client)
            records = [record for batch in first for record in batch.records]
            assert records, f"{type(sample.source).__name__} reads nothing: give the sample an `arrange`"
            assert cursor is not None, "the read left no cursor"
            assert first[-1].cursor is not None, "the last batch does not move the cursor"
            known = {record.key: record.raw for record in records}
            assert all(known.get(record.key) == record.raw for batch in again for record in batch.records)
            for record in records:
                assert record.key.strip()
                assert loads(dumps(record.raw)) == record.raw, "a raw record is JSON"
                sample.source.to_document(record.raw)

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_requests_that_read_are_declared_as_reading(self) -> None:
        """A read_only connection can test, read, and probe."""
        async with self._opened(read_only=True) as (connection, client, simulator):
            await connection.test(client, frozenset())
            for source in self.subject.sources:
                source.arrange(simulator)
                source.source.bind(connection, client)
                await _read(source.source, None, client)
            for sink in self.subject.sinks:
                sink.sink.bind(connection, client)
                await sink.sink.probe(sink.sink.plan(sink.document, sink.known))

    @pytest.mark.anyio  # type: ignore[untyped-decorator,unused-ignore]
    async def test_expired_token_is_renewed(self) -> None:
        """The service ends a token early: the client gets another, and nobody notices."""
        async with self._opened() as (connection, client, simulator):
            if not connection.auth.needs_token:
                pytest.skip("the auth provider signs without a token")
            await connection.test(client, frozenset())
            await _control(simulator, "expire-tokens")
            try:
                await connection.test(client, frozenset())
            except CredentialsError as error:
                raise AssertionError("an expired token is taken for wrong credentials") from error

    def _names(self) -> list[str]:
        components = self.subject.load().components
        return [name for kind in ("source", "sink") for name in components[kind]]

    @asynccontextmanager
    async def _opened(self, **changes: Any) -> AsyncIterator[tuple[Connection, Client, Any]]:
        connection = self.subject.connect(BASE_URL).model_copy(update=changes)
        simulator = connection if connection.is_local() else the_simulator(self.subject)
        transport = None if connection.is_local() else way_to(simulator)
        async with client_for(connection, transport=transport, clock=SystemClock()) as client:
            yield connection, client, simulator


async def _deliver(sink: Sink[Any, Any], client: Client, effect: Effect) -> Receipt:
    """Send the steps and what follows, as core does."""
    carrier = carrier_of(sink, effect)
    requests = list(carrier.steps)
    answers = [await client.perform(step, correlation_id=str(uuid.uuid4())) for step in requests]
    while (following := sink.follow(carrier, Answers(answers))) is not None:
        request = following.request if isinstance(following, Later) else following
        if isinstance(following, Later):
            await anyio.sleep(min(following.after.total_seconds(), _POLL_S))
            if _same(request, requests[-1]):  # the newest answer is the one that counts
                requests.pop()
                answers.pop()
        requests.append(request)
        answers.append(await client.perform(request, correlation_id=str(uuid.uuid4())))
    return sink.receipt(effect, Answers(answers))


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.url, one.content) == (other.method, other.url, other.content)


async def _read(source: Any, cursor: Any, client: Client) -> list[Batch]:
    async with aclosing(source.read(Cursor(cursor, await client.vendor_now()))) as batches:
        return [batch async for batch in batches]


async def _control(simulator: Any, verb: str) -> None:
    import httpx

    async with httpx.AsyncClient(transport=way_to(simulator)(), base_url=BASE_URL) as http:
        (await http.post(f"/_sim/{verb}", json={})).raise_for_status()
