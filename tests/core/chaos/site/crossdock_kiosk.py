"""A plugin of the tests with its simulator: orders become tickets, and the printer prints as often as it is told to."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel
from starlette.responses import Response as Reply

from crossdock import (
    Absent,
    Answers,
    AuthProvider,
    Batch,
    CannotTell,
    Connection,
    Cursor,
    Done,
    Effect,
    Known,
    Probe,
    Receipt,
    Record,
    RejectedError,
    Sink,
    Source,
    TransientError,
    hookimpl,
)
from crossdock.http import Request, Response, Token, json_of
from crossdock.jsonio import Json
from crossdock.simulator import Call, Route, Shelf, Simulator, answer

OVERLAP = timedelta(minutes=1)


class Order(BaseModel):
    """What a ticket is for."""

    id: str


class NoKey(AuthProvider):
    """Nothing to show."""

    name: ClassVar[str] = "none"
    needs_token: ClassVar[bool] = False

    @property
    def account(self) -> str:
        return "anybody"

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        pass


class Kiosk(Connection):
    """One kiosk."""

    name: ClassVar[str] = "kiosk"
    reads: ClassVar[tuple[str, ...]] = ("GET /**",)

    @property
    def identity(self) -> str:
        return f"kiosk:{self.host}"


class Orders(Source[Kiosk, Order]):
    """Orders in the sequence of their arrival."""

    name: ClassVar[str] = "orders"
    entity: ClassVar[str] = "order"

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        window = cursor.window(overlap=OVERLAP)
        query = {} if window.start is None else {"since": window.start.isoformat()}
        orders = body_of(await self.http.get("/orders", params=query))["orders"]
        yield Batch([Record(key=raw["id"], raw=raw) for raw in orders], window.end.isoformat())

    def to_document(self, raw: Json) -> Order:
        return Order.model_validate(raw)


class Tickets(Sink[Kiosk, Order]):
    """Tickets, one for each order."""

    name: ClassVar[str] = "tickets"
    kind: ClassVar[Any] = "create"

    @property
    def settles_after(self) -> timedelta:
        return self.connection.timeout + timedelta(seconds=2)

    def plan(self, document: Order, known: Known) -> Effect:
        return Effect(key=document.id, steps=[self.http.build("POST", "/tickets", json={"order": document.id})])

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        if not answers.last.is_success:
            raise RejectedError("the kiosk refuses")
        return Receipt("ticket", json_of(answers.last)["id"])

    async def probe(self, effect: Effect) -> Probe:
        response = await self.http.get("/tickets", params={"order": effect.key})
        found = body_of(response)["tickets"] if response.status_code == 200 else None
        if found is None:
            return CannotTell(f"it answered {response.status_code}")
        return Done(Receipt("ticket", found[0]["id"])) if found else Absent()


def body_of(response: Response) -> Json:
    body = json_of(response)
    if not response.is_success or not isinstance(body, dict):
        raise TransientError(f"the kiosk answered {response.status_code}")
    return body


class KioskSimulator(Simulator):
    """A kiosk whose list of tickets lags."""

    name = "kiosk"

    def prepare(self) -> None:
        self.orders: list[dict[str, str]] = []
        self.tickets: Shelf[dict[str, str]] = Shelf(self.clock, self.lag_s)

    def routes(self) -> Sequence[Route]:
        return [
            Route("GET", "/orders", self.list_orders),
            Route("GET", "/tickets", self.list_tickets),
            Route("POST", "/tickets", self.print_ticket),
        ]

    def verbs(self) -> Sequence[Route]:
        return [Route("POST", "/_sim/orders", self.place), Route("POST", "/_sim/die", self.die)]

    def list_orders(self, call: Call) -> Reply:
        since = call.query.get("since", "")
        return answer({"orders": [order for order in self.orders if order["at"] >= since]})

    def list_tickets(self, call: Call) -> Reply:
        return answer({"tickets": [one for one in self.tickets.seen() if one["order"] == call.query.get("order")]})

    def print_ticket(self, call: Call) -> Reply:
        ticket = {"id": self.new_uuid(), "order": call.options(order="")["order"]}
        self.tickets.put(ticket["id"], ticket)
        self.journal.record("ticket", ticket["order"])
        return answer(ticket, 201)

    def die(self, call: Call) -> Reply:
        os._exit(1)

    def place(self, call: Call) -> Reply:
        made = [
            {"id": self.new_uuid(), "at": self.clock.now().isoformat()} for _ in range(call.options(count=1)["count"])
        ]
        self.orders += made
        for order in made:
            self.journal.record("order", order["id"])
        return answer({"ids": [order["id"] for order in made]})


@hookimpl
def register_connections() -> Sequence[type[Connection]]:
    return [Kiosk]


@hookimpl
def register_sources() -> Sequence[Any]:
    return [Orders]


@hookimpl
def register_sinks() -> Sequence[Any]:
    return [Tickets]


@hookimpl
def register_auth_providers() -> Sequence[type[AuthProvider]]:
    return [NoKey]


@hookimpl
def register_simulators() -> Sequence[type[Simulator]]:
    return [KioskSimulator]
