"""Compares what the routes of one pipeline say about who takes which documents."""

from __future__ import annotations

from collections.abc import Sequence

from crossdock.checking.words import listed
from crossdock.config import Findings, Mark
from crossdock.mappers import RouteMapper


def check_routing(routes: Sequence[tuple[Mark, Sequence[RouteMapper]]], pipeline: str, findings: Findings) -> None:
    """Report cases that differ between routes, and cases that no route takes: their documents would go nowhere."""
    found = [(mark, mapper) for mark, mappers in routes for mapper in mappers[:1]]
    if not found:
        return
    first, shared = found[0]
    for mark, mapper in found[1:]:
        if mapper.cases != shared.cases:
            findings.add(
                mark,
                "routes_disagree",
                f"the routes of pipeline {pipeline} have different cases: a document could go two ways, or none",
                valid=f"the first list of cases belongs to the route on line {first.line}",
                fix="write the cases once, as `cases: &cases [...]`, and `cases: *cases` in the other routes",
            )
            return
    lost = {case.name for case in shared.cases} - {mapper.take for _, mapper in found}
    if lost and len(found) == len(routes):
        findings.add(
            first,
            "case_without_route",
            f"no route of pipeline {pipeline} takes {listed(lost)}: those documents would go nowhere",
            fix="add a route with `take:`, or remove the case; `filter` is for what is to go nowhere",
        )
