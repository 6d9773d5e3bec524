"""Path globs, compiled once: which rate a request has, and whether it only reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crossdock.errors import ConfigError


class Globs:
    """Patterns of the form "METHOD /path/glob", of which the first that matches counts.

    `*` stands for one path segment (inside a segment: for any part of it), `**` for any number of segments, none
    included; a method of "*" is every method. Query strings are not looked at.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._regex = re.compile("|".join(f"({_regex(pattern)})" for pattern in patterns)) if patterns else None

    def find(self, method: str, path: str) -> int | None:
        """The position of the first pattern that matches."""
        if self._regex is None:
            return None
        found = self._regex.fullmatch(f"{method} {path}")
        # One group per pattern and none inside them: the group that took part is the pattern.
        return None if found is None or found.lastindex is None else found.lastindex - 1


def _regex(pattern: str) -> str:
    method, _, path = pattern.partition(" ")
    if not method or not path.startswith("/"):
        raise ConfigError(f"{pattern!r} is no request pattern", fix='write it as "METHOD /path/glob"')
    name = "[^ ]+" if method == "*" else re.escape(method.upper())
    return f"{name} " + "".join(_segment(segment) for segment in path[1:].split("/"))


def _segment(segment: str) -> str:
    if segment == "**":
        return "(?:/[^/]*)*"
    if segment == "*":
        return "/[^/]+"
    return "/" + "[^/]*".join(re.escape(part) for part in segment.split("*"))
