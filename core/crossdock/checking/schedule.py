"""When a pipeline runs: an interval, or a cron line in a time zone, or neither."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cronsim import CronSim, CronSimError

from crossdock.checking.section import Section
from crossdock.checking.words import nearest
from crossdock.config import Findings

_FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
_RANGES = "minute 0-59, hour 0-23, day 1-31, month 1-12 or jan-dec, weekday 0-7 or sun-sat"
_EXAMPLE = '"*/5 6-22 * * mon-sat"'


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a pipeline runs."""

    every: timedelta | None
    cron: str | None
    timezone: str


def read_schedule(section: Section, findings: Findings) -> Schedule:
    """Read `every`, `cron` and `timezone`; what is wrong is reported."""
    every = section.duration("every", None, example="5m")
    cron = section.text("cron", example=_EXAMPLE)
    timezone = section.text("timezone", example="America/New_York")
    entries = section.table.entries
    if "every" in entries and "cron" in entries:
        later = max((entries["every"], entries["cron"]), key=lambda entry: (entry.mark.line, entry.mark.column))
        message = f"{section.what} has both `every` and `cron`"
        findings.add(later.mark, "every_and_cron", message, fix="keep one of them")
    if cron is not None and (flaw := find_cron_flaw(cron)) is not None:
        message = f"`cron` of {section.what} {flaw}"
        findings.add(
            entries["cron"].value.mark, "bad_cron", message, valid=_RANGES, fix=f"write it as in `cron: {_EXAMPLE}`"
        )
    if timezone is not None and not _is_timezone(timezone):
        _report_timezone(section, timezone, findings)
    if "timezone" in entries and "cron" not in entries:
        message = f"`timezone` of {section.what} says nothing without `cron`"
        findings.warn(entries["timezone"].mark, "unused_key", message, fix="remove it, or write `cron:`")
    return Schedule(every, cron, timezone or "UTC")


def find_cron_flaw(line: str) -> str | None:
    """What keeps a text from being a cron line that ever fires."""
    words = line.split()
    if len(words) != len(_FIELDS):
        return f"has {len(words)} {'field' if len(words) == 1 else 'fields'}, not 5"
    try:
        # Any day of a leap year will do: the search runs over fifty years.
        next(CronSim(line, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return _explain(str(error), words)
    except StopIteration:
        return "names a date that never comes"
    return None


def _explain(complaint: str, words: list[str]) -> str:
    name = complaint.removeprefix("Bad ")
    if name not in _FIELDS:
        return f"cannot be read: {complaint}"
    word = words[_FIELDS.index(name)]
    if name == "day-of-month" and all(
        part.isdigit() and 1 <= int(part) <= 31 for part in word.replace("-", ",").split(",")
    ):
        return f"names a date that never comes: day {word} of month {words[3]}"
    return f"has a wrong {name}: '{word}'"


def _is_timezone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _report_timezone(section: Section, timezone: str, findings: Findings) -> None:
    near = nearest(timezone, sorted(zoneinfo.available_timezones()))
    findings.add(
        section.table.entries["timezone"].value.mark,
        "bad_timezone",
        f"`timezone` of {section.what} is none that is known: '{timezone}'",
        valid="names of the time zone database, such as America/New_York, Australia/Sydney, UTC",
        fix=f"write `timezone: {near}`" if near else "write `timezone: UTC`",
    )
