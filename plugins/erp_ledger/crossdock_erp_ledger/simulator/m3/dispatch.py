"""`m3api-rest/v2/execute`: one transaction by GET, or several by POST."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Refusal, Route, answer
from crossdock_erp_ledger.simulator.m3.batches import Batches
from crossdock_erp_ledger.simulator.m3.context import BULK, QUERY, Context, Fields, of_bulk, of_query
from crossdock_erp_ledger.simulator.m3.customers import Customers
from crossdock_erp_ledger.simulator.m3.ledger import GeneralLedger
from crossdock_erp_ledger.simulator.m3.nok import Nok
from crossdock_erp_ledger.simulator.m3.tables import PROGRAMS
from crossdock_erp_ledger.simulator.m3.tables.layout import Input

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator
    from crossdock_erp_ledger.simulator.tenant import Tenant

Executes = Callable[["Tenant", Context, Fields], Iterable[Fields]]

_NUMBER = re.compile(r"-?[0-9]*[.,]?[0-9]+")
_KEYS = ("KEY1", "LINE", "CUNO", "VONO")
_READS = ("Get", "Lst", "Search")


class Execute:
    """Checks inputs by the tables, and lets the programs do the rest."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator
        parts = (Batches(simulator), GeneralLedger(simulator), Customers(simulator))
        self._programs: dict[tuple[str, str], Executes] = {at: act for part in parts for at, act in part.transactions()}

    def routes(self, base: str) -> list[Route]:
        """A route for each transaction, so that the log tells reads from writes; then what does not exist."""
        path = f"{base}/{{program}}/{{transaction}}"
        known = [
            Route(
                "GET", f"{base}/{program}/{name}", self._one(program, name),
                write=not name.startswith(_READS), tags={"role": program},
            )
            for program, name in self._programs
        ]  # fmt: skip
        unknown = Route("GET", path, lambda call: self._one(call.params["program"], call.params["transaction"])(call))
        return [*known, unknown, Route("POST", base, self.bulk)]

    def bulk(self, call: Call) -> Response:
        """Several transactions of one program, in order."""
        body = _object(call)
        program, wanted = body.get("program"), body.get("transactions")
        if strange := sorted(body.keys() - BULK):
            raise _refuse(f"{strange[0]} is not known")
        if not isinstance(program, str) or not isinstance(wanted, list) or not wanted:
            raise _refuse("program and transactions are required")
        if program in self._simulator.settings.forbidden:
            raise self._simulator.gateway.refuse(403)
        context = self._context(lambda: of_bulk(body, self._simulator.settings.companies[0]))
        return self._answer(call, context, program, [_transaction(one) for one in wanted])

    def _one(self, program: str, name: str) -> Callable[[Call], Response]:
        def execute(call: Call) -> Response:
            given = call.query
            fields = {field: value for field, value in given.items() if field.isupper()}
            if strange := sorted(given.keys() - fields.keys() - QUERY):
                raise _refuse(f"{strange[0]} is not known")
            context = self._context(lambda: of_query(given, self._simulator.settings.companies[0]))
            return self._answer(call, context, program, [(name, fields)])

        return execute

    def _answer(self, call: Call, context: Context, program: str, wanted: list[tuple[str, Fields]]) -> Response:
        tenant, settings = self._simulator.tenant(call.params["tenant"]), self._simulator.settings
        results: list[dict[str, Any]] = []
        failed, terminated = 0, False
        for name, fields in wanted:
            if terminated:
                results.append({"transaction": name, "parameters": _keys(fields), "notProcessed": self._flag(True)})
                continue
            try:
                records = self._execute(tenant, context, program, name, fields)
                results.append({"transaction": name, "parameters": {}, "records": records})
            except Nok as nok:
                failed += 1
                terminated = settings.bulk_stops
                results.append(self._failed(name, fields, nok))
        skipped = sum(1 for one in results if "records" not in one and "errorMessage" not in one)
        counts = {
            "wasTerminated": self._flag(bool(skipped)),
            "nrOfSuccessfullTransactions": len(results) - failed - skipped,
            "nrOfNotProcessedTransactions": skipped,
            "nrOfFailedTransactions": failed,
        }
        return answer({"results": results, **counts})

    def _execute(self, tenant: Tenant, context: Context, program: str, name: str, fields: Fields) -> list[Fields]:
        table, act = PROGRAMS.get(program, {}).get(name), self._programs.get((program, name))
        if table is None or act is None:
            raise Nok(f"Transaction {name} of {program} is not found", kind="TransactionNotFound")
        given = {field: value for field, value in fields.items() if value.strip()}
        for field in given:
            if field not in table.inputs:
                raise Nok(f"{name} has no field {field}", field)
        for one in table.inputs.values():
            _check(one, given)
        found = list(act(tenant, context, given))
        return [context.show(one, table.outputs) for one in found[: context.max_records or None]]

    def _failed(self, name: str, fields: Fields, nok: Nok) -> dict[str, Any]:
        return {
            "transaction": name,
            "parameters": _keys(fields),
            "errorMessage": nok.message,
            "errorType": nok.kind,
            "errorCode": nok.code,
            "errorField": nok.field,
            "errorCfg": "",
            "notProcessed": self._flag(False),
        }

    def _flag(self, value: bool) -> bool | str:
        return value if self._simulator.settings.m3_booleans == "json" else str(value).lower()

    @staticmethod
    def _context(read: Callable[[], Context]) -> Context:
        try:
            return read()
        except ValueError as error:
            raise _refuse(str(error)) from None


def _check(one: Input, given: Mapping[str, str]) -> None:
    value = given.get(one.name)
    if value is None:
        if one.mandatory:
            raise Nok(f"Mandatory field {one.name} is missing", one.name, kind="MandatoryInputFieldNotFound")
        return
    if len(value) > one.length:
        raise Nok(f"{one.name} is longer than {one.length}", one.name, kind="InputFieldTooLong")
    if one.numeric and not _NUMBER.fullmatch(value):
        raise Nok(f"{one.name} must be numeric", one.name)


def _keys(fields: Mapping[str, str]) -> Fields:
    return {name: fields[name] for name in _KEYS if name in fields}


def _object(call: Call) -> dict[str, Any]:
    if call.media_type != "application/json":
        raise _refuse("the body must be application/json")
    try:
        body = call.json()
    except (ValueError, RecursionError):
        raise _refuse("the body is no JSON") from None
    if not isinstance(body, dict):
        raise _refuse("the body must be an object")
    return body


def _transaction(one: Any) -> tuple[str, Fields]:
    if not isinstance(one, dict) or one.keys() != {"transaction", "record"} or not isinstance(one["record"], dict):
        raise _refuse("a transaction is an object of transaction and record")
    for name, value in one["record"].items():
        if isinstance(value, bool) or value is None or isinstance(value, list | dict):
            raise _refuse(f"{name} must be a text or a number")
    return str(one["transaction"]), {name: str(value) for name, value in one["record"].items()}


def _refuse(message: str) -> Refusal:
    return Refusal(answer({"message": message}, 400))
