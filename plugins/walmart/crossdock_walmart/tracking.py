"""The tracking of one package: as we want it, as we told it before, and as Walmart shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.standing import ShippedPart, same_number


@dataclass(frozen=True, slots=True)
class Tracking:
    """A number, the carrier it belongs to, and where a buyer follows it."""

    number: str
    carrier: str | None
    other_carrier: str | None
    url: str | None

    @classmethod
    def of(cls, update: ShipmentUpdate) -> Tracking:
        """What an update wants."""
        return cls(update.tracking_number, update.carrier, update.other_carrier, update.tracking_url)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Tracking:
        """What `to_json` wrote."""
        return cls(value["number"], value.get("carrier"), value.get("other_carrier"), value.get("url"))

    def to_json(self) -> dict[str, str | None]:
        """What is stored with an effect, and compared."""
        return {
            "number": self.number,
            "carrier": self.carrier,
            "other_carrier": self.other_carrier,
            "url": self.url,
        }

    def shown_by(self, part: ShippedPart, other_than: Tracking | None = None) -> bool:
        """Whether Walmart shows this for a part that left, in all that sets it apart from `other_than`.

        What Walmart leaves out of its answer contradicts nothing, unless it is what the two differ in.
        """
        if not same_number(part.number, self.number):
            return False
        if other_than is None or not same_number(other_than.number, self.number):
            return True
        if _name(self) != _name(other_than):
            return part.carrier.casefold() == _name(self)
        return (part.url or None) == self.url


def _name(tracking: Tracking) -> str:
    return (tracking.carrier or tracking.other_carrier or "").casefold()
