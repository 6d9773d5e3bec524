"""Why a package is not told to Walmart now, by how the order stands there, and the ways out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from crossdock import Answers, CrossdockError, HoldError, NotYetError
from crossdock_walmart.contents import plain
from crossdock_walmart.faults import faults_of
from crossdock_walmart.refusals import fields, refusal
from crossdock_walmart.standing import NOTHING, LineStanding, Standing, same_number
from crossdock_walmart.turns import Turn

AUTO_CANCEL = timedelta(days=4)
"""How long after the ship-by date Walmart cancels what is not shipped."""

_BY_HAND = "finish the order by hand in Seller Center and discard the delivery"
_TRACKING_FIELDS = frozenset(
    {"trackingnumber", "trackingurl", "carrier", "carriername", "othercarrier", "methodcode", "shipdatetime"}
)


def why_not_shipped(turn: Turn, order: Standing, *, despite_request: bool) -> CrossdockError | None:
    """Why the open quantities do not bear what is to be shipped, or must not."""
    lines = {line.number: line for line in order.lines}
    short = {
        number: quantity
        for number, quantity in turn.quantities.items()
        if quantity > _in(lines.get(number), "acknowledged")
    }
    if any(_in(lines.get(number), "created") for number in short):
        return _not_acknowledged(order)
    cancelled = {number: quantity for number, quantity in short.items() if _in(lines.get(number), "cancelled")}
    if cancelled:
        return cancelled_but_shipped(order, cancelled)
    if short:
        return _do_not_add_up(turn, order, short)
    asked = [number for number in turn.quantities if lines[number].cancel_requested]
    return _cancel_requested(order, asked) if asked and not despite_request else None


def why_not_changed(turn: Turn, order: Standing, window: timedelta) -> HoldError | None:
    """Why Walmart takes no other tracking for the package any more."""
    old = turn.previous.number if turn.previous else ""
    parts = [part for line in order.lines if line.number in turn.lines for part in line.shipped]
    if any(part.delivered for part in parts if same_number(part.number, old)):
        return edit_window_over(turn, order, "the package is delivered")
    if turn.marked_at is not None and order.seen_at - turn.marked_at > window:
        hours = plain(Decimal(str(window.total_seconds() / 3600)))
        return edit_window_over(turn, order, f"Walmart takes changes for {hours} hours after the shipment only")
    return None


def why_refused(turn: Turn, order: Standing, answers: Answers) -> CrossdockError:
    """What a refusal means that the order's standing does not explain."""
    named = _TRACKING_FIELDS.intersection(fields(faults_of(answers[0])))
    if turn.kind == "change" and not named:
        return edit_window_over(turn, order, "Walmart refuses the change")
    return refusal(answers[0], "the shipment", order.number)


def edit_window_over(turn: Turn, order: Standing, why: str) -> HoldError:
    """Another tracking that comes too late."""
    old = turn.previous.number if turn.previous else "none"
    return HoldError(
        "edit_window_over",
        f"the tracking of package {turn.package} of order {order.number} changed from {old} to "
        f"{turn.tracking.number}, and {why}",
        fix="tell the buyer, or Walmart's seller support, the new number and discard the delivery; nothing was sent",
        order=order.number,
    )


def cancelled_but_shipped(order: Standing, cancelled: Mapping[str, Decimal]) -> HoldError:
    """What left although it was cancelled: after the dispatch the warehouse's word stands, and a person decides."""
    what = ", ".join(f"{plain(quantity)} of line {number}" for number, quantity in cancelled.items())
    return HoldError(
        "cancelled_but_shipped",
        f"{what} of order {order.number} left the warehouse, though it was cancelled at Walmart: nobody pays for it",
        fix="call the goods back; to tell Walmart of the rest of this package resolve it as `leave_out`, of every such "
        f"package write `cancelled_lines: leave_out` in walmart.shipments; or {_BY_HAND}",
        order=order.number,
        lines=list(cancelled),
    )


def _not_acknowledged(order: Standing) -> NotYetError:
    return NotYetError(
        f"order {order.number} is not acknowledged yet",
        code="not_acknowledged",
        deadline=None if order.ship_by is None else order.ship_by + AUTO_CANCEL,
        alert_at=order.ship_by,
        fix="a pipeline to walmart.acknowledgements acknowledges it, or somebody in Seller Center; it then follows by "
        "itself",
    )


def _cancel_requested(order: Standing, lines: list[str]) -> HoldError:
    return HoldError(
        "cancel_requested",
        f"the buyer asked to cancel line {', '.join(lines)} of order {order.number}, which has left the warehouse",
        fix="cancel it in Seller Center and call the goods back; or ship it all the same: resolve it as `ship`, write "
        "`ship_despite_cancel_request: true` in walmart.shipments, or mark it shipped in Seller Center",
        order=order.number,
        lines=lines,
    )


def _do_not_add_up(turn: Turn, order: Standing, short: Mapping[str, Decimal]) -> HoldError:
    parts = []
    for number, quantity in short.items():
        line = order.line(number)
        numbers = [part.number for part in line.shipped] if line else []
        shown = f", {', '.join(dict.fromkeys(numbers))} is shown as shipped" if numbers else ""
        open_ = plain(_in(line, "acknowledged"))
        parts.append(f"{plain(quantity)} of line {number}, of which {open_} can still be shipped{shown}")
    return HoldError(
        "quantities_do_not_add_up",
        f"package {turn.package} of order {order.number} holds {'; '.join(parts)}",
        fix=f"correct the packages in the warehouse (the delivery then goes on by itself), or {_BY_HAND}",
        order=order.number,
        lines=list(short),
    )


def _in(line: LineStanding | None, status: str) -> Decimal:
    return NOTHING if line is None else line.quantity_in(status)
