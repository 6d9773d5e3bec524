from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

SECRET = "s3cr3t-of-the-depot"


def test_secret_from_stdin_is_sealed_and_used_by_a_run(crossdock, sealed, depot, make_parcel, key_file, tmp_path):
    depot.parcels = [make_parcel(1)]

    stored = crossdock("secrets", "set", "gate", input=f"{SECRET}\n")
    ran = crossdock("run")

    assert (stored.exit_code, ran.exit_code) == (0, 0), ran.output
    assert SECRET not in stored.output
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("depot.db*"))


@pytest.mark.shows_planted  # the file that it is taken from
def test_secret_from_a_strict_file(crossdock, sealed, key_file, tmp_path):
    source = tmp_path / "value"
    source.write_text(SECRET)
    source.chmod(0o600)

    assert crossdock("secrets", "set", "gate", "--file", "value").exit_code == 0


def test_set_without_a_key_says_exactly_how_to_make_one(crossdock, sealed, tmp_path):
    result = crossdock("secrets", "set", "gate", input=SECRET)

    assert result.exit_code == 2
    assert "`crossdock secrets new-key crossdock.key`" in result.stderr
    assert "CROSSDOCK_KEY_FILE" in result.stderr
    assert not (tmp_path / "depot.db").exists()


def test_new_key_is_readable_by_its_owner_alone_and_never_written_over(crossdock, key_file):
    before = key_file.read_text()

    again = crossdock("secrets", "new-key", str(key_file))

    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert key_file.read_text() == before


def test_new_key_is_never_shown(crossdock, tmp_path):
    result = crossdock("secrets", "new-key", "k")

    assert Path("k").read_text().strip() not in result.output


def test_new_key_says_why_it_cannot_be_written(crossdock):
    result = crossdock("secrets", "new-key", "absent/folder/k")

    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize(
    ("value", "message"),
    [("", "is empty"), ("\n", "is empty"), (b"\xff\xfe", "no UTF-8"), ("x" * 70_000, "more than 64 KiB")],
)
def test_set_refuses_a_value_that_cannot_be_one(crossdock, sealed, key_file, value, message):
    result = crossdock("secrets", "set", "gate", input=value)

    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.shows_planted  # the file that it would be taken from
def test_set_refuses_a_file_that_others_may_read_or_that_is_not_there(crossdock, sealed, key_file, tmp_path):
    source = tmp_path / "value"
    source.write_text(SECRET)
    source.chmod(0o644)

    shared = crossdock("secrets", "set", "gate", "--file", "value")
    absent = crossdock("secrets", "set", "gate", "--file", "absent")

    assert "fix: `chmod 600 value`" in shared.stderr
    assert "cannot be read" in absent.stderr
    assert SECRET not in shared.output


def test_set_refuses_a_name_that_no_reference_could_bear(crossdock, sealed, key_file):
    assert crossdock("secrets", "set", "a b", input="x").exit_code == 2


def test_list_shows_names_and_needs_without_a_key(crossdock, sealed, key_file, monkeypatch):
    crossdock("secrets", "set", "spare", input="x")
    monkeypatch.delenv("CROSSDOCK_KEY_FILE")

    rows = json.loads(crossdock("secrets", "list", "--json").stdout)["secrets"]

    assert [(row["name"], row["set_at"] is None, row["needed"]) for row in rows] == [
        ("gate", True, True),
        ("spare", False, False),
    ]
    assert "not stored" in crossdock("secrets", "list").stdout


def test_remove_forgets_and_warns_where_the_file_still_needs_it(crossdock, sealed, key_file):
    crossdock("secrets", "set", "gate", input=SECRET)

    removed = crossdock("secrets", "remove", "gate")

    assert removed.exit_code == 0
    assert "still needs it" in removed.stderr
    assert crossdock("secrets", "remove", "gate").exit_code == 2
    assert crossdock("run").exit_code == 2


def test_run_names_the_key_it_needs_where_it_is_missing_or_wrong(crossdock, sealed, key_file, monkeypatch, tmp_path):
    crossdock("secrets", "set", "gate", input=SECRET)
    crossdock("secrets", "new-key", "other.key")

    monkeypatch.setenv("CROSSDOCK_KEY_FILE", str(tmp_path / "other.key"))
    wrong = crossdock("run")
    monkeypatch.delenv("CROSSDOCK_KEY_FILE")
    missing = crossdock("run")

    assert (wrong.exit_code, missing.exit_code) == (2, 2)
    assert "secret gate needs key" in wrong.stderr
    assert "no key was given" in missing.stderr


def test_key_may_come_as_a_systemd_credential(crossdock, sealed, key_file, monkeypatch, tmp_path):
    folder = tmp_path / "credentials"
    folder.mkdir()
    key_file.rename(folder / "crossdock.key")
    monkeypatch.delenv("CROSSDOCK_KEY_FILE")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))

    assert crossdock("secrets", "set", "gate", input=SECRET).exit_code == 0


def test_rekey_seals_all_under_the_new_key_and_the_old_one_opens_nothing(
    crossdock, sealed, key_file, tmp_path, monkeypatch, depot, make_parcel
):
    depot.parcels = [make_parcel(1)]
    crossdock("secrets", "set", "gate", input="s3cr3t-of-the-depot")
    assert crossdock("run").exit_code == 0  # it keeps a token, too
    new = tmp_path / "new.key"
    crossdock("secrets", "new-key", str(new))

    done, again = crossdock("secrets", "rekey", str(new)), crossdock("secrets", "rekey", str(new))
    old = crossdock("run")
    monkeypatch.setenv("CROSSDOCK_KEY_FILE", str(new))
    depot.parcels.append(make_parcel(2))
    ran = crossdock("run")

    assert done.stdout.startswith("2 rows are sealed under key ")
    assert again.stdout.startswith("0 rows are sealed under key ")
    assert (old.exit_code, ran.exit_code) == (2, 0)
    assert "secret gate needs key" in old.output
    assert depot.bookings == ["P1", "P2"]


def test_rekey_refuses_a_new_key_that_others_may_read(crossdock, sealed, key_file, tmp_path):
    crossdock("secrets", "set", "gate", input="s3cr3t-of-the-depot")
    new = tmp_path / "new.key"
    crossdock("secrets", "new-key", str(new))
    new.chmod(0o644)

    assert "may be read by others" in crossdock("secrets", "rekey", str(new)).output
