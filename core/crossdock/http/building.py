"""Building requests: pure, cheap, and with bytes that arrive as they were given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

import httpx

from crossdock import jsonio
from crossdock.errors import RejectedError
from crossdock.http.messages import request_of, url_of
from crossdock.http.types import Endpoint, Request

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# Proxies and frameworks let these make another method of the one that is written.
_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


class Site:
    """One remote address: joins paths to it, and tells its own URLs from others."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.url = httpx.URL(endpoint.base_url)
        self.origin = origin(self.url)
        self._endpoint = endpoint
        self._base = endpoint.base_url.rstrip("/")
        self._prefix = self.url.raw_path.decode("ascii").rstrip("/")
        self._headers = httpx.Headers({"Host": "", "Accept": "application/json", **endpoint.headers})
        if "host" not in {name.lower() for name in endpoint.headers}:
            self._headers["Host"] = self.url.netloc.decode("ascii")

    def build(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        json: object,
        content: bytes | None,
        headers: Mapping[str, str] | None,
    ) -> Request:
        """Build a request without sending it."""
        # An absolute address joined to ours would name another host: "@" and ":" after the host part do that.
        if not path.startswith(("/", "?")) and path:
            raise RejectedError("a path must start with / (another host is out of reach)", code="foreign_host")
        url = self._base + path.replace("#", "%23")
        if params:
            query = "&".join(
                f"{quote(str(name), safe='')}={quote(str(value), safe='')}" for name, value in params.items()
            )
            url = f"{url}{'&' if '?' in path else '?'}{query}"
        all_headers = self._headers.copy()
        if json is not None:
            content = jsonio.dumps(json)
            all_headers["Content-Type"] = "application/json"
        if headers:
            all_headers.update(headers)
        request = request_of(method, url_of(url), all_headers, content)
        check_headers(request)
        return request

    def path(self, request: Request) -> str | None:
        """The path of a request below the base URL, without its query; None where it goes elsewhere."""
        if origin(request.url) != self.origin:
            return None
        path = request.url.raw_path.partition(b"?")[0].decode("ascii")
        if not self._prefix:
            return path
        if path != self._prefix and not path.startswith(self._prefix + "/"):
            return None
        return path[len(self._prefix) :] or "/"


def origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Scheme, host and port, for comparison."""
    return url.scheme, url.raw_host, url.port


def check_headers(request: Request) -> None:
    """Refuse control characters, with which one request could be made two.

    Raises: RejectedError, naming the header and never its value.
    """
    raw = request.headers.raw
    if _CONTROL.search(b"\t".join([b"\t".join(pair) for pair in raw])) is None:
        return
    guilty = next(name for name, value in raw if _CONTROL.search(name) or _CONTROL.search(value))
    raise RejectedError(f"header {guilty.decode('ascii', 'replace')!r} bears a control character", code="bad_header")


def overrides_method(request: Request) -> bool:
    """Whether a header asks for another method than the one that is written."""
    return any(name in request.headers for name in _OVERRIDES)
