"""The mapper `walmart.shipment`: from what left the warehouse to what Walmart is told of each package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from crossdock import Context, Duration, Hold, HoldError, Mapper, NotYetError
from crossdock.canonical import Package, Shipment
from crossdock_walmart.carriers import CarrierTable, carrier_table, normalised
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.packages import Parcel, parcels
from crossdock_walmart.recognition import recognise

OTHER = "other"
_NO_NAMES = frozenset({"", "other", "unknown", "none", "na"})


class ShipmentMapper(Mapper[Shipment, ShipmentUpdate]):
    """One update for each tracking number of a shipment.

    Source: Walmart Marketplace, Orders API, "Ship order lines"; Marketplace Learn, "Shipping carriers"; read 2026-11.
    """

    name: ClassVar[str] = "shipment"
    holds: ClassVar[Sequence[Hold]] = (Hold("unknown_carrier"),)

    carriers: Mapping[str, str] = {}
    """The warehouse's names of carriers, each with Walmart's value for it, or `other`."""
    more_carriers: tuple[str, ...] = ()
    """Values that Walmart took up since this version's table was made."""
    alert_after: Duration = timedelta(hours=24)
    """How long after the dispatch a missing tracking number is a person's business."""

    @field_validator("carriers")
    @classmethod
    def _named(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        twice: dict[str, str] = {}
        for name in value:
            if not normalised(name):
                raise ValueError(f"{name!r} names no carrier")
            if (other := twice.setdefault(normalised(name), name)) != name:
                raise ValueError(
                    f"{other!r} and {name!r} are one carrier: names are compared by their letters and digits"
                )
        return value

    @model_validator(mode="after")
    def _supported(self) -> ShipmentMapper:
        table = self._table()
        for name, meaning in self.carriers.items():
            if normalised(meaning) == OTHER:
                if table.supports(name) is not None:
                    raise ValueError(f"Walmart supports {name}: as `other` its tracking would not count")
            elif table.supports(meaning) is None:
                raise ValueError(_unsupported(name, meaning, table))
        return self

    def map(self, document: Shipment, context: Context) -> Sequence[ShipmentUpdate]:
        """Name each package's carrier as Walmart does.

        Shape: one update for each tracking number, in the sequence of the packages; packages that share one are one.
        Raises: NotYetError where no package has a number yet; HoldError `unknown_carrier` where Walmart does not know
        the carrier and the package bears no URL.
        """
        tracked = [parcel for parcel in parcels(document, context) if parcel.number is not None]
        if not tracked:
            raise NotYetError(
                f"{document.order} has left and has no tracking number yet",
                code="no_tracking",
                alert_at=document.shipped_at + self.alert_after,
                fix="enter carrier and tracking number at its consignment in the warehouse",
            )
        return [self._update(document, parcel, context.key) for parcel in tracked]

    def _update(self, shipment: Shipment, parcel: Parcel, record: str) -> ShipmentUpdate:
        url = _url(parcel.package)
        carrier = self._carrier(parcel.package.carrier or "")
        if carrier is None and (url is None or normalised(parcel.package.carrier or "") in _NO_NAMES):
            raise self._unknown(shipment, parcel, url)
        return ShipmentUpdate(
            order=shipment.order,
            record=record,
            package=parcel.id,
            shipped_at=shipment.shipped_at,
            carrier=carrier,
            other_carrier=None if carrier else (parcel.package.carrier or "").strip(),
            tracking_number=parcel.number or "",
            tracking_url=url,
            lines=parcel.lines,
            dispatched=parcel.dispatched,
            earlier=parcel.earlier,
            other_numbers=parcel.other_numbers,
        )

    def _carrier(self, name: str) -> str | None:
        """Walmart's value for a carrier; None for one that is to go as another. What is configured comes first."""
        wanted = normalised(name)
        meant = next((meaning for known, meaning in self.carriers.items() if normalised(known) == wanted), None)
        if meant is not None:
            return None if normalised(meant) == OTHER else self._table().supports(meant)
        return self._table().find(name) if wanted else None

    def _table(self) -> CarrierTable:
        return carrier_table().extended(self.more_carriers)

    def _unknown(self, shipment: Shipment, parcel: Parcel, url: str | None) -> HoldError:
        name = (parcel.package.carrier or "").strip()
        looks_like = recognise(parcel.number or "")
        nameless = normalised(name) in _NO_NAMES
        lacks = "names no carrier" if nameless else f"names carrier {name!r}, which Walmart does not know,"
        no_url = "" if url is not None else " and bears no tracking URL"
        guess = f"; the number looks like one of {looks_like}" if looks_like else ""
        return HoldError(
            "unknown_carrier",
            f"package {parcel.id} of {shipment.order} {lacks}{no_url}{guess}",
            fix=_NAME_IT if nameless else _ways_out(name, looks_like),
            carrier=name or None,
            url_missing=url is None,
            suggestion=looks_like,
            table=self._table().version,
        )


_NAME_IT = "enter the carrier at the consignment in the warehouse"


def _ways_out(name: str, looks_like: str | None) -> str:
    meaning = looks_like or "<a carrier that Walmart supports>"
    return (
        f'map it in `carriers` of walmart.shipment (`"{name}": {meaning}`), correct the carrier at the consignment in '
        "the warehouse, or add a tracking URL there: it then goes as another carrier"
    )


def _url(package: Package) -> str | None:
    """The tracking URL, if it is one that a buyer can open."""
    text = (package.tracking_url or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.hostname and " " not in text else None


def _unsupported(name: str, meaning: str, table: CarrierTable) -> str:
    known = table.find(meaning)
    better = (
        f"; write {known!r}" if known else "; write `other`, or add it to `more_carriers` if Walmart has taken it up"
    )
    return f"{name}: Walmart (table of {table.version}) has no carrier {meaning!r}{better}"
