"""The search language: from the JSON of a condition to a predicate, refusing what the service refuses."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from crossdock.simulator import Refusal
from crossdock_wms_cartoncloud.simulator.checks import is_number, parse_day
from crossdock_wms_cartoncloud.simulator.problems import refusal, refuse
from crossdock_wms_cartoncloud.simulator.search_terms import (
    COMPOSITES,
    ORDER_METHODS,
    TEXT_METHODS,
    Field,
    Searchable,
    Wire,
)

Predicate = Callable[[Wire], bool]

_MAX_DEPTH = 20
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL_TO": operator.eq,
    "NOT_EQUAL_TO": operator.ne,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL_TO": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL_TO": operator.le,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "EQUAL_TO": operator.eq,
    "NOT_EQUAL_TO": operator.ne,
    "CONTAINS": lambda have, want: want in have,
    "DOES_NOT_CONTAIN": lambda have, want: want not in have,
    "STARTS_WITH": lambda have, want: have.startswith(want),
}


@dataclass(frozen=True)
class Search:
    """Compiles the conditions of one resource. `dates` is false where the tenant knows only STARTS_WITH on times."""

    searchable: Searchable
    dates: bool = True

    def compile(self, body: Any) -> Predicate:
        """The predicate of a whole request body, whose root must be composite.

        Raises: Refusal 400 for a wrong structure, 422 for a field, method or value that is not searchable.
        """
        condition = body.get("condition") if isinstance(body, dict) else None
        if not isinstance(condition, dict):
            raise refuse(400, "Missing field: condition")
        if condition.get("type") not in COMPOSITES or not isinstance(condition.get("conditions"), list):
            raise refuse(400, "Missing field: conditions")
        return self._condition(condition, "/condition", 1)

    def _condition(self, condition: Any, at: str, depth: int) -> Predicate:
        if not isinstance(condition, dict):
            raise refuse(400, f"A condition must be an object: {at}")
        if depth > _MAX_DEPTH:
            raise refuse(400, "Conditions are nested too deeply")
        kind = str(condition.get("type"))
        if kind in COMPOSITES:
            return self._composite(condition, at, depth)
        compilers = {
            "TextComparisonCondition": self._text,
            "BooleanComparisonCondition": self._flag,
            "NumericComparisonCondition": self._number,
            "DateComparisonCondition": self._day,
            "DateTimeComparisonCondition": self._time,
        }
        if kind not in compilers:
            raise refuse(400, f"Unknown condition type: {kind}")
        return compilers[kind](condition, at)

    def _composite(self, condition: dict[str, Any], at: str, depth: int) -> Predicate:
        inner = condition.get("conditions")
        if not isinstance(inner, list):
            raise refuse(400, "Missing field: conditions")
        parts = [self._condition(part, f"{at}/conditions/{index}", depth + 1) for index, part in enumerate(inner)]
        if not parts:
            return lambda wire: True  # an empty list returns everything in scope
        if condition["type"] == "AndCondition":
            return lambda wire: all(part(wire) for part in parts)
        return lambda wire: any(part(wire) for part in parts)

    def _text(self, condition: dict[str, Any], at: str) -> Predicate:
        field = self._field(condition, at, ("text", "time"))
        want = _value(condition, at)
        method = _method(condition, at, TEXT_METHODS)
        if not isinstance(want, str):
            raise _unsearchable(f"{at}/value/value", "must be a text")
        if field.kind == "time" and not self.dates and method != "STARTS_WITH":
            raise _unsearchable(f"{at}/method", f"TextComparisonCondition {method} is not supported for timestamps")
        compare = _TEXTS[method]
        return lambda wire: isinstance(have := field.read(wire), str) and compare(have, want)

    def _flag(self, condition: dict[str, Any], at: str) -> Predicate:
        field = self._field(condition, at, ("flag",))
        want = _value(condition, at)
        if not isinstance(want, bool):
            raise _unsearchable(f"{at}/value/value", "must be true or false")
        return lambda wire: field.read(wire) is want

    def _number(self, condition: dict[str, Any], at: str) -> Predicate:
        if not is_number(_value(condition, at)):
            raise _unsearchable(f"{at}/value/value", "must be a number")
        _method(condition, at, ORDER_METHODS)
        self._field(condition, at, ())  # no resource has a numeric field that can be searched
        raise AssertionError("unreachable")

    def _day(self, condition: dict[str, Any], at: str) -> Predicate:
        field = self._dated_field(condition, at)
        want = parse_day(_value(condition, at))
        if want is None:
            raise _unsearchable(f"{at}/value/value", "must be a date in the format yyyy-MM-dd")
        return _compare(field, condition, at, want, lambda text: date.fromisoformat(text[:10]))

    def _time(self, condition: dict[str, Any], at: str) -> Predicate:
        field = self._dated_field(condition, at)
        want = _moment(_value(condition, at))
        if want is None:
            raise _unsearchable(f"{at}/value/value", "must be an ISO 8601 date-time with an offset")
        return _compare(field, condition, at, want, datetime.fromisoformat)

    def _dated_field(self, condition: dict[str, Any], at: str) -> Field:
        field = self._field(condition, at, ("time",))
        if not self.dates:
            raise _unsearchable(f"{at}/type", f"{condition['type']} is not supported for this field")
        return field

    def _field(self, condition: dict[str, Any], at: str, kinds: tuple[str, ...]) -> Field:
        given = condition.get("field")
        if not isinstance(given, dict):
            raise refuse(400, f"Missing field: field, in {at}")
        known = {"JsonField": self.searchable.pointers, "ValueField": self.searchable.names}
        key = {"JsonField": "pointer", "ValueField": "value"}
        kind = str(given.get("type"))
        if kind not in known:
            raise refuse(400, f"Unknown field type: {kind}")
        name = given.get(key[kind])
        field = known[kind].get(name) if isinstance(name, str) else None
        if field is None:
            raise _unsearchable(f"{at}/field", f"Field {name} is not searchable")
        if field.kind not in kinds:
            raise _unsearchable(f"{at}/type", f"{condition['type']} does not apply to {name}")
        return field


def _compare(field: Field, condition: dict[str, Any], at: str, want: date, parse: Callable[[str], date]) -> Predicate:
    compare = _ORDERS[_method(condition, at, ORDER_METHODS)]
    # What was never packed has no such time, and no comparison finds it.
    return lambda wire: isinstance(have := field.read(wire), str) and compare(parse(have), want)


def _method(condition: dict[str, Any], at: str, allowed: tuple[str, ...]) -> str:
    method = condition.get("method")
    if method not in allowed:
        raise _unsearchable(f"{at}/method", f"must be one of {', '.join(allowed)}")
    return str(method)


def _value(condition: dict[str, Any], at: str) -> Any:
    given = condition.get("value")
    if not isinstance(given, dict) or given.get("type") != "ValueField" or "value" not in given:
        raise refuse(400, f"Missing field: value, in {at}")
    return given["value"]


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _unsearchable(field: str, message: str) -> Refusal:
    return refusal(422, [{"field": field, "message": message}])


def exact_text(body: Any, pointer: str) -> str | None:
    """The text that an AND at the root demands of `pointer`, if it does: lets a search start from an index."""
    condition = body["condition"]
    if condition["type"] != "AndCondition":
        return None
    for part in condition["conditions"]:
        if part.get("method") == "EQUAL_TO" and part.get("field") == {"type": "JsonField", "pointer": pointer}:
            return str(part["value"]["value"])
    return None
