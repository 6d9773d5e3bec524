"""Checks the routes of a pipeline: sink, mappers, limits, and the documents' types along the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crossdock.checking.assembly import Route
from crossdock.checking.build import build
from crossdock.checking.digest import digest
from crossdock.checking.expressions import check_expressions
from crossdock.checking.flow import Stage, follow_types
from crossdock.checking.look_up import Account, Accounts, Outcome, Use, find, find_account, read_use
from crossdock.checking.names import check_name
from crossdock.checking.section import Section, is_broken
from crossdock.config import Entry, Findings, Items, Mark, Node, Scalar, Table, describe
from crossdock.contract.component import type_arguments
from crossdock.contract.mapper import Mapper
from crossdock.contract.sink import Sink
from crossdock.registry import Registry


@dataclass(frozen=True, slots=True)
class Named:
    """A route's name and where a second one alike is reported."""

    name: str
    mark: Mark


class RouteChecker:
    """Turns one member of `to:` into a route."""

    def __init__(self, registry: Registry, accounts: Accounts, findings: Findings) -> None:
        self._registry = registry
        self._accounts = accounts
        self._findings = findings

    def check(
        self, table: Table, owner: Mark, pipeline: str, source: Stage | None, outcome: Outcome
    ) -> tuple[Route | None, Named | None]:
        """Read one route; its name is known even where the rest of it is wrong."""
        section = Section(table, owner, f"the route of pipeline {pipeline}", self._findings)
        use = read_use(section, "PLUGIN.SINK")
        model = None if use is None else find(use, self._registry.sink, self._findings, outcome)
        section.what = use.word if use is not None else section.what
        wanted = None if model is None else type_arguments(model)[0]
        account = find_account(section, wanted, self._accounts, self._findings)
        named = self._name(section, use, account)
        limits = (section.count("max_in_flight", 8, most=1000), section.count("attempts", 10, most=1000))
        nodes = self._mapper_nodes(section.take("map"), section)
        mappers, stages = self._mappers(nodes, pipeline, outcome)
        if account is not None and account.stopped is not None:
            outcome.fault = outcome.fault or account.stopped
        if use is None or model is None:
            return None, named
        incoming = follow_types(source, stages, Stage(use.word, use.mark, model), self._registry, self._findings)
        for mapper, given, node in zip(mappers, incoming, nodes, strict=True):
            if isinstance(node, Table) and mapper is not None:
                check_expressions(mapper, given, node, self._findings)
        self._warn(use, model, account)
        sink: Sink[Any, Any] | None = build(model, section, self._findings)
        if sink is None or named is None or account is None or account.made is None or None in mappers:
            return None, named
        whole = tuple(mapper for mapper in mappers if mapper is not None)
        route = Route(named.name, use.word, sink, account.name, whole, *limits, digest(table, account.digest))
        return route, named

    def _name(self, section: Section, use: Use | None, account: Account | None) -> Named | None:
        entry = section.take("name")
        if entry is None:
            return None if use is None or account is None else Named(f"{use.word}@{account.name}", use.mark)
        name = section.text("name", example="to_warehouse")
        if name is None:
            return None
        check_name(name, entry.value.mark, "route", self._findings)
        return Named(name, entry.value.mark)

    def _mappers(
        self, nodes: Sequence[Node], pipeline: str, outcome: Outcome
    ) -> tuple[list[Mapper[Any, Any] | None], list[Stage]]:
        made: list[Mapper[Any, Any] | None] = []
        stages: list[Stage] = []
        for node in nodes:
            if not isinstance(node, Table):
                self._refuse(node)
                made.append(None)
                stages.append(Stage("?", node.mark, None))
                continue
            inner = Section(node, node.mark, f"a mapper of pipeline {pipeline}", self._findings)
            use = read_use(inner, "PLUGIN.MAPPER")
            model = None if use is None else find(use, self._registry.mapper, self._findings, outcome)
            inner.what = use.word if use is not None else inner.what
            stages.append(Stage(inner.what, use.mark if use is not None else node.mark, model))
            made.append(None if model is None else build(model, inner, self._findings))
        return made, stages

    def _mapper_nodes(self, entry: Entry | None, section: Section) -> tuple[Node, ...]:
        if entry is None:
            return ()
        if isinstance(entry.value, Items):
            return entry.value.items
        if isinstance(entry.value, Table):
            message = f"`map` of {section.what} must be a list of mappers; found a mapping"
            fix = "write a dash before it: `- use: PLUGIN.MAPPER`"
            self._findings.add(entry.value.mark, "wrong_type", message, fix=fix)
        # One mapper without its dash is still looked at.
        return (entry.value,)

    def _refuse(self, node: Node) -> None:
        if not is_broken(node):
            message = f"a mapper must be a mapping with `use:`; found {describe(node)}"
            word = node.value if isinstance(node, Scalar) and isinstance(node.value, str) else "PLUGIN.MAPPER"
            self._findings.add(node.mark, "wrong_type", message, fix=f"write `- use: {word}`")

    def _warn(self, use: Use, model: type[Sink[Any, Any]], account: Account | None) -> None:
        if not model.can_probe():
            message = f"{use.word} cannot look whether something was done: it may not claim exactly-once"
            fix = "expect held deliveries after a lost answer, or use a sink that can probe"
            self._findings.warn(use.mark, "no_probe", message, fix=fix)
        if account is not None and account.made is not None and account.made.read_only:
            message = f"{account.name} is read-only: {use.word} can never deliver there"
            self._findings.warn(use.mark, "read_only_connection", message, fix="remove `read_only: true`")
