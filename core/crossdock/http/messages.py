"""Requests and answers of httpx whose parts are at hand and whole: made without parsing, encoding or streaming.

httpx looks at everything anew in each constructor, which costs more than sending does; what it would find is known
here. Built so, they equal those that httpx builds itself: a test compares them. This is the only place that knows
httpx's inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import httpx

from crossdock.http.types import Request, Response

Field = tuple[bytes, bytes, bytes]
"""A header as httpx keeps it: name, name in lower case, value."""

_BODIED = frozenset({"POST", "PUT", "PATCH"})


@lru_cache(maxsize=512)
def url_of(text: str) -> httpx.URL:
    """A parsed URL. Writes of one kind mostly share theirs. Raises: httpx.InvalidURL."""
    return httpx.URL(text)


def field_of(name: str, value: str) -> Field:
    """A header to be added to many requests."""
    return name.encode("ascii"), name.lower().encode("ascii"), value.encode("utf-8")


def request_of(method: str, url: httpx.URL, headers: httpx.Headers, content: bytes | None) -> Request:
    """A request with a body of known length."""
    body = content or b""
    request = Request(method, url, headers=headers, stream=httpx.ByteStream(body))
    fields = request.headers._list
    names = {lower for _, lower, _ in fields}
    if b"host" not in names:
        fields.insert(0, (b"Host", b"host", url.netloc))
    if (body or request.method in _BODIED) and names.isdisjoint((b"content-length", b"transfer-encoding")):
        fields.append((b"Content-Length", b"content-length", str(len(body)).encode("ascii")))
    request._content = body
    return request


def copy_of(request: Request, added: Iterable[Field] = (), replaced: Field | None = None) -> Request:
    """The same request once more, with headers of its own: those of `added` that it lacks, and `replaced` for good."""
    copied = Request(request.method, request.url, headers=request.headers, stream=httpx.ByteStream(request.content))
    fields = copied.headers._list
    if replaced is not None:
        fields[:] = [field for field in fields if field[1] != replaced[1]]
        fields.append(replaced)
    names = {lower for _, lower, _ in fields}
    fields.extend(field for field in added if field[1] not in names)
    copied._content = request.content
    return copied


def response_of(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, request: Request) -> Response:
    """A complete answer whose body is decoded already."""
    response = Response(status, stream=httpx.ByteStream(body), request=request)
    response.headers._list = [(name, name.lower(), value) for name, value in headers]
    # What `Response.read` comes to for a body that is whole, without its decoders and chunks.
    response._content = body
    response.is_closed = response.is_stream_consumed = True
    return response


def value_of(response: Response, lower: bytes) -> bytes | None:
    """The first header of that name, which is given in lower case; as it came."""
    for _, name, value in response.headers._list:
        if name == lower:
            return value
    return None
