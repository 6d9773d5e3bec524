from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.datastructures import Headers

from crossdock.simulator import Call, Outcome, dumps, loads
from crossdock_erp_ledger.simulator import InforSimulator

TENANT = "ACME_TST"
STAGE = "classes/GLTransactionInterface/actions/CreateUnreleased"
RUN = "ldrest/GLTransactionInterface/InterfaceTransactions_InterfaceTransactionsForm_FormOperation"
PASSWORD = {"grant_type": "password", "username": f"{TENANT}#key", "password": "secret"}


class Reply:
    """An answer, opened."""

    def __init__(self, outcome: Outcome) -> None:
        assert outcome.response is not None
        self.status = outcome.response.status_code
        self.headers = outcome.response.headers
        self.raw = bytes(outcome.response.body)

    @property
    def json(self) -> Any:
        return loads(self.raw)

    @property
    def records(self) -> list[dict[str, str]]:
        """What a list shows, without its first element."""
        return [one["_fields"] for one in self.json[1:]]


class Client:
    """Talks to the simulator as the tenant's documentation says, without a wire."""

    def __init__(self, simulator: InforSimulator) -> None:
        self.simulator = simulator
        self.token: str | None = None

    def send(self, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> Reply:
        given = Headers({name.replace("_", "-"): value for name, value in headers.items()})
        call = Call(method, path, given, body, self.simulator.clock.now(), query, path)
        return Reply(self.simulator.handle(call))

    def login(self, form: Any = None, path: str = f"/{TENANT}/as/token.oauth2", **headers: str) -> Reply:
        fields = {"client_id": f"{TENANT}~id", "client_secret": "s3", **PASSWORD} if form is None else form
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        return self.send("POST", path, body=body, **{"content_type": "application/x-www-form-urlencoded", **headers})

    def call(self, method: str, path: str, query: Any = None, body: Any = None, tenant: str = TENANT) -> Reply:
        if self.token is None:
            self.token = self.login().json["access_token"]
        content = b"" if body is None else body if isinstance(body, bytes) else dumps(body)
        headers = {"authorization": f"Bearer {self.token}", "content_type": "application/json"}
        return self.send(method, f"/{tenant}/{path}", urlencode(query or {}), content, **headers)

    def fsm(self, method: str, path: str, query: Any = None, body: Any = None) -> Reply:
        return self.call(method, f"FSM/fsm/soap/{path}", query, body)

    def stage(self, *rows: dict[str, str], query: Any = None) -> Reply:
        records = [{"message": "BatchImport", "_fields": row} for row in rows]
        return self.fsm("POST", f"{STAGE}/batch", query, {"_records": records})

    def interface(self, run_group: str = "XD1", **switches: str) -> Reply:
        asked = {"PrmRunGroup": run_group, "PrmEnterpriseGroup": "1", "PrmEditAndInterface": "true", "_cmAll": "true"}
        return self.fsm("GET", RUN, asked | switches)

    def m3(self, transaction: str, *, program: str = "GLS840MI", **query: Any) -> dict[str, Any]:
        """The one result of a transaction of M3."""
        asked = {"cono": "100", "divi": "AAA", **query}
        return self.call("GET", f"M3/m3api-rest/v2/execute/{program}/{transaction}", asked).json["results"][0]

    def bulk(self, *transactions: tuple[str, dict[str, Any]], program: str = "GLS840MI", **members: Any) -> Reply:
        wanted = [{"transaction": name, "record": record} for name, record in transactions]
        body = {"program": program, "cono": 100, "divi": "AAA", "transactions": wanted, **members}
        return self.call("POST", "M3/m3api-rest/v2/execute", body=body)

    def wait(self, seconds: float = 2) -> None:
        self.simulator.control("clock", {"advance_s": seconds})

    def list(self, name: str, **query: str) -> Reply:
        return self.fsm("GET", f"classes/{name}/lists/_generic", {"_fields": "_all", "_limit": "5000", **query})

    def staged(self) -> list[dict[str, str]]:
        return self.list("GLTransactionInterface").records

    def ledger(self) -> list[dict[str, str]]:
        return self.list("GeneralLedgerTransaction").records

    def result(self, run_group: str = "XD1") -> dict[str, str] | None:
        found = self.list("GLTransactionInterfaceResult", _lplFilter=f'RunGroup = "{run_group}"').records
        return max(found, key=lambda one: int(one["GLTransactionInterfaceResult"]), default=None)


@pytest.fixture
def simulator():
    return InforSimulator(seed=7)


@pytest.fixture
def client(simulator):
    return Client(simulator)


@pytest.fixture
def settings(simulator):
    """Change settings by the control plane."""
    return lambda **changes: simulator.control("settings", changes)


@pytest.fixture
def day(simulator):
    """Today, as the books write it."""
    return f"{simulator.clock.now():%Y%m%d}"


@pytest.fixture
def row(day):
    """A staged row; keywords are short names, `changes` are fields (... leaves one out)."""

    def make(sequence: int = 1, amount: str = "10.00", account: str = "11500", group: str = "XD1", **changes: Any):
        fields = {
            "FinanceEnterpriseGroup": "1",
            "GLTransactionInterface.RunGroup": group,
            "GLTransactionInterface.SequenceNumber": str(sequence),
            "AccountingEntity": "10",
            "AccountCode": account,
            "PostingDate": day,
            "TransactionAmount": amount,
            "CurrencyCode": "USD",
            "OriginatingTransaction.BusinessObjectKey": "wmt:us:1:sale:v1",
        }
        return {name: value for name, value in (fields | changes).items() if value is not ...}

    return make


@pytest.fixture
def entry(row):
    """Two rows that balance."""

    def make(amount: str = "10.00", first: int = 1, **changes: Any):
        return [row(first, amount, **changes), row(first + 1, f"-{amount}", account="40100", **changes)]

    return make


@pytest.fixture
def posted(simulator):
    """How often each business key was posted."""
    return lambda: {fact.key: fact.count for fact in simulator.journal.facts("posted")}
