"""A plugin for the tests of the command line: parcels are read from a depot and booked in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import click
from pydantic import BaseModel

from crossdock import (
    Absent,
    Answers,
    AuthProvider,
    Batch,
    Check,
    Connection,
    CredentialsError,
    Cursor,
    Done,
    Effect,
    Finding,
    Hold,
    HoldError,
    Known,
    Probe,
    Receipt,
    Record,
    RejectedError,
    Secret,
    Sink,
    Source,
    TestReport,
    TransientError,
    Workspace,
    hookimpl,
    with_workspace,
)
from crossdock.http import Reader, Request, Response, Token
from crossdock.jsonio import Json, loads


class Parcel(BaseModel):
    """What the depot hands out."""

    id: str
    sku: str
    name: str
    street: str


class Key(AuthProvider):
    """A client id and its secret."""

    name: ClassVar[str] = "key"
    replace_with: ClassVar[str | None] = "ask the gate keeper for another"

    client_id: str
    client_secret: Secret

    @property
    def account(self) -> str:
        """The client id."""
        return self.client_id

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        """Ask the depot."""
        form = {"client_id": self.client_id, "client_secret": self.client_secret.reveal()}
        response = yield Request("POST", f"{base_url}/token", data=form)
        if response.status_code != 200:
            raise CredentialsError("the depot refuses the key", fix="compare the key with the depot's office")
        return Token(loads(response.content)["token"], now, 900)

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Put the token on the request."""
        assert token is not None
        request.headers["Authorization"] = f"Bearer {token.value}"


class Depot(Connection):
    """One gate of a depot."""

    name: ClassVar[str] = "depot"

    gate: str = "north"
    """Which gate is ours."""

    @property
    def identity(self) -> str:
        """Plugin, host, gate."""
        return f"depot:{self.host}:{self.gate}"

    async def owner(self, http: Reader) -> str | None:
        """The keeper of the gate."""
        answer = await http.get("/whoami")
        if answer.status_code != 200:
            raise TransientError("the keeper is out")
        return loads(answer.content)["account"]

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Ask who we are."""
        answer = loads((await http.get("/whoami")).content)
        missing = tuple(used - set(answer["may"]))
        excessive = tuple(sorted(set(answer["may"]) - used))
        choices = {"gate": ("north", "south")}
        return TestReport(answer["account"], tuple(answer["may"]), missing, excessive, choices, ("a note",))


class GateOpen(Check):
    """Whether the gate answers."""

    name: ClassVar[str] = "gate_open"
    connection: ClassVar[type[Connection]] = Depot

    async def run(self, connection: Depot, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Ask."""
        return [Finding("pass", f"it answers {(await http.get('/whoami')).status_code}")]


class GateHaunted(GateOpen):
    """Stumbles."""

    name: ClassVar[str] = "gate_haunted"

    async def run(self, connection: Depot, http: Reader, components: Sequence[Any]) -> Sequence[Finding]:
        """Fail."""
        raise ZeroDivisionError


class Parcels(Source[Depot, Parcel]):
    """Parcels that wait."""

    name: ClassVar[str] = "parcels"
    entity: ClassVar[str] = "parcel"

    async def read(self, cursor: Cursor) -> AsyncIterator[Batch]:
        """Read them all."""
        response = await self.http.get("/parcels")
        if response.status_code != 200:
            raise TransientError("the depot is closed", fix="wait until it opens")
        records = [Record(key=raw["id"], raw=raw) for raw in loads(response.content)]
        yield Batch(records, cursor.now.isoformat(), note=None if records else "the depot is empty")

    async def fetch(self, key: str) -> Record | None:
        """One of them."""
        listed = loads((await self.http.get("/parcels")).content)
        return next((Record(key=raw["id"], raw=raw) for raw in listed if raw["id"] == key), None)

    def to_document(self, raw: Json) -> Parcel:
        """One parcel."""
        return Parcel.model_validate(raw)


