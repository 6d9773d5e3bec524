"""The Infor simulator: every tenant behind one gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from starlette.responses import Response

from crossdock.simulator import Call, Route, Simulator
from crossdock_erp_ledger.simulator.fsm.interface import Interface
from crossdock_erp_ledger.simulator.fsm.lists import Lists
from crossdock_erp_ledger.simulator.fsm.staging import Staging
from crossdock_erp_ledger.simulator.gateway import Gateway
from crossdock_erp_ledger.simulator.m3.dispatch import Execute
from crossdock_erp_ledger.simulator.oauth import OAuth
from crossdock_erp_ledger.simulator.settings import InforSettings
from crossdock_erp_ledger.simulator.tenant import DEFAULT_TENANT, Tenant
from crossdock_erp_ledger.simulator.verbs import Verbs
from crossdock_erp_ledger.simulator.windows import Windows

T = TypeVar("T")

_FSM = "/{tenant}/FSM/fsm/soap"
_M3 = "/{tenant}/M3/m3api-rest/v2/execute"


class InforSimulator(Simulator):
    """Stands in for the API gateway of Infor OS, with CloudSuite Financials and M3 behind it."""

    name = "infor"
    settings_type = InforSettings
    settings: InforSettings

    def prepare(self) -> None:
        """Start with the default tenant."""
        self.windows = Windows(self.clock)
        self.gateway = Gateway(self)
        self._tenants: dict[str, Tenant] = {}
        self._of_all: list[Callable[[Tenant], object]] = []
        self.tenant(DEFAULT_TENANT)
        self._verbs = Verbs(self)

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant; a new one starts like every other, with what control verbs said of all."""
        if tenant_id not in self._tenants:
            made = self._tenants[tenant_id] = Tenant(self, tenant_id)
            for act in self._of_all:
                act(made)
        return self._tenants[tenant_id]

    def tenants(self, tenant_id: str | None) -> list[Tenant]:
        """This tenant, or all that there are."""
        return [self.tenant(tenant_id)] if tenant_id is not None else list(self._tenants.values())

    def at_tenants(self, tenant_id: str | None, act: Callable[[Tenant], T]) -> T:
        """Let staff do something at one tenant, or (None) at all, those that come later too; gives what came of it."""
        if tenant_id is not None:
            return act(self.tenant(tenant_id))
        made = [act(tenant) for tenant in self._tenants.values()]
        self._of_all.append(act)
        return made[-1]

    def stored_name(self, run_group: str) -> str:
        """How the system writes a run group."""
        return run_group.upper() if self.settings.run_group_case == "upper" else run_group

    def routes(self) -> Sequence[Route]:
        """The authorization server, Financials, M3; every other path is unknown here."""
        financials = (Staging(self), Interface(self), Lists(self))
        return [
            *OAuth(self).routes(),
            *(route for part in financials for route in part.routes(_FSM)),
            *Execute(self).routes(_M3),
        ]

    def verbs(self) -> Sequence[Route]:
        """What staff does."""
        return self._verbs.routes()

    def collections(self) -> Mapping[str, Any]:
        """What all tenants have, each thing with its tenant's id."""
        shown: dict[str, list[Any]] = {"tenants": [{"tenant": one} for one in self._tenants]}
        for tenant in self._tenants.values():
            for kind, values in tenant.snapshot().items():
                shown.setdefault(kind, []).extend({"tenant": tenant.id, **value} for value in values)
        return shown

    def guard(self, call: Call, route: Route) -> None:
        """Everything but the authorization server needs a token of its tenant."""
        if "open" not in route.tags:
            self.gateway.admit(call, route)

    def unknown_path(self, call: Call) -> Response:
        """404 of the gateway."""
        return self.gateway.refuse(404).response

    def wrong_method(self, call: Call, allowed: Sequence[str]) -> Response:
        """405 of the gateway."""
        return self.gateway.refuse(405, {"Allow": ", ".join(sorted(set(allowed)))}).response
