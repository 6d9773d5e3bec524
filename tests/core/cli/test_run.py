from __future__ import annotations

import json
import os
import pty
import signal
from contextlib import suppress

import pytest

PERSON = "Quentin Zzyzx"
ROW = [
    "name", "customer", "last_success", "read", "pending", "attempted", "waiting", "held", "delivered", "skipped",
    "dead", "reason",
]  # fmt: skip


def test_run_delivers_and_tells_where_the_pipelines_stand(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1), make_parcel(2)]

    result = crossdock("run", "--json")

    assert result.exit_code == 0, result.output
    [row] = json.loads(result.stdout)["pipelines"]
    assert list(row) == ROW
    assert (row["name"], row["customer"], row["read"], row["delivered"]) == ("parcels", "acme", 2, 2)
    assert sorted(depot.bookings) == ["P1", "P2"]


def test_run_makes_nothing_twice_and_says_why_nothing_was_new(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1)]
    crossdock("run")

    result = crossdock("run", "--json")

    assert result.exit_code == 0
    assert "nothing new" in json.loads(result.stdout)["pipelines"][0]["reason"]
    assert depot.bookings == ["P1"]


def test_run_exits_with_1_and_says_what_to_type_where_something_is_held_or_dead(
    crossdock, definition, depot, make_parcel
):
    depot.parcels = [make_parcel(1), make_parcel(2, "UNMAPPED"), make_parcel(3, "BAD")]
    depot.refuse = {"BAD"}

    result = crossdock("run")

    assert result.exit_code == 1
    assert "`crossdock deliveries --state held --pipeline parcels`" in result.stdout
    assert "`crossdock deliveries --state dead --pipeline parcels`" in result.stdout
    assert depot.bookings == ["P1"]


def test_run_exits_with_3_where_credentials_are_refused(crossdock, definition, depot):
    definition.write_text(definition.read_text().replace("s3cr3t-of-the-depot", "another-secret"))

    result = crossdock("run")

    assert result.exit_code == 3, result.output
    assert "the depot refuses the key" in result.stdout
    assert "another-secret" not in result.output


def test_run_exits_with_1_and_the_reason_where_the_source_fails(crossdock, definition, depot):
    depot.may = []
    depot.parcels = [{"no": "parcel"}]

    result = crossdock("run")

    assert result.exit_code == 1
    assert "parcels" in result.stdout


def test_run_exits_with_2_where_the_file_is_faulty(crossdock, definition):
    definition.write_text("version: 1\npipelines: {a: {from: {use: depot.parcel}}}\n")

    result = crossdock("run")

    assert result.exit_code == 2
    assert "crossdock.yaml:" in result.stderr
    assert "fix:" in result.stderr
    assert "Traceback" not in result.output


def test_run_names_an_unknown_pipeline_and_the_nearest_one(crossdock, definition):
    result = crossdock("run", "parcel")

    assert result.exit_code == 2
    assert "fix: write parcels" in result.stderr


def test_run_says_that_a_pipeline_is_stopped_by_its_plugin_and_runs_the_others(
    crossdock, definition, depot, make_parcel
):
    depot.parcels = [make_parcel(1)]
    text = definition.read_text()
    text = text.replace("pipelines:\n", "  other: {use: absent, base_url: http://localhost}\npipelines:\n")
    lost = "  lost: {from: {use: absent.things, connection: other}, to: {use: depot.bookings, connection: gate}}\n"
    definition.write_text(text + lost)

    result = crossdock("run", "--json")
    named = crossdock("run", "lost")

    assert result.exit_code == 1, result.output
    rows = {row["name"]: row for row in json.loads(result.stdout)["pipelines"]}
    assert rows["parcels"]["delivered"] == 1
    assert "absent" in rows["lost"]["reason"]
    assert named.exit_code == 2
    assert "'absent' is not installed" in named.stderr


def test_run_writes_logs_to_stderr_as_json_without_persons_and_secrets(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1)]

    result = crossdock("--log-format", "json", "--log-level", "debug", "run", "--json")

    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert "delivery.settled" in {line["event"] for line in lines}
    assert json.loads(result.stdout)["pipelines"]
    assert PERSON not in result.output
    assert "s3cr3t" not in result.output


