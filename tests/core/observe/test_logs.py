from __future__ import annotations

import io
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from crossdock.errors import RejectedError
from crossdock.observe import logs
from crossdock.observe.redact import MASK, register

Collect = Callable[..., list[dict[str, Any]]]


class Buyer(BaseModel):
    age: int


def raise_and_log(log: logs.Logger, error: Exception) -> None:
    try:
        raise error
    except Exception:
        log.error("read.failed", exc_info=True)


def test_json_line_bears_time_in_utc_level_and_event_first(lines: Collect):
    [line] = lines(lambda log: log.info("batch.staged", pipeline="orders", records=3))

    assert list(line)[:3] == ["timestamp", "level", "event"]
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
    assert line["level"] == "info"
    assert (line["event"], line["pipeline"], line["records"]) == ("batch.staged", "orders", 3)


def test_level_lets_only_what_counts_through(lines: Collect):
    def work(log: logs.Logger) -> None:
        log.info("batch.staged")
        log.warning("connection.lost")

    assert [line["event"] for line in lines(work, "warning")] == ["connection.lost"]


def test_bound_facts_are_on_every_line_of_the_work_and_its_tasks(lines: Collect):
    async def tasks(log: logs.Logger) -> None:
        async def one() -> None:
            log.info("delivery.settled")

        with logs.bound(pipeline="orders"):
            async with anyio.create_task_group() as group:
                group.start_soon(one)
        log.info("run.ended")

    inside, outside = lines(lambda log: anyio.run(tasks, log))

    assert inside["pipeline"] == "orders"
    assert "pipeline" not in outside


def test_secrets_and_persons_are_masked_in_facts_and_events(lines: Collect):
    register("s3cr3t-value")

    [line] = lines(
        lambda log: log.info(
            "got s3cr3t-value", token="t-1", email="q@example.test", body={"address": {"x": "1 Low St"}}
        )
    )

    assert line["event"] == f"got {MASK}"
    assert (line["token"], line["email"], line["body"]) == (MASK, MASK, {"address": {"x": MASK}})


@pytest.mark.parametrize("value", [datetime(2026, 11, 2, tzinfo=UTC), timedelta(seconds=3), {"a"}, b"x", object()])
def test_any_value_can_be_logged(lines: Collect, value: object):
    assert len(lines(lambda log: log.info("batch.staged", value=value))) == 1


def test_traceback_tells_where_and_not_what_was_in_play(lines: Collect):
    [line] = lines(lambda log: raise_and_log(log, ValueError("no number: 'Quentin Zzyzx'")))

    assert "in raise_and_log" in line["exception"]
    assert "ValueError" in line["exception"]
    assert "Quentin" not in str(line)


def test_traceback_keeps_the_message_of_our_own_errors(lines: Collect):
    [line] = lines(lambda log: raise_and_log(log, RejectedError("order line 2 bears no SKU")))

    assert "RejectedError: order line 2 bears no SKU" in line["exception"]


def test_traceback_of_a_validation_error_names_fields_without_their_input(lines: Collect):
    given = {"age": "Quen" + "tin"}

    def work(log: logs.Logger) -> None:
        try:
            Buyer.model_validate(given)
        except ValueError:
            log.error("read.failed", exc_info=True)

    [line] = lines(work)

    assert "ValidationError: age: int_parsing" in line["exception"]
    assert "Quentin" not in str(line)


def test_traceback_of_a_group_names_each_error_and_ends_when_causes_form_a_ring(lines: Collect):
    first, second = ValueError("x"), RejectedError("no SKU")
    first.__cause__, second.__cause__ = second, first

    [line] = lines(lambda log: raise_and_log(log, ExceptionGroup("both", [first, second])))

    assert "ExceptionGroup: ValueError" in line["exception"]
    assert "RejectedError: no SKU" in line["exception"]


def test_libraries_are_heard_from_warning_on_and_redacted(lines: Collect):
    def work(log: logs.Logger) -> None:
        logging.getLogger("somelib").info("chatter")
        logging.getLogger("somelib").warning("refused %s", "Authorization: Bearer abc-123-def")

    [line] = lines(work)

    assert line["event"] == f"refused Authorization: Bearer {MASK}"
    assert (line["library"], line["level"]) == ("somelib", "warning")


def test_console_escapes_what_would_steer_a_terminal_or_forge_a_line():
    stream = io.StringIO()
    logs.configure("console", "info", stream)

    logs.get_logger("x").info("batch.staged", key="1\x1b[31m\n2026 [info] forged")

    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_configuring_again_changes_loggers_made_before_and_repeats_no_library_line():
    log, first, second = logs.get_logger("x"), io.StringIO(), io.StringIO()
    logs.configure("json", "info", first)
    logs.configure("json", "info", second)

    log.info("run.ended")
    logging.getLogger("somelib").error("broken")

    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 2


@pytest.mark.parametrize(("format_", "level"), [("xml", "info"), ("json", "loud")])
def test_configure_refuses_an_unknown_format_or_level(format_: Any, level: str):
    with pytest.raises(ValueError, match="no log"):
        logs.configure(format_, level)


def test_logger_without_configuration_writes_warnings_to_stderr_alone(capsys: pytest.CaptureFixture[str]):
    import structlog

    structlog.reset_defaults()

    log = logs.get_logger("x")
    log.info("batch.staged")
    log.warning("connection.lost")

    captured = capsys.readouterr()
    assert captured.out == ""
    assert "connection.lost" in captured.err
    assert "batch.staged" not in captured.err
