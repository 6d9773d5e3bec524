"""Which names an expression reads that its document cannot have: found by type, before any document comes.

Only what is certain is reported. Where a wildcard, a computed value, a mapping or a function's result comes between,
nothing is known of what lies behind it, and nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crossdock.mappers.expression import Expression
from crossdock.mappers.paths import Steps
from crossdock.mappers.shapes import LEAF, Shape, inside
from crossdock.mappers.trees import names_bound, nodes_of

Seen = Shape | None
"""What a value may be; None where that is not known."""

_ITEM_FIRST = frozenset({"map", "filter", "single"})
"""Functions that hand each item, its position and the whole list to a function."""
_LIKE_THEIR_FIRST = frozenset({"filter", "single", "sort", "reverse", "distinct"})


@dataclass(frozen=True, slots=True)
class Reading:
    """An expression of a mapper. `key` leads to it in the mapper's settings; `item` is the path of what it looks at."""

    key: tuple[str | int, ...]
    expression: Expression
    item: Steps = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that is not there. `shape` is what it was looked for in; `at` where it stands in the expression's text."""

    name: str
    shape: Shape
    at: int | None
    first: bool
    """Nothing stands before it: it was looked for in the document itself, or in the item at hand."""


def unknown_names(expression: Expression, item: Seen, document: Seen) -> list[Unknown]:
    """The names that cannot be there, in the order of the text."""
    reader = _Reader(expression.text, expression.tree, item, document)
    try:
        reader.see(expression.tree, item, reader.known)
    except RecursionError:  # nested so deeply that it is refused when it runs, too
        return []
    return sorted(reader.unknown.values(), key=lambda one: one.at or 0)


