"""The suite finds each fault that it is there for: a plugin that keeps the contract, broken in one way at a time."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar, Literal

import anyio
import pytest
from pydantic import ConfigDict

from crossdock import (
    Absent,
    Answers,
    AuthProvider,
    Batch,
    Bundle,
    Connection,
    Context,
    CredentialsError,
    Cursor,
    Done,
    Effect,
    HoldError,
    Known,
    Mapper,
    PluginError,
    Probe,
    Receipt,
    Record,
    RejectedError,
    Secret,
    Sink,
    Source,
    TestReport,
    TransientError,
    hookimpl,
)
from crossdock.canonical import Document, trusted
from crossdock.http import Rate, Reader, Request, Response, Token, json_of
from crossdock.simulator import Call, Refusal, Route, Simulator, answer
from crossdock.testing import conformance

COUNTER = itertools.count()


class Thing(Document):
    number: str
    quantity: int = 1


class Keys(AuthProvider):
    name: ClassVar[str] = "keys"
    client_secret: Secret

    @property
    def account(self) -> str:
        return "client-1"

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        given = yield Request("POST", f"{base_url}/token", headers={"X-Secret": self.client_secret.reveal()})
        if given.status_code in (401, 403):
            raise CredentialsError("the shop refuses client-1")
        body = json_of(given)
        if given.status_code != 200 or not isinstance(body, dict) or "access_token" not in body:
            raise TransientError("the shop grants no token")
        return Token(body["access_token"], issued_at=now, lifetime_s=900.0)

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        request.headers["Authorization"] = f"Bearer {token.value if token else ''}"


class Shop(Connection):
    name: ClassVar[str] = "shop"

    @property
    def identity(self) -> str:
        return f"shop:{self.host}"

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        await http.get("/things")
        return TestReport(account="client-1")


class ThingSource(Source[Shop, Thing]):
    name: ClassVar[str] = "things"
    entity: ClassVar[str] = "thing"

    @property
    def calls(self) -> Mapping[str, float]:
        return {"GET /things": 1}

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        things = json_of(await self.http.get("/things")) or []
        yield Batch([Record(key=thing["number"], raw=thing) for thing in things])
        yield Batch.end(cursor.now.isoformat())

    def to_document(self, raw: Any) -> Thing:
        if not isinstance(raw, dict) or not isinstance(raw.get("number"), str):
            raise RejectedError("this is no thing")
        return Thing(number=raw["number"], quantity=raw["quantity"])


class ThingMapper(Mapper[Thing, Thing]):
    name: ClassVar[str] = "thing"

    def map(self, document: Thing, context: Context) -> Thing:
        return document


class ThingSink(Sink[Shop, Thing]):
    name: ClassVar[str] = "things"
    kind: ClassVar[Literal["create", "state", "post"]] = "create"

    def plan(self, document: Thing, known: Known) -> Effect:
        return Effect(
            key=document.number, steps=[self.http.build("POST", "/things", json=document.model_dump())], memo={"a": 1}
        )

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        if answers.last.status_code >= 400:
            raise RejectedError("the shop refuses it")
        body = json_of(answers.last)
        if not isinstance(body, dict):
            raise ValueError("this cannot be read")
        return Receipt(kind="thing", id=body["number"])

    async def probe(self, effect: Effect) -> Probe:
        things = json_of(await self.http.get("/things")) or []
        found = any(thing["number"] == effect.key for thing in things)
        return Done(Receipt(kind="thing", id=effect.key)) if found else Absent()


class ShopSimulator(Simulator):
    name = "shop"

    def prepare(self) -> None:
        self.things: dict[str, Any] = {}

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/token", lambda call: answer({"access_token": self.tokens.issue("c", 900).value})),
            Route("GET", "/things", lambda call: answer(list(self.things.values()))),
            Route("POST", "/things", self.make),
        ]

    def guard(self, call: Call, route: Route) -> None:
        if call.path != "/token" and self.tokens.find(call.headers.get("Authorization", "")[7:]) is None:
            raise Refusal(answer({}, 401))

    def make(self, call: Call) -> Any:
        thing = call.json()
        self.things[thing["number"]] = thing
        return answer(thing, 201)


def module(**parts: Any) -> ModuleType:
    """A plugin's module that offers these parts."""
    offered = ModuleType("a_plugin_of_a_test")
    hooks = {
        "register_connections": parts.get("connections", [Shop]),
        "register_auth_providers": [Keys],
        "register_sources": parts.get("sources", [ThingSource]),
        "register_mappers": parts.get("mappers", [ThingMapper]),
        "register_sinks": parts.get("sinks", [ThingSink]),
        "register_simulators": [ShopSimulator],
    }
    for name, classes in hooks.items():
        setattr(offered, name, hookimpl(lambda classes=classes: classes))
    return offered


