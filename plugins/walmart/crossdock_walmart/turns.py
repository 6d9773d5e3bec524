"""What is to be told of a package now: its first shipment, more of it, another tracking, or nothing new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from crossdock import Absent, Conflict, HoldError, SettledEffect
from crossdock_walmart.contents import Quantities, plain
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.standing import NOTHING, LineStanding, Standing, numbers_of, same_number
from crossdock_walmart.tracking import Tracking

Kind = Literal["ship", "change", "look"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing to tell Walmart of one package.

    `lines` is what Walmart is to show under the tracking in the end, `quantities` what this request says of it: for
    more of a package only the difference. `previous` is the tracking that a change replaces. `passed_over` are the
    numbers that other packages bear on these lines, or that Walmart showed there before.
    """

    kind: Kind
    package: str
    tracking: Tracking
    lines: Quantities
    quantities: Quantities
    previous: Tracking | None
    marked_at: datetime | None
    passed_over: tuple[str, ...] = ()

    def memo(self, order: Standing) -> dict[str, Any]:
        """What receipt and probe need of it."""
        return {
            "kind": self.kind,
            "key": f"{order.number}/{self.package}",
            "order": order.number,
            "package": self.package,
            "tracking": self.tracking.to_json(),
            "lines": _to_json(self.lines),
            "quantities": _to_json(self.quantities),
            "previous": self.previous.to_json() if self.previous else None,
            "marked_at": (self.marked_at or order.seen_at).isoformat(),
            "passed_over": list(self.passed_over),
            "seen_at": order.seen_at.isoformat(),
        }

    @classmethod
    def from_memo(cls, memo: Mapping[str, Any]) -> Turn:
        """The turn that a stored effect was planned for."""
        return cls(
            kind=memo["kind"],
            package=memo["package"],
            tracking=Tracking.from_json(memo["tracking"]),
            lines=_from_json(memo["lines"]),
            quantities=_from_json(memo["quantities"]),
            previous=Tracking.from_json(memo["previous"]) if memo["previous"] else None,
            marked_at=datetime.fromisoformat(memo["marked_at"]),
            passed_over=tuple(memo["passed_over"]),
        )


def turn_of(update: ShipmentUpdate, lines: Quantities, order: Standing, latest: SettledEffect | None) -> Turn:
    """Tell a first shipment from a change, by what is in effect: what we told, else what Walmart shows.

    Raises: HoldError `package_changed` where what we told can be neither added to nor replaced.
    """
    tracking = Tracking.of(update)
    told = None if latest is None else _told(latest)
    if told is None:
        return _by_what_is_shown(update, tracking, lines, order)
    marked_at = told.marked_at
    if told.lines == lines:
        if told.tracking == tracking:
            return Turn("look", update.package, tracking, lines, lines, None, marked_at)
        return Turn("change", update.package, tracking, lines, lines, told.tracking, marked_at)
    grown = {number: quantity - told.lines.get(number, NOTHING) for number, quantity in lines.items()}
    kept = all(lines.get(number, NOTHING) >= quantity for number, quantity in told.lines.items())
    if told.tracking != tracking or not kept:
        raise _package_changed(update, order, told.lines, lines)
    more = {number: quantity for number, quantity in grown.items() if quantity > 0}
    return Turn("ship", update.package, tracking, lines, more, None, marked_at, _passed_over(update, lines, order))


def judge(turn: Turn, order: Standing) -> Absent | Conflict | None:
    """Whether Walmart shows what was to be told: None where it does."""
    found = [_judge_line(turn, order.line(number), quantity) for number, quantity in turn.quantities.items()]
    differing = [difference for verdict in found if isinstance(verdict, Conflict) for difference in verdict.differences]
    if differing:
        return Conflict(differing)
    if any(isinstance(verdict, Absent) for verdict in found):
        there = [number for number, verdict in zip(turn.quantities, found, strict=True) if verdict is None]
        # One request is taken whole or not at all.
        return Conflict([f"only line {', '.join(there)} of {turn.package} is as it was told"]) if there else Absent()
    return None