def test_run_refuses_a_second_run_on_the_same_store(definition, depot, make_parcel, start, crossdock):
    depot.parcels = [make_parcel(1)]
    depot.gate.clear()
    first = start("run")
    assert depot.arrived.wait(30)

    second = crossdock("run")

    depot.gate.set()
    assert second.exit_code == 2
    assert f"process {first.pid}" in second.stderr
    assert first.wait(30) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_run_finishes_what_was_begun_when_it_is_told_to_stop(
    definition, depot, make_parcel, start, crossdock, number, code
):
    depot.parcels = [make_parcel(number) for number in range(40)]
    depot.gate.clear()
    process = start("run", "--json")
    assert depot.arrived.wait(30)

    process.send_signal(number)
    assert "stopping" in process.stderr.readline()
    depot.gate.set()
    out, _ = process.communicate(timeout=30)

    [row] = json.loads(out)["pipelines"]
    assert process.returncode == code
    assert row["delivered"] == len(depot.bookings) < 40
    assert row["attempted"] == 0
    assert crossdock("run").exit_code == 0
    assert sorted(depot.bookings) == sorted(f"P{number}" for number in range(40))


def test_run_ends_at_once_at_the_second_signal_and_loses_nothing(definition, depot, make_parcel, start, crossdock):
    depot.parcels = [make_parcel(number) for number in range(4)]
    depot.gate.clear()
    process = start("run")
    assert depot.arrived.wait(30)

    process.send_signal(signal.SIGTERM)
    process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 143
    depot.gate.set()

    assert crossdock("run", "--wait", "10s").exit_code == 0
    assert sorted(depot.bookings) == ["P0", "P1", "P2", "P3"]


class Terminal:
    """A terminal with a person before it, who answers once."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()

    def talk(self, process, answers: dict[str, str]) -> str:
        os.close(self.theirs)
        seen = ""
        with suppress(OSError):  # the terminal is gone when the process is
            while chunk := os.read(self.ours, 4096).decode():
                seen += chunk
                for question, answer in list(answers.items()):
                    if question in seen:
                        os.write(self.ours, f"{answer}\n".encode())
                        del answers[question]
        process.wait(30)
        os.close(self.ours)
        return seen


@pytest.mark.parametrize(("answer", "code", "made"), [("n", 1, 0), ("y", 0, 3)])
def test_first_run_at_a_terminal_asks_before_it_makes_many_changes(
    definition, depot, make_parcel, start, answer, code, made
):
    depot.parcels = [make_parcel(number) for number in range(3)]
    terminal = Terminal()
    process = start(
        "run", "--confirm-above", "2", stdin=terminal.theirs, stdout=terminal.theirs, stderr=terminal.theirs
    )

    seen = terminal.talk(process, {"Go on?": answer})

    assert "3 changes: 3 by parcels" in seen
    assert "`crossdock plan parcels`" in seen
    assert "`crossdock adopt parcels`" in seen
    assert process.returncode == code
    assert len(depot.bookings) == made


def test_first_run_without_a_terminal_refuses_what_is_above_a_limit_that_was_given(
    crossdock, definition, depot, make_parcel, monkeypatch
):
    depot.parcels = [make_parcel(number) for number in range(3)]

    refused = crossdock("run", "--confirm-above", "2")
    monkeypatch.setenv("CROSSDOCK_CONFIRM_ABOVE", "2")
    again = crossdock("run")
    made = list(depot.bookings)
    allowed = crossdock("run", "--confirm-above", "3")

    assert (refused.exit_code, again.exit_code, allowed.exit_code) == (2, 2, 0)
    assert "3 changes: 3 by parcels, which is above 2" in refused.stderr
    assert "`crossdock adopt parcels`" in refused.stderr
    assert made == []
    assert sorted(depot.bookings) == ["P0", "P1", "P2"]


def test_first_run_without_a_terminal_says_in_the_log_that_nobody_was_asked(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(number) for number in range(101)]

    first = crossdock("--log-format", "json", "run", "--json")
    depot.parcels = [make_parcel(number) for number in range(210)]
    second = crossdock("--log-format", "json", "run", "--json")

    assert (first.exit_code, second.exit_code) == (0, 0)
    told = [json.loads(line) for line in first.stderr.splitlines()]
    assert [(one["event"], one["pipeline"], one["changes"]) for one in told] == [
        ("first_run.unconfirmed", "parcels", 101)
    ]
    assert second.stderr == ""


def test_guard_does_not_ask_again_once_the_pipeline_has_acted(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(1)]
    crossdock("run")
    depot.parcels = [make_parcel(number) for number in range(5)]

    assert crossdock("run", "--confirm-above", "2").exit_code == 0


def test_run_at_a_terminal_shows_progress_and_takes_it_away(definition, depot, make_parcel, start):
    depot.parcels = [make_parcel(1)]
    terminal = Terminal()
    process = start("run", stdin=terminal.theirs, stdout=terminal.theirs, stderr=terminal.theirs)

    seen = terminal.talk(process, {})

    assert process.returncode == 0
    assert "\r\x1b[Kparcels: 1 read" in seen
    assert seen.rindex("\r\x1b[K") < seen.rindex("pipeline  ")
