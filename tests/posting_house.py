"""A small ledger service that stages, is started once, works on it for a while, and forgets what it staged."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import httpx

from crossdock import (
    Absent,
    Begun,
    CannotTell,
    Done,
    Effect,
    HoldError,
    Later,
    Receipt,
    RejectedError,
    Sink,
    TransientError,
    jsonio,
)


class House:
    """The remote system. What is staged or started twice is posted twice: only the caller's care keeps it from that.

    `script` says what happens to the next writes, `reads` to the next reads: "ok", a status, "lost_before" (nothing
    happened), "late" (it happens some seconds later), "lost_after" (it happened), "500_after". `bad` and `never` are
    keys that it refuses, which spoils their whole run; `staged` are the keys of each run that it took.
    """

    def __init__(self, clock: Any, *, takes_s: float = 5.0) -> None:
        self.clock = clock
        self.takes_s = takes_s
        self.runs: dict[str, dict[str, Any]] = {}
        self.posted: Counter[str] = Counter()
        self.facts: Counter[str] = Counter()
        self.bad: set[str] = set()
        self.never: set[str] = set()
        self.staged: list[list[str]] = []
        self.script: list[str] = []
        self.reads: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self.on_write: Any = None
        self.late: list[tuple[float, httpx.Request]] = []

    async def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append((request.method, request.url.path))
        self.work()
        script = self.reads if request.method == "GET" else self.script
        how = script.pop(0) if script else "ok"
        if self.on_write is not None and request.method != "GET":
            await self.on_write(request, how)
        if how == "lost_before":
            raise httpx.ReadError("cut")
        if how == "late":
            self.late.append((self.clock.monotonic() + 4.5, request))
            raise httpx.ReadError("cut")
        if how.isdigit():
            return httpx.Response(int(how), content=b"{}")
        answer = self._answer(request)
        if how == "lost_after":
            raise httpx.ReadError("cut")
        return httpx.Response(500) if how == "500_after" else answer

    def work(self) -> None:
        """Do what came late, and end what is done by now: all of a run or nothing of it."""
        for at, request in [one for one in self.late if one[0] <= self.clock.monotonic()]:
            self.late.remove((at, request))
            self._answer(request)
        for run in self.runs.values():
            if run["status"] == "running" and self.clock.monotonic() >= run["until"]:
                keys = [one["key"] for one in run["rows"]]
                run["errors"] = {key: "closed" for key in keys if key in self.bad}
                run["errors"] |= {key: "never" for key in keys if key in self.never}
                run["status"] = "failed" if run["errors"] else "complete"
                for one in () if run["errors"] else run["rows"] * run["starts"]:
                    self.posted[one["key"]] += 1
                    self.facts.update(one["facts"])
                run["rows"], run["starts"] = [], 0

    def _answer(self, request: httpx.Request) -> httpx.Response:
        parts = request.url.path.strip("/").split("/")
        if request.method == "GET" and parts[0] == "entries":
            return httpx.Response(200 if self.posted[parts[1]] else 404, content=b"{}")
        if parts == ["runs"]:
            return self._stage(jsonio.loads(request.content))
        run = self.runs.get(parts[1])
        if run is None:
            return httpx.Response(404)
        if request.method == "GET":
            told = {"status": run["status"], "errors": run["errors"]}
            return httpx.Response(200, content=jsonio.dumps(told))
        run["starts"] += 1
        run["status"], run["until"] = "running", self.clock.monotonic() + self.takes_s
        return httpx.Response(202, content=b'{"submitted": true}')

    def _stage(self, body: Any) -> httpx.Response:
        run = self.runs.setdefault(body["group"], {"rows": [], "status": "new", "errors": {}, "starts": 0})
        if run["rows"]:
            return httpx.Response(409, content=b'{"exists": true}')
        run["rows"], run["status"] = body["entries"], "staged"
        self.staged.append([one["key"] for one in body["entries"]])
        return httpx.Response(200, content=b'{"staged": true}')

    @property
    def starts(self) -> Counter[str]:
        """How often each run was asked to start."""
        return Counter(path for method, path in self.requests if method == "POST" and path.endswith("/start"))


class HouseSink(Sink[Any, Any]):
    """Postings in the house: as many as `bulk` in one run."""

    name = "postings"
    kind = "post"
    bulk = 5
    poll_s: float = 2.0

    @property
    def settles_after(self) -> timedelta:
        return timedelta(seconds=5)

    def plan(self, thing: Any, known: Any) -> Effect:
        body = {"key": thing.name, "size": thing.size, "color": thing.color}
        facts = [f"{thing.name}:{number}" for number in range(1, min(thing.size, 3) + 1)]
        return Effect(key=thing.name, steps=[], content=body, memo={"entry": {**body, "facts": facts}}, facts=facts)

    def bundle(self, bundle: Any) -> Effect:
        group = f"XD{bundle.number:03}{bundle.token}"
        entries = [effect.memo["entry"] for effect in bundle.effects]
        step = self.http.build("POST", "/runs", json={"group": group, "entries": entries})
        return Effect(key=group, steps=[step], memo={"group": group})

    def follow(self, effect: Effect, answers: Any) -> Any:
        group = effect.memo["group"]
        if len(answers) <= 2 and answers.last.status_code >= 400:
            return None
        if len(answers) == 1:
            return self.http.build("POST", f"/runs/{group}/start")
        if len(answers) > 2 and self._result(answers)["status"] in ("complete", "failed"):
            return None
        return Later(self.http.build("GET", f"/runs/{group}"), timedelta(seconds=self.poll_s))

    def receipt(self, effect: Effect, answers: Any) -> Receipt:
        if len(answers) <= 2:
            raise HoldError("not_staged", "the house did not stage it, or did not start", fix="look there")
        result = self._result(answers)
        why = result["errors"].get(effect.key)
        if why == "never":
            raise RejectedError(f"the house never takes {effect.key}")
        if why is not None:
            raise HoldError("refused", f"the house refuses {effect.key}: {why}", fix="open it there")
        if result["errors"]:
            raise TransientError("another entry spoilt the run", code="spoilt")
        return Receipt("posting", effect.key, lines={"1": {"size": effect.content["size"]}})

    def _result(self, answers: Any) -> Any:
        return jsonio.loads(answers.last.content)

    async def probe(self, effect: Effect) -> Any:
        if "group" not in effect.memo:
            found = await self.http.get(f"/entries/{effect.key}")
            return Absent() if found.status_code == 404 else Done(Receipt("posting", effect.key))
        answer = await self.http.get(f"/runs/{effect.memo['group']}")
        if answer.status_code == 404:
            return Absent()
        if answer.status_code != 200:
            return CannotTell(f"answered {answer.status_code}")
        status = jsonio.loads(answer.content)["status"]
        if effect.lost is not None and effect.lost.url.path.endswith("/start"):
            return Absent() if status == "staged" else Begun()
        return Begun()


class SoloSink(HouseSink):
    """One posting, one run."""

    name = "solo"
    bulk = 1

    def plan(self, thing: Any, known: Any) -> Effect:
        effect = super().plan(thing, known)
        group = f"XD{thing.name}"
        step = self.http.build("POST", "/runs", json={"group": group, "entries": [effect.memo["entry"]]})
        return Effect(effect.key, [step], effect.content, {"group": group}, effect.facts)

    def receipt(self, effect: Effect, answers: Any) -> Receipt:
        if len(answers) <= 2:
            raise HoldError("not_staged", "the house did not stage it, or did not start", fix="look there")
        why = self._result(answers)["errors"].get(effect.key)
        if why is not None:
            raise HoldError("refused", f"the house refuses {effect.key}: {why}", fix="open it there")
        return Receipt("posting", effect.key)
