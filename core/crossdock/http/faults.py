"""What went wrong on the wire, said without secrets: method, host, path, and the kind of fault."""

from __future__ import annotations

import os
import ssl

from crossdock.errors import AnswerLostError, TransientError
from crossdock.http.types import Request


def place(request: Request) -> str:
    """A request as messages name it: no query, no headers."""
    path = request.url.raw_path.partition(b"?")[0].decode("ascii", "replace")
    return f"{request.method} {request.url.netloc.decode('ascii')}{path}"


def cause(error: BaseException) -> str:
    """Why, from the innermost fault that says so; texts of libraries may bear URLs, so only the system's are used."""
    seen: BaseException | None = error
    told = type(error).__name__
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError) and hasattr(seen, "verify_message"):  # aiohttp's has none
            return f"its certificate is not trusted: {seen.verify_message}"
        if isinstance(seen, OSError) and seen.errno is not None:
            # Names that cannot be resolved bear negative numbers, unknown to the system.
            told = os.strerror(seen.errno) if seen.errno > 0 else seen.strerror or told
        inner = seen.exceptions[0] if isinstance(seen, BaseExceptionGroup) else None
        seen = inner or seen.__cause__ or seen.__context__
    return told


def not_sent(connection: str, request: Request, why: str) -> TransientError:
    """The request never left: nothing was done."""
    return TransientError(
        f"{connection}: {place(request)} could not be sent: {why}",
        code="unreachable",
        method=request.method,
        host=request.url.host,
        path=request.url.path,
        cause=why,
    )


def answer_lost(connection: str, request: Request, why: str, code: str | None = None) -> AnswerLostError:
    """The request left and no complete answer came back."""
    return AnswerLostError(
        f"{connection}: {place(request)} was sent and its answer is lost: {why}",
        code=code,
        method=request.method,
        host=request.url.host,
        path=request.url.path,
        cause=why,
    )
