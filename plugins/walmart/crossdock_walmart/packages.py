"""What Walmart counts as one package: all that the warehouse shipped under one tracking number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from crossdock import Context
from crossdock.canonical import Package, PackageLine, Shipment
from crossdock_walmart.carriers import normalised

_PLACEHOLDERS = frozenset({"", "na", "none", "null", "tba", "tbc", "tbd", "pending", "unknown", "notavailable"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """One tracking number, the first package that bears it, and what is in all that do."""

    id: str
    package: Package
    number: str | None
    lines: tuple[PackageLine, ...]
    dispatched: tuple[PackageLine, ...]
    earlier: tuple[PackageLine, ...]
    other_numbers: tuple[str, ...]


def parcels(shipment: Shipment, context: Context) -> list[Parcel]:
    """The parcels of a shipment, in sequence; those without a number are counted, too.

    Packages of one number are one parcel, else Walmart could not tell their quantities apart. Where nobody says what is
    in any package, the first holds everything. What cannot be told to Walmart is noticed, once.
    """
    stated = any(package.lines for package in shipment.packages)
    holding = [package for package in shipment.packages if package.lines or not stated]
    groups = _groups(holding)
    if not stated:
        # What no line is known of is told under one number only.
        groups = [group for group in groups if tracking_number(group[0]) is not None][:1] or groups[:1]
    told = {id(package) for group in groups for package in group}
    _notice(shipment, [package for package in shipment.packages if id(package) not in told], context)
    contents = [tuple(line for package in group for line in package.lines) for group in groups]
    numbers = [tracking_number(group[0]) for group in groups]
    return [
        Parcel(
            id=_id(shipment, group[0]),
            package=next((package for package in group if normalised(package.carrier or "")), group[0]),
            number=numbers[place],
            lines=contents[place],
            dispatched=_flat(contents),
            earlier=_flat(contents[:place]),
            other_numbers=tuple(number for number in numbers if number and number != numbers[place]),
        )
        for place, group in enumerate(groups)
    ]


def tracking_number(package: Package) -> str | None:
    """The number as carriers' systems know it, without the spaces that labels print; None for a placeholder."""
    text = "".join((package.tracking_number or "").split())
    return None if normalised(text) in _PLACEHOLDERS else text


def _groups(packages: Iterable[Package]) -> list[list[Package]]:
    groups: list[list[Package]] = []
    by_number: dict[str, list[Package]] = {}
    for package in packages:
        number = tracking_number(package)
        if number is not None and number.casefold() in by_number:
            by_number[number.casefold()].append(package)
            continue
        groups.append([package])
        if number is not None:
            by_number[number.casefold()] = groups[-1]
    return groups


def _flat(contents: Sequence[tuple[PackageLine, ...]]) -> tuple[PackageLine, ...]:
    return tuple(line for content in contents for line in content)


def _id(shipment: Shipment, package: Package) -> str:
    """The package's own id; where it has none, its place among those that have none."""
    if package.id and package.id.strip():
        return package.id.strip()
    nameless = [one for one in shipment.packages if not (one.id and one.id.strip())]
    return f"package-{next(place for place, one in enumerate(nameless, 1) if one is package)}"


def _notice(shipment: Shipment, silent: Sequence[Package], context: Context) -> None:
    for package in silent:
        if tracking_number(package) is not None:
            context.notice(
                "package_without_lines",
                f"{shipment.order}/{_id(shipment, package)}",
                f"nobody says what is in package {_id(shipment, package)} of {shipment.order}: Walmart is told of the "
                "others, which hold all of the order",
                fix="add its tracking in Seller Center if the buyer should have it, too",
            )
    if any(tracking_number(package) for package in shipment.packages):
        for package in shipment.packages:
            if package.lines and tracking_number(package) is None:
                context.notice(
                    "package_without_tracking",
                    f"{shipment.order}/{_id(shipment, package)}",
                    f"package {_id(shipment, package)} of {shipment.order} has no tracking number yet: the others are "
                    "told to Walmart without it",
                    fix="enter carrier and tracking number at its consignment; it then follows by itself",
                )
