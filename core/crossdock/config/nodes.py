"""The tree of a definition: every key and every value knows its line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crossdock.config.template import Template


@dataclass(frozen=True, slots=True)
class Mark:
    """A position in a file; line and column count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A single value. `text` is what stands in the file; `template` is set where that holds references.

    `value` is None, a bool, a number or a text; where a reference to a secret is in it, a `Secret`. `broken` marks a
    value whose reference could not be resolved: that was reported, and nothing else about it is worth saying.
    `lines` says, where the value stands in the file as it is, which character of it begins each line, and where.
    """

    mark: Mark
    value: Any
    text: str
    template: Template | None = None
    broken: bool = False
    lines: tuple[tuple[int, Mark], ...] = ()

    size = 1

    def at(self, character: int) -> Mark:
        """Where a character of the value stands; where the file writes it otherwise, where the value begins."""
        for start, mark in reversed(self.lines):
            if start <= character:
                return Mark(mark.file, mark.line, mark.column + character - start)
        return self.mark


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its position, and its value."""

    key: str
    mark: Mark
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping. Keys are texts as they were written, whatever they look like."""

    mark: Mark
    entries: Mapping[str, Entry]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + sum(entry.value.size for entry in self.entries.values()))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list."""

    mark: Mark
    items: tuple[Node, ...]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", 1 + sum(item.size for item in self.items))


Node = Scalar | Table | Items


def describe(node: Node) -> str:
    """Name a value for a message; what came through a reference is shown as the reference."""
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    if node.template is None and node.value is None:
        return "nothing"
    text = node.text if len(node.text) <= 60 else f"{node.text[:57]}…"
    return f"'{text}'" if isinstance(node.value, str) or node.template else text
