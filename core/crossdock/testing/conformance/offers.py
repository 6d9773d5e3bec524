"""What the plugin offers: components that core can find, configure and describe."""

# ruff: noqa: S101  (a suite consists of assertions)
from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ValidationError

from crossdock.checking.demand import NOWHERE
from crossdock.contract.component import type_arguments
from crossdock.contract.connection import NoAuth
from crossdock.engine.binding import endpoint
from crossdock.http.globs import Globs
from crossdock.registry.installed import installed
from crossdock.registry.kinds import KINDS
from crossdock.testing.conformance.base import Part
from crossdock.testing.conformance.subject import secrets_of

_NO_KEY = "no_such_key_in_any_component"


class OfferTests(Part):
    """Hooks, names, settings, connections."""

    def test_plugin_is_loaded_as_core_loads_it(self) -> None:
        """Hooks return lists of components that have all they need."""
        assert self.subject.load().name == self.subject.name

    def test_plugin_is_installed_under_its_name(self) -> None:
        """The entry point's word is what `use:` says, and leads to this module."""
        named = {plugin.name: plugin.module for plugin in installed()}
        assert named.get(self.subject.name) == self.subject.plugin.__name__

    def test_connections_bear_the_plugins_word(self) -> None:
        """`use: acme` names the connection of the plugin acme; several bear words of their own, `use: acme.shop`."""
        names = [connection.name for connection in self._offered("connection")]
        assert len(names) > 1 or names in ([self.subject.name], [])

    def test_every_component_has_a_sample(self) -> None:
        """What is offered is tested here."""
        sampled = {
            *(type(sample.source) for sample in self.subject.sources),
            *(type(sample.mapper) for sample in self.subject.mappers),
            *(type(sample.sink) for sample in self.subject.sinks),
        }
        offered = {
            found for kind in ("source", "mapper", "sink") for found in self._offered(kind) if self._is_ours(found)
        }
        assert offered - sampled == set(), "the subject has no sample of these"

    def test_settings_refuse_unknown_keys(self) -> None:
        """A misspelt key is an error, never ignored."""
        for component in self._components():
            faults: list[Any] = []
            try:
                component.model_validate({_NO_KEY: 1})
            except ValidationError as error:
                faults = [fault["loc"] for fault in error.errors() if fault["type"] == "extra_forbidden"]
            assert faults == [(_NO_KEY,)], f"{component.__name__} takes any key"

    def test_settings_have_a_json_schema(self) -> None:
        """Editors complete what an integrator writes."""
        for component in self._components():
            schema = component.model_json_schema(by_alias=True)
            assert schema["type"] == "object", component.__name__
            assert schema.get("additionalProperties") is False, component.__name__
            json.dumps(schema)

    def test_components_work_on_connections_of_this_plugin(self) -> None:
        """A source or sink names the connection class that the plugin offers."""
        connections = tuple(self._offered("connection"))
        for kind in ("source", "sink"):
            for component in self._offered(kind):
                assert issubclass(type_arguments(component)[0], connections), component.__name__

    def test_identity_names_the_account_and_nothing_else(self) -> None:
        """Effects belong to it: what is tuned must not change it, and another host must."""
        connection = self.subject.connection()
        changes: list[dict[str, Any]] = [{"timeout": timedelta(seconds=7)}, {"read_only": True}, {"quotas": "off"}]
        tuned = [connection.model_copy(update=change) for change in changes]
        assert {one.identity for one in tuned} == {connection.identity}
        assert self.subject.connection().identity == connection.identity
        if not connection.is_local():
            assert self.subject.connect("https://elsewhere.example.test").identity != connection.identity
            assert connection.host.lower() in connection.identity
        assert [secret for secret in secrets_of(connection) if secret in connection.identity] == []

    def test_connection_shows_no_secret(self) -> None:
        """Nor does its auth provider: they turn up in logs and errors."""
        connection = self.subject.connection()
        secrets = list(secrets_of(connection))
        assert secrets or isinstance(connection.auth, NoAuth), (
            "the sample connection holds no secret of type crossdock.Secret"
        )
        shown = [
            repr(connection), str(connection), connection.model_dump_json(), repr(connection.auth),
            connection.auth.model_dump_json(), connection.auth.account, repr(dict(connection.headers())),
        ]  # fmt: skip
        assert [secret for secret in secrets if any(secret in text for text in shown)] == []

    def test_declared_reads_and_rates_can_be_matched(self) -> None:
        """Each is "METHOD /path/glob"; no method but GET and POST reads."""
        described = endpoint("sample", self.subject.connection(), 1)
        for declared in (*described.reads, *(rate.match for rate in described.rates)):
            method, _, path = declared.partition(" ")
            assert method == "*" or method.isupper(), declared
            assert path.startswith("/"), declared
        Globs(described.reads)
        assert {declared.partition(" ")[0] for declared in described.reads} <= {"GET", "HEAD", "OPTIONS", "POST"}

    def test_declared_calls_meet_a_rate(self) -> None:
        """Where the connection has rates, each request that a component counts is under one of them."""
        connection = self.subject.connection()
        rates = Globs([rate.match for rate in connection.rates])
        samples: list[Any] = [one.source for one in self.subject.sources] + [one.sink for one in self.subject.sinks]
        for component in map(copy.copy, samples):
            component.bind(connection, NOWHERE)
            for request, calls in component.calls.items():
                method, _, path = request.partition(" ")
                assert calls > 0, request
                assert not connection.rates or rates.find(method, path) is not None, request

    def _is_ours(self, component: type[BaseModel]) -> bool:
        """Whether it is a mapper, or works on the subject's connection: others have subjects of their own."""
        arguments = type_arguments(component)
        other = tuple(one for one in self._offered("connection") if not isinstance(self.subject.connection(), one))
        return not (other and arguments and isinstance(arguments[0], type) and issubclass(arguments[0], other))

    def _offered(self, kind: Any) -> list[Any]:
        return list(self.subject.load().components[kind].values())

    def _components(self) -> Iterator[type[BaseModel]]:
        for kind in KINDS:
            yield from self._offered(kind)