@dataclass
class _Reader:
    """Follows shapes through a syntax tree as the evaluator would follow values."""

    text: str
    tree: Any
    root: Seen
    document: Seen
    unknown: dict[int, Unknown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        times = Counter(names_bound(list(nodes_of(self.tree))))
        self._bound = frozenset(times)
        self._several = {name for name, count in times.items() if count > 1}
        """What is bound more than once may be this or that: nothing is known of it."""
        self.known: dict[str, Seen] = {} if "document" in times else {"document": self.document}

    def see(self, node: Any, focus: Seen, known: dict[str, Seen], piped: Sequence[Seen] = ()) -> Seen:
        """The shape of what a node gives, looked at from `focus`; notes unknown names on the way."""
        kind = getattr(node, "type", None)
        if kind == "path":
            shape = self._path(node, focus, known)
        elif kind == "function":
            shape = self._function(node, focus, known, piped)
        elif kind == "transform":
            matched = self.see(node.pattern, piped[0] if piped else None, known)
            self.see(node.update, matched, known)
            shape = None
        else:
            shape = self._plain(node, kind, focus, known)
        return self._narrowed(node, shape, known)

    def _plain(self, node: Any, kind: str | None, focus: Seen, known: dict[str, Seen]) -> Seen:
        if kind == "variable":
            return self._variable(str(node.value), focus, known)
        if kind == "block":
            own = dict(known)
            return [self.see(part, focus, own) for part in node.expressions][-1] if node.expressions else None
        if kind == "bind":
            return self._bind(str(node.lhs.value), self.see(node.rhs, focus, known), known)
        if kind == "condition":
            return self._condition(node, focus, known)
        if kind == "binary":
            self.see(node.lhs, focus, known)
            self.see(node.rhs, focus, known)
        elif kind == "apply":
            return self.see(node.rhs, focus, known, [self.see(node.lhs, focus, known)])
        elif kind == "lambda":
            self._lambda(node, focus, known, ())
        elif kind == "unary":
            return self._unary(node, focus, known)
        return None

    # ------------------------------------------------------------ paths

    def _path(self, node: Any, focus: Seen, known: dict[str, Seen]) -> Seen:
        here = focus
        for position, step in enumerate(node.steps):
            here = self._step(step, here, known, first=position == 0)
        return here

    def _step(self, step: Any, here: Seen, known: dict[str, Seen], *, first: bool) -> Seen:
        if step.type == "sort":
            for term in step.terms:
                self.see(term.expression, here, known)
            return here
        if step.type != "name":
            return self._bound_focus(step, self.see(step, here, known), known)
        return self._narrowed(step, self._bound_focus(step, self._name(step, here, first=first), known), known)

    def _name(self, step: Any, here: Seen, *, first: bool) -> Seen:
        if here is None:
            return None
        there, shape = inside(here, str(step.value))
        if not there:
            self.unknown.setdefault(id(step), Unknown(str(step.value), here, self._start(step), first))
        return shape if there else None

    def _bound_focus(self, step: Any, shape: Seen, known: dict[str, Seen]) -> Seen:
        """`@$line` gives what was found a name and stays where it was: nothing is said of what follows."""
        if step.focus is None:
            return shape
        self._bind(str(step.focus), shape, known)
        return None

    def _narrowed(self, node: Any, shape: Seen, known: dict[str, Seen]) -> Seen:
        """After its predicates, and after its grouping, which makes something else of it."""
        for part in (*(getattr(node, "predicate", None) or ()), *(getattr(node, "stages", None) or ())):
            if part.type == "filter":
                self.see(part.expr, shape, known)
        group = getattr(node, "group", None)
        if group is None:
            return shape
        for key, value in group.lhs_object:
            self.see(key, shape, known)
            self.see(value, shape, known)
        return None

    def _start(self, step: Any) -> int | None:
        """Where a name begins: the parser knows where it ends, quotes and backticks included."""
        name, end = str(step.value), int(step.position)
        if self.text[end - len(name) : end] == name:
            return end - len(name)
        start = end - len(name) - 2
        return start if start >= 0 and self.text[start + 1 : end - 1] == name else None

    # ------------------------------------------------------------ names and functions

    def _variable(self, name: str, focus: Seen, known: Mapping[str, Seen]) -> Seen:
        if name == "":
            return focus
        return self.root if name == "$" else known.get(name)

    def _bind(self, name: str, shape: Seen, known: dict[str, Seen]) -> Seen:
        if name not in self._several:
            known[name] = shape
        return shape

    def _function(self, node: Any, focus: Seen, known: dict[str, Seen], piped: Sequence[Seen]) -> Seen:
        called = str(node.procedure.value) if node.procedure.type == "variable" else ""
        called = "" if called in self._bound else called
        self.see(node.procedure, focus, known)
        given = list(piped)
        for argument in node.arguments:
            if argument.type == "lambda":
                self._lambda(argument, focus, known, _handed(called, given))
                given.append(None)
            else:
                given.append(self.see(argument, focus, known))
        return given[0] if called in _LIKE_THEIR_FIRST and given else None

    def _lambda(self, node: Any, focus: Seen, known: Mapping[str, Seen], handed: Sequence[Seen]) -> None:
        own = dict(known)
        for position, argument in enumerate(node.arguments):
            own.pop(str(argument.value), None)
            if position < len(handed):
                self._bind(str(argument.value), handed[position], own)
        self.see(node.body, focus, own)

    # ------------------------------------------------------------ what makes values

    def _condition(self, node: Any, focus: Seen, known: dict[str, Seen]) -> Seen:
        self.see(node.condition, focus, known)
        then = self.see(node.then, focus, known)
        if node._else is None:
            return then
        return _either([then, self.see(node._else, focus, known)])

    def _unary(self, node: Any, focus: Seen, known: dict[str, Seen]) -> Seen:
        if str(node.value) == "[":
            return _either([self.see(part, focus, known) for part in node.expressions])
        if str(node.value) == "{":
            for pair in node.lhs_object:
                for part in pair:
                    self.see(part, focus, known)
        else:
            self.see(node.expression, focus, known)
        return None


def _handed(called: str, given: Sequence[Seen]) -> Sequence[Seen]:
    """What a function hands to the function in its arguments."""
    if not given:
        return ()
    if called in _ITEM_FIRST:
        return given[0], frozenset({LEAF}), given[0]
    if called == "sort":
        return given[0], given[0]
    return (None, given[0]) if called == "reduce" else ()


def _either(shapes: Sequence[Seen]) -> Seen:
    known = [shape for shape in shapes if shape is not None]
    return frozenset().union(*known) if known and len(known) == len(shapes) else None
