"""A first look at a definition: where its store is and what its pipelines are called, without loading a plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

from crossdock.config import Entry, Fault, Faults, Findings, Items, Scalar, Table, read_document
from crossdock.observe.redact import register

_STORE = "sqlite:crossdock.db"


@dataclass(frozen=True, slots=True)
class Outline:
    """What commands need that only look at the store: they work where a plugin or a variable is missing."""

    file: Path
    store: str
    customers: Mapping[str, str | None]
    """Every pipeline, and whose it is."""
    needs_secrets: frozenset[str]
    connections: frozenset[str] = frozenset()
    uses: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The connections of each pipeline."""
    routes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The ids of the routes of each pipeline."""
    parts: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """The components of each pipeline: "source", "mapper" or "sink", and what `use:` says."""

    @property
    def folder(self) -> Path:
        """Where a relative store lies: beside the definition."""
        return self.file.parent


def read_outline(file: Path) -> Outline:
    """Read it. Raises: Faults where the file cannot be read, is no YAML, or does not say where its store is."""
    findings = Findings()
    document = read_document(file, env=os.environ, secrets=None, findings=findings)
    if document is None:
        raise Faults(findings.errors)
    entry = document.root.entries.get("store")
    store = _STORE if entry is None else _text(entry)
    if store is None:
        raise Faults(findings.errors or [_no_store(file, entry)])
    _mask_password(store)
    root = document.root
    names = _customers(root), document.needs_secrets, _connections(root), _uses(root), _routes(root), _parts(root)
    return Outline(file, store, *names)


def _mask_password(store: str) -> None:
    """Nothing that is shown or logged from now on bears the password of a server."""
    with suppress(ValueError):  # no address at all: `check` says so
        password = urlsplit(store).password
        if password:
            register(unquote(password))
            register(password)


def _customers(root: Table) -> dict[str, str | None]:
    entry = root.entries.get("pipelines")
    if entry is None or not isinstance(entry.value, Table):
        return {}
    return {pipeline.key: _customer(pipeline) for pipeline in entry.value}


def _customer(pipeline: Entry) -> str | None:
    entry = pipeline.value.entries.get("customer") if isinstance(pipeline.value, Table) else None
    return None if entry is None else _text(entry)


def _connections(root: Table) -> frozenset[str]:
    entry = root.entries.get("connections")
    return frozenset(entry.value.entries) if entry is not None and isinstance(entry.value, Table) else frozenset()


def _uses(root: Table) -> dict[str, frozenset[str]]:
    entry = root.entries.get("pipelines")
    if entry is None or not isinstance(entry.value, Table):
        return {}
    return {pipeline.key: frozenset(_used(pipeline)) for pipeline in entry.value}


def _used(pipeline: Entry) -> Iterator[str]:
    """The connection of the source, and those of the routes."""
    for side in _sides(pipeline, "from", "to"):
        connection = _word(side, "connection")
        if connection is not None:
            yield connection


def _routes(root: Table) -> dict[str, tuple[str, ...]]:
    entry = root.entries.get("pipelines")
    if entry is None or not isinstance(entry.value, Table):
        return {}
    return {pipeline.key: tuple(map(_route, _sides(pipeline, "to"))) for pipeline in entry.value}


def _parts(root: Table) -> dict[str, tuple[tuple[str, str], ...]]:
    entry = root.entries.get("pipelines")
    if entry is None or not isinstance(entry.value, Table):
        return {}
    return {pipeline.key: tuple(_components(pipeline)) for pipeline in entry.value}


def _components(pipeline: Entry) -> Iterator[tuple[str, str]]:
    sides = [("source", side) for side in _sides(pipeline, "from")]
    for side in _sides(pipeline, "to"):
        mapped = side.entries.get("map")
        nodes = mapped.value.items if mapped is not None and isinstance(mapped.value, Items) else ()
        sides += [("mapper", node) for node in nodes if isinstance(node, Table)]
        sides.append(("sink", side))
    for kind, side in sides:
        word = _word(side, "use")
        if word is not None:
            yield kind, word


def _route(side: Table) -> str:
    return _word(side, "name") or f"{_word(side, 'use')}@{_word(side, 'connection')}"


def _sides(pipeline: Entry, *names: str) -> Iterator[Table]:
    if not isinstance(pipeline.value, Table):
        return
    found = [entry.value for name in names if (entry := pipeline.value.entries.get(name)) is not None]
    for side in chain.from_iterable(one.items if isinstance(one, Items) else [one] for one in found):
        if isinstance(side, Table):
            yield side


def _word(side: Table, name: str) -> str | None:
    entry = side.entries.get(name)
    return None if entry is None else _text(entry)


def _text(entry: Entry) -> str | None:
    value = entry.value.value if isinstance(entry.value, Scalar) and not entry.value.broken else None
    return value if isinstance(value, str) and value.strip() else None


def _no_store(file: Path, entry: Entry | None) -> Fault:
    mark = entry.value.mark if entry is not None else None
    line, column = (mark.line, mark.column) if mark is not None else (1, 1)
    return Fault(str(file), line, column, "wrong_type", "`store` must be a text", fix=f"write `store: {_STORE}`")
