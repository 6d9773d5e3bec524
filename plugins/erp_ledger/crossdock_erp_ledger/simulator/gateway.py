"""What stands before every endpoint: bearer token, role, budgets; and how the gateway says no."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

from crossdock.simulator import Call, Refusal, Route, answer

if TYPE_CHECKING:
    from crossdock_erp_ledger.simulator.simulator import InforSimulator

_MINUTE, _DAY = 60.0, 86_400.0


class Gateway:
    """The API gateway of all tenants."""

    def __init__(self, simulator: InforSimulator) -> None:
        self._simulator = simulator

    def admit(self, call: Call, route: Route) -> None:
        """Token, tenant, role, then the tenant's budget of calls. Raises: Refusal."""
        scheme, _, value = call.headers.get("authorization", "").partition(" ")
        token = self._simulator.tokens.find(value.strip()) if scheme.lower() == "bearer" else None
        if token is None or token.account.partition("/")[0] != call.params["tenant"]:
            raise self.refuse(401, {"WWW-Authenticate": "Bearer"})
        call.account = call.params["tenant"]
        named = route.tags.get("role") or call.params.get("class") or call.params.get("program")
        if named in self._simulator.settings.forbidden:
            raise self.refuse(403)
        settings = self._simulator.settings
        self.charge("calls per minute", call.account, settings.calls_per_min, _MINUTE)
        self.charge("calls per day", call.account, settings.calls_per_day, _DAY)

    def charge_login(self, tenant: str) -> None:
        """Count one authentication of a service account. Raises: Refusal."""
        settings = self._simulator.settings
        self.charge("logins per minute", tenant, settings.logins_per_min, _MINUTE)
        self.charge("logins per day", tenant, settings.logins_per_day, _DAY)

    def charge_token(self, tenant: str, client: str) -> None:
        """Count one access token. Raises: Refusal."""
        self.charge("tokens per day", f"{tenant}/{client}", self._simulator.settings.tokens_per_day, _DAY)

    def charge(self, name: str, owner: str, allowed: int, per_s: float) -> None:
        """Count one of a budget. Raises: Refusal 429."""
        settings = self._simulator.settings
        if settings.quotas == "off":
            return
        wait_s = self._simulator.windows.take(name, owner, allowed * float(settings.quotas), per_s)
        if wait_s is not None:
            raise self.refuse(429, {"Retry-After": str(wait_s)} if settings.retry_after else {})

    def wait(self, seconds: float) -> None:
        """Stand for work of this length. Raises: Refusal 504, where the gateway does not wait; the work goes on."""
        if seconds > self._simulator.settings.gateway_s:
            raise self.refuse(504)

    def refuse(self, status: int, headers: Mapping[str, str] | None = None) -> Refusal:
        """An error of the gateway itself, in the form that the settings say."""
        phrase, form = HTTPStatus(status).phrase, self._simulator.settings.gateway_bodies
        if form == "json":
            return Refusal(answer({"error": phrase}, status, headers))
        if form == "text":
            return Refusal(Response(phrase, status, dict(headers or {}), media_type="text/plain"))
        body = f'<?xml version="1.0"?><error><message>{phrase}</message></error>'
        return Refusal(Response(body, status, dict(headers or {}), media_type="application/xml"))
