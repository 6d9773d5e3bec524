from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crossdock.http import Exchange
from crossdock.observe.exchanges import log_exchange


@pytest.mark.parametrize(
    ("status", "fault", "event", "level"),
    [(201, None, "request.answered", "debug"), (None, "answer_lost", "request.failed", "warning")],
)
def test_log_exchange_tells_what_came_of_a_request(
    lines: Callable[..., list[dict[str, Any]]], status: int | None, fault: str | None, event: str, level: str
):
    exchange = Exchange("gate", "POST", "/bookings", "c-1", 0.12345, status, fault)

    [line] = lines(lambda log: log_exchange(exchange))

    assert (line["event"], line["level"], line.get("status"), line.get("fault")) == (event, level, status, fault)
    assert (line["connection"], line["path"], line["correlation_id"]) == ("gate", "/bookings", "c-1")
    assert line["duration_s"] == 0.123
