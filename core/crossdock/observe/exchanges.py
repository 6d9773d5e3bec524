"""One log line per request on the wire: handed to the HTTP client, which knows nothing of logs."""

from __future__ import annotations

from crossdock.http import Exchange
from crossdock.observe.logs import get_logger

_log = get_logger("crossdock.http")


def log_exchange(exchange: Exchange) -> None:
    """Log one request: no query, no header, no body."""
    facts = {
        "connection": exchange.connection,
        "method": exchange.method,
        "path": exchange.path,
        "correlation_id": exchange.correlation_id,
        "duration_s": round(exchange.duration_s, 3),
    }
    if exchange.status is None:
        _log.warning("request.failed", fault=exchange.fault, **facts)
    else:
        _log.debug("request.answered", status=exchange.status, **facts)
