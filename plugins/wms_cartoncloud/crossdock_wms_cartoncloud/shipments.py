"""From a dispatched sale order and its consignments to a shipment; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from crossdock.canonical import Package, PackageLine, Shipment
from crossdock.errors import HoldError, NothingToDo, NotYetError, RejectedError
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.rows import at
from crossdock_wms_cartoncloud.statuses import (
    DISPATCHED,
    changed_at,
    faulty,
    item_name,
    read_order,
    states_lines,
    status_of,
)
from crossdock_wms_cartoncloud.wire import Consignment, OutboundOrder

_NOT_SENT = frozenset({"RETURNED", "DUPLICATE"})


@dataclass(frozen=True, slots=True)
class Fields:
    """Custom fields of the sale order that bear tracking where no consignment does."""

    carrier: str | None
    number: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Patience:
    """How long tracking is looked for after dispatch, and when a person hears that there is none."""

    watch: timedelta
    alert_after: timedelta


def to_shipment(raw: Json, fields: Fields | None, patience: Patience) -> Shipment:
    """Turn a dispatched sale order and its consignments into a shipment.

    Shape: a package for each consignment that is neither cancelled, returned nor a duplicate, in the sequence in which
    they were made. Over all packages the quantities of an item add up to the sale order's, always. Where the
    consignments' items name products and add up to the order's, each package states its own, tracked yet or not; else
    the first tracked package states all of them, and further tracked packages none. Lines are the order's item ids.
    Raises: RejectedError; NothingToDo where the order is not dispatched (any more); NotYetError where no tracking is
    there yet; HoldError where a dispatched order does not say what was in it.
    Source: CartonCloud REST API reference, "Consignments", revision of 2026-05-06.
    """
    order = read_order(at(raw, "sale_order"))
    consignments = _read_consignments(raw)
    if status_of(order) != DISPATCHED:
        status = status_of(order) or "without status"
        raise NothingToDo(f"reset by staff, or not dispatched yet: sale order {order.number} is {status}")
    if not states_lines(order) or not order.items:
        raise _without_lines(order)
    shipped_at = order.timestamps.dispatched.time or changed_at(order)
    packages = _packages(order, [one for one in consignments if _is_sent(one)], fields)
    if not any(package.tracking_number for package in packages):
        raise _not_yet(order, shipped_at, patience)
    return Shipment(order=_filled(order.references.customer) or order.number, shipped_at=shipped_at, packages=packages)


def _read_consignments(raw: Json) -> list[Consignment]:
    rows = at(raw, "consignments") or []
    try:
        return [Consignment.model_validate(row) for row in (rows if isinstance(rows, list) else [rows])]
    except ValidationError as error:
        # The cause may quote the buyer's data.
        raise RejectedError(
            f"this is no consignment that can be understood: {faulty(error)}", code="malformed_consignment"
        ) from None


def _is_sent(consignment: Consignment) -> bool:
    kinds = {consignment.type, consignment.details.type}
    return consignment.status != "CANCELLED" and not kinds & _NOT_SENT


def _packages(order: OutboundOrder, sent: Sequence[Consignment], fields: Fields | None) -> tuple[Package, ...]:
    method = _filled(order.details.deliver.method.service)
    tracked = [_package(one, method) for one in sent]
    if not any(package.tracking_number for package in tracked):
        stated = _from_fields(order.properties, fields, method)
        return () if stated is None else (stated.model_copy(update={"lines": _all_lines(order)}),)
    own = _matched(order, sent)
    if own is not None:
        return tuple(
            package.model_copy(update={"lines": lines})
            for package, lines in zip(tracked, own, strict=True)
            if lines or package.tracking_number
        )
    first, *others = [package for package in tracked if package.tracking_number]
    return (first.model_copy(update={"lines": _all_lines(order)}), *others)


def _package(consignment: Consignment, method: str | None) -> Package:
    tracking = consignment.details.tracking
    return Package(
        id=consignment.id,
        carrier=_filled(tracking.carrier),
        tracking_number=_filled(consignment.references.tracking),
        tracking_url=_filled(tracking.url),
        method=method,
    )


def _from_fields(properties: Mapping[str, Any], fields: Fields | None, method: str | None) -> Package | None:
    if fields is None:
        return None
    number = _property(properties, fields.number)
    if number is None:
        return None
    carrier, url = _property(properties, fields.carrier), _property(properties, fields.url)
    return Package(carrier=carrier, tracking_number=number, tracking_url=url, method=method)


def _property(properties: Mapping[str, Any], name: str | None) -> str | None:
    value = properties.get(name) if name else None
    return _filled(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _all_lines(order: OutboundOrder) -> tuple[PackageLine, ...]:
    return tuple(
        PackageLine(line=item_name(place, item), sku=item.sku, quantity=item.measures.quantity)
        for place, item in enumerate(order.items, start=1)
    )


def _matched(order: OutboundOrder, sent: Sequence[Consignment]) -> list[tuple[PackageLine, ...]] | None:
    """What is in each consignment, line by line; None where their items do not add up to the order's, SKU by SKU."""
    lines = _all_lines(order)
    wanted: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        wanted[_alike(line.sku or "")] += line.quantity
    carried = [_carried(one) for one in sent]
    total: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in carried:
        for sku, quantity in one.items():
            total[sku] += quantity
    if dict(total) != dict(wanted):
        return None
    left = {line.line: line.quantity for line in lines}
    return [_take(lines, one, left) for one in carried]


def _carried(consignment: Consignment) -> dict[str, Decimal]:
    carried: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in consignment.items:
        carried[_alike(item.sku)] += item.measures.quantity
    return dict(carried)


def _take(
    lines: Sequence[PackageLine], carried: Mapping[str, Decimal], left: dict[str, Decimal]
) -> tuple[PackageLine, ...]:
    """Fill the lines of each SKU in sequence with what one consignment carries of it."""
    open_, taken = dict(carried), []
    for line in lines:
        sku = _alike(line.sku or "")
        quantity = min(left[line.line], open_.get(sku, Decimal(0)))
        if quantity > 0:
            left[line.line] -= quantity
            open_[sku] -= quantity
            taken.append(line.model_copy(update={"quantity": quantity}))
    return tuple(taken)


def _not_yet(order: OutboundOrder, shipped_at: datetime, patience: Patience) -> NotYetError:
    until = shipped_at + patience.watch
    return NotYetError(
        f"sale order {order.number} is dispatched, no tracking yet; it is looked for until {until.date().isoformat()}",
        code="no_tracking_yet",
        fix="enter carrier and tracking number on the consignment in CartonCloud; or name the custom fields that bear "
        "them as `tracking_fields` of wms_cartoncloud.dispatches",
        alert_at=shipped_at + patience.alert_after,
    )


def _without_lines(order: OutboundOrder) -> HoldError:
    return HoldError(
        "dispatched_without_lines",
        f"sale order {order.number} is dispatched and does not say what was in it",
        fix="look at the sale order in CartonCloud; once it states its lines, it is planned again by itself; or mark "
        "it shipped in the channel by hand and discard this delivery",
    )


def _filled(text: str | None) -> str | None:
    return (text.strip() or None) if text else None


def _alike(text: str) -> str:
    return text.strip().casefold()
