"""Commands started by forking: real processes, with an environment, an end and limits of their own."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager

import pytest

from crossdock.chaos.programs import open_nursery
from crossdock.errors import CrossdockError

pytestmark = pytest.mark.anyio

DEFINITION = """\
version: 1
store: sqlite:crossdock.db
connections:
  kiosk: {use: kiosk, base_url: "http://127.0.0.1:9", auth: {use: kiosk.none}}
pipelines:
  tickets:
    from: {use: kiosk.orders, connection: kiosk}
    every: 1m
    to: {use: kiosk.tickets, connection: kiosk}
"""


@pytest.fixture
def anyio_backend():
    return "asyncio"  # what `crossdock chaos` runs under


@pytest.fixture
def start(env, tmp_path):
    """Start commands in a folder with a definition whose remote system is not there."""
    (tmp_path / "crossdock.yaml").write_text(DEFINITION)
    (tmp_path / "seen").mkdir()

    @asynccontextmanager
    async def opened():
        async with open_nursery() as nursery:

            async def start(*arguments, watch=""):
                seen = {"CROSSDOCK_BOUNDARY": f"{tmp_path / 'seen'}:{watch}"}
                return await nursery.start(arguments, folder=tmp_path, env=seen)

            yield start

    return opened


async def test_program_has_an_environment_an_output_and_an_exit_code_of_its_own(start):
    async with start() as begin:
        fine, wrong = await begin("check"), await begin("run", "nothing")
        ended, refused = await fine.end(), await wrong.end()

    assert (ended.code, ended.out.splitlines()[-1], ended.err) == (0, "ok: 1 pipeline, 1 connection", "")
    assert refused.code == 2
    assert "there is no pipeline 'nothing'" in refused.err


async def test_program_stands_still_at_its_boundary_goes_on_and_is_killed(start):
    async with start() as begin:
        never = await begin("check", watch="intake.before_store#1:stop")
        assert not await never.halted()
        program = await begin("plan", watch="read.begins#1:stop")
        assert await program.stop()
        await program.go_on()
        assert not program.is_stopped
        ended = await program.kill()

    assert never.outcome.code == 0
    assert ended.code == -signal.SIGKILL


async def test_program_without_room_says_so(start):
    async with start() as begin:
        program = await begin("run")
        assert await program.stop()
        await program.leave_room(0)
        await program.go_on()
        ended = await program.end()

    assert ended.code == 2
    assert "crossdock.db" in ended.err
    assert "fix:" in ended.err


async def test_programs_end_with_the_block_that_started_them(start):
    async with start() as begin:
        program = await begin("run", "--wait", "60s")
        assert await program.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(program.pid, 0)


async def test_waiting_for_a_program_ends_when_what_starts_them_is_gone(start):
    async with start() as begin:
        program = await begin("run")
        assert await program.stop()
        os.kill(program.nursery._process.pid, signal.SIGKILL)

        with pytest.raises(CrossdockError, match="is gone"):
            await program.end()
    os.kill(program.pid, signal.SIGKILL)