class Bookings(Sink[Depot, Parcel]):
    """Parcels that are booked."""

    name: ClassVar[str] = "bookings"
    kind: ClassVar[Any] = "create"
    makes: ClassVar[str] = "booking"
    holds: ClassVar[Sequence[Hold]] = (Hold("unmapped", {"shelf_nine": "put it on shelf nine"}),)

    limit: int = 100
    """How many at most."""
    gate: str | None = None
    """Where they leave."""

    def choices_used(self) -> dict[str, list[str]]:
        """The gate."""
        return {"gate": [self.gate]} if self.gate else {}

    @property
    def settles_after(self) -> timedelta:
        """At once: a test does not wait."""
        return timedelta(0)

    def plan(self, document: Parcel, known: Known) -> Effect:
        """One request."""
        if document.sku == "UNMAPPED" and known.choice != "shelf_nine":
            raise HoldError("unmapped", f"parcel {document.id} has no shelf", fix="add a shelf for UNMAPPED")
        body = {"reference": document.id, "sku": document.sku, "to": {"name": document.name, "street": document.street}}
        return Effect(key=document.id, steps=[self.http.build("POST", "/bookings", json=body)])

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """What was booked."""
        if answers.last.status_code != 201:
            raise RejectedError(f"the depot refuses parcel {effect.key}", fix="ask the depot why")
        return Receipt("booking", loads(answers.last.content)["id"])

    async def probe(self, effect: Effect) -> Probe:
        """Whether it is there."""
        found = loads((await self.http.get("/bookings")).content)
        return Done(Receipt("booking", found[effect.key])) if effect.key in found else Absent()

    async def recognise(self, effect: Effect, name: str) -> Probe:
        """Whether there is a booking of that name."""
        found = loads((await self.http.get("/bookings")).content)
        return Done(Receipt("booking", found[name])) if name in found else Absent()


class Simulator:
    """Not much of one."""

    name: ClassVar[str] = "depot"

    def __init__(self, seed: int = 1) -> None:
        self._seed = seed

    def serve(self, port: int = 0, *, announce: bool = True) -> None:
        """Say what was asked for."""
        print(f"ready http://127.0.0.1:{port or 1} seed {self._seed}")


@hookimpl
def register_connections() -> Sequence[type[Connection]]:
    return [Depot]


@hookimpl
def register_sources() -> Sequence[Any]:
    return [Parcels]


@hookimpl
def register_sinks() -> Sequence[Any]:
    return [Bookings]


@hookimpl
def register_auth_providers() -> Sequence[type[AuthProvider]]:
    return [Key]


@hookimpl
def register_simulators() -> Sequence[Any]:
    return [Simulator]


@hookimpl
def register_checks() -> list[type[Check]]:
    """Two symptoms."""
    return [GateOpen, GateHaunted]


@click.group()
def depot() -> None:
    """Look into the depot."""


@depot.command()
@click.option("--pipeline", default="parcels")
@click.option("--refuse", is_flag=True)
@with_workspace
async def compare(workspace: Workspace, pipeline: str, refuse: bool) -> int | None:
    """Compare what was read with what is booked."""
    if refuse:
        raise HoldError("closed", "the depot's office is closed", fix="come back on Monday")
    booked = loads((await (await workspace.reader("gate")).get("/bookings")).content)
    missing = 0
    async for record in workspace.records(pipeline):
        made = record.document.id in booked
        missing += not made
        told = ", ".join(f"{one.route} {one.state} ({one.code})" for one in record.standing)
        click.echo(f"{record.key} {'booked' if made else 'missing'}: {told}")
    async for effect in workspace.effects("gate"):
        click.echo(
            f"{effect.sink} {effect.key} v{effect.version} {effect.state} {effect.receipt and effect.receipt.id}"
        )
    click.echo(f"read to its end: {await workspace.read_through(pipeline) is not None}")
    return 1 if missing else None


@hookimpl
def register_commands() -> list[click.Command]:
    """One group."""
    return [depot]
