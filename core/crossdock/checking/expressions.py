"""Checks the names in a mapper's expressions and paths against the type of the documents that come to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from crossdock.checking.words import an, either, listed, nearest
from crossdock.config import Entry, Findings, Items, Node, Scalar, Table
from crossdock.mappers import FieldsMapper
from crossdock.mappers.paths import EACH, Steps, spell
from crossdock.mappers.reading import Reading, Unknown, unknown_names
from crossdock.mappers.shapes import LEAF, Shape, astray, follow, names_in, shape_of, where


@runtime_checkable
class Reads(Protocol):
    """A mapper with expressions."""

    def readings(self) -> Iterator[Reading]:
        """Its expressions, and where they stand in its settings."""
        ...


def check_expressions(mapper: Any, given: Any, settings: Table, findings: Findings) -> None:
    """Report each name that no document of the given type can have."""
    shape = shape_of(given)
    if shape is None or not isinstance(mapper, Reads):
        return
    what = getattr(mapper, "name", "this mapper")
    if isinstance(mapper, FieldsMapper):
        _check_paths(mapper, given, settings, what, findings)
    for reading in mapper.readings():
        node = _find(settings, reading.key)
        if isinstance(node, Scalar) and node.value == reading.expression.text:
            for unknown in unknown_names(reading.expression, follow(shape, reading.item), shape):
                _report(unknown, reading, node, shape, what, findings)


def _report(unknown: Unknown, reading: Reading, node: Scalar, document: Shape, what: str, findings: Findings) -> None:
    key = next(str(step) for step in reversed(reading.key) if isinstance(step, str))
    findings.add(
        node.mark if unknown.at is None else node.at(unknown.at),
        "unknown_field",
        f"`{key}` of {what}: {_has_no(unknown.shape, unknown.name)}",
        valid=_valid(unknown.shape),
        fix=_mend(unknown, reading, document),
    )


def _mend(unknown: Unknown, reading: Reading, document: Shape) -> str:
    name, shape = unknown.name, unknown.shape
    if unknown.first and name.lower() in {"document", *(model.__name__.lower() for model in document)}:
        return f"leave out `{name}.`" if shape == document else "write `$document`"
    near, elsewhere = nearest(name, names_in(shape)), where(name, document)
    if near:
        return f"write `{near}`"
    if unknown.first and elsewhere is not None:
        return f"write `{elsewhere}`" if shape == document else f"write `$document.{elsewhere}`"
    if shape == frozenset({LEAF}):
        return f"leave out `.{name}`"
    return "name one of these" if names_in(shape) else f"leave out `{name}`"


def _has_no(shape: Shape, name: str) -> str:
    if shape == frozenset({LEAF}):
        return f"there is no `{name}` in a single value"
    return f"{an(_called(shape))} has no `{name}`"


def _valid(shape: Shape) -> str | None:
    names = names_in(shape)
    return f"{an(_called(shape))} has: {listed(names)}" if names else None


def _called(shape: Shape) -> str:
    return either(sorted(model.__name__ for model in shape if model is not LEAF))


# ---------------------------------------------------------------- paths that are set


def _check_paths(mapper: FieldsMapper, given: Any, settings: Table, what: str, findings: Findings) -> None:
    """Report each path of `set` that leads nowhere."""
    table = _find(settings, ("set",))
    for path, steps in mapper.paths.items():
        lost = astray(given, steps)
        entry = table.entries.get(path) if isinstance(table, Table) else None
        if lost is None or entry is None:
            continue
        step, before = steps[lost.position], spell(steps[: lost.position])
        if lost.shape is None:
            _report_path(entry, what, f"`{before}` is a list", _spelt(steps, lost.position, EACH, keep=True), findings)
        elif isinstance(step, int) or step == EACH:
            _report_path(entry, what, f"`{before}` is no list", _spelt(steps, lost.position, None), findings)
        else:
            near = nearest(step, names_in(lost.shape))
            fix = _spelt(steps, lost.position, near) if near else None
            _report_path(entry, what, _has_no(lost.shape, step), fix, findings, _valid(lost.shape))


def _report_path(
    entry: Entry, what: str, message: str, path: str | None, findings: Findings, valid: str | None = None
) -> None:
    fix = f"write `{path}`" if path else "name a path that is there"
    findings.add(entry.mark, "unknown_field", f"`{entry.key}` of {what}: {message}", valid=valid, fix=fix)


def _spelt(steps: Steps, position: int, step: str | None, *, keep: bool = False) -> str:
    """The path with one step replaced, left out where `step` is None, or put before the one that is there."""
    middle = () if step is None else (step,)
    return spell((*steps[:position], *middle, *steps[position + (0 if keep else 1) :]))


def _find(node: Node, key: tuple[str | int, ...]) -> Node | None:
    found: Node | None = node
    for step in key:
        if isinstance(found, Table) and (entry := found.entries.get(str(step))) is not None:
            found = entry.value
        elif isinstance(found, Items) and isinstance(step, int) and step < len(found.items):
            found = found.items[step]
        else:
            return None
    return found
