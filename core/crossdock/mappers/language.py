"""JSONata with bounds: no clock, no chance, no regular expressions, and so much work and no more.

Only `expression` imports this, when the first expression is compiled: it takes jsonata-python with it.
"""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from crossdock.mappers.failures import ExpressionError
from crossdock.mappers.functions import FUNCTIONS

_recursion_limit = sys.getrecursionlimit()
from jsonata import jexception, utils  # noqa: E402
from jsonata.functions import Functions  # noqa: E402
from jsonata.jsonata import Jsonata  # noqa: E402

sys.setrecursionlimit(_recursion_limit)  # the library raises it for the whole process

MOST_WORK = 100_000
"""Steps of evaluation, plus the values that each of them made: the same on every machine."""
LARGEST_VALUE = 50_000
DEEPEST = 60
LONGEST_RANGE = 10_000
MOST_SECONDS = 0.5
"""Of processor time; a net below the bounds above, for what one step alone can take."""
_MAKERS = frozenset({"path", "unary", "function", "apply", "binary", "bind"})


class _Function(Jsonata.JLambda):  # type: ignore[misc]
    """A function of ours. Called without arguments it takes the value at hand, as JSONata's own do."""

    def call(self, focus: Any, args: Any) -> Any:
        given = [None if one is utils.Utils.NULL_VALUE else one for one in args or [focus]]
        try:
            return self.function(*given)
        except TypeError:
            raise ExpressionError("a function was called with more or fewer arguments than it takes") from None


_BOUND: Mapping[str, Any] = {name: _Function(function) for name, function in FUNCTIONS.items()}


def refuse_regex(pattern: str, flags: Any) -> Any:
    """Stands where a regular expression would be compiled: Python's may take for ever."""
    raise ExpressionError(
        "regular expressions are not read here", "use $like(text, pattern) with * and ?, $contains or $substringBefore"
    )


@contextmanager
def _current(expression: Bounded | None) -> Iterator[None]:
    """Be the thread's expression for a while: the library keeps its newest one, and a plugin may be using it, too."""
    previous = getattr(Jsonata.CURRENT, "jsonata", None)
    Jsonata.CURRENT.jsonata = expression
    try:
        yield
    finally:
        Jsonata.CURRENT.jsonata = previous
        if previous is None:
            del Jsonata.CURRENT.jsonata


class Bounded(Jsonata):  # type: ignore[misc]
    """One compiled expression. Each evaluation works on a copy, so that threads share nothing but the syntax tree."""

    def __init__(self, text: str) -> None:
        with _current(None):
            super().__init__(text, refuse_regex)
        self.output_convert_nulls = False
        self._work = 0
        self._depth = 0
        self._since = 0.0

    def run(self, value: Any, bindings: Mapping[str, Any]) -> Any:
        """The result; None where there is none, `NULL` for JSON's null. Raises: ExpressionError, or the library's."""
        fresh = copy.copy(self)
        fresh._work = fresh._depth = 0
        fresh._since = time.thread_time()
        with _current(fresh):  # `$map` and its like ask the thread for it
            return fresh.evaluate(value, {**_BOUND, **bindings})

    def get_per_thread_instance(self) -> Bounded:
        """This one: the library would take whatever was compiled last."""
        return self

    def _eval(self, expr: Any, focus: Any, environment: Any) -> Any:
        self._depth += 1
        self._spend(1)
        if self._depth > DEEPEST:
            raise ExpressionError(f"it calls itself more than {DEEPEST} levels deep")
        try:
            result = super()._eval(expr, focus, environment)
        finally:
            self._depth -= 1
        if getattr(expr, "type", None) in _MAKERS:
            self._weigh(result)
        return result

    def _spend(self, work: int) -> None:
        before, self._work = self._work, self._work + work
        if self._work > MOST_WORK:
            raise ExpressionError("it takes too many steps")
        if before >> 8 != self._work >> 8 and time.thread_time() - self._since > MOST_SECONDS:
            raise ExpressionError("it takes too long")

    def _weigh(self, value: Any) -> None:
        """Count what a value holds, what is shared in it as often as it stands there."""
        weight, waiting = 0, [value]
        while waiting:
            one = waiting.pop()
            weight += 1 + len(one) // 10 if isinstance(one, str) else 1
            if isinstance(one, dict):
                waiting.extend(one.values())
            elif isinstance(one, list):
                waiting.extend(one)
            if weight + len(waiting) > LARGEST_VALUE:
                raise ExpressionError("a value grows too large")
        self._spend(weight)

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        """A range, not longer than there can be use for."""
        found = super().evaluate_range_expression(lhs, rhs)
        if found is not None and rhs - lhs >= LONGEST_RANGE:
            raise ExpressionError(f"a range is longer than {LONGEST_RANGE:,}")
        return found

    def evaluate_group_expression(self, expr: Any, focus: Any, environment: Any) -> Any:
        """Group a list; the library would add to an empty one, and that may be the document's own."""
        empty = isinstance(focus, list) and not focus
        return super().evaluate_group_expression(expr, [] if empty else focus, environment)

    def apply_inner(self, proc: Any, args: Any, focus: Any, environment: Any) -> Any:
        """Call a function; what is none the library would print, a buyer's name perhaps."""
        if not (Functions.is_lambda(proc) or isinstance(proc, Jsonata.JFunctionCallable)):
            raise jexception.JException("T1006", 0)
        return super().apply_inner(proc, args, focus, environment)


LibraryError = jexception.JException
"""What the library raises of itself."""
TEMPLATES: Mapping[str, str] = jexception.JException.error_codes
"""Its messages before values are put in."""
NULL = utils.Utils.NULL_VALUE
"""JSON's null, where nothing at all is None."""
OWN_FUNCTIONS = frozenset(Jsonata.static_frame.bindings)
"""The functions that JSONata brings."""


def is_true(value: Any) -> bool:
    """As JSONata's `$boolean` has it: nothing, null, zero, an empty text, list or object are not true."""
    return bool(Jsonata.boolize(None if value is NULL else value))
