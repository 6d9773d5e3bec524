from __future__ import annotations

import json
import sqlite3
import stat

import pytest


@pytest.fixture
def ran(crossdock, definition, depot, make_parcel):
    """A store in which two parcels are booked and one is held, and a person closed that."""
    depot.parcels = [make_parcel(1), make_parcel(2), make_parcel(3, sku="UNMAPPED")]
    crossdock("run")
    crossdock("discard", "3", "--reason", "Quentin came himself")


def spoil(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in ("DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_cut", *statements):
            connection.execute(statement)


def test_audit_verify_says_how_many_rows_hold_and_where_the_log_ends(crossdock, ran):
    told, shape = crossdock("audit", "verify"), crossdock("audit", "verify", "--json")

    found = json.loads(shape.stdout)
    assert (told.exit_code, shape.exit_code, found["ok"]) == (0, 0, True)
    assert found["rows"] == found["head"]["seq"] > 4
    assert told.stdout.splitlines() == [
        f"the audit log is as it was written: {found['rows']} rows",
        f"  head {found['head']['seq']}:{found['head']['hash']}",
    ]


def test_audit_verify_names_the_first_bad_row_and_ends_with_1(crossdock, ran, tmp_path):
    spoil(tmp_path / "depot.db", "UPDATE audit SET ref = 'P9' WHERE seq = 3")

    told, shape = crossdock("audit", "verify"), crossdock("audit", "verify", "--json")

    assert (told.exit_code, shape.exit_code) == (1, 1)
    assert told.stdout == (
        "the audit log is not as it was written: audit row 3 was changed\n  rows 1 to 2 are as they were written\n"
    )
    assert json.loads(shape.stdout) | {"head": None} == {
        "ok": False, "rows": 2, "head": None, "erased_texts": 0, "at": 3, "fault": "audit row 3 was changed",
    }  # fmt: skip


def test_audit_verify_compares_with_the_head_that_was_noted(crossdock, ran):
    head = json.loads(crossdock("audit", "verify", "--json").stdout)["head"]
    noted = f"{head['seq']}:{head['hash']}"
    crossdock("pause", "parcels")

    same = crossdock("audit", "verify", "--expect", noted)
    other = crossdock("audit", "verify", "--expect", f"{head['seq']}:{'00' * 32}")
    later = crossdock("audit", "verify", "--expect", f"{head['seq'] + 5}:{'00' * 32}")
    wrong = crossdock("audit", "verify", "--expect", "12")

    assert (same.exit_code, other.exit_code, later.exit_code, wrong.exit_code) == (0, 1, 1, 2)
    assert "is not the one whose hash was noted" in other.stdout
    assert "is missing" in later.stdout


def test_audit_export_can_be_verified_in_another_place(crossdock, ran, tmp_path):
    exported = tmp_path / "audit.jsonl"
    assert crossdock("audit", "export", "-o", str(exported)).exit_code == 0
    head = json.loads(crossdock("audit", "verify", "--json").stdout)["head"]
    (tmp_path / "depot.db").unlink()

    told = crossdock("audit", "verify", "--file", str(exported), "--expect", f"{head['seq']}:{head['hash']}")

    assert told.exit_code == 0
    assert f"head {head['seq']}:{head['hash']}" in told.stdout
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600
    assert b"Quentin came himself" in exported.read_bytes()


def test_audit_verify_names_the_line_of_a_file_that_was_changed(crossdock, ran, tmp_path):
    exported = tmp_path / "audit.jsonl"
    crossdock("audit", "export", "-o", str(exported))
    exported.write_bytes(exported.read_bytes().replace(b"Quentin came", b"Nobody came "))

    told = crossdock("audit", "verify", "--file", str(exported))

    assert told.exit_code == 1
    assert "its reason is another" in told.stdout
    assert "line " in told.stdout


def test_audit_export_goes_by_key_customer_and_pipeline(crossdock, ran, tmp_path):
    def refs(*options):
        result = crossdock("audit", "export", *options)
        (tmp_path / "one.jsonl").write_bytes(result.stdout_bytes)
        assert crossdock("audit", "verify", "--file", str(tmp_path / "one.jsonl")).exit_code == 0
        return {row["ref"] for row in map(json.loads, result.stdout.splitlines()) if "ref" in row}

    assert refs("--key", "P1") == refs("--key", "B-P1") == {"P1"}
    assert refs("--customer", "acme") == refs("--pipeline", "parcels") >= {"P1", "P2", "P3", "parcel"}
    assert refs("--pipeline", "other") == set()
    assert refs("--since", "2100-01-01") == set()
    assert refs("--since", "2020-01-01", "--until", "2100-01-01") == refs()
    assert crossdock("audit", "export", "--customer", "nobody").exit_code == 2
    assert crossdock("audit", "export", "--key", "P9").exit_code == 2


def test_audit_export_leaves_out_persons_words_on_request(crossdock, ran, tmp_path):
    result = crossdock("audit", "export", "--without-personal")
    (tmp_path / "bare.jsonl").write_bytes(result.stdout_bytes)

    assert "Quentin" not in result.stdout
    assert crossdock("audit", "verify", "--file", str(tmp_path / "bare.jsonl")).exit_code == 0


def test_audit_export_never_writes_over_a_file(crossdock, ran, tmp_path):
    (tmp_path / "taken").write_text("mine")

    assert crossdock("audit", "export", "-o", str(tmp_path / "taken")).exit_code == 2
    assert (tmp_path / "taken").read_text() == "mine"


def test_audit_needs_a_store(crossdock, definition):
    assert crossdock("audit", "verify").exit_code == 2
    assert crossdock("audit", "export").exit_code == 2


def test_audit_erase_takes_one_keys_content_by_any_of_its_names_and_the_log_still_holds(crossdock, ran, tmp_path):
    refused = crossdock("audit", "erase", "P1")
    done = crossdock("audit", "erase", "B-P1", "--reason", "asked for it")
    other = crossdock("audit", "erase", "P3", "--reason", "asked for it")
    verified = crossdock("audit", "verify")

    assert (refused.exit_code, done.exit_code, other.exit_code, verified.exit_code) == (2, 0, 0, 0)
    assert done.stdout == "1 revision of B-P1 and 0 reasons in the log are erased\n"
    assert other.stdout == "1 revision of P3 and 2 reasons in the log are erased\n"
    assert "2 texts were erased, each erasure is recorded" in verified.stdout
    for file in tmp_path.glob("depot.db*"):
        assert b"Quentin came himself" not in file.read_bytes()
        assert b"3 Zzyzx Road" not in file.read_bytes()
    assert "P1" in crossdock("trace", "P1").stdout
    assert crossdock("deliveries", "show", "1").exit_code == 0


def test_audit_erase_refuses_what_is_open(crossdock, definition, depot, make_parcel):
    depot.parcels = [make_parcel(3, sku="UNMAPPED")]
    crossdock("run")

    result = crossdock("audit", "erase", "P3", "--reason", "asked for it")

    assert result.exit_code == 2
    assert "not everything is settled: delivery 1" in result.output


def test_run_erases_what_is_due_and_says_what_is_open(crossdock, definition, depot, make_parcel, tmp_path):
    definition.write_text(definition.read_text().replace("version: 1\n", "version: 1\nretain_payload: 1s\n"))
    depot.parcels = [make_parcel(1), make_parcel(3, sku="UNMAPPED")]
    crossdock("run")
    with sqlite3.connect(tmp_path / "depot.db") as store:  # an hour passes
        store.execute("UPDATE records SET read_at = read_at - 3600000000")
        store.execute("UPDATE deliveries SET read_at = read_at - 3600000000, settled_at = settled_at - 3600000000")

    crossdock("run")

    with sqlite3.connect(tmp_path / "depot.db") as store:
        assert store.execute("SELECT key FROM payloads JOIN records USING (id)").fetchall() == [("P3",)]
    assert "1 delivery is open since" in crossdock("status").stdout
    assert depot.bookings == ["P1"]
    assert crossdock("audit", "verify").exit_code == 0
