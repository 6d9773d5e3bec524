"""What expressions may call beside JSONata's own functions, and what stands in for those that know no bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from crossdock.mappers.amounts import money_add, money_mul, money_round, money_sub, number_of
from crossdock.mappers.failures import ExpressionError

LONGEST_TEXT = 100_000


def like(text: Any = None, pattern: Any = None) -> bool | None:
    """Whether a text is like a pattern in which `*` stands for anything and `?` for one character."""
    if text is None or pattern is None:
        return None
    text, pattern = _text(text, "$like"), _text(pattern, "$like")
    at = now = 0
    star, resume = -1, 0
    while at < len(text):
        if now < len(pattern) and pattern[now] == "*":
            star, resume, now = now, at, now + 1
        elif now < len(pattern) and pattern[now] in ("?", text[at]):
            at, now = at + 1, now + 1
        elif star >= 0:  # let the last star take one more: it never has to give anything back
            resume += 1
            at, now = resume, star + 1
        else:
            return False
    return not pattern[now:].strip("*")


def pad(text: Any = None, width: Any = None, char: Any = None) -> str | None:
    """A text filled up to a width, at its end or, for a negative width, at its start."""
    if text is None:
        return None
    whole, fill = _text(text, "$pad"), _text(char or " ", "$pad")
    if isinstance(width, bool) or not isinstance(width, int | float):
        raise ExpressionError("$pad takes a whole number as its width")
    lacking = min(abs(int(width)), LONGEST_TEXT) - len(whole)
    filling = (fill * (max(lacking, 0) // len(fill) + 1))[: max(lacking, 0)]
    return filling + whole if width < 0 else whole + filling


def replace(text: Any = None, old: Any = None, new: Any = None, limit: Any = None) -> str | None:
    """A text with another one replaced in it, everywhere or so many times."""
    if text is None:
        return None
    whole, old, new = (_text(one, "$replace") for one in (text, old, new))
    if not old or (limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 0)):
        raise ExpressionError("$replace takes a text that is not empty, another one, and how often at most")
    if len(whole) + whole.count(old) * len(new) > LONGEST_TEXT:
        raise _too_long()
    return str(whole.replace(old, new, -1 if limit is None else limit))


def join(texts: Any = None, separator: Any = None) -> str | None:
    """Texts with a separator between them."""
    if texts is None:
        return None
    parts = [_text(one, "$join") for one in (texts if isinstance(texts, list) else [texts])]
    between = _text(separator or "", "$join")
    if sum(map(len, parts)) + len(parts) * len(between) > LONGEST_TEXT:
        raise _too_long()
    return between.join(parts)


def distinct(values: Any = None) -> Any:
    """The values of a list without repetitions, in their sequence."""
    if not isinstance(values, list) or len(values) < 2:
        return values
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(json.dumps(value, sort_keys=True, default=repr), value)
    return list(found.values())


def to_millis(text: Any = None) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 time with its zone; a form that leaves out the date would need a clock."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(_text(text, "$toMillis"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ExpressionError("$toMillis takes a date and time with its zone")
    return round(at.timestamp() * 1000)


def _text(value: Any, function: str) -> str:
    if not isinstance(value, str):
        raise ExpressionError(f"{function} takes texts")
    return value


def _too_long() -> ExpressionError:
    return ExpressionError(f"a text grows beyond {LONGEST_TEXT:,} characters")


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "distinct": distinct,
    "join": join,
    "like": like,
    "money_add": money_add,
    "money_mul": money_mul,
    "money_round": money_round,
    "money_sub": money_sub,
    "number": number_of,
    "number_of": number_of,
    "pad": pad,
    "replace": replace,
    "toMillis": to_millis,
}
"""By the name after the `$`."""

REFUSED: Mapping[str, str] = {
    "eval": "an expression is checked before it runs, a text is not",
    "match": "regular expressions are not read here; use $like, $contains, $substringBefore or $substringAfter",
    "millis": "a mapper is pure and reads no clock",
    "now": "a mapper is pure and reads no clock",
    "random": "a mapper is pure: the same document gives the same result",
    "shuffle": "a mapper is pure: the same document gives the same result",
}
"""What JSONata has and expressions may not call, and why."""
