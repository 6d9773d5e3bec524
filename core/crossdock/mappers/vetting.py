"""Looks through a compiled expression for what it may not do, before it ever runs."""

from __future__ import annotations

import difflib
from typing import Any

from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.functions import FUNCTIONS, REFUSED
from crossdock.mappers.language import OWN_FUNCTIONS
from crossdock.mappers.trees import names_bound, nodes_of

VARIABLES = frozenset({"document", "key", "pipeline", "customer"})
"""What every expression can refer to, beside `$` and `$$`."""
_LARGEST_NUMBER = 2**53


def vet(tree: Any) -> None:
    """Raises: ExpressionError where it calls what is impure or unknown, or holds a number that is not exact."""
    nodes = list(nodes_of(tree))
    bound = set(names_bound(nodes))
    for node in nodes:
        if node.type == "variable":
            _vet_variable(str(node.value), bound)
        elif node.type == "function":
            _vet_call(node.procedure)
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


def _vet_call(procedure: Any) -> None:
    if procedure.type == "path" and len(procedure.steps) == 1 and procedure.steps[0].type == "name":
        name = str(procedure.steps[0].value)
        raise ExpressionError(f"{name}(…) calls no function: their names begin with $", f"write ${name}(…)")
