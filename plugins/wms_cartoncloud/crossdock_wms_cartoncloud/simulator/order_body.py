"""The body of a new sale order: what it must look like, and what the service keeps of it."""

from __future__ import annotations

from typing import Any

from crossdock_wms_cartoncloud.simulator.checks import (
    check_day,
    check_email,
    check_flags,
    check_money,
    check_quantity,
    check_texts,
    read_object,
)
from crossdock_wms_cartoncloud.simulator.countries import find_country
from crossdock_wms_cartoncloud.simulator.problems import Faults

_ADDRESS = ("companyName", "contactName", "address1", "address2", "suburb", "city", "postcode", "phone", "email")
_DELIVER = "/details/deliver"


def check_order(faults: Faults, body: dict[str, Any], currency: str) -> None:
    """Find everything that is wrong with the shape of an order, without looking anything up but countries."""
    if body.get("type") not in (None, "OUTBOUND"):
        faults.add("/type", "must be OUTBOUND")
    _check_references(faults, body)
    read_object(faults, body, "properties", "")
    details = read_object(faults, body, "details", "", required=True)
    if details:
        _check_details(faults, details, currency)
    _check_items(faults, body.get("items"), currency)


def _check_references(faults: Faults, body: dict[str, Any]) -> None:
    references = read_object(faults, body, "references", "", required=True)
    check_texts(faults, references, [key for key in references if key != "numericId"], "/references")
    customer = references.get("customer")
    if references and (customer is None or (isinstance(customer, str) and not customer.strip())):
        faults.add("/references/customer", "must not be blank")


def _check_details(faults: Faults, details: dict[str, Any], currency: str) -> None:
    check_flags(faults, details, ("urgent", "allowSplitting"), "/details")
    check_texts(faults, details, ("instructions",), "/details")
    check_money(faults, details, "invoiceValue", "/details", None)
    check_day(faults, read_object(faults, details, "collect", "/details"), "requiredDate", "/details/collect")
    deliver = read_object(faults, details, "deliver", "/details", required=True)
    check_texts(faults, deliver, ("instructions",), _DELIVER)
    check_day(faults, deliver, "requiredDate", _DELIVER)
    check_money(faults, deliver, "cashPaymentAmount", _DELIVER, currency)
    _check_method(faults, read_object(faults, deliver, "method", _DELIVER))
    if deliver:
        _check_address(faults, read_object(faults, deliver, "address", _DELIVER, required=True))


def _check_method(faults: Faults, method: dict[str, Any]) -> None:
    if method.get("type") not in (None, "SHIPPING", "PICKUP"):
        faults.add(f"{_DELIVER}/method/type", "must be one of SHIPPING, PICKUP")
    check_texts(faults, method, ("requestedService",), f"{_DELIVER}/method")


def _check_address(faults: Faults, address: dict[str, Any]) -> None:
    if not address:
        return
    at = f"{_DELIVER}/address"
    check_texts(faults, address, [key for key in _ADDRESS if key not in ("phone", "email")], at)
    check_texts(faults, address, ("phone",), at, 64)
    check_email(faults, address, "email", at)
    check_texts(faults, read_object(faults, address, "state", at), ("code", "name"), f"{at}/state")
    if not address.get("companyName") and not address.get("contactName"):
        faults.add(at, "must have a companyName or a contactName")
    for key in ("address1", "city"):
        if not address.get(key):
            faults.add(f"{at}/{key}", "must not be blank")
    _check_country(faults, address, at)


def _check_country(faults: Faults, address: dict[str, Any], at: str) -> None:
    country = read_object(faults, address, "country", at, required=True)
    if country and find_country(country) is None:
        faults.add(f"{at}/country", "Country could not be found")


def _check_items(faults: Faults, items: Any, currency: str) -> None:
    if not isinstance(items, list) or not items:
        faults.add("/items", "must not be empty")
        return
    for index, item in enumerate(items):
        if isinstance(item, dict):
            _check_item(faults, item, f"/items/{index}", currency)
        else:
            faults.add(f"/items/{index}", "must be an object")


def _check_item(faults: Faults, item: dict[str, Any], at: str, currency: str) -> None:
    details = read_object(faults, item, "details", at, required=True)
    if details:
        _check_product(faults, read_object(faults, details, "product", f"{at}/details", required=True), at)
    unit = read_object(faults, details, "unitOfMeasure", f"{at}/details")
    check_texts(faults, unit, ("type",), f"{at}/details/unitOfMeasure")
    check_money(faults, details, "approximateUnitPrice", f"{at}/details", currency)
    read_object(faults, item, "properties", at)
    measures = read_object(faults, item, "measures", at, required=True)
    if measures:
        check_quantity(faults, measures.get("quantity"), f"{at}/measures/quantity")


def _check_product(faults: Faults, product: dict[str, Any], at: str) -> None:
    at = f"{at}/details/product"
    check_texts(faults, product, ("id", "name"), at)
    references = read_object(faults, product, "references", at)
    check_texts(faults, references, ("code", "barcode"), f"{at}/references")


def keep_details(details: dict[str, Any]) -> dict[str, Any]:
    """What the service stores of a checked order's `details`, defaults filled in; unknown fields are not kept."""
    deliver = details["deliver"]
    return {
        "urgent": bool(details.get("urgent")),
        "instructions": details.get("instructions"),
        "collect": {"requiredDate": (details.get("collect") or {}).get("requiredDate")},
        "deliver": {
            "address": keep_address(deliver["address"]),
            "method": {
                "type": (deliver.get("method") or {}).get("type") or "SHIPPING",
                "requestedService": (deliver.get("method") or {}).get("requestedService"),
            },
            "instructions": deliver.get("instructions"),
            "requiredDate": deliver.get("requiredDate"),
            "cashPaymentAmount": deliver.get("cashPaymentAmount"),
        },
        "invoiceValue": details.get("invoiceValue"),
        "allowSplitting": details.get("allowSplitting") is not False,
    }


def keep_address(address: dict[str, Any]) -> dict[str, Any]:
    """An address as it is answered: every known field, the country resolved."""
    kept: dict[str, Any] = {key: address.get(key) for key in _ADDRESS}
    state = address.get("state") or {}
    kept["state"] = {"code": state.get("code"), "name": state.get("name")} if state else None
    kept["country"] = dict(find_country(address["country"]) or {})
    return kept
