"""Logs by structlog, set up once per process: one line per event, for a console or as JSON, redacted."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from crossdock.jsonio import dumps
from crossdock.observe.printable import printable
from crossdock.observe.redact import MASK, redact_json, redact_text
from crossdock.observe.sensitive import is_personal, is_secret
from crossdock.observe.traces import format_trace

Format = Literal["console", "json"]
Logger = FilteringBoundLogger

_NUMBERS = {
    "debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR,
    "critical": logging.CRITICAL,
}  # fmt: skip
LEVELS = tuple(_NUMBERS)
_LIBRARIES_FROM = logging.WARNING
_shown_from = logging.WARNING
_OURS = frozenset({"event", "level", "timestamp", "exception"})


def configure(format: Format = "console", level: str = "info", stream: TextIO | None = None) -> None:  # noqa: A002
    """Set logging up for this process; may be called again, loggers follow. `stream` defaults to stderr as it is then.

    Libraries that log by the standard library are shown from WARNING on, whatever `level` lets through of ours.
    """
    number = _number(level)
    global _shown_from  # noqa: PLW0603  (logging is set up once per process)
    _shown_from = number
    render = _renderer(format, stream)
    structlog.configure(
        processors=[merge_contextvars, structlog.processors.add_log_level, *_shared(), render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *names: _Writer(stream),
        # Not cached: a logger made at import must follow what is configured later. A filtered call costs 3 µs.
        cache_logger_on_first_use=False,
    )
    _route_libraries(render, stream, max(number, _LIBRARIES_FROM))


def shows(level: str) -> bool:
    """Whether events of this level are written: to be asked before work is done for their sake alone."""
    return _number(level) >= _shown_from


def get_logger(name: str) -> Logger:
    """A logger; `name` is the package it speaks for. Before `configure` it writes warnings to stderr."""
    if not structlog.is_configured():
        configure(level="warning")
    return cast("Logger", structlog.get_logger(name))


@contextmanager
def bound(**facts: Any) -> Iterator[None]:
    """Put these facts (pipeline, connection, record_key, attempt) on every line of the work inside, tasks included."""
    with bound_contextvars(**facts):
        yield


def redacted(logger: WrappedLogger | None, method: str, event: EventDict) -> EventDict:
    """Mask secrets and personal data in every fact of a line."""
    return {key: _fact(key, value) if key not in _OURS else _own(value) for key, value in event.items()}


def _fact(key: str, value: Any) -> Any:
    if value is not None and not isinstance(value, bool) and (is_secret(key) or is_personal(key)):
        return MASK
    return redact_json(value.total_seconds() if isinstance(value, timedelta) else value, key)


def _own(value: Any) -> Any:
    return redact_text(value) if isinstance(value, str) else value


def _traced(logger: WrappedLogger | None, method: str, event: EventDict) -> EventDict:
    """Turn `exc_info` into frames, without the values that an exception's message may quote."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else given[1] if isinstance(given, tuple) else None
    if error is None and given is True:
        error = sys.exc_info()[1]
    if error is not None:
        event["exception"] = format_trace(error)
    return event


def _ordered(logger: WrappedLogger | None, method: str, event: EventDict) -> EventDict:
    first = {key: event[key] for key in ("timestamp", "level", "event") if key in event}
    return {**first, **{key: value for key, value in event.items() if key not in first}}


def _shared() -> list[Processor]:
    return [structlog.processors.TimeStamper(fmt="iso", utc=True), _traced, redacted, _ordered]


def _renderer(format: Format, stream: TextIO | None) -> Processor:  # noqa: A002
    if format == "json":
        return _to_json
    if format != "console":
        raise ValueError(f"no log format {format!r}: console or json")
    target = stream if stream is not None else sys.stderr
    colours = target.isatty() and not os.environ.get("NO_COLOR")
    console = structlog.dev.ConsoleRenderer(
        colors=colours, pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
    )
    return lambda logger, method, event: console(logger, method, _printable(event))


def _to_json(logger: WrappedLogger, method: str, event: EventDict) -> str:
    return dumps(dict(event)).decode()


def _printable(event: EventDict) -> EventDict:
    """Escape what would steer a terminal or forge a line; frames keep their line ends."""
    return {
        key: printable(value, keep="\n" if key == "exception" else "") if isinstance(value, str) else value
        for key, value in event.items()
    }


class _Writer:
    """Writes whole lines; the stream is looked up when it is written to, since tests and progress lines exchange it."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write one line."""
        stream = self._stream if self._stream is not None else sys.stderr
        stream.write(f"{line}\n")
        stream.flush()

    debug = info = warning = error = critical = log = fatal = failure = err = exception = msg


class _LibraryHandler(logging.Handler):
    """Takes what libraries log by the standard library through the same processors."""

    def __init__(self, render: Processor, stream: TextIO | None, level: int) -> None:
        super().__init__(level)
        self._render = render
        self._writer = _Writer(stream)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            event: MutableMapping[str, Any] = {
                "event": record.getMessage(),
                "level": record.levelname.lower(),
                "library": record.name,
                "exc_info": record.exc_info,
            }
            event = merge_contextvars(None, record.levelname.lower(), event)
            for process in _shared():
                event = cast("EventDict", process(None, record.levelname.lower(), event))
            self._writer.msg(cast("str", self._render(None, record.levelname.lower(), event)))
        except Exception:  # noqa: BLE001  a line that cannot be written must not end the work that wrote it
            self.handleError(record)


def _route_libraries(render: Processor, stream: TextIO | None, level: int) -> None:
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _LibraryHandler)]:
        root.removeHandler(handler)
    root.addHandler(_LibraryHandler(render, stream, level))
    root.setLevel(level)


def _number(level: str) -> int:
    if level not in LEVELS:
        raise ValueError(f"no log level {level!r}: {', '.join(LEVELS)}")
    return _NUMBERS[level]
