"""What the HTTP client has to say, for the log: it is handed these, and knows nothing of logs."""

from __future__ import annotations

from crossdock.http import Exchange, Outage
from crossdock.observe.logs import get_logger, shows

_log = get_logger("crossdock.http")


def log_exchange(exchange: Exchange) -> None:
    """Log one request: no query, no header, no body."""
    if exchange.status is not None and not shows("debug"):
        return  # asked first: putting the facts together for nobody costs as much as planning a small request
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


def log_outage(outage: Outage, over: bool) -> None:
    """Log once that a connection is lost, and once that it is there again."""
    facts = {"connection": outage.connection, "reason": outage.reason, "since": outage.since.isoformat()}
    if over:  # as loud as the loss was: whoever was told of that waits for this
        _log.warning("connection.restored", **facts, trials=outage.trials)
    else:
        _log.warning("connection.lost", **facts)
