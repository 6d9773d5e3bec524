from __future__ import annotations

import os
import subprocess
import sys

import pytest

from crossdock.errors import StoreError
from crossdock.store.rows import Runner
from crossdock.store.sqlite.lock import hold, look

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]

HOLDER = """
import sys, pathlib
from crossdock.store.sqlite.lock import hold
with hold(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.stdin.close()


def test_second_run_names_the_process_that_holds_the_lock_and_the_fix(path, holder):
    with pytest.raises(StoreError, match=f"process {holder.pid} runs its pipelines") as caught, hold(path):
        pass

    assert str(holder.pid) in str(caught.value.fix)
    assert caught.value.code == "store_in_use"


def test_lock_is_free_after_its_holder_was_killed(path, holder):
    holder.kill()
    holder.wait()

    with hold(path):
        assert path.with_name("crossdock.db.lock").read_text() == str(os.getpid())


def test_lock_is_free_after_its_holder_ended(path):
    for _ in range(2):
        with hold(path):
            pass

    assert path.with_name("crossdock.db.lock").read_text() == ""


async def test_second_run_in_this_process_is_refused_too_and_other_commands_work_beside(store, open_at, path, make):
    async with store.running(["orders"]):
        async with open_at(path) as beside:
            with pytest.raises(StoreError, match=f"process {os.getpid()}"):
                async with beside.running(["other"]):
                    pass
            await beside.read_ended("orders", make.clock.now(), "nothing new", complete=True)
        assert (await store.status(["orders"]))[0].reason == "nothing new"

    async with store.running(["orders"]):
        pass


def test_look_names_the_holder_and_lets_others_take_the_lock(path, holder):
    assert look(path) == Runner(f"process {holder.pid}", "running")

    holder.stdin.close()
    holder.wait()

    assert look(path) is None
    with hold(path):
        assert look(path) == Runner(f"process {os.getpid()}", "running")


def test_look_tells_who_ended_without_giving_the_lock_back(path, holder):
    holder.kill()
    holder.wait()

    assert look(path) == Runner(f"process {holder.pid}", "gone")


def test_look_finds_nobody_where_nothing_ever_ran(path):
    assert look(path) is None
