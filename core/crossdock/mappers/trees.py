"""Walks over the syntax tree of an expression. Nothing here imports the library that made it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def nodes_of(tree: Any) -> Iterator[Any]:
    """Every node of a syntax tree."""
    seen: set[int] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list | tuple):
            waiting.extend(node)
        elif hasattr(node, "lbp") and id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(value for name, value in vars(node).items() if name != "_outer_instance")


def names_bound(nodes: Iterable[Any]) -> Iterator[str]:
    """The names that the expression itself gives: by `:=`, as arguments, by `@` and `#`."""
    for node in nodes:
        if node.type == "bind":
            yield str(node.lhs.value)
        elif node.type == "lambda":
            yield from (str(argument.value) for argument in node.arguments)
        yield from (str(name) for name in (node.focus, node.index) if name is not None)
        if node.type == "index":
            yield str(node.value)
