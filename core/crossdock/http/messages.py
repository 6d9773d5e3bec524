"""Requests and responses of httpx whose parts are at hand and whole: made without parsing, encoding or streaming.

httpx looks at everything anew in each constructor, which costs more than sending does; what it would find is known
here. Built so, they equal those that httpx builds itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import httpx

from crossdock.http.types import Request, Response

_BODIED = frozenset({"POST", "PUT", "PATCH"})


@lru_cache(maxsize=512)
def url_of(text: str) -> httpx.URL:
    """A parsed URL. Writes of one kind mostly share theirs. Raises: httpx.InvalidURL."""
    return httpx.URL(text)


def request_of(method: str, url: httpx.URL, headers: httpx.Headers, content: bytes | None) -> Request:
    """A request with a body of known length; `headers` are its own from here on."""
    request = Request(method, url, headers=headers, stream=httpx.ByteStream(content or b""))
    own = request.headers
    if content or request.method in _BODIED:
        own.setdefault("Content-Length", str(len(content or b"")))
    if "Host" not in own:
        request.headers = httpx.Headers([(b"Host", url.netloc), *own.raw])
    request.read()
    return request


def copy_of(request: Request) -> Request:
    """The same request once more, with headers of its own."""
    copied = Request(request.method, request.url, headers=request.headers, stream=httpx.ByteStream(request.content))
    copied.read()
    return copied


def response_of(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes, request: Request) -> Response:
    """A complete answer whose body is decoded already."""
    response = Response(status, headers=headers, stream=httpx.ByteStream(body), request=request)
    # What `Response.read` comes to for a body that is whole, without its decoders and chunks.
    response._content = body
    response.is_closed = response.is_stream_consumed = True
    return response
