from __future__ import annotations

import sqlite3
import stat

import pytest

from crossdock.errors import StoreError
from crossdock.store.sqlite.connections import open_writer
from crossdock.store.sqlite.migrate import Migration, migrate, migrations

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]

SECOND = Migration(2, "0002_next.sql", "CREATE TABLE next (a); -- one\nINSERT INTO next VALUES (1);\n-- the end\n")
BROKEN = Migration(2, "0002_next.sql", "CREATE TABLE next (a);\nINSERT INTO nowhere VALUES (1);")


@pytest.fixture
def old(path):
    """A store of today, closed, with a row in it."""
    connection = open_writer(path)
    migrate(connection, path)
    connection.execute("INSERT INTO pipelines (name) VALUES ('kept')")
    connection.close()
    return path


def upgrade(path, *more):
    connection = open_writer(path)
    try:
        migrate(connection, path, [*migrations(), *more])
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


def tables(path):
    connection = sqlite3.connect(path)
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    kept = connection.execute("SELECT name FROM pipelines").fetchall()
    connection.close()
    return found, kept


def test_migrations_are_numbered_without_a_gap():
    assert [one.number for one in migrations()] == list(range(1, len(migrations()) + 1))


def test_new_store_is_made_without_a_copy_and_for_its_owner_only(path):
    connection = open_writer(path)
    migrate(connection, path)

    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    connection.close()
    assert [file.name for file in path.parent.iterdir()] == ["crossdock.db"]


def test_new_store_has_every_table_of_the_design(path):
    connection = open_writer(path)
    migrate(connection, path)
    connection.close()

    assert tables(path)[0] >= {
        "records", "payloads", "deliveries", "effects", "steps", "batches", "links", "cursors", "audit", "pushes",
        "tokens", "secrets", "catalogue", "quotas",
    }  # fmt: skip


def test_older_store_is_copied_and_then_upgraded(old):
    assert upgrade(old, SECOND) == 2

    assert "next" in tables(old)[0]
    before = old.with_name("crossdock.db.before-2")
    assert tables(before)[1] == [("kept",)]
    assert "next" not in tables(before)[0]
    assert stat.S_IMODE(before.stat().st_mode) == 0o600


def test_copy_is_itself_a_store_that_can_be_put_back(old):
    upgrade(old, SECOND)
    before = old.with_name("crossdock.db.before-2")

    assert upgrade(before) == 1


def test_failed_upgrade_leaves_the_store_as_it_was(old):
    with pytest.raises(StoreError, match="no such table: nowhere"):
        upgrade(old, BROKEN)

    assert "next" not in tables(old)[0]
    assert upgrade(old, SECOND) == 2


def test_newer_store_is_refused_with_the_fix_and_left_alone(old):
    upgrade(old, SECOND)
    connection = open_writer(old)

    with pytest.raises(StoreError, match="made by a newer crossdock") as caught:
        migrate(connection, old)

    connection.close()
    assert "upgrade crossdock" in str(caught.value.fix)
    assert not old.with_name("crossdock.db.before-1").exists()


async def test_newer_store_is_refused_when_it_is_opened(old, open_at):
    upgrade(old, SECOND)

    with pytest.raises(StoreError, match="made by a newer crossdock"):
        async with open_at(old):
            pass


async def test_file_of_another_program_is_refused_and_left_as_it_was(path, open_at):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (a)")
    connection.commit()
    connection.close()

    with pytest.raises(StoreError, match="is not a store of crossdock"):
        async with open_at(path):
            pass

    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()


async def test_store_keeps_its_pragmas(store):
    writer, reader = store._writer._connection, store._reader._near

    def pragma(connection, name):
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma(writer, "journal_mode"), pragma(writer, "synchronous")) == ("wal", 2)
    assert (pragma(writer, "foreign_keys"), pragma(writer, "auto_vacuum")) == (1, 2)
    assert pragma(reader, "query_only") == 1
