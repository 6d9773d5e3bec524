"""Which endpoint a request belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from starlette.responses import Response

from crossdock.simulator.call import Call
from crossdock.simulator.quotas import Limit

Endpoint = Callable[[Call], Response]
"""Synchronous on purpose: nothing comes between the first and the last line of a state change."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Route:
    """One documented method and path. `{name}` stands for one path segment."""

    method: str
    path: str
    endpoint: Endpoint
    write: bool | None = None
    """Whether the request log counts it as a write; None: every method but GET, HEAD and OPTIONS."""
    limit: Limit | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    """What the vendor's `guard` wants to know of it, for example the scope it needs."""

    @property
    def name(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.method not in _READS if self.write is None else self.write


class Router:
    """Finds routes by path, so that a known path with a wrong method can be told from an unknown path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(_template(route.path), route) for route in routes]

    def find(self, method: str, raw_path: str) -> tuple[Route | None, dict[str, str], list[str]]:
        """The route, what its braces stand for, and the methods this path allows (empty: unknown path).

        A path written out wins over one with braces.
        """
        best: tuple[Route, dict[str, str]] | None = None
        allowed: list[str] = []
        for pattern, route in self._routes:
            if (match := pattern.fullmatch(raw_path)) is None:
                continue
            allowed.append(route.method)
            if route.method == method and (best is None or ("{" in best[0].path and "{" not in route.path)):
                best = route, {name: unquote(text) for name, text in match.groupdict().items()}
        return (*best, allowed) if best else (None, {}, allowed)


def writes(method: str, route: Route | None) -> bool:
    """Whether a request is a write, known route or not."""
    return route.writes if route else method not in _READS


@lru_cache(maxsize=256)
def _template(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path)))


@lru_cache(maxsize=256)
def glob(pattern: str) -> re.Pattern[str]:
    """A path glob: `*` within one segment, `**` over any number of them."""
    parts = re.split(r"(\*\*|\*)", pattern)
    return re.compile("".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts))
