"""Copies of a store: taken beside writers, checked, put back, and recognised as put back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from datetime import timedelta

import anyio
import pytest

from crossdock.errors import StoreError
from crossdock.store.rows import Change
from crossdock.store.sqlite import backup as backups
from crossdock.store.sqlite import lineage, lock
from crossdock.store.sqlite.backup import restore

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]


@pytest.fixture
def target(tmp_path):
    return tmp_path / "copy.db"


@pytest.fixture
def place(tmp_path):
    """A new folder for a restored store."""
    (tmp_path / "new").mkdir()
    return tmp_path / "new" / "crossdock.db"


async def log(store, make, *refs):
    await store.apply(Change(audit=[make.event("a.b", ref) for ref in refs]))


async def put(clock, source, path, *, replace=False):
    return await restore(source, path, at=clock.now(), actor="kim", replace=replace)


async def run_on(store):
    async with store.running(["orders"]):
        pass


async def test_backup_is_one_file_for_its_owner_only_that_holds_all_of_one_moment(store, make, clock, target):
    await log(store, make, "1", "2")

    size = await store.backup(target, at=clock.now(), actor="kim")
    await log(store, make, "3")

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert size == target.stat().st_size
    assert sorted(file.name for file in target.parent.glob("copy*")) == ["copy.db"]
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT ref FROM audit ORDER BY seq").fetchall() == [("1",), ("2",)]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_backup_is_noted_in_the_log_of_the_store(store, clock, target):
    await store.backup(target, at=clock.now(), actor="kim")

    (row,) = await store.audit_page(0, 10, 10)
    assert (row.kind, row.detail, row.said[0].value) == ("store.backed_up", '{"file":"copy.db"}', "kim")


async def test_backup_is_consistent_while_others_write(store, make, clock, target):
    async def write():
        for number in range(60):
            await log(store, make, str(number))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        for number in range(3):
            await store.backup(target.with_name(f"{number}.db"), at=clock.now(), actor="kim")

    for number in range(3):
        with sqlite3.connect(target.with_name(f"{number}.db")) as copy:
            rows, head = copy.execute("SELECT (SELECT count(*) FROM audit), seq FROM audit_head").fetchone()
            assert rows == head


async def test_backup_never_writes_over_a_file(store, clock, target):
    target.write_text("mine")

    with pytest.raises(StoreError, match="exists already"):
        await store.backup(target, at=clock.now(), actor="kim")

    assert target.read_text() == "mine"


async def test_backup_of_a_store_whose_log_was_changed_gets_no_name(store, make, clock, target):
    await log(store, make, "1", "2")
    store._writer._connection.execute("DROP TRIGGER audit_is_not_changed")
    store._writer._connection.execute("UPDATE audit SET ref = 'x' WHERE seq = 2")

    with pytest.raises(StoreError, match="the copy is damaged: audit row 2 was changed"):
        await store.backup(target, at=clock.now(), actor="kim")

    assert not target.exists()


async def test_backup_into_a_folder_that_is_not_there_says_so(store, clock, tmp_path):
    with pytest.raises(StoreError, match="no folder"):
        await store.backup(tmp_path / "nowhere" / "copy.db", at=clock.now(), actor="kim")


async def test_restored_store_knows_since_when_it_knows_nothing(store, make, clock, target, place, open_at):
    await log(store, make, "1")
    taken = clock.now()
    await store.backup(target, at=taken, actor="kim")
    clock.advance(3600)

    found = await put(clock, target, place)

    assert (found.backup_at, found.kept) == (taken, None)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    async with open_at(place) as restored:
        doubt = await restored.doubt("orders")
        assert (doubt.restored_at, doubt.backup_at, doubt.last_record) == (clock.now(), taken, None)
        assert await restored.verify_audit() is None
        last = (await restored.audit_page(0, 10, 10))[-1]
        assert (last.kind, last.said[0].value) == ("store.restored", "kim")
        assert await store.doubt("orders") is None


async def test_doubt_ends_with_the_first_whole_read_of_each_pipeline(store, make, clock, target, place, open_at):
    await store.stage(make.intake(make.record("PO1")))
    await store.backup(target, at=clock.now(), actor="kim")
    await put(clock, target, place)

    async with open_at(place) as restored:
        await restored.stage(make.intake(make.record("PO2")))
        await restored.read_ended("orders", clock.now(), None, complete=False)
        assert (await restored.doubt("orders")).last_record is None
        await restored.read_ended("orders", clock.now(), None, complete=True)
        await restored.stage(make.intake(make.record("PO3")))
        await restored.read_ended("orders", clock.now(), None, complete=True)

        doubt = await restored.doubt("orders")
        assert [doubt.concerns(record) for record in (1, 2, 3)] == [True, True, False]
        assert (await restored.doubt("other")).concerns(3)
        clock.advance(60)
        await restored.mark_restored(at=clock.now(), backup_at=None, actor="kim")
        assert (await restored.doubt("orders")).concerns(3)


async def test_restore_refuses_while_a_run_holds_the_store(store, clock, target, path):
    await store.backup(target, at=clock.now(), actor="kim")

    with lock.hold(path), pytest.raises(StoreError, match="runs its pipelines"):
        await put(clock, target, path, replace=True)


async def test_restore_refuses_where_a_store_is(store, clock, target, path):
    await store.backup(target, at=clock.now(), actor="kim")

    with pytest.raises(StoreError, match="there is a store already") as caught:
        await put(clock, target, path)

    assert "--replace" in caught.value.fix


async def test_restore_keeps_the_store_that_was_there_beside(make, clock, target, path, open_at):
    async with open_at(path) as store:
        await log(store, make, "1")
        await store.backup(target, at=clock.now(), actor="kim")
        await log(store, make, "2")
        found = await put(clock, target, path, replace=True)  # somebody still looks at the old one

    assert found.kept == path.with_name("crossdock.db.replaced-20261102T090000Z")
    async with open_at(found.kept) as old, open_at(path) as new:
        assert [row.ref for row in await old.audit_page(0, 9, 9)] == ["1", "store", "2"]
        assert [row.ref for row in await new.audit_page(0, 9, 9)] == ["1", "store"]


async def test_restore_puts_a_damaged_store_aside_with_its_log(store, clock, target, place):
    await store.backup(target, at=clock.now(), actor="kim")
    place.write_bytes(b"no store at all" * 500)
    place.with_name("crossdock.db-wal").write_bytes(b"a log")

    found = await put(clock, target, place, replace=True)

    assert found.kept.read_bytes().startswith(b"no store at all")
    assert found.kept.with_name(f"{found.kept.name}-wal").read_bytes() == b"a log"
    assert not place.with_name("crossdock.db-wal").exists()


@pytest.mark.parametrize("spoil", ["changed", "foreign", "cut", "newer", "missing"])
async def test_restore_refuses_what_is_no_whole_backup_and_leaves_the_place_alone(
    store, make, clock, target, place, spoil
):
    await log(store, make, *map(str, range(200)))
    await store.backup(target, at=clock.now(), actor="kim")
    with sqlite3.connect(target) as copy:
        if spoil == "changed":
            copy.execute("DROP TRIGGER audit_is_not_changed")
            copy.execute("UPDATE audit SET ref = 'x' WHERE seq = 2")
        copy.execute(f"PRAGMA application_id = {7 if spoil == 'foreign' else 0x43446F63}")
        copy.execute(f"PRAGMA user_version = {99 if spoil == 'newer' else 1}")
    if spoil == "cut":
        os.truncate(target, target.stat().st_size // 2)
    if spoil == "missing":
        target.unlink()

    with pytest.raises(StoreError):
        await put(clock, target, place)

    assert not place.exists()


async def test_store_that_stays_where_it_is_is_never_taken_for_a_restored_one(path, open_at):
    for _ in range(3):
        async with open_at(path) as store:
            await run_on(store)
            assert await store.doubt("orders") is None


async def test_backup_that_is_put_in_place_by_hand_is_recognised(store, clock, target, place, open_at):
    taken = clock.now()
    await store.backup(target, at=taken, actor="kim")
    shutil.copy(target, place)
    clock.advance(60)

    async with open_at(place) as restored:
        await run_on(restored)
        assert (await restored.doubt("orders")).backup_at == taken


async def test_older_copy_that_is_put_back_by_hand_is_recognised_once(path, make, clock, open_at):
    async with open_at(path) as store:
        await run_on(store)
        await log(store, make, "1")
    shutil.copy(path, path.with_name("older"))
    known = clock.now()
    clock.advance(3600)
    async with open_at(path) as store:
        await run_on(store)
    shutil.copy(path.with_name("older"), path)

    async with open_at(path) as store:
        await run_on(store)
        doubt = await store.doubt("orders")
        assert (doubt.backup_at, doubt.restored_at) == (known, known + timedelta(hours=1))
        clock.advance(60)
        await run_on(store)
        assert await store.doubt("orders") == doubt


async def test_copy_in_another_folder_is_taken_for_a_restored_one(path, place, open_at):
    async with open_at(path) as store:
        await run_on(store)
    shutil.copy(path, place)

    async with open_at(place) as store:
        await run_on(store)
        assert await store.doubt("orders") is not None


@pytest.mark.parametrize("died", ["before the store was marked", "before the file was written", "amid the run"])
async def test_run_that_was_killed_does_not_make_a_restored_store(path, open_at, died):
    async with open_at(path) as store:
        await run_on(store)
        said = lineage.said_beside(path)
        if died != "before the store was marked":
            mark = await store._writer.do(lambda connection: lineage.renew(connection, said))
            if died == "amid the run":
                lineage.say_beside(path, mark)

    for _ in range(2):
        async with open_at(path) as store:
            await run_on(store)
            assert await store.doubt("orders") is None


async def test_backup_works_on_file_systems_without_links(store, clock, target, monkeypatch):
    def refuse(*names):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(backups.os, "link", refuse)

    await store.backup(target, at=clock.now(), actor="kim")

    assert target.exists()
