"""Whose sale orders are ours: one customer of a tenant that many share."""

from __future__ import annotations

from dataclasses import dataclass

from crossdock import ConfigError
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import CartonCloudApi, ReadRefusedError, text_equals
from crossdock_wms_cartoncloud.body import Body, is_uuid
from crossdock_wms_cartoncloud.rows import text_at
from crossdock_wms_cartoncloud.wire import Customer


@dataclass(frozen=True, slots=True)
class Owner:
    """One customer: its id, its name, or both."""

    id: str | None
    name: str | None = None

    def condition(self) -> Body:
        """What a search is narrowed by."""
        if self.id is not None:
            return text_equals("/customer/id", self.id)
        return text_equals("/customer/name", self.name or "")

    def owns(self, order: Json) -> bool:
        """Whether a sale order says that it is this customer's; one that names none is nobody's."""
        there = text_at(order, "customer", "id")
        if self.id is not None and there is not None:
            return there.lower() == self.id.lower()
        name = text_at(order, "customer", "name")
        return self.name is not None and name is not None and _alike(name) == _alike(self.name)


async def find_owner(api: CartonCloudApi, customer: str) -> Owner:
    """The customer that settings name by UUID or name.

    A name is looked up first: a search compares it literally, and one that is spelt otherwise would find nothing and
    say nothing. Where customers may not be listed, the name as written has to do.

    Raises: ConfigError where CartonCloud lists customers, and this one is not among them; TransientError.
    """
    if is_uuid(customer):
        return Owner(customer.lower())
    try:
        listed = await api.customers()
    except ReadRefusedError:
        return Owner(None, customer)
    if not listed:
        return Owner(None, customer)
    return _chosen(customer, listed)


def _chosen(customer: str, listed: list[Customer]) -> Owner:
    alike = [one for one in listed if one.id and _alike(one.name or "") == _alike(customer)]
    exact = [one for one in alike if (one.name or "").strip() == customer.strip()]
    found = exact or alike
    if len({one.id for one in found}) == 1:
        return Owner(found[0].id, found[0].name)
    if not found:
        raise ConfigError(
            f"CartonCloud lists no customer {customer!r}",
            fix="write `customer` as `crossdock connections test` lists it, by name or UUID",
            customer=customer,
        )
    raise ConfigError(
        f"CartonCloud lists {len(found)} customers named {customer!r}",
        fix=f"write the UUID of one of them as `customer`: {', '.join(one.id or '' for one in found)}",
        customer=customer,
    )


def _alike(text: str) -> str:
    return text.strip().casefold()
