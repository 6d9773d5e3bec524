"""`python -m crossdock.cli.spawning`: starts crossdock commands by forking, so that hundreds of them cost little.

A process that has imported everything forks once for each command; what it starts is a process as real as any, with an
environment, a folder, a memory and a death of its own. It takes one JSON object a line on standard input and answers
the same way on standard output:

    {"id": 1, "start": [argument, …], "folder": "…", "env": {…}, "stdin": "…"}   ->  {"id": 1, "started": PID}
    {"id": 1, "signal": 9}       while it lives; later ones go nowhere, never to a stranger
    {"id": 1, "room": 0}         no file of it may grow beyond so many bytes from now on
    ->  {"id": 1, "stopped": true}, and at its end {"id": 1, "ended": CODE, "out": "…", "err": "…"}

Codes are those of `subprocess`: a negative one names the signal that ended it. At the end of its input it ends what it
started.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import json
import os
import random
import resource
import selectors
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

_READ = 1 << 16


@dataclass
class _Child:
    """A command that was started."""

    number: int
    pid: int
    streams: dict[int, bytearray] = field(default_factory=dict)
    """What it wrote so far, by the end of the pipe that we read; an exhausted one is closed and marked."""
    open: set[int] = field(default_factory=set)
    code: int | None = None


class Spawner:
    """Starts children, hears of their ends, and collects what they write."""

    def __init__(self, orders: int, answers: int) -> None:
        self._orders = orders
        self._answers = answers
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._bell, self._ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._heard = bytearray()
        self._serving = False

    def serve(self) -> None:
        """Work until the orders end."""
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(self._ring, warn_on_full_buffer=False)
        self._selector.register(self._orders, selectors.EVENT_READ, self._read_orders)
        self._selector.register(self._bell, selectors.EVENT_READ, self._look_after)
        self._serving = True
        while self._serving:
            for key, _ in self._selector.select():
                key.data(key.fd) if key.fd in (self._orders, self._bell) else self._read(key.data, key.fd)
        for child in [child for child in self._children.values() if child.code is None]:
            _signal(child, signal.SIGKILL)
            os.waitpid(child.pid, 0)

    # ------------------------------------------------------------ orders

    def _read_orders(self, descriptor: int) -> None:
        chunk = os.read(descriptor, _READ)
        self._serving = bool(chunk)
        self._heard += chunk
        while (end := self._heard.find(b"\n")) >= 0:
            order = json.loads(self._heard[:end])
            del self._heard[: end + 1]
            self._obey(order)

    def _obey(self, order: Mapping[str, Any]) -> None:
        if "start" in order:
            return self._start(order)
        child = self._children.get(order["id"])
        if child is None or child.code is not None:
            return None  # it ended meanwhile: its number may be another's by now
        if "signal" in order:
            _signal(child, order["signal"])
        if "room" in order:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (order["room"], resource.RLIM_INFINITY))
        return None

    def _start(self, order: Mapping[str, Any]) -> None:
        stdin, feed = os.pipe2(os.O_CLOEXEC)
        os.write(feed, order.get("stdin", "").encode())
        os.close(feed)
        out, out_end = os.pipe2(os.O_CLOEXEC)
        err, err_end = os.pipe2(os.O_CLOEXEC)
        pid = os.fork()
        if pid == 0:
            _become(order, (stdin, out_end, err_end), [self._orders, self._answers, self._bell, self._ring, out, err])
        for descriptor in (stdin, out_end, err_end):
            os.close(descriptor)
        child = _Child(order["id"], pid, {out: bytearray(), err: bytearray()}, {out, err})
        self._children[child.number] = child
        for descriptor in child.open:
            self._selector.register(descriptor, selectors.EVENT_READ, child)
        self._say(id=child.number, started=pid)

    # ------------------------------------------------------------ children

    def _look_after(self, descriptor: int) -> None:
        os.read(descriptor, _READ)
        for child in [child for child in self._children.values() if child.code is None]:
            pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                continue
            if os.WIFSTOPPED(status):
                self._say(id=child.number, stopped=True)
            else:
                child.code = os.waitstatus_to_exitcode(status)
                self._finish(child)

    def _read(self, child: _Child, descriptor: int) -> None:
        chunk = os.read(descriptor, _READ)
        child.streams[descriptor] += chunk
        if not chunk:
            self._selector.unregister(descriptor)
            os.close(descriptor)
            child.open.discard(descriptor)
            self._finish(child)

    def _finish(self, child: _Child) -> None:
        """Tell of its end, once it is dead and all that it wrote is read."""
        if child.code is None or child.open:
            return
        del self._children[child.number]
        out, err = (bytes(written).decode(errors="replace") for written in child.streams.values())
        self._say(id=child.number, ended=child.code, out=out, err=err)

    def _say(self, **answer: Any) -> None:
        line = json.dumps(answer).encode() + b"\n"
        while line:
            line = line[os.write(self._answers, line) :]


def _signal(child: _Child, number: int) -> None:
    if child.code is None:  # not waited for yet, so the number is still its own
        os.kill(child.pid, number)


# ---------------------------------------------------------------- in the child


def _become(order: Mapping[str, Any], streams: Sequence[int], close: Sequence[int]) -> NoReturn:
    """Be the command: nothing of the parent remains but what is imported."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
        for descriptor in (*streams, *close):
            os.close(descriptor)
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["env"])
        random.seed()
        code = _run(order["start"])
    except BaseException:  # noqa: BLE001  the end of the process: nobody else tells of it
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)


def _run(arguments: Sequence[str]) -> int:
    from crossdock import boundary, clock
    from crossdock.cli.main import cli

    faulthandler.enable()  # one that hangs is aborted, and says where it stood
    boundary.wake()
    clock.wake()
    try:
        cli(args=list(arguments), prog_name="crossdock")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    return 0


# ---------------------------------------------------------------- beforehand


def _prepare() -> None:
    """Import what commands import, so that no child has to."""
    from importlib import import_module

    from crossdock.http.environment import trust
    from crossdock.registry import Registry

    for name in ("run", "context", "signals", "progress", "standing", "shapes", "failing"):
        import_module(f"crossdock.cli.{name}")
    for name in ("secrets", "deliveries", "audit"):
        import_module(f"crossdock.cli.{name}")
    for name in ("anyio._backends._asyncio", "crossdock.http.aiohttp_wire", "crossdock.store.sqlite.store"):
        import_module(name)
    with contextlib.suppress(ImportError):  # an extra
        import_module("crossdock.store.postgres.store")
    trust()
    Registry().load_all()
    gc.collect()
    gc.freeze()  # what is shared with the children stays shared


def main() -> None:
    """Serve standard input; what children write goes elsewhere."""
    orders, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    _prepare()
    os.write(answers, b'{"ready": true}\n')
    Spawner(orders, answers).serve()


if __name__ == "__main__":
    main()
