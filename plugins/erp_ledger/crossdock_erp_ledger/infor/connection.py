"""What an integrator writes about a tenant of Infor, whichever of its suites keeps the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import field_validator, model_validator

from crossdock import AuthProvider, ConfigError, CredentialsError
from crossdock.http import Rate, Reader
from crossdock_erp_ledger.infor.auth import ClientCredentials, IonApi, ServiceAccount
from crossdock_erp_ledger.infor.ionapi import IonApiFile
from crossdock_erp_ledger.ledger import LedgerConnection

# Infor OS usage limits, Essentials tier, read 2026-11: 3 000 calls a minute and 250 000 a day of a tenant; 20 logins a
# minute of a tenant, 100 access tokens a day of a client. Other tiers are larger: `quotas` multiplies these. A bucket
# allows its size and its refill in any such time: these are 3 000 calls, and below 10 logins a minute and 80 a day.
API_RATES = (Rate("* /**", 2400, burst=600),)
LOGINS = (Rate("a minute", 5), Rate("a day", 40, per_s=86_400))

_LOCKED = (
    "where the .ionapi file is a stored secret, write `tenant` and `base_url` too: copy them from `ti` and `iu` of the "
    "file (the account must be known before secrets are unlocked)"
)


class InforConnection(LedgerConnection):
    """One tenant of Infor OS. Its hosts and its name come from the `.ionapi` file that `auth` names."""

    rates: ClassVar[tuple[Rate, ...]] = API_RATES
    logins: ClassVar[tuple[Rate, ...]] = LOGINS
    auth_kinds: ClassVar[tuple[type[AuthProvider], ...]] = (ServiceAccount, ClientCredentials)

    base_url: str = ""
    """By default `iu` of the `.ionapi` file. Another address stands in for all hosts of the file: a simulator's."""
    tenant: str = ""
    """By default `ti` of the `.ionapi` file."""

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, values: Any) -> Any:
        auth = values.get("auth") if isinstance(values, dict) else None
        if not isinstance(auth, IonApi) or {"base_url", "tenant"} <= values.keys():
            return values
        try:
            file = _file(auth, values.get("plain_http_hosts"))
        except ConfigError as error:
            raise ValueError(f"{error.message}; {error.fix}" if error.code == "bad_ionapi" else _LOCKED) from None
        return {"base_url": file.gateway, "tenant": file.tenant, **values}

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def meter(self) -> str:
        """The tenant: all its suites and companies share quotas, and an app its token."""
        return f"erp_ledger.infor:{self.host}:{self.tenant}"

    @property
    def host(self) -> str:
        """Host and port of the gateway, in one spelling: without the port that is understood."""
        return super().host.lower().removesuffix(":443")

    def headers(self) -> Mapping[str, str]:
        """Answers as JSON."""
        return {"Accept": "application/json"}

    async def owner(self, http: Reader) -> str | None:
        """The tenant of the file, once it lets us in. Raises: CredentialsError where that is another than `tenant`."""
        if not isinstance(self.auth, IonApi):
            return None
        try:
            found = self.auth.file().tenant
        except ConfigError as error:
            raise CredentialsError(error.message, fix=error.fix) from None
        if found != self.tenant:
            raise CredentialsError(
                f"the .ionapi file is of tenant {found}, and the account is that of {self.tenant}",
                code="other_account",
                fix=f"give a file of {self.tenant}; for {found}, add a connection of another name",
            )
        await self.knock(http)
        return found

    async def knock(self, http: Reader) -> None:
        """Make one call that only tells whether we are let in."""
        raise NotImplementedError


def _file(auth: IonApi, plain_http_hosts: Any) -> IonApiFile:
    hosts = [host for host in plain_http_hosts if isinstance(host, str)] if plain_http_hosts else []
    return IonApiFile.parse(auth.ionapi.reveal(), plain_http_hosts=hosts)
