"""Sinks plan without acting, and read answers without believing them."""

# ruff: noqa: S101  (a suite consists of assertions)
from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import timedelta
from typing import Any

import httpx

from crossdock.contract.component import type_arguments
from crossdock.contract.sink import Sink
from crossdock.contract.values import Answers, Effect, Later
from crossdock.engine.binding import endpoint
from crossdock.errors import CrossdockError
from crossdock.http.building import Site
from crossdock.http.globs import Globs
from crossdock.jsonio import canonical, dumps, loads
from crossdock.testing.conformance.base import Part, bind_offline, carrier_of
from crossdock.testing.conformance.subject import SinkSample, secrets_of

_BODIES = (b"", b"null", b"[]", b"{}", b"[null]", b'"text"', b"<html><body>Error</body></html>", b"\xff\xfe", b'{"a":')
_REFUSALS = (400, 403, 404, 405, 409, 412, 413, 415, 422, 451)


class PlanningTests(Part):
    """`plan` and `receipt`."""

    def test_plan_is_pure(self) -> None:
        """Planned twice, an effect is the same to the byte, and the document stays."""
        for sample in self._samples():
            before = deepcopy(sample.document)
            first, second = (sample.sink.plan(sample.document, sample.known) for _ in range(2))
            assert _written(first) == _written(second)
            assert _written(carrier_of(sample.sink, first)) == _written(carrier_of(sample.sink, second))
            assert sample.document == before, f"{type(sample.sink).__name__} changes the document"
            assert isinstance(sample.document, type_arguments(type(sample.sink))[1])

    def test_effect_can_be_stored(self) -> None:
        """Key, steps, content and memo are all that is left after a crash."""
        for sample in self._samples():
            effect = sample.sink.plan(sample.document, sample.known)
            carrier = carrier_of(sample.sink, effect)
            assert effect.key.strip(), "an effect without key"
            assert carrier.steps, "an effect without steps"
            assert effect.steps or effect.content is not None, "what goes with a bundle says its content"
            for part in (effect.content, effect.memo, carrier.content, carrier.memo):
                assert loads(dumps(part)) == part, "content and memo are JSON"

    def test_effect_key_names_the_fact_alone(self) -> None:
        """Another revision of it, or another configuration, has the same key."""
        for sample in self._samples():
            key = sample.sink.plan(sample.document, sample.known).key
            assert [sample.sink.plan(one, sample.known).key for one in sample.revised] == [key] * len(sample.revised)
            for connection in (
                self.subject.connect("https://elsewhere.example.test"),
                self.subject.connection().model_copy(update={"timeout": timedelta(seconds=7), "read_only": True}),
            ):
                bind_offline(sample.sink, connection)
                assert sample.sink.plan(sample.document, sample.known).key == key

    def test_revised_document_gives_another_content(self) -> None:
        """Else a change would be taken for what is in effect already."""
        for sample in self._samples():
            content = _content(sample.sink.plan(sample.document, sample.known))
            for revised in sample.revised:
                assert _content(sample.sink.plan(revised, sample.known)) != content

    def test_planned_steps_are_no_reading_requests(self) -> None:
        """What changes something must never pass as reading: a read_only connection would let it."""
        connection = self.subject.connection()
        described = endpoint("sample", connection, 1)
        site, reads = Site(described), Globs(described.reads)
        for sample in self._samples():
            for step in carrier_of(sample.sink, sample.sink.plan(sample.document, sample.known)).steps:
                path = site.path(step)
                assert path is not None, f"{step.url.host} is not the connection's own host"
                assert reads.find(step.method, path) is None, f"{step.method} {path} is declared as reading"

    def test_planned_steps_bear_no_credentials(self) -> None:
        """They are stored and shown: core signs what leaves."""
        secrets = list(secrets_of(self.subject.connection()))
        for sample in self._samples():
            for step in carrier_of(sample.sink, sample.sink.plan(sample.document, sample.known)).steps:
                text = f"{step.url} {step.headers.raw!r} {step.content!r}"
                assert [secret for secret in secrets if secret in text] == []
                assert "authorization" not in step.headers

    def test_receipt_turns_any_refusal_into_the_error_tree(self) -> None:
        """Whatever body a 4xx bears: pages, nothing, JSON of another shape."""
        for sample in self._samples():
            effect = sample.sink.plan(sample.document, sample.known)
            for status in _REFUSALS:
                for body in _BODIES:
                    outcome = _receipt(sample.sink, effect, status, body)
                    if sample.sink.bulk > 1 and isinstance(outcome, httpx.Request | Later):
                        continue  # a bundle is asked what follows a refusal, to clear up
                    assert isinstance(outcome, CrossdockError), f"{status} with {body!r} gives {outcome!r}"

    def test_receipt_believes_no_success_that_it_cannot_read(self) -> None:
        """A page with 200 is no receipt: it raises, yet not from the error tree, which says that nothing was done."""
        for sample in self._samples():
            effect = sample.sink.plan(sample.document, sample.known)
            for body in (b"<html><body>Welcome</body></html>", b'{"cut": "o'):
                outcome = _receipt(sample.sink, effect, 200, body)
                if sample.sink.bulk > 1 and isinstance(outcome, httpx.Request | Later):
                    continue  # a bundle may look what became of it
                assert isinstance(outcome, Exception), f"200 with {body!r} gives {outcome!r}"
                assert not isinstance(outcome, CrossdockError), f"200 with {body!r} asserts that nothing was done"

    def test_sink_says_how_long_absence_is_not_believed(self) -> None:
        """At least as long as a request may take to act."""
        for sample in self._samples():
            assert sample.sink.settles_after >= self.subject.connection().timeout

    def _samples(self) -> Iterator[SinkSample]:
        for sample in self.subject.sinks:
            bind_offline(sample.sink, self.subject.connection())
            yield sample


def _receipt(sink: Sink[Any, Any], effect: Effect, status: int, body: bytes) -> Any:
    """What comes of that answer to each step: a receipt, a request that follows, or an error."""
    carrier = carrier_of(sink, effect)
    answers = Answers([httpx.Response(status, content=body, request=step) for step in carrier.steps])
    try:
        return sink.follow(carrier, answers) or sink.receipt(effect, answers)
    except Exception as error:  # noqa: BLE001  (the caller judges it)
        return error


def _content(effect: Effect) -> Any:
    return _steps(effect) if effect.content is None else canonical(effect.content)


def _steps(effect: Effect) -> list[Any]:
    return [(step.method, str(step.url), step.content) for step in effect.steps]


def _written(effect: Effect) -> Any:
    headers = [step.headers.raw for step in effect.steps]
    return effect.key, _steps(effect), headers, canonical(effect.content), canonical(effect.memo), list(effect.facts)
