from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crossdock.errors import StoreError
from crossdock.store.rows import Staged, State

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]


async def test_full_disk_is_told_with_path_and_fix_and_the_store_goes_on_when_there_is_room(store, make, path):
    await store.stage(make.intake(make.record("before"), cursor=1))
    writer = store._writer._connection
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages + 4}")
    large = [make.record(str(n), os.urandom(2000).hex()) for n in range(50)]

    with pytest.raises(StoreError, match="no room left") as caught:
        await store.stage(make.intake(*large, cursor=2))
    after_fault = (await store.deliveries(), (await store.cursor(make.pipeline)).value)
    writer.execute("PRAGMA max_page_count = 1000000")
    staged = await store.stage(make.intake(*large, cursor=2))

    assert caught.value.code == "store_full"
    assert str(path) in caught.value.message
    assert "free space" in str(caught.value.fix)
    assert ([one.key for one in after_fault[0]], after_fault[1]) == (["before"], 1)
    assert staged == Staged(new=50)
    assert writer.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert await store.verify_audit() is None


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("a file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


async def test_full_file_system_loses_nothing_and_works_again(small_disk, open_at, make):
    path, ballast = small_disk / "crossdock.db", small_disk / "ballast"
    stored, codes = [], set()
    async with open_at(path) as store:
        ballast.write_bytes(b"x" * 300_000)
        for number in range(60):
            try:
                await store.stage(make.intake(make.record(str(number), os.urandom(4000).hex())))
                stored.append(str(number))
            except StoreError as error:
                codes.add(error.code)
        ballast.unlink()
        await store.stage(make.intake(make.record("after")))
        found = [one.key for one in await store.deliveries()]

        assert codes == {"store_full"}
        assert stored
        assert found[::-1] == [*stored, "after"]
        assert await store.verify_audit() is None


async def test_file_system_that_is_full_from_the_start_is_told(small_disk, open_at):
    (small_disk / "ballast").write_bytes(b"x" * (1 << 20))

    with pytest.raises(StoreError, match="no room left"):
        async with open_at(small_disk / "crossdock.db"):
            pass


async def test_file_that_is_no_database_is_told_and_left_as_it_was(path, open_at):
    path.write_bytes(b"these are somebody's notes, and long enough to be looked at\n" * 100)
    before = path.read_bytes()

    with pytest.raises(StoreError, match="is not a store of crossdock"):
        async with open_at(path):
            pass

    assert path.read_bytes() == before


async def test_missing_folder_is_named(tmp_path, open_at):
    with pytest.raises(StoreError, match=f"no folder {tmp_path / 'nowhere'}") as caught:
        async with open_at(tmp_path / "nowhere" / "crossdock.db"):
            pass

    assert "create" in str(caught.value.fix)


async def test_folder_in_place_of_the_file_is_told(tmp_path, open_at):
    with pytest.raises(StoreError, match="cannot be written"):
        async with open_at(tmp_path):
            pass


async def test_damaged_file_is_told(store, make, path, open_at):
    await store.stage(make.intake(*(make.record(str(n), "x" * 100) for n in range(200))))
    store._writer._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in range(3, pages):
            file.seek(page * 4096)
            file.write(b"\xff" * 100)

    async def use():
        async with open_at(path) as damaged:
            await damaged.stage(make.intake(make.record("new")))
            await damaged.deliveries()

    with pytest.raises(StoreError) as caught:
        await use()

    assert caught.value.code == "store_damaged"
    assert "restore" in str(caught.value.fix)


async def test_file_that_another_process_keeps_locked_is_told(store, open_at, path, make):
    async with open_at(path) as other:
        store._writer._connection.execute("PRAGMA busy_timeout = 20")
        other._writer._connection.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="is busy") as caught:
            await store.stage(make.intake(make.record("1")))

        other._writer._connection.execute("ROLLBACK")
        assert caught.value.code == "store_busy"
        assert await store.stage(make.intake(make.record("1"))) == Staged(new=1)


async def test_readers_work_while_somebody_writes(store, make, staged):
    (one,) = await staged(make.record("1"))
    store._writer._connection.execute("BEGIN IMMEDIATE")
    store._writer._connection.execute("UPDATE deliveries SET state = 'waiting'")

    seen = (await store.delivery(one.id)).summary.state

    store._writer._connection.execute("ROLLBACK")
    assert seen is State.PENDING


# ---------------------------------------------------------------- permissions, as an unprivileged process

CHILD = """
import os, sys, tempfile
from pathlib import Path
import anyio
from crossdock.clock import ManualClock
from crossdock.errors import StoreError
from crossdock.store.sqlite.file import SqliteStore

async def main():
    with tempfile.TemporaryDirectory() as folder:  # loads what is loaded late: later it may be out of reach
        async with SqliteStore(Path(folder) / "s.db", clock=ManualClock()) as store:
            await store.read_ended("p", ManualClock().now(), None, complete=True)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        async with SqliteStore(Path(sys.argv[1]), clock=ManualClock()) as store:
            await store.read_ended("p", ManualClock().now(), None, complete=True)
            async with store.running(["p"]):
                print("worked")
    except StoreError as error:
        print(error.code, error.message, error.fix, sep="|")

anyio.run(main)
"""


@pytest.fixture
def open_folder():
    # pytest's own folders may be entered by their owner only
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    folder.chmod(0o700)
    shutil.rmtree(folder)


def as_nobody(path):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False, cwd=path.parent
    )
    return done.stdout.strip() or done.stderr


def test_store_works_for_an_unprivileged_process(open_folder):
    assert as_nobody(open_folder / "crossdock.db") == "worked"


def test_read_only_folder_is_told_with_path_and_fix(open_folder):
    open_folder.chmod(0o555)

    said = as_nobody(open_folder / "crossdock.db")

    code, message, fix = said.split("|")
    assert code == "store_not_writable"
    assert f"{open_folder / 'crossdock.db'} cannot be written by user" in message
    assert str(open_folder) in fix


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that another owns")
def test_file_of_another_user_is_told(open_folder):
    file = open_folder / "crossdock.db"
    file.touch(mode=0o600)

    assert as_nobody(file).startswith("store_not_writable|")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that another owns")
def test_run_lock_of_another_user_is_told(open_folder):
    assert as_nobody(open_folder / "crossdock.db") == "worked"
    lock = open_folder / "crossdock.db.lock"
    lock.unlink()
    lock.touch(mode=0o600)

    assert "crossdock.db.lock cannot be written" in as_nobody(open_folder / "crossdock.db")