def _judge_line(turn: Turn, line: LineStanding | None, quantity: Decimal) -> Absent | Conflict | None:
    if line is None:
        return Conflict(["a line of the package is not there any more"])
    wanted = turn.lines[line.number]
    shown = _shown(turn.tracking, line, turn.previous)
    if shown >= wanted:
        return None
    if turn.previous is not None:
        there = _shown(turn.previous, line, turn.tracking)
        numbers = ", ".join(numbers_of([line])) or "no tracking"
        return Absent() if there >= quantity else Conflict([f"line {line.number} is shown with {numbers}"])
    strange = [
        number
        for number in numbers_of([line])
        if not any(same_number(number, known) for known in (turn.tracking.number, *turn.passed_over))
    ]
    if strange:
        return Conflict([f"line {line.number} is shown with {', '.join(strange)}, which is no number of ours"])
    if shown > wanted - quantity:
        return Conflict([f"line {line.number}: {plain(shown)} of {plain(wanted)} are shown as shipped"])
    return Absent()


def _shown(tracking: Tracking, line: LineStanding, other_than: Tracking | None) -> Decimal:
    return sum((part.quantity for part in line.shipped if tracking.shown_by(part, other_than)), NOTHING)


def _by_what_is_shown(update: ShipmentUpdate, tracking: Tracking, lines: Quantities, order: Standing) -> Turn:
    """Nothing is known to have been told: go by what Walmart shows on the lines."""
    standing = {number: order.line(number) for number in lines}
    shown = {number: _shown(tracking, line, None) if line else NOTHING for number, line in standing.items()}
    open_ = {number: line.quantity_in("acknowledged") if line else NOTHING for number, line in standing.items()}
    missing = {number: lines[number] - shown[number] for number in lines if lines[number] > shown[number]}
    over = _passed_over(update, lines, order)
    if not missing:
        return Turn("look", update.package, tracking, lines, lines, None, _marked_at(lines, order), over)
    if any(shown.values()) or all(missing[number] <= open_[number] for number in missing):
        return Turn("ship", update.package, tracking, lines, missing, None, None, over)
    before = _shipped_under_another(update, lines, order)
    if before is None:
        return Turn(
            "ship", update.package, tracking, lines, missing, None, None, over
        )  # and `why_not_shipped` says why
    return Turn("change", update.package, tracking, lines, lines, before, _marked_at(lines, order))


def _shipped_under_another(update: ShipmentUpdate, lines: Quantities, order: Standing) -> Tracking | None:
    """The tracking under which Walmart shows exactly this package, if only one can be it."""
    fitting = []
    standing = [line for line in order.lines if line.number in lines]
    for number in numbers_of(standing):
        claimed = any(same_number(number, other) for other in update.other_numbers)
        if not claimed and all(line.shipped_as(number) == lines[line.number] for line in standing):
            fitting.append(number)
    if len(fitting) != 1:
        return None
    part = next(part for part in standing[0].shipped if same_number(part.number, fitting[0]))
    return Tracking(part.number, part.carrier or None, None, part.url)


def _passed_over(update: ShipmentUpdate, lines: Quantities, order: Standing) -> tuple[str, ...]:
    seen = numbers_of(line for line in order.lines if line.number in lines)
    return tuple(dict.fromkeys([*seen, *update.other_numbers]))


def _marked_at(lines: Quantities, order: Standing) -> datetime | None:
    """When Walmart last changed any of the lines: the shipment was then, or before."""
    moments = [line.changed_at for line in order.lines if line.number in lines and line.changed_at]
    return max(moments, default=None)


def _told(latest: SettledEffect) -> Turn:
    return Turn.from_memo(latest.memo)


def _package_changed(update: ShipmentUpdate, order: Standing, told: Quantities, lines: Quantities) -> HoldError:
    changes = [
        f"line {number} from {plain(told.get(number, NOTHING))} to {plain(lines.get(number, NOTHING))}"
        for number in dict.fromkeys([*told, *lines])
        if told.get(number, NOTHING) != lines.get(number, NOTHING)
    ]
    return HoldError(
        "package_changed",
        f"package {update.package} of order {order.number} is shipped at Walmart, and what is in it changed since: "
        f"{'; '.join(changes)}. Walmart cannot take back what is shipped",
        fix="restore the package in the warehouse (the delivery then goes on by itself), or finish the order by hand "
        "in Seller Center and discard the delivery",
        order=order.number,
        changes=changes,
    )


def _to_json(quantities: Mapping[str, Decimal]) -> dict[str, str]:
    return {number: plain(quantity) for number, quantity in quantities.items()}


def _from_json(quantities: Mapping[str, str]) -> Quantities:
    return {number: Decimal(quantity) for number, quantity in quantities.items()}
