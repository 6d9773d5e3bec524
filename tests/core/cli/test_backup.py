from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def backed_up(crossdock, definition, depot, make_parcel, tmp_path):
    """A store that booked one parcel, a backup of it, and another parcel since."""
    depot.parcels = [make_parcel(1)]
    crossdock("run")
    assert crossdock("backup", str(tmp_path / "copy.db")).exit_code == 0
    depot.parcels.append(make_parcel(2))
    crossdock("run")
    return tmp_path / "copy.db"


def test_backup_says_how_large_it_is_and_refuses_to_overwrite(crossdock, backed_up):
    again = crossdock("backup", str(backed_up))
    shape = json.loads(crossdock("backup", f"{backed_up}.2", "--json").stdout)

    assert again.exit_code == 2
    assert "exists already" in again.output
    assert shape == {"file": f"{backed_up}.2", "bytes": backed_up.with_name("copy.db.2").stat().st_size}


def test_restore_replaces_a_store_only_when_told_to_and_books_nothing_twice(crossdock, depot, backed_up, tmp_path):
    refused = crossdock("restore", str(backed_up))
    done = crossdock("restore", str(backed_up), "--replace")
    ran = crossdock("run", "--wait", "1s")

    assert (refused.exit_code, done.exit_code, ran.exit_code) == (2, 0, 0)
    assert "there is a store already" in refused.output
    assert done.stdout.splitlines()[0].startswith("the store that was there is ")
    assert "knows what was done until 20" in done.stdout
    assert depot.bookings == ["P1", "P2"]
    assert crossdock("trace", "P2").exit_code == 0


def test_store_that_was_put_back_by_other_means_can_be_marked(crossdock, depot, backed_up, tmp_path):
    shutil.copy(tmp_path / "depot.db", tmp_path / "snapshot.db")
    crossdock("restore", str(backed_up), "--replace")

    marked = crossdock("restore", "--mark", "--as-of", "2026-11-01T00:00Z", "--json")

    assert json.loads(marked.stdout) == {"backup_at": "2026-11-01T00:00:00+00:00", "kept": None}


@pytest.mark.parametrize("options", [[], ["x", "--mark"], ["--mark", "--replace"], ["x", "--as-of", "2h"]])
def test_restore_refuses_options_that_contradict_each_other(crossdock, definition, options):
    assert crossdock("restore", *options).exit_code == 2


def test_backup_and_mark_need_a_store_and_restore_a_backup(crossdock, definition, tmp_path):
    assert "no store yet" in crossdock("backup", str(tmp_path / "copy.db")).output
    assert "no store yet" in crossdock("restore", "--mark").output
    assert "there is no file" in crossdock("restore", "nowhere.db").output
