"""The CartonCloud simulator: the REST API of version 1, stateful and strict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from starlette.responses import Response

from crossdock.simulator import Call, Route, Settings, Simulator, answer
from crossdock_wms_cartoncloud.simulator.api import PRODUCT_VERSION, Api
from crossdock_wms_cartoncloud.simulator.gate import check_role, check_tenant, check_token, check_version, grant_token
from crossdock_wms_cartoncloud.simulator.parties import stable_uuid
from crossdock_wms_cartoncloud.simulator.problems import refuse
from crossdock_wms_cartoncloud.simulator.settings import CartonCloudSettings
from crossdock_wms_cartoncloud.simulator.tenant import Tenant
from crossdock_wms_cartoncloud.simulator.verbs import Verbs
from crossdock_wms_cartoncloud.simulator.world import World

DEFAULT_TENANT = "5a1e0000-0000-4000-8000-000000000001"
"""What `userinfo` always names. Any other tenant exists as soon as it is asked for."""


class CartonCloudSimulator(Simulator):
    """Stands in for CartonCloud."""

    name: ClassVar[str] = "cartoncloud"
    settings_type: ClassVar[type[Settings]] = CartonCloudSettings

    def prepare(self) -> None:
        """Start with the default tenant, empty."""
        self._world = World(self)
        self._tenants: dict[str, Tenant] = {}
        self.tenant(DEFAULT_TENANT)

    def tenant(self, tenant_id: str) -> Tenant:
        """The tenant; a new one starts like every other."""
        key = tenant_id.lower()
        if key not in self._tenants:
            self._tenants[key] = Tenant(self._world, key)
        return self._tenants[key]

    def routes(self) -> Sequence[Route]:
        """Token, user, and everything under a tenant."""
        return [
            Route("POST", "/uaa/oauth/token", self.grant_token, write=False, tags={"open": "yes"}),
            Route("GET", "/uaa/userinfo", self.show_user),
            *Api(self.tenant, lambda: self.settings).routes(),
        ]

    def verbs(self) -> Sequence[Route]:
        """What staff does."""
        return Verbs(self._tenants, self._named_tenant).routes()

    def collections(self) -> Mapping[str, Any]:
        """Orders, consignments, products and stock of all tenants."""
        shown: dict[str, list[Any]] = {"sale_orders": [], "consignments": [], "products": [], "stock": []}
        for tenant in self._tenants.values():
            for kind, values in tenant.snapshot().items():
                shown[kind].extend(values)
        return shown

    def guard(self, call: Call, route: Route) -> None:
        """Version, then token, then tenant, then role."""
        check_version(call, PRODUCT_VERSION if route.tags.get("version") == "product" else 1)
        if route.tags.get("open"):
            return
        call.account = check_token(call, self.tokens)
        if "tenant" in call.params:
            check_tenant(call.params["tenant"], self.settings)
        check_role(route, self.settings)

    def unknown_path(self, call: Call) -> Response:
        """404."""
        return refuse(404, "Not found").response

    def wrong_method(self, call: Call, allowed: Sequence[str]) -> Response:
        """405, also for the PUT of an order, which is documented but not available."""
        return refuse(405, f"Request method '{call.method}' not supported", {"Allow": ", ".join(allowed)}).response

    def too_many(self, call: Call) -> Response:
        """429, without any header that says when to come again."""
        return refuse(429, "Too many requests").response

    def grant_token(self, call: Call) -> Response:
        """A token for any client id and secret that is not refused by the settings."""
        return grant_token(call, self.tokens, self.settings)

    def show_user(self, call: Call) -> Response:
        """The API client and its tenants: the default one and all that were asked for."""
        listed = self.settings.tenants if self.settings.tenants is not None else list(self._tenants)
        return answer(
            {
                "id": stable_uuid(self.seed, "user", call.account),
                "name": "API user",
                "email": "api@example.test",
                "tenants": [{"id": tenant, "name": f"Tenant {tenant[:8]}", "slug": tenant[:8]} for tenant in listed],
            }
        )

    def _named_tenant(self, tenant_id: str | None) -> Tenant:
        """For control verbs: the named tenant, else the one that was used, else the default one."""
        if tenant_id is not None:
            return self.tenant(tenant_id)
        used = [tenant for key, tenant in self._tenants.items() if key != DEFAULT_TENANT]
        if len(used) > 1:
            raise ValueError("several tenants were used: say which `tenant` is meant")
        return used[0] if used else self.tenant(DEFAULT_TENANT)
