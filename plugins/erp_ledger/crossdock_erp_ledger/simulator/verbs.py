"""What tests and scenarios can make happen at the tenant's side: staff, its master data, and runs that fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_erp_ledger.simulator.m3.customers import KNOWN, put_customer
from crossdock_erp_ledger.simulator.periods import days_of
from crossdock_erp_ledger.simulator.tenant import DEFAULT_TENANT, Tenant

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator

_ACCOUNT = "GeneralLedgerChartAccount"


class Verbs:
    """The vendor's verbs of the control plane. `tenant` says whose; without it they are for every one."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def routes(self) -> list[Route]:
        """Each answers what it made."""
        return [
            Route("POST", "/_sim/periods", self.say_periods),
            Route("POST", "/_sim/accounts", self.put_accounts),
            Route("POST", "/_sim/masters", self.put_masters),
            Route("POST", "/_sim/customers", self.put_customers),
            Route("POST", "/_sim/interface", self.order_failure),
            Route("POST", "/_sim/journals", self.post_journals),
            Route("POST", "/_sim/ionapi", self.show_credentials),
        ]

    def say_periods(self, call: Call) -> Response:
        """Open or close a period (`2026-10`), or the days from one to another, for one entity or for all."""
        given = call.options(period=None, first=None, last=None, open=None, entity=None, tenant=None)
        if not isinstance(given["open"], bool) or (given["period"] is None) == (given["first"] is None):
            raise ValueError("say `open`, true or false, and `period`, or `first` and `last`")
        days = days_of(given["period"]) if given["period"] else (_day(given["first"]), _day(given["last"]))

        def say(tenant: Tenant) -> Any:
            tenant.periods.say(*days, given["open"], given["entity"])
            return tenant.periods.wire()

        return self._done(given, "periods", say)

    def put_accounts(self, call: Call) -> Response:
        """Add accounts, or change them; `{account, description, active, type}`."""
        given = call.options(accounts=[], tenant=None)
        accounts = [_account(**one) for one in _list(given["accounts"])]
        return self._done(given, "accounts", lambda tenant: [tenant.masters.put(_ACCOUNT, **one) for one in accounts])

    def put_masters(self, call: Call) -> Response:
        """Add or change records of any class, each with its `code`; with `remove`, forget them."""
        given = call.options(**{"class": None}, records=[], remove=[], tenant=None)
        records, name = [_texts(one) for one in _list(given["records"])], given["class"]

        def put(tenant: Tenant) -> Any:
            for code in given["remove"]:
                tenant.masters.remove(name, str(code))
            return [tenant.masters.put(name, **one) for one in records]

        return self._done(given, "records", put)

    def put_customers(self, call: Call) -> Response:
        """Staff adds or edits customers of M3 by their fields; with `system: fsm` those of Financials by `code`."""
        given = call.options(customers=[], system="m3", cono=None, tenant=None)
        records = [_texts(one) for one in _list(given["customers"])]
        if given["system"] not in ("m3", "fsm"):
            raise ValueError("system is m3 or fsm")
        if given["system"] == "fsm":
            return self._done(
                given, "customers", lambda tenant: [tenant.masters.put("CompanyCustomer", **one) for one in records]
            )
        cono, now = given["cono"] or self._simulator.settings.companies[0], self._simulator.clock.now()
        for one in records:
            if not one.get("CUNO") or one.keys() - KNOWN:
                raise ValueError("a customer of M3 has CUNO and fields of CRS610MI")
        return self._done(
            given, "customers", lambda tenant: [put_customer(tenant, cono, one["CUNO"], one, now) for one in records]
        )

    def order_failure(self, call: Call) -> Response:
        """Let the next runs, or those of one run group, end badly."""
        given = call.options(
            fail=None, run_group=None, message="Unexpected error", rows=None, seconds=0, times=1, tenant=None
        )
        asked = [given[name] for name in ("fail", "run_group", "message", "rows", "seconds", "times")]
        return self._done(given, "ordered", lambda tenant: asdict(tenant.failing.add(*asked)))

    def post_journals(self, call: Call) -> Response:
        """Staff releases and posts journals that wait: one, or all."""
        given = call.options(journal=None, tenant=None)
        tenants = self._simulator.tenants(given["tenant"])
        return answer({"journals": [one for tenant in tenants for one in tenant.post_journals(given["journal"])]})

    def show_credentials(self, call: Call) -> Response:
        """A credentials file for this simulator, as an administrator downloads it."""
        given = call.options(tenant=None, flavour="password", base_url=None)
        tenant = given["tenant"] or DEFAULT_TENANT
        base = given["base_url"] or f"http://{call.headers.get('host', '127.0.0.1')}"
        flavours = ("password", "client_credentials", "on_premises")
        if given["flavour"] not in flavours:
            raise ValueError(f"flavour is one of {', '.join(flavours)}")
        cloud = given["flavour"] != "on_premises"
        file = {
            "ti": tenant, "cn": "crossdock", "dt": "12", "ci": f"{tenant}~simulated", "cs": "simulated-secret",
            "iu": base, "pu": f"{base}/{tenant}/as/" if cloud else f"{base}/InforIntSTS/",
            "oa": "authorization.oauth2" if cloud else "connect/authorize",
            "ot": "token.oauth2" if cloud else "connect/token",
            "or": "revoke_token.oauth2" if cloud else "connect/revocation", "ev": "S1", "v": "1.0",
        }  # fmt: skip
        if given["flavour"] != "client_credentials":
            file |= {"saak": f"{tenant}#simulated-access-key", "sask": "simulated-secret-key"}
        return answer(file)

    def _done(self, given: Mapping[str, Any], called: str, act: Callable[[Tenant], Any]) -> Response:
        return answer({called: self._simulator.at_tenants(given["tenant"], act)})


def _account(account: str, description: str = "", active: bool = True, type: str = "4") -> dict[str, str]:  # noqa: A002
    fields = {"AccountDescription": description, "Active": str(bool(active)).lower(), "AccountType": type}
    return {"code": account, **fields}


def _day(text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise ValueError(f"{text!r} is no day: write one as in 2026-10-31") from None


def _list(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("a list of objects was expected")
    return value


def _texts(record: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else str(value).lower() for name, value in record.items()}
