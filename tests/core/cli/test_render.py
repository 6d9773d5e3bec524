from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.cli.progress import ProgressLine
from crossdock.cli.render import age, columns, cut, fit, table
from crossdock.engine import Progress


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_table_aligns_numbers_to_the_right_and_text_to_the_left():
    assert table(["key", "n"], [["a", 1], ["bcd", 10]]) == "key   n\na     1\nbcd  10"


def test_table_cuts_the_widest_column_to_fit():
    shown = table(["key", "why"], [["P1", "x" * 50]], width=30)

    assert max(map(len, shown.splitlines())) == 30
    assert shown.endswith("…")


def test_table_shows_what_would_steer_a_terminal_as_text():
    assert "\x1b" not in table(["key"], [["\x1b[31mred\n"]])


@given(st.lists(st.integers(1, 200), min_size=1, max_size=12), st.integers(20, 200))
def test_fit_keeps_the_width_unless_every_column_is_at_its_narrowest(widths: list[int], total: int):
    fitted = fit(widths, total)

    assert all(after <= before for after, before in zip(fitted, widths, strict=True))
    assert sum(fitted) + 2 * (len(fitted) - 1) <= total or max(fitted) <= 8


@given(st.text(), st.integers(1, 40))
def test_cut_is_never_wider_than_asked(text: str, width: int):
    assert columns(cut(text, width)) <= width


def test_columns_counts_wide_letters_twice_and_accents_not_at_all():
    assert (columns("注文"), columns("e\u0301")) == (4, 1)


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=40), "40s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(minutes=5), "5m"),
        (timedelta(hours=30), "1d"),
        (timedelta(hours=23), "23h"),
        (timedelta(seconds=-3), "0s"),
    ],
)
def test_age_says_how_long_ago(length: timedelta, shown: str):
    now = datetime(2026, 11, 2, tzinfo=UTC)

    assert age(now - length, now) == shown


def test_progress_line_draws_a_few_times_a_second_and_logs_stand_above_it():
    screen, now = Screen(), [0.0]
    line = ProgressLine(screen, clock=lambda: now[0])

    line.update(Progress("orders", read=1))
    line.update(Progress("orders", read=2))
    now[0] = 1.0
    line.update(Progress("orders", read=3, held=1))
    line.above().write("a log line\n")

    assert "2 read" not in screen.getvalue()
    assert screen.getvalue().endswith("orders: 3 read, 0 delivered, 1 held\r\x1b[Ka log line\n")


def test_progress_line_shows_nothing_where_nobody_looks():
    stream = io.StringIO()
    line = ProgressLine(stream)

    line.update(Progress("orders", read=1))
    line.clear()

    assert stream.getvalue() == ""
