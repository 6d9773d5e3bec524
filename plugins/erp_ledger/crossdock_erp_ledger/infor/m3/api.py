"""M3's MI programs over REST: one transaction by GET, several by POST. Failures come inside an answer of 200."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from crossdock import CredentialsError, RejectedError
from crossdock.http import Reader, Request, Response, json_of
from crossdock.jsonio import Json, loads

Record = Mapping[str, str]
_EXISTS, _MISSING = "XRE0104", "XRE0103"
_LINE_COLUMNS = "DIVI,ACDT,AIT1,AIT2,AIT3,AIT4,AIT5,AIT6,AIT7,CUCD,CUAM,ACAM,DBCR,VTXT,VONO,VSER,JRNO"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of a program, with what it is given."""

    name: str
    record: Record


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a transaction failed, as M3 says it."""

    message: str
    field: str = ""
    code: str = ""
    kind: str = ""

    @property
    def exists(self) -> bool:
        """Whether what was to be added was there already."""
        return self.code == _EXISTS or "already exist" in self.message.lower()

    @property
    def missing(self) -> bool:
        """Whether what is meant is not there."""
        return self.code == _MISSING or "does not exist" in self.message.lower()

    @property
    def updated(self) -> bool:
        """Whether the batch was taken into the ledger already."""
        return "already" in self.message.lower() and "updat" in self.message.lower()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one transaction: its records, or why it failed; neither where it was not processed."""

    records: Sequence[Record] = ()
    failure: Failure | None = None
    processed: bool = True


@dataclass(frozen=True, slots=True)
class M3Api:
    """One company of one tenant, behind a client that can only read.

    Source: Swagger of GLS840MI, GLS200MI and CRS610MI (v2 REST), and what public clients do; read 2026-11.
    """

    http: Reader
    tenant: str
    company: int
    division: str

    def several(self, program: str, transactions: Sequence[Transaction]) -> Request:
        """Several transactions of one program, in order, in one call."""
        body = {
            "program": program,
            "cono": self.company,
            "divi": self.division,
            "excludeEmptyValues": True,
            "rightTrim": True,
            "maxReturnedRecords": 0,
            "transactions": [{"transaction": one.name, "record": dict(one.record)} for one in transactions],
        }
        return self.http.build("POST", self._base, json=body)

    def vouchers_on(self, day: date) -> Request:
        """All voucher lines of one accounting date."""
        day_text = f"{day:%Y%m%d}"
        given = {"FRDT": day_text, "TODT": day_text, "DIVI": self.division}
        return self._get("GLS200MI", "LstVouchersByDt", given, _LINE_COLUMNS)

    async def lines_on(self, day: date) -> list[Record]:
        """All voucher lines of one accounting date. Raises: CredentialsError, RejectedError, TransientError."""
        return self.records_of(await self.http.send(self.vouchers_on(day)))

    async def customers(self, since: str | None = None) -> list[Record]:
        """The customers; those that changed at that stamp or later, where one is given."""
        given = {"CONO": str(self.company)} | ({"LMTS": since} if since else {})
        return self.records_of(await self.http.send(self._get("CRS610MI", "LstByNumber", given)))

    def basic_data(self, number: str) -> Request:
        """Read the basic data of one customer."""
        return self._get("CRS610MI", "GetBasicData", {"CONO": str(self.company), "CUNO": number})

    async def customer(self, number: str) -> Record | None:
        """The basic data of a customer; None where there is none."""
        answer = await self.http.send(self.basic_data(number))
        (outcome, *_) = outcomes(answer) or [Outcome()]
        if outcome.failure is not None and outcome.failure.missing:
            return None
        return next(iter(self.records_of(answer)), None)

    def records_of(self, answer: Response) -> list[Record]:
        """The records of a reading transaction, all of them. Raises: CredentialsError, RejectedError."""
        program = answer.request.url.path.rpartition("/execute/")[2]
        if answer.status_code == 403:
            raise CredentialsError(
                f"M3 does not let the service account call {program}",
                fix=f"give the user of the service account the right to {program.partition('/')[0]} in M3 (SES400)",
                status=403,
            )
        found = outcomes(answer) if answer.status_code == 200 else None
        failure = next((one.failure for one in found or () if one.failure is not None), None)
        if found is None or failure is not None:  # a list may fail half-way: then it is not all of it
            why = f"status {answer.status_code}" if failure is None else failure.message
            raise RejectedError(f"M3 does not answer {program}: {why}", code="not_listed", status=answer.status_code)
        return [record for one in found for record in one.records]

    def _get(self, program: str, transaction: str, given: Record, columns: str = "") -> Request:
        context = {"cono": str(self.company), "divi": self.division, "maxrecs": "0", "righttrim": "true"}
        shown = {"returncols": columns} if columns else {}
        path = f"{self._base}/{program}/{transaction}"
        return self.http.build("GET", path, params={**{k: v for k, v in context.items() if v}, **shown, **given})

    @property
    def _base(self) -> str:
        return f"/{quote(self.tenant)}/M3/m3api-rest/v2/execute"


def transactions_in(request: Request) -> list[Transaction]:
    """The transactions of a request of several."""
    body = loads(request.content)
    return [Transaction(one["transaction"], one["record"]) for one in body["transactions"]]


def outcomes(answer: Response) -> list[Outcome] | None:
    """What became of each transaction, in order; None where the answer is none of M3's."""
    body = json_of(answer)
    results = body.get("results") if isinstance(body, dict) else None
    if not isinstance(results, list):
        return None
    return [_outcome(one if isinstance(one, dict) else {}) for one in results]


def said(answer: Response) -> str:
    """What a refused request says, where it says something."""
    body = json_of(answer)
    message = body.get("message") if isinstance(body, dict) else None
    return str(message) if message else f"status {answer.status_code}"


def is_true(value: Json) -> bool:
    """A truth of M3's, which may come as a text."""
    return value is True or str(value).strip().lower() == "true"


def _outcome(result: Mapping[str, Json]) -> Outcome:
    records = result.get("records")
    rows = [_texts(one) for one in records if isinstance(one, dict)] if isinstance(records, list) else []
    if is_true(result.get("notProcessed")):
        return Outcome(rows, None, processed=False)
    message = str(result.get("errorMessage") or "").strip()
    kind = str(result.get("errorType") or "")
    if not message and not kind:
        return Outcome(rows)
    failure = Failure(message or kind, str(result.get("errorField") or ""), str(result.get("errorCode") or ""), kind)
    return Outcome(rows, failure)


def _texts(record: Mapping[str, Json]) -> Record:
    return {name: "" if value is None else str(value).strip() for name, value in record.items()}
