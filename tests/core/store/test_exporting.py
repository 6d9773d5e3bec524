"""An exported log can be verified by itself, whatever was left out of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.clock import ManualClock
from crossdock.store.chain import GENESIS, AuditHead, link
from crossdock.store.exported import verify_lines
from crossdock.store.exporting import Selection, export
from crossdock.store.rows import AuditEvent, Change

pytestmark = pytest.mark.anyio


@pytest.fixture
async def logged(store, make, clock):
    """Twelve rows, an hour apart, of two pipelines and three orders; each third one a person's."""
    for number in range(12):
        event = make.event(
            "delivery.held", f"PO{number % 3}", n=number, amount=10, reason=f"call Mrs. Example {number}"
        )
        event = replace(event, pipeline="orders" if number % 2 else "tracking")
        await store.apply(Change(audit=[event if number % 3 else replace(event, actor="kim")]))
        clock.advance(3600)
    return store


async def lines_of(store, personal=True, **selection):
    found = export(store, Selection(**selection), personal=personal, facts={"selection": None})
    return [line for chunk in [line async for line in found] for line in chunk.split(b"\n")]


def rows_of(lines):
    return [row["seq"] for row in map(json.loads, lines) if "seq" in row]


async def test_export_of_the_whole_log_can_be_verified(logged):
    lines = await lines_of(logged)

    verdict = verify_lines(lines)
    assert (verdict.fault, verdict.rows, verdict.left_out) == (None, 12, 0)
    assert verdict.head == await logged.audit_head()


@pytest.mark.parametrize(
    ("selection", "rows"),
    [
        ({"refs": frozenset({"PO1"})}, [2, 5, 8, 11]),
        ({"pipelines": frozenset({"orders"})}, [2, 4, 6, 8, 10, 12]),
        ({"refs": frozenset({"PO9"})}, []),
    ],
)
async def test_export_of_some_rows_can_be_verified(logged, selection, rows):
    lines = await lines_of(logged, **selection)

    verdict = verify_lines(lines)
    assert rows_of(lines) == rows
    assert (verdict.fault, verdict.rows) == (None, len(rows))
    assert verdict.head == await logged.audit_head()


async def test_export_takes_a_time_from_its_begin_and_not_its_end(logged, clock):
    begin = clock.now() - timedelta(hours=12)

    lines = await lines_of(logged, since=begin + timedelta(hours=3), until=begin + timedelta(hours=6))

    assert rows_of(lines) == [4, 5, 6]
    assert verify_lines(lines).fault is None


async def test_export_without_personal_data_shows_neither_who_nor_why_and_can_be_verified(logged):
    lines = await lines_of(logged, personal=False)

    text = b"".join(lines)
    assert b"Example" not in text
    assert b"kim" not in text
    assert b"salt" not in text
    assert verify_lines(lines).fault is None


async def test_export_may_be_written_anew_by_other_tools(logged):
    again = [json.dumps(json.loads(line), indent=None).encode() for line in await lines_of(logged)]

    assert verify_lines(again).fault is None


async def test_export_of_a_log_that_was_changed_is_refused(logged, beside):
    beside.change("UPDATE audit SET kind = 'x' WHERE seq = 3")

    with pytest.raises(Exception, match="audit row 3 was changed"):
        await lines_of(logged)


SPOILS = {
    "a value": lambda row: {**row, "ref": "PO7"},
    "a time": lambda row: {**row, "at": "2020-01-01T00:00:00.000000+00:00"},
    "a detail": lambda row: {**row, "detail": {**row["detail"], "n": 99}},
    "the hash": lambda row: {**row, "hash": "00" * 32},
    "a reason": lambda row: {**row, "parts": {**row["parts"], "reason": {**row["parts"]["reason"], "value": "x"}}},
    "a digest": lambda row: {**row, "parts": {"reason": {"digest": "00" * 32}}},
    "no parts": lambda row: {name: value for name, value in row.items() if name != "parts"},
    "no detail": lambda row: {name: value for name, value in row.items() if name != "detail"},
}


@pytest.mark.parametrize("spoil", SPOILS)
async def test_file_with_something_changed_is_named_at_its_line(logged, spoil):
    lines = await lines_of(logged, refs=frozenset({"PO1"}))
    place = next(number for number, line in enumerate(lines) if b'"seq":5,' in line)
    lines[place] = json.dumps(SPOILS[spoil](json.loads(lines[place]))).encode()

    verdict = verify_lines(lines)

    assert (verdict.fault is not None, verdict.line) == (True, place + 1)


@pytest.mark.parametrize("part", ["digests", "rows", "to"])
async def test_file_in_which_what_was_left_out_is_changed_does_not_hold(logged, part):
    lines = await lines_of(logged, refs=frozenset({"PO1"}))
    place = next(number for number, line in enumerate(lines) if b"left_out" in line)
    left = json.loads(lines[place])["left_out"]
    spoiled = {**left, part: "A" * 8 + left[part][8:] if part == "digests" else left[part] + 1}
    lines[place] = json.dumps({"left_out": spoiled}).encode()

    assert verify_lines(lines).fault is not None


async def test_file_whose_lines_were_removed_or_swapped_does_not_hold(logged):
    lines = await lines_of(logged)

    assert "row 4 is missing" in verify_lines(lines[:5] + lines[6:]).fault
    assert verify_lines([*lines[:5], lines[6], lines[5], *lines[7:]]).line == 6
    assert verify_lines(lines[:-1]).fault == "the file was cut: the line that names the log's head is missing"
    assert "row 12 is missing" in verify_lines(lines[:-2] + lines[-1:]).fault
    assert verify_lines([*lines, lines[-1]]).fault == "there is a line behind the one that names the head"
    assert verify_lines([]).fault == "the file is empty"
    assert verify_lines([b"no JSON"]).fault == "this is no line of an exported audit log"
    assert verify_lines([b'{"crossdock_audit":9}']).fault == "the file is of version 9, not 1"


texts = st.text(max_size=8)
details = st.dictionaries(texts, st.none() | st.booleans() | st.integers(0, 2**53) | texts, max_size=3)
events = st.builds(
    lambda kind, pipeline, ref, actor, detail: AuditEvent(kind, pipeline, ref, ManualClock().now(), actor, detail),
    texts, st.none() | texts, texts, texts, details | st.builds(lambda reason: {"reason": reason}, texts),
)  # fmt: skip


class Log:
    """A log in memory."""

    def __init__(self, events):
        self.rows, self.head = [], AuditHead(0, GENESIS)
        for event in events:
            self.rows.append(link(event, self.head))
            self.head = AuditHead(self.rows[-1].seq, self.rows[-1].hash)

    async def audit_head(self):
        return self.head

    async def audit_page(self, after, upto, limit):
        return [row for row in self.rows if after < row.seq <= upto][:limit]


@given(st.lists(events, max_size=12), st.sets(texts), st.booleans())
async def test_whatever_is_chosen_from_whatever_log_can_be_verified(events, refs, personal):
    log = Log(events)
    chosen = frozenset(refs | {event.ref for event in events[:2]})

    lines = await lines_of(log, personal, refs=chosen)

    verdict = verify_lines(lines)
    assert verdict.fault is None
    assert verdict.rows == sum(event.ref in chosen for event in events)
