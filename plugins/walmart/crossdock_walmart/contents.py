"""From the warehouse's lines to Walmart's: what is in a package, by the link alone, and what staff changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crossdock import HoldError, Link
from crossdock.canonical import PackageLine
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.standing import NOTHING, LineStanding, Standing

EXTRA = ""
"""The number under which a link bears what a person says stands for no line of the order."""

Quantities = dict[str, Decimal]
"""How much of each of Walmart's lines."""


@dataclass(frozen=True, slots=True)
class LinkedLine:
    """One line of the order at Walmart, and the warehouse's item that stands for it, as the link recorded them."""

    item: str
    sku: str
    quantity: Decimal
    line: LineStanding

    @property
    def wanted(self) -> Decimal:
        """What of it is still to be sent or was: without what was cancelled at Walmart."""
        return min(self.quantity, self.line.standing)

    @property
    def cancelled(self) -> Decimal:
        """What of it was cancelled at Walmart."""
        return min(self.quantity, self.line.quantity) - self.wanted

    @property
    def surplus(self) -> Decimal:
        """What of it was never ordered: a person linked more with the line. Walmart is told nothing of that."""
        return max(NOTHING, self.quantity - self.line.quantity)


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in one package, by Walmart's lines. `cancelled` is what was cancelled there, though it left."""

    lines: Quantities
    cancelled: Quantities


def contents_of(update: ShipmentUpdate, link: Link, order: Standing) -> Contents:
    """What is in one package.

    Where one item stands for several of Walmart's lines, packages fill them one after another, in sequence.
    Raises: HoldError `lines_edited`, `lines_not_linked`, `line_not_found`, `quantities_do_not_add_up`.
    """
    linked, extras = linked_lines(link, order), _extras(link)
    check_unedited(update, linked, order, extras)
    found = Contents(defaultdict(Decimal), defaultdict(Decimal))
    if not update.lines:
        for one in linked:
            found.lines[one.line.number] += one.wanted
            found.cancelled[one.line.number] += one.cancelled
        return Contents(*({number: much for number, much in part.items() if much} for part in _both(found)))
    by_item = _by_item(linked, (*update.dispatched, *update.lines))
    before = _totals(by_item, update.earlier)
    told = [line for line in update.lines if by_item[line.line] or _alike(line.sku or "") not in extras]
    for name, quantity in _totals(by_item, told).items():
        left = _fill(found, by_item[name], before.get(name, NOTHING), quantity)
        if left:
            raise _too_much(order, by_item[name], left)
    _check_whole(order, [*found.lines.items(), *found.cancelled.items()])
    return Contents(dict(found.lines), dict(found.cancelled))


def linked_lines(link: Link, order: Standing) -> list[LinkedLine]:
    """The lines that the link records. Raises: HoldError where it names none, or one that Walmart does not show."""
    found = []
    for item, beside in link.lines.items():
        for one in beside if isinstance(beside, list) else [beside]:
            number = str(one.get("id")) if isinstance(one, Mapping) else str(one)
            if number == EXTRA:
                continue
            line = order.line(number)
            if line is None:
                raise _line_not_found(order, number)
            found.append(_linked(item, one if isinstance(one, Mapping) else {}, line))
    if not found:
        raise HoldError(
            "lines_not_linked",
            f"nothing says which lines of order {order.number} the lines in the warehouse stand for",
            fix=f"link them: {_relink(order)}; or finish the order by hand in Seller Center, then discard the delivery",
            order=order.number,
        )
    return found


def _extras(link: Link) -> Quantities:
    """What stands for no line, by product."""
    found: Quantities = defaultdict(Decimal)
    for item, beside in link.lines.items():
        for one in beside if isinstance(beside, list) else [beside]:
            if isinstance(one, Mapping) and one.get("id") == EXTRA:
                found[_alike(str(one.get("sku") or item))] += Decimal(str(one.get("quantity") or 0))
    return found


def _both(contents: Contents) -> tuple[Quantities, Quantities]:
    return contents.lines, contents.cancelled


def check_unedited(
    update: ShipmentUpdate, linked: Sequence[LinkedLine], order: Standing, extras: Mapping[str, Decimal]
) -> None:
    """Compare what the warehouse sends with what the link recorded, product by product.

    Less of a product is no edit as far as Walmart has cancelled it. Raises: HoldError `lines_edited`.
    """
    if not update.dispatched:
        return  # nobody says what was sent: all of it
    was: Quantities = defaultdict(Decimal)
    least: Quantities = defaultdict(Decimal)
    names: dict[str, str] = {}
    items = {one.item: one.sku for one in linked}
    for one in linked:
        names.setdefault(_alike(one.sku), one.sku)
        was[_alike(one.sku)] += one.quantity
        least[_alike(one.sku)] += one.wanted
    for product, quantity in extras.items():
        names.setdefault(product, product)
        was[product] += quantity
        least[product] += quantity
    now: Quantities = defaultdict(Decimal)
    for line in update.dispatched:
        sku = items.get(line.line) if _same_product(line, items.get(line.line)) else line.sku
        names.setdefault(_alike(sku or line.line), sku or line.line)
        now[_alike(sku or line.line)] += line.quantity
    changes = [
        f"{names[sku]} from {plain(was[sku])} to {plain(now[sku])}"
        for sku in names
        if not least[sku] <= now[sku] <= was[sku]
    ]
    if changes:
        raise _edited(order, changes)


