"""Tracebacks for logs: where it happened, and only messages that are known to bear no data."""

from __future__ import annotations

import traceback
from types import TracebackType
from typing import Any

from crossdock.errors import CrossdockError

# Their messages name code, files and types. A ValueError or a validation error quotes what it was given.
_SAFE = (CrossdockError, OSError, ImportError, AttributeError, NameError, AssertionError, TypeError, RecursionError)
_LONGEST_CHAIN = 8


def format_trace(error: BaseException) -> str:
    """The frames of an error and of its causes, without the values that were in play."""
    parts = []
    for link in _chain(error):
        frames = "".join(_frames(link.__traceback__))
        parts.append(f"{frames}{describe(link)}")
    return "\ncaused by\n".join(parts)


def describe(error: BaseException) -> str:
    """An error's type, with its message where that bears no data."""
    name = type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        return f"{name}: {'; '.join(describe(inner) for inner in error.exceptions)}"
    fields = _fields(error)
    if fields is not None:
        return f"{name}: {fields}"
    if isinstance(error, _SAFE) and str(error):
        return f"{name}: {error}"
    return f"{name} (its message may bear data and is not logged)" if str(error) else name


def _chain(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and len(links) < _LONGEST_CHAIN and link not in links:
        links.append(link)
        link = link.__cause__ if link.__cause__ or link.__suppress_context__ else link.__context__
    return links


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        f"{frame.filename}:{frame.lineno} in {frame.name}\n    {frame.line}\n" for frame in traceback.extract_tb(trace)
    ]


def _fields(error: BaseException) -> str | None:
    """What a validation error complains about: paths and codes, never what was found there."""
    list_errors: Any = getattr(error, "errors", None)
    if type(error).__name__ != "ValidationError" or not callable(list_errors):
        return None
    details = list_errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, detail['loc'])) or '(whole)'}: {detail['type']}" for detail in details)
