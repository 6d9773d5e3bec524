"""What an integrator writes about a CartonCloud tenant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import field_validator, model_validator

from crossdock import AuthProvider, Connection, Duration, TestReport
from crossdock.http import Rate, Reader
from crossdock_wms_cartoncloud.account import examine, find_tenant
from crossdock_wms_cartoncloud.auth import ClientCredentials

BASE_URLS = {"global": "https://api.cartoncloud.com", "na": "https://api.na.cartoncloud.com"}


class CartonCloudConnection(Connection):
    """One tenant, seen with the rights of one API client.

    Source: CartonCloud REST API reference, revision of 2026-05-06: hosts, versions, request limits.
    """

    name: ClassVar[str] = "wms_cartoncloud"
    reads: ClassVar[tuple[str, ...]] = ("GET /**", "POST /tenants/*/*/search")
    # Published is the first alone, with "no more than one every 2 s"; the second keeps well below what clients were
    # seen to get away with.
    rates: ClassVar[tuple[Rate, ...]] = (Rate("POST /tenants/*/outbound-orders", 30, burst=1), Rate("* /**", 120))
    auth_kinds: ClassVar[tuple[type[AuthProvider], ...]] = (ClientCredentials,)

    tenant: str
    region: Literal["global", "na"] = "global"
    base_url: str = BASE_URLS["global"]
    """Another address stands in for CartonCloud's, such as that of `crossdock simulate cartoncloud`."""
    duplicates: Literal["probe", "reject"] = "probe"
    """`reject` where the tenant is known to refuse a reference that exists: saves the look before each creation."""
    time_filter: Literal["datetime", "date", "starts_with"] = "datetime"
    """How searches by time are written; tenants differ in what they understand."""
    read_lag: Duration = timedelta(seconds=10)
    """How long a new order may be missing from the search."""

    @model_validator(mode="before")
    @classmethod
    def _choose_host(cls, values: Any) -> Any:
        if isinstance(values, dict) and "base_url" not in values and values.get("region") in BASE_URLS:
            return {**values, "base_url": BASE_URLS[values["region"]]}
        return values

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("tenant")
    @classmethod
    def _normal_uuid(cls, value: str) -> str:
        try:
            return str(UUID(value.strip()))  # one spelling, since it is part of the identity
        except ValueError as error:
            raise ValueError("a tenant is a UUID, as `crossdock connections test` lists them") from error

    @property
    def identity(self) -> str:
        """Plugin, host and tenant."""
        return f"{self.name}/{self.host.lower()}/{self.tenant}"

    def headers(self) -> Mapping[str, str]:
        """The version of the API, without which CartonCloud answers 400."""
        return {"Accept-Version": "1"}

    async def owner(self, http: Reader) -> str | None:
        """The tenant. Raises: CredentialsError where the API client belongs to others."""
        return await find_tenant(self.tenant, http)

    async def test(self, http: Reader, used: frozenset[str]) -> TestReport:
        """Look who we are, whether the tenant is ours, and which roles are missing."""
        return await examine(self.tenant, http, used)
