"""Processes that share a store and an account: real ones, against a simulator that counts strictly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence

import pytest

from crossdock.simulator import Call, Limit, Refusal, Route, Simulator, answer

WORKER = """
import json, os, sys, time
from datetime import UTC, datetime
from pathlib import Path

import anyio

from crossdock.clock import SystemClock
from crossdock.errors import CrossdockError
from crossdock.http import Endpoint, Rate, Request, Token, open_client
from crossdock.store.cipher import Key
from crossdock.store.open import open_store

URL, SECONDS = sys.argv[1], float(sys.argv[2])


class Auth:
    account = "tester"

    def token_flow(self, base_url, previous, now):
        granted = yield Request("POST", f"{base_url}/token")
        return Token(granted.json()["token"], now, granted.json()["lifetime_s"])

    def sign(self, request, token, now):
        request.headers["Authorization"] = token.value

    def refused(self, response):
        return response.status_code == 401


async def work():
    clock, statuses = SystemClock(), {}
    endpoint = Endpoint(
        "jars", URL, "jars:1", auth=Auth(), rates=(Rate("POST /jars", 600),), reads=("GET /**",), timeout_s=5.0
    )
    async with (
        open_store("sqlite:store.db", clock=clock, folder=Path.cwd(), key=Key(bytes(32))) as store,
        open_client(endpoint, clock=clock, tokens=store, quotas=store, circuits=store) as client,
    ):
        await client.get("/jars")
        print("ready", flush=True)
        sys.stdin.readline()
        until = time.monotonic() + SECONDS

        async def send():
            while time.monotonic() < until:
                with anyio.move_on_after(until - time.monotonic()):
                    status = (await client.perform(client.build("POST", "/jars"), correlation_id="1")).status_code
                    statuses[status] = statuses.get(status, 0) + 1

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(send)
    print(json.dumps(statuses))


anyio.run(work)
"""


class Jars(Simulator):
    """Grants tokens that live for two seconds, and 600 calls a minute."""

    name = "jars"

    def prepare(self) -> None:
        self.granted = 0

    def guard(self, call: Call, route: Route) -> None:
        if route.path != "/token" and self.tokens.find(call.headers.get("authorization", "")) is None:
            raise Refusal(answer({}, 401))

    def routes(self) -> Sequence[Route]:
        return (
            Route("POST", "/token", self.grant, limit=None),
            Route("POST", "/jars", lambda call: answer({}), limit=Limit(600)),
            Route("GET", "/jars", lambda call: answer({}), limit=None),
        )

    def grant(self, call: Call):
        self.granted += 1
        return answer({"token": self.tokens.issue("tester", 2.0).value, "lifetime_s": 2.0})


@pytest.fixture
def jars():
    simulator = Jars()
    with simulator.running() as url:
        yield simulator, url


def test_two_processes_use_nine_tenths_of_a_quota_and_meet_no_429(jars, tmp_path):
    """600 a minute for six seconds are 660: a full bucket, and what refills meanwhile."""
    simulator, url = jars

    statuses, took_s = run_two(tmp_path, url, 6)

    allowed = 600 + 10 * took_s
    assert set(statuses) == {200}
    assert statuses[200] > 0.9 * allowed
    # Each token serves both until it is renewed at half its life; the first renewal may come with the second's start.
    assert simulator.granted <= took_s / 1.0 + 2


def run_two(folder, url, seconds):
    """Start both, let them go together, and add up what they were answered."""
    command = [sys.executable, "-c", WORKER, url, str(seconds)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "cwd": folder, "text": True}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    counted: Counter[int] = Counter()
    for process in both:
        out, _ = process.communicate(timeout=60)
        counted.update({int(status): count for status, count in json.loads(out.splitlines()[-1]).items()})
    return counted, seconds
