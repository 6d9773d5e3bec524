"""The run lock: a lock of the operating system on a file beside the store, gone with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crossdock.boundary import sabotaged
from crossdock.errors import StoreError
from crossdock.store.rows import Runner
from crossdock.store.sqlite import faults


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the run lock of the store at `path`. Raises: StoreError naming the process that holds it."""
    if sabotaged("no-fence"):
        yield
        return
    beside = path.with_name(f"{path.name}.lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise faults.explain_os(error, beside) from error
    try:
        _take(descriptor, path)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)  # the file stays: removing it could part two holders
    finally:
        os.close(descriptor)


def look(path: Path) -> Runner | None:
    """Who holds the run lock of the store at `path`, or left its number there; the lock itself is not touched."""
    beside = path.with_name(f"{path.name}.lock")
    try:
        holder, inode = beside.read_text(encoding="ascii", errors="replace").strip(), beside.stat().st_ino
    except FileNotFoundError:
        return None
    except OSError as error:
        raise faults.explain_os(error, beside) from error
    if not holder:
        return None
    return Runner(f"process {holder}", "running" if _is_locked(inode, holder) else "gone")


def _is_locked(inode: int, holder: str) -> bool:
    """Whether the system knows of that lock; where it does not tell, whether there is such a process."""
    try:
        lines = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
    except OSError:
        return holder.isdigit() and _is_alive(int(holder))
    return any("FLOCK" in words and any(word.endswith(f":{inode}") for word in words) for words in lines)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


def _take(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise StoreError(
            f"the store {path} is in use: process {holder} runs its pipelines",
            code="store_in_use",
            fix=f"let process {holder} finish or stop it; `status`, `deliveries` and `plan` work beside it",
            process=holder,
        ) from error
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except OSError as error:
        raise faults.explain_os(error, path) from error
