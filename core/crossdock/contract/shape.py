"""The shape of what a remote system answers, as far as it is known: what is beyond it, and what is gone, is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from crossdock.jsonio import Json

_DEEPEST = 12
_WIDEST = 3
"""So many members of a list are looked at: they are alike."""
_MOST = 400


@dataclass(frozen=True, slots=True)
class Shape:
    """Which fields are known. Lists are passed through: "lines.sku" is a field of each line."""

    paths: frozenset[str]
    opaque: frozenset[str] = frozenset()
    """Fields whose inside is nobody's business: free names, as of custom fields."""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        """Make one from the names below each path, "" for the top; a name that ends in * is not looked into.

        `{"": "id lines", "lines": "sku amount properties*"}` knows `id`, `lines`, `lines.sku` and so on.
        """
        paths, opaque = set(), set()
        for prefix, names in fields.items():
            for name in names.split():
                path = f"{prefix}.{name.rstrip('*')}" if prefix else name.rstrip("*")
                paths.add(path)
                if name.endswith("*"):
                    opaque.add(path)
        return cls(frozenset(paths), frozenset(opaque))

    def below(self, prefix: str) -> Self:
        """The same shape inside a field of another."""
        moved = [frozenset({prefix, *(f"{prefix}.{path}" for path in self.paths)})]
        return type(self)(moved[0], frozenset(f"{prefix}.{path}" for path in self.opaque))

    def __or__(self, other: Shape) -> Shape:
        return Shape(self.paths | other.paths, self.opaque | other.opaque)

    def fields(self, raw: Json) -> set[str]:
        """The fields that something has, each once; of an unknown one, nothing below it."""
        found: set[str] = set()
        for path in self._walk(raw, "", 0):
            found.add(path)
            if len(found) >= _MOST:
                break
        return found

    def _walk(self, value: Json, prefix: str, depth: int) -> Iterator[str]:
        if isinstance(value, dict) and depth < _DEEPEST:
            for name, inner in value.items():
                path = f"{prefix}.{name}" if prefix else str(name)
                yield path
                if path in self.paths and path not in self.opaque:
                    yield from self._walk(inner, path, depth + 1)
        elif isinstance(value, list):
            for inner in value[:_WIDEST]:
                yield from self._walk(inner, prefix, depth + 1)
