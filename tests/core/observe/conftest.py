from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from crossdock.observe import logs, redact


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    redact.forget_registered()
    yield
    redact.forget_registered()
    logs.configure(level="warning")
    structlog.reset_defaults()


@pytest.fixture
def lines() -> Callable[..., list[dict[str, Any]]]:
    """Log as JSON inside `work`, give the lines."""

    def collect(work: Callable[[logs.Logger], object], level: str = "debug") -> list[dict[str, Any]]:
        stream = io.StringIO()
        logs.configure("json", level, stream)
        work(logs.get_logger("crossdock.tests"))
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return collect
