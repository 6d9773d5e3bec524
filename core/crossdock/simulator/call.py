"""One request as a simulator's endpoint sees it, and the answers it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from crossdock import jsonio
from crossdock.simulator.quotas import Taken


@dataclass(slots=True)
class Call:
    """One complete request. `raw_query` is what came after the question mark, byte for byte."""

    method: str
    path: str
    headers: Headers
    body: bytes
    at: datetime
    raw_query: str = ""
    raw_path: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    """What the route's `{braces}` stand for."""
    account: str = ""
    """Whose quota this call spends; `guard` sets it."""
    taken: Taken | None = None
    """What the route's bucket said; None where no limit holds."""

    @classmethod
    def made(cls, method: str, path: str, body: bytes, at: datetime) -> Call:
        """A call that came over no wire."""
        return cls(method, path, Headers({}), body, at, raw_path=path)

    @property
    def query(self) -> QueryParams:
        """The parameters of the query, decoded."""
        return QueryParams(self.raw_query)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def accepts(self, media_type: str) -> bool:
        """Whether the Accept header names this media type, or a range around it; False without such a header."""
        family = media_type.partition("/")[0] + "/*"
        named = [part.partition(";")[0].strip().lower() for part in self.headers.get("accept", "").split(",")]
        return any(name in (media_type, family, "*/*") for name in named)

    def json(self) -> Any:
        """The body, parsed with exact decimals. Raises: ValueError, with the parser's words."""
        return jsonio.loads(self.body)

    def options(self, **defaults: Any) -> dict[str, Any]:
        """The body of a control verb: a JSON object with these members and no others, absent ones at their default.

        Raises: ValueError, naming what is unknown.
        """
        given = self.json() if self.body.strip() else {}
        if not isinstance(given, dict):
            raise ValueError("the body must be a JSON object")
        if unknown := sorted(given.keys() - defaults.keys()):
            raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(defaults))}")
        return {**defaults, **given}


class Refusal(Exception):  # noqa: N818  (it is an answer, raised from the depth of a rule)
    """Ends the handling of a call with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"refused with {response.status_code}")
        self.response = response


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer, decimals exact."""
    return Response(jsonio.dumps(value), status, dict(headers or {}), media_type="application/json")
