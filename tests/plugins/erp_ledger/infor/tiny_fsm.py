"""A tiny FSM for tests, and what carries requests to it as core would: one answer after another, some of them lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from ionapi_files import CLOUD, written

from crossdock import Absent, Answers, Begun, Bundle, Effect, Known, Later, Secret, Sink
from crossdock.errors import AnswerLostError, CrossdockError
from crossdock.http import Request, Response
from crossdock.http.globs import Globs
from crossdock.testing import FakeReader
from crossdock_erp_ledger.infor.auth import ServiceAccount
from crossdock_erp_ledger.infor.fsm.connection import FsmConnection
from crossdock_erp_ledger.infor.fsm.entries import FsmEntrySink

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_GROUP, _SEQUENCE = "GLTransactionInterface.RunGroup", "GLTransactionInterface.SequenceNumber"


def connect(**settings: Any) -> FsmConnection:
    auth = ServiceAccount(ionapi=Secret.literal(written(CLOUD)))
    given = {"auth": auth, "enterprise_group": "1", "entity": "10", "timezone": "America/New_York", **settings}
    return FsmConnection.model_validate({"dimensions": {"channel": 1, "node": 2, "customer": 3}, **given})


@dataclass
class TinyFsm:
    """Staging, runs, ledger: all or nothing per run, and posted rows leave staging."""

    refuses: Callable[[dict[str, str]], str | None] = lambda row: None
    """What is wrong with a row, by the edit of the interface."""
    refuses_staging: Callable[[dict[str, str]], str | None] = lambda row: None
    polls: int = 1
    """How often a run shows nothing before its result."""
    shape: str = "list"
    key_blank: str = ""
    statuses: dict[str, int] = field(default_factory=dict)
    """What is answered without doing anything, by a part of the path."""
    staged: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    ledger: list[dict[str, str]] = field(default_factory=list)
    runs: list[dict[str, str]] = field(default_factory=list)
    at_work: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: datetime = NOW

    def __call__(self, request: Request) -> Response:
        path = request.url.path
        kind = self._kind(path)
        self.asked.append(kind)
        status = next((status for part, status in self.statuses.items() if part in path), 0)
        if status:
            answer = Response(status, json={"code": str(status), "message": "refused by the tenant"})
        else:
            answer = getattr(self, f"_{kind}")(
                request, {k: v for k, (v,) in parse_qs(request.url.query.decode(), keep_blank_values=True).items()}
            )
        answer.headers["Date"] = f"{self.now:%a, %d %b %Y %H:%M:%S} GMT"
        return answer

    def _kind(self, path: str) -> str:
        words = {
            "CreateUnreleased": "stage", "InterfaceTransactions_": "interface", "DeleteAll": "delete",
            "GLTransactionInterfaceResult": "result", "GLTransactionInterface/lists": "staged",
            "GeneralLedgerTransaction": "posted",
        }  # fmt: skip
        return next((kind for word, kind in words.items() if word in path), "class")

    def _stage(self, request: Request, query: dict[str, str]) -> Response:
        said: list[dict[str, Any]] = []
        for record in json.loads(request.content)["_records"]:
            row = record["_fields"]
            key = row[_GROUP], row[_SEQUENCE]
            error = "Record already exists" if key in self.staged else self.refuses_staging(row)
            if error is None:
                self.staged[key] = row
            named = {"_fields": {_SEQUENCE: row[_SEQUENCE]}}
            said.append(
                {**named, "exception": error} if error else {**named, "message": "GLTransactionInterface created"}
            )
        return Response(200, json=[*said, {"batchStatus": "1" if any("exception" in one for one in said) else "0"}])

    def _interface(self, request: Request, query: dict[str, str]) -> Response:
        self.at_work[query["PrmRunGroup"]] = self.polls
        return Response(200, json=[{"message": "Interface Transactions request submitted"}])

    def run(self, group: str) -> None:
        """The run itself: it ends some time after it was started."""
        rows = [row for (name, _), row in self.staged.items() if name == group]
        for row in rows:
            row["ErrorMessage"] = self.refuses(row) or ""
        failed = sum(bool(row["ErrorMessage"]) for row in rows)
        if not failed:
            self.ledger += [{**row, "Journal": "7", "JournalStatus": "Unreleased"} for row in rows]
            self.staged = {key: row for key, row in self.staged.items() if key[0] != group}
        counts = {"RecordCount": len(rows), "PassedCount": 0 if failed else len(rows), "FailedCount": failed}
        number = {
            "RunGroup": group,
            "Status": "2" if failed else "1",
            "GLTransactionInterfaceResult": 7000 + len(self.runs),
        }
        self.runs.append({name: str(value) for name, value in {**number, **counts}.items()})

    def _result(self, request: Request, query: dict[str, str]) -> Response:
        group = _quoted(query)
        if group in self.at_work:
            self.at_work[group] -= 1
            if self.at_work[group] <= 0:
                del self.at_work[group]
                self.run(group)
        return self._listed([run for run in self.runs if run["RunGroup"] == group], query)

    def _staged(self, request: Request, query: dict[str, str]) -> Response:
        return self._listed([row for (name, _), row in self.staged.items() if name == _quoted(query)], query)

    def _posted(self, request: Request, query: dict[str, str]) -> Response:
        name = query["_lplFilter"].partition(" =")[0]
        return self._listed([row for row in self.ledger if row.get(name) == _quoted(query)], query)

    def _delete(self, request: Request, query: dict[str, str]) -> Response:
        self.staged = {key: row for key, row in self.staged.items() if key[0] != query["PrmRunGroup"]}
        return Response(200, json=[{"message": "deleted"}])

    def _listed(self, rows: Iterable[dict[str, str]], query: dict[str, str]) -> Response:
        rows = list(rows)[int(query.get("_offset", 0)) :][: int(query.get("_limit", 5))]
        listed = [{"_fields": {self.key_blank + name: value for name, value in row.items()}} for row in rows]
        if self.shape == "list":
            return Response(200, json=[{"_count": len(listed), "_links": []}, *listed])
        return Response(200, json={"_count": len(listed), "_records": listed})


def _quoted(query: dict[str, str]) -> str:
    return query["_lplFilter"].split('"')[1]


class Carrier:
    """Sends what a bundle comes to, as core does. `lose` names what is lost: {3: "before"} or {3: "after"}."""

    def __init__(
        self, fsm: Any, ledger: Any = None, *, lose: dict[int, str] | None = None, sink: Sink[Any, Any] | None = None
    ) -> None:
        self.fsm = fsm
        self.ledger = ledger or connect()
        self.sink: Any = sink or FsmEntrySink()
        self.reader = FakeReader(self.ledger, fsm)
        self.sink.bind(self.ledger, self.reader)
        self.lose = lose or {}
        self.sent: list[Request] = []
        self.waits: list[timedelta] = []
        self.answers: list[Response] = []

    def plan(self, *entries: Any) -> list[Effect]:
        return [self.sink.plan(entry, Known()) for entry in entries]

    def bundle(self, effects: list[Effect], number: int = 1) -> Effect:
        return self.sink.bundle(Bundle(number, "abc12", NOW, effects))

    async def carry(self, *entries: Any, number: int = 1) -> dict[str, Any]:
        """What became of each entry: its receipt, or the error."""
        effects = self.plan(*entries)
        carrier = self.bundle(effects, number)
        for step in carrier.steps:
            await self.send(carrier, step)
        while (following := await self.next(carrier)) is not None:
            await self.send(carrier, following)
        return {effect.key: self.settle(effect) for effect in effects}

    async def next(self, carrier: Effect) -> Request | None:
        """What follows; an answer that the sink cannot take for one is looked for, as a lost one."""
        try:
            return self.follow(carrier)
        except AnswerLostError:
            request = self.answers.pop().request
            if Globs(self.ledger.reads).find(request.method, request.url.path) is not None:
                raise
            self.answers.append(await self.look(replace(carrier, lost=request), request, len(self.sent)))
            return self.follow(carrier)

    def follow(self, carrier: Effect) -> Request | None:
        following = self.sink.follow(carrier, Answers(tuple(self.answers)))
        if isinstance(following, Later):
            self.waits.append(following.after)
            self.fsm.now += following.after
            if self.answers and _same(self.answers[-1].request, following.request):
                self.answers.pop()
            return following.request
        return following

    async def send(self, carrier: Effect, request: Request) -> None:
        assert len(self.answers) < 64, "it never ends"
        place, lost = len(self.sent), self.lose.get(len(self.sent))
        self.sent.append(request)
        if Globs(self.ledger.reads).find(request.method, request.url.path) is not None:  # it is simply asked again
            lost = None
        answer = None if lost == "before" else self.fsm(request)
        if lost is None and answer is not None and answer.status_code < 500:
            answer.request = request
        else:
            answer = await self.look(replace(carrier, lost=request), request, place)
        self.answers.append(answer)

    async def look(self, carrier: Effect, request: Request, place: int) -> Response:
        for _ in range(30):
            probe = await self.sink.probe(carrier)
            if isinstance(probe, Begun):
                assert probe.answer is not None
                return Response(
                    probe.answer.status_code,
                    content=probe.answer.content,
                    headers=probe.answer.headers,
                    request=request,
                )
            self.fsm.now += timedelta(seconds=60)
            if isinstance(probe, Absent) and self.fsm.now - NOW > self.sink.settles_after:
                answer = self.fsm(request)
                answer.request = request
                return answer
        raise AnswerLostError(f"held: {probe}")

    def settle(self, effect: Effect) -> Any:
        try:
            return self.sink.receipt(effect, Answers(tuple(self.answers)))
        except CrossdockError as error:
            return error


def _same(one: Request, other: Request) -> bool:
    return (one.method, one.url, one.content) == (other.method, other.url, other.content)
