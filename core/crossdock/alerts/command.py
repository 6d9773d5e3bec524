"""Telling by a command: a program of the operator gets the document on its standard input."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

import anyio

from crossdock.alerts.message import Message
from crossdock.jsonio import dumps

_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
"""Not the rest of our environment: credentials may stand in it."""


async def run_command(command: Sequence[str], message: Message) -> None:
    """Run it without a shell. Raises: OSError; RuntimeError where it says that it failed."""
    environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    done = await anyio.run_process(
        list(command),
        input=dumps(dict(message.document)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        env=environment,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")
