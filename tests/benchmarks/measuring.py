"""One process against one world: what it took, and what the world saw of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LIMIT_S = 300.0
"""After so long a process is taken for stuck, and ended."""


@dataclass(frozen=True, slots=True)
class Took:
    """What a process took from start to exit. Memory is its peak resident set."""

    code: int
    wall_s: float
    cpu_s: float
    rss_mb: float
    said: str


@dataclass(frozen=True, slots=True)
class Run:
    """One job: so many orders from the marketplace into the warehouse."""

    took: Took
    seen: Mapping[str, Any]

    @property
    def faults(self) -> list[str]:
        """What must never be: an order lost or created twice, a wrong one, a process that failed."""
        counts = [f"{self.seen[name]} {name}" for name in ("lost", "doubled", "bad") if self.seen[name]]
        return counts + ([f"exit code {self.took.code}: {self.took.said[-400:]}"] if self.took.code else [])

    @property
    def steady(self) -> float:
        """Orders per second from the first request to the last creation, as the world saw them."""
        return self.seen["created"] / self.seen["span_s"] if self.seen["span_s"] else 0.0

    @property
    def whole(self) -> float:
        """Orders per second from the start of the process to its exit."""
        return self.seen["created"] / self.took.wall_s

    @property
    def cpu_per_thousand(self) -> float:
        """CPU seconds that 1,000 orders take, start included."""
        return self.took.cpu_s / max(1, self.seen["created"]) * 1000


@dataclass(frozen=True, slots=True)
class Competitor:
    """A command that does the job. `keeps` is the folder it works in; without it each run has an empty one."""

    name: str
    command: Sequence[str]
    in_flight: int = 8
    keeps: Path | None = None


@dataclass
class World:
    """The world's process, and what is done with it."""

    url: str
    folder: Path
    since: datetime
    faults: list[str] = field(default_factory=list)

    def place(self, count: int, latency_ms: float = 0.0) -> None:
        """Forget what was, and place new orders."""
        self._ask(f"/_bench/place?count={count}&latency_ms={latency_ms}")

    def run(self, competitor: Competitor, orders: int, latency_ms: float = 0.0) -> Run:
        """Let one do the job on new orders. A fault is kept, so that it is told at the end."""
        self.place(orders, latency_ms)
        with self.workplace(competitor.keeps) as folder:
            took = measure(competitor.command, folder, self.environment(competitor.in_flight))
        done = Run(took, self._ask("/_bench/account"))
        self.faults += [f"{competitor.name}: {fault}" for fault in done.faults]
        return done

    def environment(self, in_flight: int = 8) -> dict[str, str]:
        """What crossdock.yaml and the loops refer to."""
        return {
            "WORLD_URL": self.url,
            "BENCH_SECRET": "no-secret",
            "BENCH_SINCE": self.since.isoformat(),
            "BENCH_IN_FLIGHT": str(in_flight),
        }

    @contextmanager
    def workplace(self, kept: Path | None = None) -> Iterator[Path]:
        """A folder with the definition in it, and nothing else unless it is kept."""
        folder = kept or Path(tempfile.mkdtemp(dir=self.folder))
        folder.mkdir(exist_ok=True)
        shutil.copy(HERE / "crossdock.yaml", folder)
        try:
            yield folder
        finally:
            if kept is None:
                shutil.rmtree(folder)

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def open_world() -> Iterator[World]:
    """Start the world; end it and forget its folder afterwards."""
    command = [sys.executable, HERE / "world.py"]
    with (
        tempfile.TemporaryDirectory(prefix="crossdock-bench-") as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[1]
            yield World(url, Path(folder), datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
        finally:
            process.terminate()


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Took:
    """Run a command to its end. The kernel's own account of it is read when it is reaped."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        overdue = threading.Timer(LIMIT_S, process.kill)
        overdue.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        overdue.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)  # it is reaped: Popen must not look for it
        said.seek(0)
        text = said.read().decode(errors="replace")
    # Linux counts kilobytes, macOS bytes.
    rss_mb = usage.ru_maxrss / (1024 if sys.platform.startswith("linux") else 1024 * 1024)
    return Took(process.returncode, wall_s, usage.ru_utime + usage.ru_stime, rss_mb, text)


def crossdock(*arguments: str, **settings: Any) -> Competitor:
    """A real `crossdock`."""
    return Competitor("crossdock", [sys.executable, "-m", "crossdock", *arguments], **settings)


def loop(name: str, in_flight: int) -> Competitor:
    """One of the bare loops."""
    command = [sys.executable, str(HERE / "loops.py"), name, str(in_flight)]
    return Competitor(f"{name}, {in_flight} in flight", command, in_flight)
