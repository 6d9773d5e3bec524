"""Follows the documents' types from a source through its mappers to a sink."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from crossdock.checking.words import an, either, listed
from crossdock.config import Findings, Mark
from crossdock.contract.component import type_arguments
from crossdock.registry import Registry


@dataclass(frozen=True, slots=True)
class Stage:
    """A component on the way, as far as it is known, and where the file names it."""

    use: str
    mark: Mark
    model: type[Any] | None


def follow_types(
    source: Stage | None, mappers: Sequence[Stage], sink: Stage, registry: Registry, findings: Findings
) -> list[Any]:
    """Report each place where what comes in is not what is taken; says what comes to each mapper, None if unknown."""
    given = None if source is None or source.model is None else type_arguments(source.model)[1]
    before, incoming = source, []
    for mapper in mappers:
        incoming.append(given)
        taken, made = (None, None) if mapper.model is None else type_arguments(mapper.model)
        if before is not None and given is not None and taken is not None and not fits(given, taken):
            _report(before, given, mapper, taken, registry, findings)
        # What passes any document through says nothing new about it.
        given, before = (given, before) if made is Any and taken is Any else (made, mapper)
    wanted = None if sink.model is None else type_arguments(sink.model)[1]
    if before is None or given is None or wanted is None or fits(given, wanted):
        return incoming
    candidates = find_mappers(given, wanted, registry)
    if not mappers and candidates:
        _report_missing(before, given, sink, wanted, candidates, findings)
    else:
        _report(before, given, sink, wanted, registry, findings, next(iter(candidates), None))
    return incoming


def fits(given: Any, wanted: Any) -> bool:
    """Whether every document of one type may be handed to what takes the other."""
    takers = tuple(_members(wanted))
    return all(any(_is_a(member, taker) for taker in takers) for member in _members(given))


def find_mappers(given: Any, wanted: Any, registry: Registry) -> list[str]:
    """The `use:` words of the loaded mappers that turn the one into the other."""
    found = []
    for use in registry.names("mapper"):
        taken, made = type_arguments(registry.mapper(use))
        if made is not Any and fits(given, taken) and fits(made, wanted):
            found.append(use)
    return found


def name_type(document: Any) -> str:
    """How messages speak of a document's type."""
    return either(getattr(member, "__name__", str(member)) for member in _members(document))


def _members(document: Any) -> Iterator[Any]:
    origin = get_origin(document)
    if origin is Annotated:
        yield from _members(get_args(document)[0])
    elif origin in (Union, types.UnionType):
        for member in get_args(document):
            yield from _members(member)
    else:
        yield document


def _is_a(member: Any, taker: Any) -> bool:
    if Any in (member, taker) or member == taker:
        return True
    return isinstance(member, type) and isinstance(taker, type) and issubclass(member, taker)


def find_takers(given: Any, registry: Registry) -> list[str]:
    """The `use:` words of the loaded mappers and sinks that take such a document."""
    taken = {use: type_arguments(registry.mapper(use))[0] for use in registry.names("mapper")}
    mappers = [use for use, takes in taken.items() if takes is not Any and fits(given, takes)]
    sinks = [use for use in registry.names("sink") if fits(given, type_arguments(registry.sink(use))[1])]
    return mappers + sinks


def _report(
    before: Stage,
    given: Any,
    after: Stage,
    taken: Any,
    registry: Registry,
    findings: Findings,
    mapper: str | None = None,
) -> None:
    takers = find_takers(given, registry)
    fix = f"name what takes {an(name_type(given))}, or another source"
    if mapper is not None:
        fix = f"add `- use: {mapper}` to `map`, in its place"
    findings.add(
        after.mark,
        "types_do_not_meet",
        f"{after.use} takes {an(name_type(taken))}, but {before.use} gives {an(name_type(given))}",
        valid=f"what takes {an(name_type(given))}: {listed(takers)}",
        fix=fix,
    )


def _report_missing(
    before: Stage, given: Any, sink: Stage, wanted: Any, candidates: Sequence[str], findings: Findings
) -> None:
    findings.add(
        sink.mark,
        "missing_mapping",
        f"{sink.use} takes {an(name_type(wanted))}, but {before.use} gives {an(name_type(given))}: a mapper is missing",
        valid=f"mappers between them: {listed(candidates)}",
        fix=f"add `map: [{{use: {candidates[0]}, …}}]`",
    )
