"""The run lock: a lock of the operating system on a file beside the store, gone with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crossdock.boundary import sabotaged
from crossdock.errors import StoreError
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
