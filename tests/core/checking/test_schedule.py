from __future__ import annotations

import pytest

from crossdock.checking.schedule import find_cron_flaw


@pytest.mark.parametrize(
    "line", ["* * * * *", "*/5 6-22 * * mon-sat", "0 3 L * *", "0 0 29 2 *", "30 2 * * 7", "0 9 * jan,jul 1#2"]
)
def test_cron_line_that_fires_has_no_flaw(line):
    assert find_cron_flaw(line) is None


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("0 * * * * *", "has 6 fields"),
        ("60 * * * *", "wrong minute: '60'"),
        ("* 24 * * *", "wrong hour: '24'"),
        ("* * 0 * *", "wrong day-of-month: '0'"),
        ("* * * 13 *", "wrong month: '13'"),
        ("* * * * fri-mon", "wrong day-of-week: 'fri-mon'"),
        ("*/0 * * * *", "wrong minute: '*/0'"),
        ("@daily", "has 1 field,"),
        ("0 0 31 2 *", "a date that never comes: day 31 of month 2"),
        ("0 0 30-31 feb *", "a date that never comes: day 30-31 of month feb"),
    ],
)
def test_cron_line_that_never_fires_is_explained(line, flaw):
    assert flaw in find_cron_flaw(line)
