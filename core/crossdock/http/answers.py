"""Reading answers: error bodies, `Retry-After`, and bodies that came compressed."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crossdock import jsonio
from crossdock.http.types import Response
from crossdock.jsonio import Json

LONGEST_WAIT_S = 300.0
"""No `Retry-After` is believed beyond this."""

# Accepts a zlib or a gzip header (32), and windows of any size (15).
_ANY_HEADER = 32 + zlib.MAX_WBITS


def json_of(response: Response) -> Json | None:
    """The parsed body; None where it is no JSON. Never raises."""
    try:
        return jsonio.loads(response.content)
    except (ValueError, RecursionError):
        return None


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds until we may try again, where the answer says so in `Retry-After`: as seconds or as a date.

    Units: seconds, at least 0, at most 300.
    """
    written = response.headers.get("Retry-After")
    if written is None:
        return None
    try:
        wait = float(written)
    except ValueError:
        at = http_date(written)
        if at is None:
            return None
        # A date is on the vendor's clock: compare it with the vendor's own idea of now.
        wait = (at - (http_date(response.headers.get("Date")) or now)).total_seconds()
    return min(max(wait, 0.0), LONGEST_WAIT_S) if wait == wait else None


def http_date(written: str | None) -> datetime | None:
    """Read an HTTP date; None where it is none."""
    if not written:
        return None
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Undo `Content-Encoding`, stopping beyond `limit`; an encoding we did not ask for is left as it is.

    Raises: ValueError where the body is cut or damaged; OverflowError beyond the limit.
    """
    if not body or encoding not in ("gzip", "x-gzip", "deflate"):
        return body
    # "deflate" is sent with and without the zlib header that the standard asks for.
    bare = encoding == "deflate" and (body[0] & 0x0F != 8 or int.from_bytes(body[:2], "big") % 31)
    plain = bytearray()
    try:
        while body:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS if bare else _ANY_HEADER)
            plain += inflater.decompress(body, limit + 1 - len(plain))
            if len(plain) > limit:
                raise OverflowError
            if not inflater.eof:
                raise ValueError("the compressed body is cut")
            body = inflater.unused_data
    except zlib.error:
        raise ValueError("the compressed body is damaged") from None
    return bytes(plain)
