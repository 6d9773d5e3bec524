"""The tracking block of a ship request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock_walmart.simulator.book import Wire
from crossdock_walmart.simulator.carriers import CARRIERS, METHODS
from crossdock_walmart.simulator.errors import bad_content

_PLAUSIBLE_MS = (946_684_800_000, 4_102_444_800_000)  # 2000 to 2100: seconds and ticks of other epochs lie outside


def read_tracking(entry: Mapping[str, Any], number: str) -> Wire:
    """The tracking of one slice. Raises: Refusal where a member is missing or cannot be."""
    given = entry.get("trackingInfo")
    if not isinstance(given, Mapping):
        raise bad_content(f"trackingInfo is missing in line number {number}", field="trackingInfo")
    when = given.get("shipDateTime")
    if not isinstance(when, int) or isinstance(when, bool) or not _PLAUSIBLE_MS[0] <= when <= _PLAUSIBLE_MS[1]:
        raise bad_content(f"shipDateTime is not valid in line number {number}", field="shipDateTime")
    if str(given.get("methodCode")) not in METHODS:
        raise bad_content(f"Method code is not supported in line number {number}", field="methodCode")
    tracking_number = given.get("trackingNumber")
    if not isinstance(tracking_number, str) or not tracking_number.strip():
        raise bad_content(f"trackingNumber is missing in line number {number}", field="trackingNumber")
    return {
        "shipDateTime": when,
        "carrierName": _carrier(given, number),
        "methodCode": given["methodCode"],
        "carrierMethodCode": None,
        "trackingNumber": tracking_number,
        "trackingURL": given.get("trackingURL"),
    }


def _carrier(given: Mapping[str, Any], number: str) -> Wire:
    names = given.get("carrierName")
    named = {key: value for key, value in names.items() if value} if isinstance(names, Mapping) else {}
    if len(named) != 1 or not named.keys() <= {"carrier", "otherCarrier"}:
        raise bad_content(
            f"carrierName needs one of carrier, otherCarrier in line number {number}", field="carrierName"
        )
    if "carrier" in named and str(named["carrier"]) not in CARRIERS:
        raise bad_content(f"carrier is not supported in line number {number}", field="carrier")
    if "otherCarrier" in named and not given.get("trackingURL"):
        raise bad_content(f"trackingURL is required with otherCarrier in line number {number}", field="trackingURL")
    return {"otherCarrier": named.get("otherCarrier"), "carrier": named.get("carrier")}
