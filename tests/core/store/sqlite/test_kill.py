"""A real process commits until SIGKILL; whatever it was told is written must be there afterwards."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.sqlite]

WORK = """
import sys
from pathlib import Path
import anyio
from crossdock.clock import SystemClock
from crossdock.contract.values import Record
from crossdock.store.rows import Change, DeliveryUpdate, Intake, State, AuditEvent
from crossdock.store.sqlite.file import SqliteStore

clock, name = SystemClock(), sys.argv[2]

async def main():
    async with SqliteStore(Path(sys.argv[1]), clock=clock) as store:
        async with anyio.create_task_group() as tasks:
            for worker in range(8):
                tasks.start_soon(work, store, f"{name}-{worker}")

async def work(store, worker):
    number = 0
    while True:
        keys = [f"{worker}-{number}-{n}" for n in range(3)]
        records = [Record(key, {"id": key, "text": "x" * 1500}) for key in keys]
        await store.stage(Intake(worker, "a", "e", False, ["r"], records, clock.now(), cursor=number))
        print("staged", worker, number, flush=True)
        for one in await store.ready(worker, "r", now=clock.now(), limit=9):
            at = clock.now()
            event = AuditEvent("delivery.settled", worker, one.key, at)
            await store.apply(Change(deliveries=[DeliveryUpdate(one.id, State.DELIVERED, at)], audit=[event]))
            print("settled", one.key, flush=True)
        number += 1

anyio.run(main)
"""


def test_nothing_acknowledged_is_lost_and_nothing_half_written_stays_when_a_process_is_killed(path):
    chance = random.Random(5)
    said: list[list[str]] = []
    for run in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", WORK, str(path), f"run{run}"], stdout=subprocess.PIPE, text=True, bufsize=1
        )
        lines = iter(process.stdout.readline, "")
        for line, _ in zip(lines, range(chance.randint(20, 200)), strict=False):
            said.append(line.split())
        process.send_signal(signal.SIGKILL)
        said += [line.split() for line in lines if line.endswith("\n")]
        process.wait()
        process.stdout.close()

    check(path, said)


def check(path, said):
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    rows = dict(connection.execute("SELECT key, state FROM deliveries").fetchall())
    cursors = {name: int(value) for name, value in connection.execute("SELECT pipeline, value FROM cursors")}
    logged = {ref for (ref,) in connection.execute("SELECT ref FROM audit WHERE kind = 'delivery.settled'")}
    connection.close()
    staged = [(worker, int(number)) for what, worker, number in (one for one in said if one[0] == "staged")]
    settled = {one[1] for one in said if one[0] == "settled"}
    assert len(staged) > 50
    assert len(settled) > 50
    for worker, number in staged:
        assert cursors[worker] >= number
        assert all(f"{worker}-{number}-{n}" in rows for n in range(3))
    assert settled <= {key for key, state in rows.items() if state == "delivered"} == logged
    for worker, number in cursors.items():  # the cursor never runs ahead of its records, nor they of it
        assert len([key for key in rows if key.startswith(f"{worker}-")]) == 3 * (number + 1)


async def test_audit_holds_after_kills(path, open_at):
    test_nothing_acknowledged_is_lost_and_nothing_half_written_stays_when_a_process_is_killed(path)

    async with open_at(path) as store:
        assert await store.verify_audit() is None
