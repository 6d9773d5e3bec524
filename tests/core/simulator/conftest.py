"""A small remote system made with the kit: jars on a shelf."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from starlette.responses import Response

from crossdock.simulator import Call, Limit, Refusal, Route, Settings, Shelf, Simulator, answer


class PantrySettings(Settings):
    duplicates: bool = True


class Pantry(Simulator):
    name = "pantry"
    settings_type = PantrySettings

    def prepare(self) -> None:
        self.jars: Shelf[dict[str, object]] = Shelf(self.clock, self.lag_s)

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/jars", self.list),
            Route("GET", "/jars/count", self.count, limit=Limit(3, 60)),
            Route("GET", "/jars/{id}", self.one),
            Route("POST", "/jars/search", self.list, write=False),
            Route("POST", "/jars/{id}", self.put),
        ]

    def verbs(self) -> list[Route]:
        return [Route("POST", "/_sim/jars", self.stock)]

    def collections(self) -> dict[str, object]:
        return {"jars": self.jars.all()}

    def guard(self, call: Call, route: Route) -> None:
        if "x-refuse" in call.headers:
            raise Refusal(answer({"error": "no"}, 403))
        call.account = call.headers.get("x-account", "")

    def finish(self, call: Call, response: Response) -> None:
        if call.taken:
            response.headers["x-left"] = str(call.taken.remaining)

    def list(self, call: Call) -> Response:
        return answer([jar["id"] for jar in self.jars.seen()])

    def count(self, call: Call) -> Response:
        return answer(len(self.jars))

    def one(self, call: Call) -> Response:
        jar = self.jars.get(call.params["id"])
        return answer(jar) if jar else answer({"error": "none"}, 404)

    def put(self, call: Call) -> Response:
        self._add(call.params["id"])
        return answer({"id": call.params["id"], "uuid": self.new_uuid()}, 201)

    def stock(self, call: Call) -> Response:
        asked = call.options(ids=[])
        for jar_id in asked["ids"]:
            self._add(jar_id)
        return answer({"ids": asked["ids"]})

    def _add(self, jar_id: str) -> None:
        self.jars.put(jar_id, {"id": jar_id, "at": self.clock.now()})
        self.journal.record("put", jar_id)


@pytest.fixture(scope="session")
def pantry_type() -> type[Pantry]:
    return Pantry


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[Pantry, str]]:
    pantry = Pantry(seed=7)
    with pantry.running() as url:
        yield pantry, url


@pytest.fixture
def pantry(served: tuple[Pantry, str]) -> Pantry:
    served[0].control("reset", {})
    return served[0]


@pytest.fixture
def client(pantry: Pantry, served: tuple[Pantry, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[1], timeout=5) as client:
        yield client
