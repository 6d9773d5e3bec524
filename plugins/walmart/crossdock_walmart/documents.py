"""What the Walmart sinks accept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints, model_validator

from crossdock.canonical import Document, PackageLine

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class ShipmentUpdate(Document):
    """One package of one order, with the tracking that Walmart is to show for it.

    Lines are named as the warehouse names them. `lines` empty: the package holds all of the order. `dispatched` is what
    all packages of the order hold, this one included; `earlier` what those before it hold; `other_numbers` are their
    tracking numbers.
    """

    order: Text  # as the warehouse calls the order
    record: Text  # the record's key, which the link to the order is made with
    package: Text  # stable: another tracking number on the same package is a change of this one
    shipped_at: datetime
    tracking_number: Text
    carrier: str | None = None  # a value that Walmart supports, spelt as it spells it
    other_carrier: str | None = None  # a name that Walmart does not know; then there is a URL
    tracking_url: str | None = None
    lines: tuple[PackageLine, ...] = ()
    dispatched: tuple[PackageLine, ...] = ()
    earlier: tuple[PackageLine, ...] = ()
    other_numbers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_carrier(self) -> ShipmentUpdate:
        if (self.carrier is None) == (self.other_carrier is None):
            raise ValueError("a shipment names a carrier that Walmart supports or another one, and not both")
        if self.other_carrier is not None and self.tracking_url is None:
            raise ValueError("a carrier that Walmart does not know needs a tracking URL")
        return self
