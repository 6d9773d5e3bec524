"""Checks the pipelines: source, schedule, routes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from crossdock.checking.assembly import Pipeline, Route
from crossdock.checking.build import build
from crossdock.checking.flow import Stage
from crossdock.checking.look_up import Account, Accounts, Outcome, Use, find, find_account, read_use
from crossdock.checking.routes import Named, RouteChecker
from crossdock.checking.routing import check_routing
from crossdock.checking.schedule import read_schedule
from crossdock.checking.section import Section, as_items, is_broken, read_table
from crossdock.config import Entry, Fault, Findings, Items, Mark, Table, describe
from crossdock.contract.component import type_arguments
from crossdock.contract.source import Source
from crossdock.mappers import RouteMapper
from crossdock.registry import Registry

_EXAMPLE = "{from: {use: PLUGIN.SOURCE, connection: NAME}, every: 5m, to: {use: PLUGIN.SINK, connection: NAME}}"


@dataclass(frozen=True, slots=True)
class _Origin:
    use: Use | None = None
    source: Source[Any, Any] | None = None
    account: Account | None = None
    stage: Stage | None = None


class PipelineChecker:
    """Turns one entry of `pipelines:` into a pipeline."""

    def __init__(self, registry: Registry, accounts: Accounts, findings: Findings) -> None:
        self._registry = registry
        self._accounts = accounts
        self._findings = findings
        self._routes = RouteChecker(registry, accounts, findings)

    def check(self, entry: Entry) -> tuple[Pipeline | None, Fault | None]:
        """Read one pipeline; the fault is set where it cannot run because a plugin of it is absent or broken."""
        table = read_table(entry, "`pipelines`", f"{entry.key}: {_EXAMPLE}", self._findings)
        if table is None:
            return None, None
        section = Section(table, entry.mark, f"pipeline {entry.key}", self._findings)
        outcome = Outcome()
        origin = self._origin(section, entry.key, outcome)
        schedule = read_schedule(section, self._findings)
        settings = self._settings(section)
        routes = self._check_routes(section, entry.key, origin, outcome)
        section.close()
        if outcome.fault is not None or None in routes or not routes:
            return None, outcome.fault
        if origin.use is None or origin.source is None or origin.account is None or origin.account.made is None:
            return None, None
        pipeline = Pipeline(
            name=entry.key,
            use=origin.use.word,
            source=origin.source,
            connection_name=origin.account.name,
            routes=tuple(route for route in routes if route is not None),
            every=schedule.every,
            cron=schedule.cron,
            timezone=schedule.timezone,
            **settings,
        )
        return pipeline, None

    def _settings(self, section: Section) -> dict[str, Any]:
        return {
            "customer": section.text("customer", example="acme"),
            "enabled": section.flag("enabled", True),
            "expect": section.duration("expect", None, example="1d"),
            "recheck": section.duration("recheck", timedelta(minutes=5), example="5m"),
            "jitter": section.duration("jitter", None, example="30s"),
        }

    def _origin(self, section: Section, pipeline: str, outcome: Outcome) -> _Origin:
        entry = section.take("from")
        if entry is None:
            section.missing("from", fix="add `from: {use: PLUGIN.SOURCE, connection: NAME}`")
            return _Origin()
        table = read_table(entry, section.what, "from: {use: PLUGIN.SOURCE, connection: NAME}", self._findings)
        if table is None:
            return _Origin()
        inner = Section(table, entry.mark, f"the source of pipeline {pipeline}", self._findings)
        use = read_use(inner, "PLUGIN.SOURCE")
        model = None if use is None else find(use, self._registry.source, self._findings, outcome)
        inner.what = use.word if use is not None else inner.what
        wanted = None if model is None else type_arguments(model)[0]
        account = find_account(inner, wanted, self._accounts, self._findings)
        if account is not None and account.stopped is not None:
            outcome.fault = outcome.fault or account.stopped
        if use is None or model is None:
            return _Origin(use, None, account)
        return _Origin(use, build(model, inner, self._findings), account, Stage(use.word, use.mark, model))

    def _check_routes(self, section: Section, pipeline: str, origin: _Origin, outcome: Outcome) -> list[Route | None]:
        entry = section.take("to")
        if entry is None or (isinstance(entry.value, Items) and not entry.value.items):
            section.missing("to", fix="add `to: {use: PLUGIN.SINK, connection: NAME}`")
            return []
        routes: list[Route | None] = []
        seen: dict[str, Mark] = {}
        routing: list[tuple[Mark, list[RouteMapper]]] = []
        for node in as_items(entry.value):
            if not isinstance(node, Table):
                if not is_broken(node):
                    wanted = "a mapping with `use:`, or a list of such"
                    message = f"`to` of {section.what} must be {wanted}; found {describe(node)}"
                    fix = "write `to: {use: PLUGIN.SINK, connection: NAME}`"
                    self._findings.add(node.mark, "wrong_type", message, fix=fix)
                routes.append(None)
                continue
            owner = node.mark if isinstance(entry.value, Items) else entry.mark
            route, named = self._routes.check(node, owner, pipeline, origin.stage, outcome)
            routes.append(route)
            self._check_name(named, seen, section)
            if route is not None and named is not None:
                routing.append((named.mark, [one for one in route.mappers if isinstance(one, RouteMapper)]))
        if len(routing) == len(routes):
            check_routing(routing, pipeline, self._findings)
        return routes

    def _check_name(self, named: Named | None, seen: dict[str, Mark], section: Section) -> None:
        if named is None:
            return
        first = seen.setdefault(named.name, named.mark)
        if first is not named.mark:
            message = f"{section.what} has two routes '{named.name}', the first on line {first.line}"
            self._findings.add(named.mark, "duplicate_route", message, fix="give one of them another `name:`")
