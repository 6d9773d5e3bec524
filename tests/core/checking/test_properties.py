from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crossdock.checking import check
from crossdock.checking.schedule import find_cron_flaw

WHOLE = (Path(__file__).parent / "valid" / "whole.yaml").read_text()
LINES = WHOLE.splitlines(keepends=True)
SCRAPS = [
    "'",
    '"',
    "\t",
    ":",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "&a ",
    "*a",
    "<<: ",
    "!!x ",
    "${",
    "${env:X}",
    "\0",
    "\n",
    "é",
    "#",
    "|",
    "~",
    "1e9",
    "?",
]
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def outcome(tmp_path, registry, env, secrets):
    def run(body: bytes):
        path = tmp_path / "crossdock.yaml"
        path.write_bytes(body)
        checked = check(path, registry=registry, env=env, secrets=secrets)
        assert checked.assembly is not None or not checked.ok
        lines = body.count(b"\n") + body.count(b"\r") + body.count(b"\xc2\x85") + body.count(b"\xe2\x80") + 2
        assert all(1 <= fault.line <= lines and fault.column >= 1 and fault.fix for fault in checked.faults)
        places = [(fault.line, fault.column) for fault in checked.faults]
        assert places == sorted(places)
        return checked

    return run


@QUIET
@given(body=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_check_of_any_bytes_gives_faults_or_an_assembly(outcome, body):
    outcome(body)


@QUIET
@given(data=st.data())
def test_check_of_a_mutated_definition_gives_faults_or_an_assembly(outcome, data):
    text = WHOLE
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        text = text[:at] + data.draw(st.sampled_from(SCRAPS) | st.text(max_size=3)) + text[at + cut :]

    outcome(text.encode("utf-8", "surrogatepass"))


@QUIET
@given(lines=st.permutations(LINES), keep=st.integers(0, len(LINES)))
def test_check_of_shuffled_lines_gives_faults_or_an_assembly(outcome, lines, keep):
    outcome("".join(lines[:keep]).encode())


@QUIET
@given(
    drop=st.sets(st.integers(1, len(LINES) - 1), max_size=6),
    value=st.sampled_from(
        ["", "1", "true", "[]", "{}", "[1, {a: b}]", "~", "'x'", "5m", "walmart", "${secret:acme_3pl}", ".nan", "1e999"]
    ),
    at=st.integers(1, len(LINES) - 1),
)
def test_check_of_a_definition_with_values_of_other_forms_gives_faults_or_an_assembly(outcome, drop, value, at):
    lines = [line for number, line in enumerate(LINES) if number not in drop or number == at]
    lines = [f"{line.partition(':')[0]}: {value}\n" if line == LINES[at] else line for line in lines]

    outcome("".join(lines).encode())


@QUIET
@given(words=st.lists(st.text("0123456789*/-,#LWmonjan", max_size=6), min_size=4, max_size=6))
def test_cron_line_of_any_form_is_judged_and_never_crashes(words):
    flaw = find_cron_flaw(" ".join(words))

    assert flaw is None or flaw
