"""The processes of a scenario: simulators that answer, and crossdock itself as an operator starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import Process

from crossdock import jsonio
from crossdock.clock import SystemClock
from crossdock.errors import AnswerLostError, CrossdockError, TransientError
from crossdock.http import Client, Endpoint, Response, json_of, open_client
from crossdock.jsonio import Json

_READY_WITHIN_S = 20

GONE = "simulator_gone"
"""The code of what is raised where a simulator answers no more."""


@asynccontextmanager
async def simulator(name: str, seed: int) -> AsyncIterator[str]:
    """Start a simulator on a free port and give its URL; it ends with the block. Raises: CrossdockError."""
    command = _crossdock("simulate", name, "--port", "0", "--seed", str(seed))
    process = await anyio.open_process(command, stdin=subprocess.DEVNULL, stderr=None)
    try:
        yield await _ready(process, name)
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            process.terminate()
        with anyio.CancelScope(shield=True):
            await process.wait()


async def _ready(process: Process, name: str) -> str:
    assert process.stdout is not None  # noqa: S101  (it is a pipe by default)
    said = b""
    with anyio.move_on_after(_READY_WITHIN_S):
        async for chunk in process.stdout:
            said += chunk
            if b"\n" in said:
                break
    word, _, url = said.decode().strip().partition(" ")
    if word != "ready":
        raise CrossdockError(f"the simulator {name} did not start", fix=f"see why: crossdock simulate {name}")
    return url


class Control:
    """The control plane of one simulator."""

    def __init__(self, name: str, client: Client, use: str) -> None:
        self._name = name
        self._use = use
        self._client = client

    @classmethod
    async def open(cls, name: str, url: str, stack: AsyncExitStack, use: str) -> Control:
        """Open a client that knows no vendor and no credentials."""
        endpoint = Endpoint(connection=name, base_url=url, identity=url, needs_token=False, reads=("GET /_sim/**",))
        return cls(name, await stack.enter_async_context(open_client(endpoint, clock=SystemClock())), use)

    async def post(self, path: str, body: Json) -> Json:
        """Do something; what it made. Raises: CrossdockError with what the simulator said."""
        answer = await self._asked("POST", path, body)
        if answer.status_code >= 300:
            raise CrossdockError(f"{self._name} refused {path}: {answer.status_code} {answer.text[:300]}")
        return json_of(answer)

    async def get(self, path: str) -> Json:
        """Read something. Raises: CrossdockError where it is gone."""
        return json_of(await self._asked("GET", path))

    async def delete(self, path: str) -> None:
        """Take something back."""
        await self._asked("DELETE", path)

    async def _asked(self, method: str, path: str, body: Json = None) -> Response:
        request = self._client.build(method, path, json=body)
        try:
            return await self._client.perform(request, correlation_id="scenario")
        except (TransientError, AnswerLostError) as error:
            fix = f"see what it said last, or run it by hand: crossdock simulate {self._use}"
            message = f"the simulator {self._name} is gone: {error.message}"
            raise CrossdockError(message, fix=fix, code=GONE) from error


async def crossdock(
    arguments: Sequence[str], *, folder: Path, env: Mapping[str, str], stdin: bytes = b"", log: Path | None = None
) -> tuple[int, bytes]:
    """Run a crossdock command in a process of its own; its exit code and standard output. Logs go to `log`."""
    with open(log or os.devnull, "ab") as errors:  # noqa: ASYNC230, PTH123  (handed to the child)
        done = await anyio.run_process(
            _crossdock(*arguments), input=stdin, cwd=folder, env={**os.environ, **env}, stderr=errors, check=False
        )
    return done.returncode, done.stdout


async def crossdock_json(arguments: Sequence[str], **kwargs: Any) -> Json:
    """Run a crossdock command with `--json`, whatever its exit code. Raises: CrossdockError where it printed none."""
    code, output = await crossdock([*arguments, "--json"], **kwargs)
    try:
        return jsonio.loads(output)
    except ValueError as error:
        raise CrossdockError(f"`crossdock {' '.join(arguments)}` ended with {code} and no JSON") from error


def _crossdock(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "crossdock", *arguments]
