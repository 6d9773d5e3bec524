"""Looks through a compiled expression for what it may not do, before it ever runs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.functions import FUNCTIONS, REFUSED
from crossdock.mappers.language import OWN_FUNCTIONS

VARIABLES = frozenset({"document", "key", "pipeline", "customer"})
"""What every expression can refer to, beside `$` and `$$`."""
_LARGEST_NUMBER = 2**53


def vet(tree: Any) -> None:
    """Raises: ExpressionError where it calls what is impure or unknown, or holds a number that is not exact."""
    nodes = list(_walk(tree))
    bound = set(_bound(nodes))
    for node in nodes:
        if node.type == "variable":
            _vet_variable(str(node.value), bound)
        elif node.type == "partial":
            raise ExpressionError(
                "a function with `?` in place of an argument is not read here", "write function($x){…}"
            )
        elif node.type == "number" and abs(node.value) > _LARGEST_NUMBER:
            raise ExpressionError("a number has more digits than JSONata keeps", "write it as a text, in quotes")


def _vet_variable(name: str, bound: set[str]) -> None:
    if name in ("", "$") or name in bound or name in VARIABLES or name in FUNCTIONS:
        return
    if name in REFUSED:
        raise ExpressionError(f"${name} cannot be used: {REFUSED[name]}")
    if name not in OWN_FUNCTIONS:
        known = {*bound, *VARIABLES, *FUNCTIONS, *(OWN_FUNCTIONS - set(REFUSED))}
        near = difflib.get_close_matches(name, known, n=1)
        raise ExpressionError(f"there is no ${name}", f"write ${near[0]}" if near else None)


def _walk(tree: Any) -> Iterator[Any]:
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


def _bound(nodes: Iterable[Any]) -> Iterator[str]:
    """The names that the expression itself gives: by `:=`, as arguments, by `@` and `#`."""
    for node in nodes:
        if node.type == "bind":
            yield str(node.lhs.value)
        elif node.type == "lambda":
            yield from (str(argument.value) for argument in node.arguments)
        yield from (str(name) for name in (node.focus, node.index) if name is not None)
        if node.type == "index":
            yield str(node.value)
