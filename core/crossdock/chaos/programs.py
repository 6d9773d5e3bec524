"""crossdock commands as processes that can be stopped, continued and killed; see `crossdock.cli.spawning`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from crossdock.errors import CrossdockError
from crossdock.jsonio import Json

PATIENCE_S = 60.0
"""How long a command may take, which in the midst of faults is seconds: one that hangs is a finding."""

_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, or the negative number of the signal that killed it."""

    code: int
    out: str
    err: str


@dataclass(eq=False)
class Program:
    """A command on its way."""

    number: int
    nursery: Nursery
    arguments: Sequence[str]
    pid: int = 0
    outcome: Ended | None = None
    _stopped: anyio.Event = field(default_factory=anyio.Event)
    _changed: anyio.Event = field(default_factory=anyio.Event)

    @property
    def is_stopped(self) -> bool:
        """Whether it stands still, by SIGSTOP."""
        return self._stopped.is_set() and self.outcome is None

    async def halted(self) -> bool:
        """Wait until it stands still, has ended or hangs; whether it stands still. Raises: CrossdockError."""
        await self._wait(lambda: self.is_stopped or self.outcome is not None)
        return self.is_stopped

    async def end(self) -> Ended:
        """Wait for its end, whoever stops it; one that hangs is aborted, and says where. Raises: CrossdockError."""
        while await self._wait(lambda: self.is_stopped or self.outcome is not None) and self.outcome is None:
            await self.go_on()
        if self.outcome is None:
            await self.nursery.tell(id=self.number, signal=int(signal.SIGABRT))
            await self._wait(lambda: self.outcome is not None)
        if self.outcome is None:
            raise CrossdockError(f"process {self.pid} cannot be ended", fix="see what it waits for, and kill it")
        return self.outcome

    async def stop(self) -> bool:
        """Freeze it wherever it is; False where it ended before."""
        await self.nursery.tell(id=self.number, signal=int(signal.SIGSTOP))
        return await self.halted()

    async def go_on(self) -> None:
        """Let it go on where it was frozen."""
        self._stopped = anyio.Event()
        await self.nursery.tell(id=self.number, signal=int(signal.SIGCONT))

    async def kill(self) -> Ended:
        """SIGKILL: no handler, no flush, no farewell."""
        await self.nursery.tell(id=self.number, signal=int(signal.SIGKILL))
        return await self.end()

    async def leave_room(self, size: int) -> None:
        """Let no file of it grow beyond `size` bytes from now on, as where a disk is full."""
        await self.nursery.tell(id=self.number, room=size)

    def hear(self, answer: Json) -> None:
        """Take what is said of it."""
        if "started" in answer:
            self.pid = answer["started"]
        if "stopped" in answer:
            self._stopped.set()
        if "ended" in answer:
            self.outcome = Ended(answer["ended"], answer["out"], answer["err"])
        self.wake()

    def wake(self) -> None:
        """Let those who wait look again."""
        self._changed.set()
        self._changed = anyio.Event()

    async def _wait(self, condition: Callable[[], bool]) -> bool:
        """Wait until it holds; False where patience ended first."""
        with anyio.move_on_after(PATIENCE_S):
            while not condition():
                if self.nursery.is_gone:
                    raise CrossdockError("the process that starts the others is gone", fix="look for what killed it")
                await self._changed.wait()
            return True
        return False


class Nursery:
    """Starts programs."""

    def __init__(self, process: Process) -> None:
        self.is_gone = False
        self._process = process
        self._numbers = count(1)
        self._programs: dict[int, Program] = {}
        self._order = anyio.Lock()

    async def start(
        self, arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], stdin: str = ""
    ) -> Program:
        """Start a command."""
        program = Program(next(self._numbers), self, arguments)
        self._programs[program.number] = program
        whole = {**os.environ, **env}
        await self.tell(id=program.number, start=list(arguments), folder=str(folder), env=whole, stdin=stdin)
        return program

    async def tell(self, **order: Json) -> None:
        """Give an order."""
        assert self._process.stdin is not None  # noqa: S101  (it is a pipe)
        async with self._order:
            try:
                await self._process.stdin.send(json.dumps(order).encode() + b"\n")
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                self._lose()

    async def listen(self, lines: BufferedByteReceiveStream) -> None:
        """Take answers until there are none."""
        while True:
            try:
                answer = json.loads(await lines.receive_until(b"\n", _LINE))
            except (anyio.EndOfStream, anyio.IncompleteRead, anyio.ClosedResourceError):
                return
            program = self._programs.get(answer["id"])
            if program is not None:
                program.hear(answer)
                if program.outcome is not None:
                    del self._programs[program.number]

    async def watch(self) -> None:
        """Notice where the process that starts the others ends: nobody would tell of their ends."""
        await self._process.wait()
        self._lose()

    def _lose(self) -> None:
        self.is_gone = True
        for program in self._programs.values():
            program.wake()


async def first_halted(programs: Sequence[Program]) -> Program | None:
    """Wait until one of them stands still or all have ended; the one that stands still."""
    found: Program | None = None

    async def look(program: Program) -> None:
        nonlocal found
        if await program.halted() and found is None:
            found = program
            tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        for program in programs:
            tasks.start_soon(look, program)
    return found


@asynccontextmanager
async def open_nursery() -> AsyncIterator[Nursery]:
    """Have a process ready that starts others; whatever it started ends with the block. Raises: CrossdockError."""
    command = [sys.executable, "-m", "crossdock.cli.spawning"]
    # In a session of its own: an interrupt at the terminal is ours, and we end it in order.
    process = await anyio.open_process(command, stdin=subprocess.PIPE, stderr=None, start_new_session=True)
    try:
        assert process.stdout is not None  # noqa: S101  (it is a pipe)
        lines = BufferedByteReceiveStream(process.stdout)
        try:
            await lines.receive_until(b"\n", _LINE)
        except anyio.IncompleteRead as error:
            raise CrossdockError("no process could be started", fix=f"see why: {' '.join(command)}") from error
        nursery = Nursery(process)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(nursery.listen, lines)
            tasks.start_soon(nursery.watch)
            yield nursery
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await process.aclose()  # its orders end, and so does what it started