def _same_product(line: PackageLine, sku: str | None) -> bool:
    """Whether an item is still the product that was linked: staff may put another one on the same line."""
    return sku is not None and (line.sku is None or _alike(line.sku) == _alike(sku))


def _linked(item: str, beside: Mapping[str, Any], line: LineStanding) -> LinkedLine:
    sku, quantity = beside.get("sku"), beside.get("quantity")
    return LinkedLine(
        item=item,
        sku=str(sku) if sku else line.sku,
        quantity=line.quantity if quantity is None else Decimal(str(quantity)),
        line=line,
    )


def _by_item(linked: Sequence[LinkedLine], lines: Iterable[PackageLine]) -> dict[str, list[LinkedLine]]:
    """For each item of the warehouse the lines it stands for: by its id, else, where staff entered it anew, by product.

    Items that stand for the same lines share one list, under the id of the first.
    """
    found: dict[str, list[LinkedLine]] = {}
    for line in lines:
        same = [one for one in linked if one.item == line.line and _same_product(line, one.sku)]
        found[line.line] = same or [one for one in linked if _alike(one.sku) == _alike(line.sku or "")]
    return found


def _totals(by_item: Mapping[str, Sequence[LinkedLine]], lines: Iterable[PackageLine]) -> Quantities:
    """How much there is of each group of Walmart's lines, by one of the items that stand for it."""
    first: dict[tuple[tuple[str, str], ...], str] = {}
    for item, group in by_item.items():
        first.setdefault(_names(group), item)
    totals: Quantities = defaultdict(Decimal)
    for line in lines:
        group = by_item.get(line.line, ())
        totals[first.get(_names(group), line.line)] += line.quantity
    return totals


def _names(group: Sequence[LinkedLine]) -> tuple[tuple[str, str], ...]:
    return tuple((one.item, one.line.number) for one in group)


def _fill(found: Contents, group: Sequence[LinkedLine], before: Decimal, quantity: Decimal) -> Decimal:
    """Put a quantity on lines one after another, behind what earlier packages took; then on what was cancelled, then on
    what a person linked beyond the order.

    What is left over is returned: more than was ordered.
    """
    left = quantity
    for one in group:
        passed = min(before, one.wanted)
        before -= passed
        taken = min(left, one.wanted - passed)
        left -= taken
        if taken:
            found.lines[one.line.number] += taken
    for one in group:
        passed = min(before, one.cancelled)
        before -= passed
        taken = min(left, one.cancelled - passed)
        left -= taken
        if taken:
            found.cancelled[one.line.number] += taken
    for one in group:
        passed = min(before, one.surplus)
        before -= passed
        left -= min(left, one.surplus - passed)
    return left


def _check_whole(order: Standing, quantities: Iterable[tuple[str, Decimal]]) -> None:
    for number, quantity in quantities:
        if quantity != quantity.to_integral_value():
            raise HoldError(
                "quantities_do_not_add_up",
                f"a package of order {order.number} holds {plain(quantity)} of line {number}, and Walmart counts whole "
                "units only",
                fix="correct the quantities at the consignment, or finish the order by hand in Seller Center",
                order=order.number,
            )


def _too_much(order: Standing, group: Sequence[LinkedLine], left: Decimal) -> HoldError:
    lines = ", ".join(one.line.number for one in group) or "none"
    return HoldError(
        "quantities_do_not_add_up",
        f"the packages of order {order.number} hold {plain(left)} more of line {lines} than was ordered on it",
        fix="correct the quantities at the consignments in the warehouse, or finish the order by hand in Seller Center",
        order=order.number,
    )


def _edited(order: Standing, changes: Sequence[str]) -> HoldError:
    return HoldError(
        "lines_edited",
        f"the lines of order {order.number} were changed in the warehouse since it was imported: {'; '.join(changes)}. "
        "Walmart knows the lines that were ordered, so nothing was sent",
        fix="restore the lines in the warehouse (the delivery then goes on by itself); or say what was sent for which "
        f"line: {_relink(order)}; or finish the order by hand in Seller Center and discard the delivery",
        order=order.number,
        changes=list(changes),
    )


def _line_not_found(order: Standing, number: str) -> HoldError:
    return HoldError(
        "line_not_found",
        f"order {order.number} has no line {number} at Walmart, though it is linked",
        fix=f"link its lines anew: {_relink(order)}; or finish the order by hand in Seller Center, then discard the "
        "delivery",
        order=order.number,
        line=number,
    )


def _relink(order: Standing) -> str:
    return f"`crossdock links lines {order.number} --line NUMBER PRODUCT QUANTITY … --reason WHY`"


def _alike(text: str) -> str:
    return text.strip().casefold()


def plain(quantity: Decimal) -> str:
    """A quantity as people write it, and as Walmart takes it: 2, never 2.0."""
    return f"{quantity.normalize():f}"
