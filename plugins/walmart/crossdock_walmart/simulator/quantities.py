"""Status lives on quantities: counting and moving the slices of a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from crossdock_walmart.simulator.book import Wire


def slices(line: Mapping[str, Any]) -> list[Wire]:
    """The status entries of a line."""
    entries: list[Wire] = line["orderLineStatuses"]["orderLineStatus"]
    return entries


def count(line: Mapping[str, Any]) -> Counter[str]:
    """How much of a line is in which status."""
    counted: Counter[str] = Counter()
    for entry in slices(line):
        counted[entry["status"]] += int(entry["statusQuantity"]["amount"])
    return counted


def blocking(line: Mapping[str, Any]) -> str:
    """The status that keeps a line from being worked on, for messages."""
    counted = count(line)
    return next((status for status in ("Created", "Shipped", "Delivered", "Cancelled") if counted[status]), "Created")


def new_slice(status: str, amount: int, unit: str = "EACH", **details: Any) -> Wire:
    """One status entry; what it does not say is null, as in the service's answers."""
    return {
        "status": status,
        "subSellerId": None,
        "statusQuantity": {"unitOfMeasurement": unit, "amount": str(amount)},
        "cancellationReason": None,
        "trackingInfo": None,
        "returnCenterAddress": None,
        **details,
    }


def move(line: Wire, amount: int, sources: tuple[str, ...], to: Wire) -> None:
    """Take an amount out of the first slices that have a source status, and append the slice it becomes."""
    entries = slices(line)
    for source in sources:
        for entry in [entry for entry in entries if entry["status"] == source]:
            taken = min(amount, int(entry["statusQuantity"]["amount"]))
            amount -= taken
            left = int(entry["statusQuantity"]["amount"]) - taken
            entry["statusQuantity"] = {**entry["statusQuantity"], "amount": str(left)}
    line["orderLineStatuses"]["orderLineStatus"] = [e for e in entries if e["statusQuantity"]["amount"] != "0"] + [to]


def acknowledge(line: Wire) -> bool:
    """Make what is created acknowledged; whether there was any."""
    amount = count(line)["Created"]
    if amount:
        others = [entry for entry in slices(line) if entry["status"] == "Acknowledged"]
        before = sum(int(entry["statusQuantity"]["amount"]) for entry in others)
        move(line, amount + before, ("Created", "Acknowledged"), new_slice("Acknowledged", amount + before))
    return bool(amount)
