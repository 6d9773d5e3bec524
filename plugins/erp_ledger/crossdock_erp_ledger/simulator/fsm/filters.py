"""The two filters of a list: `_lplFilter`, a small expression, and `_filter`, pairs of name and value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

Test = Callable[[Mapping[str, str]], bool]

_TOKEN = re.compile(r'\s*(?:(?P<text>"[^"]*")|(?P<op><>|<=|>=|=|<|>)|(?P<bracket>[()])|(?P<word>[A-Za-z][\w.]*))')
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: _ordered(left, right) < 0,
    "<=": lambda left, right: _ordered(left, right) <= 0,
    ">": lambda left, right: _ordered(left, right) > 0,
    ">=": lambda left, right: _ordered(left, right) >= 0,
}


class FilterError(Exception):
    """What is wrong with a filter, in the words of the answer."""


def lpl(text: str, fields: Collection[str], *, unequal_empty: bool) -> Test:
    """Read `Field = "x" and (Other <> "y" or …)`. Raises: FilterError."""
    parser = _Parser(text, fields, unequal_empty)
    test = parser.any_of()
    if (left := parser.next()) is not None:
        raise FilterError(f"Invalid _lplFilter: {left} was not expected")
    return test


def pairs(text: str, fields: Collection[str]) -> Test:
    """Read `name::value|name2::value2`; all must hold. Raises: FilterError."""
    wanted = {}
    for part in text.split("|"):
        name, colons, value = part.partition("::")
        if not colons:
            raise FilterError(f"Invalid _filter: {part}")
        wanted[known(name, fields)] = value
    return lambda record: all(record.get(name, "") == value for name, value in wanted.items())


def known(name: str, fields: Collection[str]) -> str:
    """The field that a name means: a key field answers to its last part, too. Raises: FilterError."""
    if name in fields:
        return name
    meant = [field for field in fields if field.endswith(f".{name}") and field.startswith("GLTransactionInterface.")]
    if not meant:
        raise FilterError(f"Field {name} is not valid")
    return meant[0]


class _Parser:
    def __init__(self, text: str, fields: Collection[str], unequal_empty: bool) -> None:
        self._tokens = _tokens(text)
        self._fields, self._unequal_empty = fields, unequal_empty
        self._ahead: str | None = next(self._tokens, None)

    def next(self) -> str | None:
        taken, self._ahead = self._ahead, next(self._tokens, None)
        return taken

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._is("or"):
            tests.append(self._all_of())
        return lambda record: any(test(record) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._is("and"):
            tests.append(self._one())
        return lambda record: all(test(record) for test in tests)

    def _is(self, word: str) -> bool:
        if self._ahead is None or self._ahead.lower() != word:
            return False
        self.next()
        return True

    def _one(self) -> Test:
        first = self.next()
        if first == "(":
            test = self.any_of()
            if self.next() != ")":
                raise FilterError("Invalid _lplFilter: ) is missing")
            return test
        operator, value = self.next(), self.next()
        if first is None or operator not in _OPERATORS or value is None or not value.startswith('"'):
            raise FilterError(f"Invalid _lplFilter at {first}")
        field, compare, text = known(first, self._fields), _OPERATORS[operator], value[1:-1]
        if operator == "<>" and not text and not self._unequal_empty:
            raise FilterError(f'Invalid _lplFilter: {first} <> "" is not allowed')
        return lambda record: compare(record.get(field, ""), text)


def _tokens(text: str) -> Iterator[str]:
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FilterError(f"Invalid _lplFilter at position {at + 1}")
        yield match.group().strip()
        at = match.end()


def _ordered(left: str, right: str) -> int:
    a, b = (left, right) if not (left.isdigit() and right.isdigit()) else (int(left), int(right))
    return (a > b) - (a < b)  # type: ignore[operator]
