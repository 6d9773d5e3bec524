"""Staged rows: `CreateUnreleased`, one or many, and what takes them away again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_erp_ledger.simulator.fsm.fields import (
    AMOUNTS,
    DATES,
    ENUMS,
    REQUIRED,
    RUN_GROUP,
    SEQUENCE,
    STAGED,
    STAGING_KEY,
)  # fmt: skip
from crossdock_erp_ledger.simulator.fsm.lists import refuse
from crossdock_erp_ledger.simulator.fsm.parameters import read_parameters
from crossdock_erp_ledger.simulator.fsm.values import to_amount, to_date

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator

Wire = dict[str, str]

_CLASS = {"role": "GLTransactionInterface"}
_ACTION = "classes/GLTransactionInterface/actions"
_FORM = "ldrest/GLTransactionInterface"
_LONGEST_RUN_GROUP = 30


class RowFault(Exception):  # noqa: N818  (it is an element of an answer)
    """Why one row of a batch was not created; the others may be."""


class Staging:
    """Rows wait here, by run group and sequence number, until a run takes them into the ledger."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def routes(self, base: str) -> list[Route]:
        """Two POST requests, and two form operations, which are GET requests that change something."""
        delete, reset = "DeleteAllTransactionsForRunGroup", "ResetAllErrors"
        return [
            Route("POST", f"{base}/{_ACTION}/CreateUnreleased", self.create, tags=_CLASS),
            Route("POST", f"{base}/{_ACTION}/CreateUnreleased/batch", self.create_many, tags=_CLASS),
            Route("GET", f"{base}/{_FORM}/{delete}_{delete}Form_FormOperation", self.delete, write=True, tags=_CLASS),
            Route("GET", f"{base}/{_FORM}/{reset}_{reset}Form_FormOperation", self.reset, write=True, tags=_CLASS),
        ]

    def create(self, call: Call) -> Response:
        """One row."""
        try:
            return answer(self._stage(call, read_row(_json(call))))
        except RowFault as fault:
            raise refuse(str(fault)) from None

    def create_many(self, call: Call) -> Response:
        """Rows, each created or refused by itself; a body that no row could come from is refused whole."""
        allowed = _allowed_failures(call)
        body = _json(call)
        if not isinstance(body, dict) or body.keys() != {"_records"} or not isinstance(body["_records"], list):
            raise refuse("the body must be an object with _records, a list")
        rows = [read_row(_fields(record)) for record in body["_records"]]
        if not rows:
            raise refuse("_records is empty")
        answers: list[dict[str, Any]] = []
        failed = 0
        for row in rows:
            try:
                answers.append(self._stage(call, row))
            except RowFault as fault:
                failed += 1
                answers.append({"_fields": {SEQUENCE: row[SEQUENCE]}, "exception": str(fault)})
                if 0 <= allowed < failed:
                    break
        return answer([*answers, {"batchStatus": "1" if failed else "0"}])

    def delete(self, call: Call) -> Response:
        """Take away what is staged of a run group. What was posted of it stays in the ledger."""
        given = read_parameters(call, texts=("PrmRunGroup", "PrmEnterpriseGroup"), flags=("_cmAll",))
        for key in self._keys(call, given.required("PrmRunGroup")):
            self._simulator.tenant(call.params["tenant"]).staged.remove(key)
        return answer([{"message": "Delete All Transactions For Run Group request submitted"}])

    def reset(self, call: Call) -> Response:
        """Let the rows in error be tried again by the next run."""
        given = read_parameters(call, texts=("PrmRunGroup", "PrmEnterpriseGroup"), flags=("_cmAll",))
        staged = self._simulator.tenant(call.params["tenant"]).staged
        for key in self._keys(call, given.required("PrmRunGroup")):
            if (row := staged.get(key)) is not None:
                staged.put(key, {**row, "Status": "0", "ErrorMessage": ""})
        return answer([{"message": "Reset All Errors request submitted"}])

    # ------------------------------------------------------------ steps

    def _stage(self, call: Call, row: Wire) -> dict[str, Any]:
        check_row(row)
        row = {**row, RUN_GROUP: self._simulator.stored_name(row[RUN_GROUP])}
        staged = self._simulator.tenant(call.params["tenant"]).staged
        if staged.get(key := row_key(row)) is not None:
            raise RowFault("Record already exists")
        staged.put(key, {**row, "Status": "0", "ErrorMessage": ""})
        shown = {RUN_GROUP: row[RUN_GROUP], SEQUENCE: row[SEQUENCE], "Status": "0"}
        return {"_fields": shown, "message": "GLTransactionInterface created"}

    def _keys(self, call: Call, run_group: str) -> list[str]:
        staged = self._simulator.tenant(call.params["tenant"]).staged
        stored = self._simulator.stored_name(run_group)
        return [row_key(row) for row in staged.all() if row[RUN_GROUP] == stored]


def row_key(row: Mapping[str, str]) -> str:
    """The key of a staged row, as one text."""
    return "\n".join(row[name] for name in STAGING_KEY)


def read_row(given: Any) -> Wire:
    """The flat object of a row. Raises: Refusal 400, where it is none, a field is unknown, no text, or missing."""
    if not isinstance(given, dict):
        raise refuse("a record must be an object")
    for name, value in given.items():
        if name not in STAGED:
            raise refuse(f"Field {name} is not valid")
        if not isinstance(value, str):
            raise refuse(f"{name} must be a string")
    if missing := [name for name in REQUIRED if not given.get(name, "").strip()]:
        raise refuse(f"{missing[0].rpartition('.')[2]} is required")
    return given


def check_row(row: Wire) -> None:
    """Whether a row can be stored. What the books say of it, a run finds out. Raises: RowFault."""
    if len(row[RUN_GROUP]) > _LONGEST_RUN_GROUP:
        raise RowFault(f"RunGroup is longer than {_LONGEST_RUN_GROUP} characters")
    if not (row[SEQUENCE].isascii() and row[SEQUENCE].isdigit()):
        raise RowFault("SequenceNumber is not a number")
    for name in DATES:
        if row.get(name) and to_date(row[name]) is None:
            raise RowFault(f"{name} {row[name]} is not a valid date")
    for name in AMOUNTS:
        if row.get(name) and to_amount(row[name]) is None:
            raise RowFault(f"{name} {row[name]} is not a valid number")
    for name, values in ENUMS.items():
        if name in row and row[name] not in values:
            raise RowFault(f"{name} {row[name]} is not valid")


def _json(call: Call) -> Any:
    if call.media_type != "application/json":
        raise refuse("the body must be application/json")
    try:
        return call.json()
    except (ValueError, RecursionError):
        raise refuse("the body is no JSON") from None


def _fields(record: Any) -> Any:
    if not isinstance(record, dict) or record.keys() != {"message", "_fields"}:
        raise refuse("every record needs message and _fields")
    return record["_fields"]


def _allowed_failures(call: Call) -> int:
    if strange := sorted(call.query.keys() - {"_maxFailures"}):
        raise refuse(f"Parameter {strange[0]} is not valid here")
    try:
        return max(-1, int(call.query.get("_maxFailures", "-1")))
    except ValueError:
        raise refuse("_maxFailures is a number") from None
