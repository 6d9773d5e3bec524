"""Who holds a lease: a process by its number and the place where that number means something."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


def new() -> str:
    """A name for a holder in this process: `PID@PLACE-RANDOM`."""
    return f"{os.getpid()}@{_place()}-{os.urandom(8).hex()}"


def is_gone(holder: str) -> bool:
    """Whether the process that bears this name has ended for certain: it lived here, and lives no more."""
    pid, _, rest = holder.partition("@")
    if not pid.isdigit() or rest.rpartition("-")[0] != _place():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # somebody else's
    return False


@cache
def _place() -> str:
    """The machine since its start, and the process namespace: beyond it the same number is another process."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}.{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return f"{os.uname().nodename}.{os.urandom(4).hex()}"  # not to be known: nobody is taken for dead