def connect(base_url: str) -> Shop:
    return Shop(base_url=base_url, auth=Keys(client_secret=Secret.literal("a-secret-of-nobody")))


def a_thing(simulator: Any) -> None:
    simulator.things["7"] = {"number": "7", "quantity": 1}


def subject(**changes: Any) -> conformance.Subject:
    whole = conformance.Subject(
        plugin=module(),
        name="shop",
        connect=connect,
        simulator=ShopSimulator,
        sources=[conformance.SourceSample(ThingSource(), [{"number": "7", "quantity": 1}], a_thing)],
        mappers=[conformance.MapperSample(ThingMapper(), [Thing(number="7")])],
        sinks=[sink_sample(ThingSink())],
    )
    return replace(whole, **changes)


def sink_sample(sink: Any) -> conformance.SinkSample:
    return conformance.SinkSample(sink, Thing(number="7"), revised=[Thing(number="7", quantity=2)])


def run(tested: conformance.Subject, test: str) -> None:
    suite = type("Tested", (conformance.Suite,), {"subject": tested})()
    outcome = getattr(suite, test)
    if test == "test_token_flow_yields_a_request_without_io":
        with pytest.MonkeyPatch.context() as patch:
            outcome(patch)
    elif test in LIVE:
        anyio.run(outcome)
    else:
        outcome()


TESTS = sorted(name for name in dir(conformance.Suite) if name.startswith("test_"))
LIVE = [name for name in TESTS if inspect.iscoroutinefunction(getattr(conformance.Suite, name))]


@pytest.mark.parametrize("test", [name for name in TESTS if name != "test_plugin_is_installed_under_its_name"])
def test_a_plugin_that_keeps_the_contract_passes(test: str) -> None:
    run(subject(), test)


class Loose(ThingMapper):
    model_config = ConfigDict(extra="ignore")


class Restless(ThingMapper):
    def map(self, document: Thing, context: Context) -> Thing:
        return document.model_copy(update={"quantity": next(COUNTER)})


class WrongType(ThingMapper):
    def map(self, document: Thing, context: Context) -> Any:
        return document.model_dump()


class Careless(ThingMapper):
    def map(self, document: Thing, context: Context) -> Thing:
        return trusted(Thing)(number=document.number, quantity="1")  # type: ignore[arg-type]


class Converted(ThingSource):
    def to_document(self, raw: Any) -> Any:
        return super().to_document(raw).model_copy(update={"quantity": True})


class Greedy(ThingSource):
    def to_document(self, raw: Any) -> Thing:
        return Thing(number=raw.pop("number"))


class Crude(ThingSource):
    def to_document(self, raw: Any) -> Thing:
        return Thing(number=raw["number"])


class Forgetful(ThingSource):
    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        async for batch in super().read(cursor):
            yield Batch(batch.records)


class Keyed(ThingSink):
    def plan(self, document: Thing, known: Known) -> Effect:
        return replace(super().plan(document, known), key=f"{document.number}-{document.quantity}")


class Hosted(ThingSink):
    def plan(self, document: Thing, known: Known) -> Effect:
        return replace(super().plan(document, known), key=self.connection.host)


class Fickle(ThingSink):
    def plan(self, document: Thing, known: Known) -> Effect:
        return replace(super().plan(document, known), memo={"at": next(COUNTER)})


class Unstorable(ThingSink):
    def plan(self, document: Thing, known: Known) -> Effect:
        return replace(super().plan(document, known), memo={"at": (1, 2)})


class Deaf(ThingSink):
    def plan(self, document: Thing, known: Known) -> Effect:
        return replace(super().plan(document, known), content={"number": document.number})


class Signed(ThingSink):
    def plan(self, document: Thing, known: Known) -> Effect:
        effect = super().plan(document, known)
        effect.steps[0].headers["Authorization"] = "Bearer x"
        return effect


