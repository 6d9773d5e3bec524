"""FSM's endpoints, one method each. What changes something is only built: core sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from crossdock import CredentialsError, RejectedError
from crossdock.http import Reader, Request, Response
from crossdock_erp_ledger.infor.fsm.answers import Fields, error_of, records
from crossdock_erp_ledger.infor.fsm.switches import Switches

_STAGING = "GLTransactionInterface"
_LEDGER = "GeneralLedgerTransaction"
PAGE = 1000
"""How many records are asked for at once: some tenants need longer for 5 000 than the gateway waits."""
_ROW_FIELDS = (
    "GLTransactionInterface.RunGroup", "GLTransactionInterface.SequenceNumber", "AccountCode", "TransactionAmount",
    "CurrencyCode", "PostingDate", "OriginatingTransaction.BusinessObjectKey", "ErrorMessage",
)  # fmt: skip
_RESULT_FIELDS = (
    "RunGroup", "Status", "ResultSequence", "RecordCount", "PassedCount", "FailedCount", "GLTransactionInterfaceResult",
)  # fmt: skip
_POSTED_FIELDS = (
    "AccountingEntity", "AccountingUnit", "AccountCode", "TransactionAmount", "CurrencyCode", "PostingDate",
    "TransactionDate", "Reference", "OriginatingTransaction.BusinessClassName",
    "OriginatingTransaction.BusinessObjectKey", "Journal", "JournalStatus",
    *(f"FinanceDimension{number}" for number in range(1, 11)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FsmApi:
    """One tenant's FSM behind a client that can only read.

    Source: OpenAPI of the business class GLTransactionInterface, 2025.12.02, and what public clients do; read 2026-11.
    """

    http: Reader
    tenant: str

    # ------------------------------------------------------------------------------------------------ to be sent
    def stage(self, rows: Sequence[Mapping[str, str]]) -> Request:
        """Stage rows, also beyond one that is refused: the answer is 200 all the same, and tells of each."""
        body = {"_records": [{"message": "BatchImport", "_fields": dict(row)} for row in rows]}
        return self.http.build(
            "POST", self._class(_STAGING, "actions/CreateUnreleased/batch"), params={"_maxFailures": "-1"}, json=body
        )

    def interface(self, run_group: str, switches: Switches) -> Request:
        """Start the interface for a run group: a GET that changes something, and answers before it is done."""
        return self._form(_STAGING, "InterfaceTransactions", {"PrmRunGroup": run_group, **switches.parameters()})

    def delete_run_group(self, run_group: str) -> Request:
        """Delete what is staged of a run group."""
        return self._form(_STAGING, "DeleteAllTransactionsForRunGroup", {"PrmRunGroup": run_group})

    # --------------------------------------------------------------------------------------------------- to be read
    def results(self, run_group: str, limit: int = 10) -> Request:
        """Read the outcomes of a run group's interface runs; nothing while one is at work."""
        return self._list("GLTransactionInterfaceResult", _RESULT_FIELDS, limit, f'RunGroup = "{run_group}"')

    def staged(self, run_group: str, rows: int) -> Request:
        """Read what is staged of a run group, at most that many rows and one more."""
        return self._list(_STAGING, _ROW_FIELDS, rows + 1, f'GLTransactionInterface.RunGroup = "{run_group}"')

    async def staged_rows(self, run_group: str, rows: int) -> list[Fields]:
        """What is staged of a run group. Raises: RejectedError, CredentialsError, TransientError."""
        return await self._read(self.staged(run_group, rows))

    async def posted(self, originating_key: str) -> list[Fields]:
        """The lines in the ledger that bear our key; their journals may be released or posted later.

        Raises: RejectedError, CredentialsError, TransientError.
        """
        filtered = f'OriginatingTransaction.BusinessObjectKey = "{originating_key}"'
        return await self._all(_LEDGER, _POSTED_FIELDS, filtered)

    async def posted_on(self, day: date) -> list[Fields]:
        """All lines of one posting date. Raises: RejectedError, CredentialsError, TransientError."""
        return await self._all(_LEDGER, _POSTED_FIELDS, f'PostingDate = "{day:%Y%m%d}"')

    async def some_of(self, business_class: str, limit: int) -> list[Fields]:
        """At most that many records of a class. Raises: RejectedError, CredentialsError, TransientError."""
        return await self._read(self._list(business_class, ("_all",), limit))

    async def all_of(self, business_class: str) -> list[Fields]:
        """All records of a class of reference data. Raises: RejectedError, CredentialsError, TransientError."""
        return await self._all(business_class, ("_all",))

    async def _all(self, business_class: str, fields: Sequence[str], lpl_filter: str | None = None) -> list[Fields]:
        """A whole list, page by page."""
        found: list[Fields] = []
        while True:
            page = await self._read(self._list(business_class, fields, PAGE, lpl_filter, len(found)))
            found += page
            if len(page) < PAGE:
                return found

    async def _read(self, request: Request) -> list[Fields]:
        answer = await self.http.send(request)
        return self.rows_of(answer)

    def rows_of(self, answer: Response) -> list[Fields]:
        """The records of a list that was answered. Raises: CredentialsError where a role lacks; RejectedError."""
        what = answer.request.url.path.rpartition("/classes/")[2].partition("/")[0]
        if answer.status_code == 403:
            raise CredentialsError(
                f"FSM does not let the service account read {what}",
                fix=f"give the user of the service account a security role in FSM that may read {what}",
                status=403,
            )
        found = records(answer) if answer.status_code == 200 else None
        if found is None:
            raise RejectedError(
                f"FSM does not list {what}: {error_of(answer)}", code="not_listed", status=answer.status_code
            )
        return found

    # ------------------------------------------------------------------------------------------------------ building
    def _class(self, business_class: str, rest: str) -> str:
        return f"/{quote(self.tenant)}/FSM/fsm/soap/classes/{business_class}/{rest}"

    def _form(self, business_class: str, action: str, parameters: Mapping[str, str]) -> Request:
        path = f"/{quote(self.tenant)}/FSM/fsm/soap/ldrest/{business_class}/{action}_{action}Form_FormOperation"
        return self.http.build("GET", path, params={**parameters, "_cmAll": "true"})

    def _list(
        self, business_class: str, fields: Sequence[str], limit: int, lpl_filter: str | None = None, offset: int = 0
    ) -> Request:
        """`_limit` is always said: five are listed otherwise."""
        parameters = {"_fields": ",".join(fields), "_limit": str(limit), "_out": "JSON"}
        if offset:
            parameters["_offset"] = str(offset)
        if lpl_filter is not None:
            parameters["_lplFilter"] = lpl_filter
        return self.http.build("GET", self._class(business_class, "lists/_generic"), params=parameters)
