"""From text to the positioned tree, by the parser's events alone: no YAML tag ever makes an object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from crossdock.config.faults import Findings
from crossdock.config.nodes import Entry, Items, Mark, Node, Scalar, Table
from crossdock.config.scalars import resolve
from crossdock.config.syntax import report_syntax

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 40
_LARGEST = 200_000
_TEXT_TAGS = frozenset({"!", "tag:yaml.org,2002:str"})


class _Unusable(Exception):  # noqa: N818  (it only carries control out)
    """What was reported last leaves nothing to go on with."""


def compose(text: str, file: str, findings: Findings) -> Table | None:
    """Read one YAML document whose root is a mapping, or report why that cannot be."""
    try:
        return _Composer(file, findings, text).root(iter(yaml.parse(text, Loader=_Loader)))
    except yaml.YAMLError as error:
        report_syntax(error, text, file, findings)
    except _Unusable:
        pass
    return None


class _Composer:
    def __init__(self, file: str, findings: Findings, text: str) -> None:
        self._file = file
        self._findings = findings
        self._rows = text.splitlines()
        self._anchors: dict[str, Node | None] = {}

    def root(self, events: Iterator[Any]) -> Table | None:
        self._events = events
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            start = Mark(self._file, 1, 1)
            raise self._fail(
                start,
                "empty_file",
                "the file is empty",
                "start with `version: 1`; `crossdock init` writes a file to start from",
            )
        node = self._node(next(events), 0)
        next(events)  # the document's end
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            mark = self._mark(after)
            raise self._fail(mark, "syntax", "a second document starts here", "keep one document in a file")
        if not isinstance(node, Table):
            fix = "start with `version: 1`, then `connections:` and `pipelines:`"
            raise self._fail(node.mark, "wrong_type", "a definition is a mapping of keys to values", fix)
        return node

    def _node(self, event: Any, depth: int) -> Node:
        mark = self._mark(event)
        if depth > _DEEPEST:
            raise self._fail(mark, "too_deep", f"this is nested more than {_DEEPEST} levels deep", "nest less")
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event, mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = None  # known, but not to be used inside itself
        node = self._fresh(event, mark, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if node.size > _LARGEST:
            raise self._fail(mark, "too_large", "this grows beyond 200,000 values", "use fewer aliases")
        return node

    def _fresh(self, event: Any, mark: Mark, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, mark)
        if event.tag not in (None, "!"):
            self._refuse_tag(event.tag, mark)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(mark, tuple(self._items(depth)))
        return self._table(mark, depth)

    def _scalar(self, event: Any, mark: Mark) -> Scalar:
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            self._refuse_tag(event.tag, mark)
        plain = event.implicit[0] and event.tag is None
        value = resolve(event.value) if plain else event.value
        return Scalar(mark, value, event.value, lines=tuple(self._lines(event, mark)))

    def _lines(self, event: Any, mark: Mark) -> Iterator[tuple[int, Mark]]:
        """Where the lines of a value stand, as far as the file holds them as they are: not folded, not escaped."""
        if event.style == "|":
            yield from self._literal_lines(event.value, mark)
            return
        quote = 1 if event.style in ("'", '"') else 0
        row = self._row(mark.line)[: event.end_mark.column - quote]
        column = mark.column + quote
        if event.start_mark.line == event.end_mark.line and row[column - 1 :] == event.value:
            yield 0, Mark(self._file, mark.line, column)

    def _literal_lines(self, value: str, mark: Mark) -> Iterator[tuple[int, Mark]]:
        start = 0
        for number, written in enumerate(value.split("\n"), start=mark.line + 1):
            row = self._row(number)
            if not row.endswith(written):
                return
            yield start, Mark(self._file, number, len(row) - len(written) + 1)
            start += len(written) + 1

    def _row(self, line: int) -> str:
        return self._rows[line - 1] if line <= len(self._rows) else ""

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth + 1)

    def _table(self, mark: Mark, depth: int) -> Table:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
                self._merge(value, merged)
            else:
                self._enter(key, value, own)
        return Table(mark, {**own, **{key: entry for key, entry in merged.items() if key not in own}})

    def _enter(self, key: Node, value: Node, own: dict[str, Entry]) -> None:
        if not isinstance(key, Scalar) or not key.text:
            self._findings.add(key.mark, "syntax", "a key must be a word", fix="write `key: value`")
        elif key.text in own:
            first = own[key.text].mark
            message = f"'{key.text}' stands here twice, first on line {first.line}"
            fix = f"remove or rename one of them (lines {first.line} and {key.mark.line})"
            self._findings.add(key.mark, "duplicate_key", message, fix=fix)
        else:
            own[key.text] = Entry(key.text, key.mark, value)

    def _merge(self, value: Node, merged: dict[str, Entry]) -> None:
        tables = value.items if isinstance(value, Items) else (value,)
        for table in tables:
            if not isinstance(table, Table):
                fix = "write `<<: *name`, where `&name` marks a mapping"
                self._findings.add(table.mark, "wrong_type", "only mappings can be merged by `<<`", fix=fix)
                continue
            for entry in table:
                merged.setdefault(entry.key, entry)

    def _aliased(self, event: Any, mark: Mark) -> Node:
        node = self._anchors.get(event.anchor)
        if node is not None:
            return node
        known = ", ".join(sorted(name for name, at in self._anchors.items() if at is not None))
        message = f"the alias *{event.anchor} stands for nothing above it"
        if event.anchor in self._anchors:
            message = f"the alias *{event.anchor} stands inside what it stands for"
        fix = f"use one of these: {known}" if known else f"mark a value above with &{event.anchor}"
        raise self._fail(mark, "syntax", message, fix)

    def _refuse_tag(self, tag: str, mark: Mark) -> None:
        name = tag.replace("tag:yaml.org,2002:", "!!")
        fix = "remove it; quote a value that is to be a text"
        self._findings.add(mark, "syntax", f"the tag {name} means nothing here", fix=fix)

    def _fail(self, mark: Mark, code: str, message: str, fix: str) -> _Unusable:
        self._findings.add(mark, code, message, fix=fix)
        return _Unusable()

    def _mark(self, event: Any) -> Mark:
        return Mark(self._file, event.start_mark.line + 1, event.start_mark.column + 1)