class Trusting(ThingSink):
    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        return Receipt(kind="thing", id=effect.key)


class Overconfident(ThingSink):
    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        if not isinstance(json_of(answers.last), dict):
            raise HoldError("unread", "this cannot be read", fix="look")
        return super().receipt(effect, answers)


class Impatient(ThingSink):
    @property
    def settles_after(self) -> Any:
        return self.connection.timeout / 2


class Blind(ThingSink):
    async def probe(self, effect: Effect) -> Probe:
        return Absent()


class Open(Shop):
    reads: ClassVar[tuple[str, ...]] = ("GET /**", "POST /**")


class Named(Shop):
    @property
    def identity(self) -> str:
        return f"shop:{self.host}:{self.timeout}"


class Leaky(Shop):
    @property
    def identity(self) -> str:
        return f"shop:{self.host}:a-secret-of-nobody"


class Chatty(Shop):
    def headers(self) -> dict[str, str]:
        return {"X-Secret": self.auth.client_secret.reveal()}  # type: ignore[attr-defined]


class Metered(Shop):
    rates: ClassVar[tuple[Rate, ...]] = (Rate("GET /thing", 60),)


class Searching(Shop):
    reads: ClassVar[tuple[str, ...]] = ("PUT /search",)


class Despairing(Keys):
    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        given = yield Request("POST", f"{base_url}/token")
        if given.status_code != 200:
            raise CredentialsError("no token")
        return Token(given.json()["access_token"], issued_at=now, lifetime_s=1.0)


class Patient(Keys):
    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        yield Request("POST", f"{base_url}/token?secret={self.client_secret.reveal()}")
        raise TransientError("later")


class Rewriting(Keys):
    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        request.url = request.url.copy_merge_params({"token": token.value if token else ""})


class Suspicious(Keys):
    def refused(self, response: Response) -> bool:
        return response.status_code != 200


class Stubborn(Keys):
    def refused(self, response: Response) -> bool:
        return False


class Bundling(ThingSink):
    """Keeps the contract, with one request for each bundle."""

    bulk: ClassVar[int] = 10

    def plan(self, document: Thing, known: Known) -> Effect:
        return Effect(key=document.number, steps=[], content=document.model_dump())

    def bundle(self, bundle: Bundle) -> Effect:
        (one,) = bundle.effects
        return Effect(key=f"B{bundle.number}", steps=[self.http.build("POST", "/things", json=one.content)])


class Speechless(Bundling):
    def plan(self, document: Thing, known: Known) -> Effect:
        return Effect(key=document.number, steps=[])


class Idle(Bundling):
    def bundle(self, bundle: Bundle) -> Effect:
        return Effect(key="B", steps=[])


class Drifting(Bundling):
    def bundle(self, bundle: Bundle) -> Effect:
        return replace(super().bundle(bundle), key=f"B{next(COUNTER)}")


class Stray(Bundling):
    def bundle(self, bundle: Bundle) -> Effect:
        return Effect(key="B", steps=[self.http.build("GET", "/things")])


def with_sink(sink: type[Any]) -> dict[str, Any]:
    return {"sinks": [sink_sample(sink())]}


def with_mapper(mapper: type[Any]) -> dict[str, Any]:
    return {
        "plugin": module(mappers=[mapper]),
        "mappers": [conformance.MapperSample(mapper(), [Thing(number="7")])],
    }


def with_source(source: type[Any]) -> dict[str, Any]:
    return {"sources": [conformance.SourceSample(source(), [{"number": "7", "quantity": 1}], a_thing)]}


def with_connection(connection: type[Any]) -> dict[str, Any]:
    def made(base_url: str) -> Any:
        return connection(base_url=base_url, auth=Keys(client_secret=Secret.literal("a-secret-of-nobody")))

    return {"connect": made}


def with_auth(auth: type[Any]) -> dict[str, Any]:
    def made(base_url: str) -> Any:
        return Shop(base_url=base_url, auth=auth(client_secret=Secret.literal("a-secret-of-nobody")))

    return {"connect": made}


BROKEN: list[tuple[str, Callable[[], dict[str, Any]]]] = [
    ("test_plugin_is_loaded_as_core_loads_it", lambda: {"plugin": module(sources=[object])}),
    ("test_plugin_is_installed_under_its_name", dict),
    ("test_connections_bear_the_plugins_word", lambda: {"name": "store"}),
    ("test_every_component_has_a_sample", lambda: {"sinks": []}),
    ("test_settings_refuse_unknown_keys", lambda: with_mapper(Loose)),
    ("test_settings_have_a_json_schema", lambda: with_mapper(Loose)),
    ("test_components_work_on_connections_of_this_plugin", lambda: {"plugin": module(connections=[Open])}),
    ("test_identity_names_the_account_and_nothing_else", lambda: with_connection(Named)),
    ("test_identity_names_the_account_and_nothing_else", lambda: with_connection(Leaky)),
    ("test_connection_shows_no_secret", lambda: with_connection(Chatty)),
    ("test_declared_reads_and_rates_can_be_matched", lambda: with_connection(Searching)),
    ("test_declared_calls_meet_a_rate", lambda: with_connection(Metered)),
    ("test_token_flow_yields_a_request_without_io", lambda: with_auth(Patient)),
    ("test_token_flow_names_refused_credentials", lambda: with_auth(Patient)),
    ("test_token_flow_waits_out_an_outage", lambda: with_auth(Despairing)),
    ("test_sign_changes_headers_alone", lambda: with_auth(Rewriting)),
    ("test_refused_token_is_recognised", lambda: with_auth(Suspicious)),
    ("test_refused_token_is_recognised", lambda: with_auth(Stubborn)),
    ("test_to_document_is_pure", lambda: with_source(Greedy)),
    ("test_to_document_refuses_what_is_no_record_in_words_of_the_error_tree", lambda: with_source(Crude)),
    ("test_documents_bear_what_their_classes_would_make_of_it", lambda: with_mapper(Careless)),
    ("test_documents_bear_what_their_classes_would_make_of_it", lambda: with_source(Converted)),
    ("test_map_is_pure", lambda: with_mapper(Restless)),
    ("test_map_gives_what_the_mapper_declares", lambda: with_mapper(WrongType)),
    ("test_plan_is_pure", lambda: with_sink(Fickle)),
    ("test_effect_can_be_stored", lambda: with_sink(Unstorable)),
    ("test_effect_key_names_the_fact_alone", lambda: with_sink(Keyed)),
    ("test_effect_key_names_the_fact_alone", lambda: with_sink(Hosted)),
    ("test_revised_document_gives_another_content", lambda: with_sink(Deaf)),
    ("test_planned_steps_are_no_reading_requests", lambda: with_connection(Open)),
    ("test_planned_steps_bear_no_credentials", lambda: with_sink(Signed)),
    ("test_receipt_turns_any_refusal_into_the_error_tree", lambda: with_sink(Trusting)),
    ("test_receipt_believes_no_success_that_it_cannot_read", lambda: with_sink(Trusting)),
    ("test_receipt_believes_no_success_that_it_cannot_read", lambda: with_sink(Overconfident)),
    ("test_sink_says_how_long_absence_is_not_believed", lambda: with_sink(Impatient)),
    ("test_effect_is_absent_then_done", lambda: with_sink(Blind)),
    ("test_source_reads_what_is_there_once", lambda: with_source(Forgetful)),
    ("test_effect_can_be_stored", lambda: with_sink(Speechless)),
    ("test_effect_can_be_stored", lambda: with_sink(Idle)),
    ("test_plan_is_pure", lambda: with_sink(Drifting)),
    ("test_planned_steps_are_no_reading_requests", lambda: with_sink(Stray)),
]


@pytest.mark.parametrize(
    ("test", "broken"), BROKEN, ids=[f"{number}-{name}" for number, (name, _) in enumerate(BROKEN)]
)
def test_a_broken_plugin_fails(test: str, broken: Callable[[], dict[str, Any]]) -> None:
    with pytest.raises((AssertionError, PluginError)):
        run(subject(**broken()), test)


SINK_TESTS = [
    name for name in TESTS if name in dict(BROKEN) and any(part in name for part in ("plan", "effect", "receipt"))
]


@pytest.mark.parametrize("test", SINK_TESTS)
def test_a_sink_that_bundles_passes(test: str) -> None:
    run(subject(plugin=module(sinks=[Bundling]), **with_sink(Bundling)), test)


def test_without_a_simulator_the_live_tests_are_skipped() -> None:
    with pytest.raises(pytest.skip.Exception, match="names no simulator"):
        run(subject(simulator=None), "test_effect_is_absent_then_done")
