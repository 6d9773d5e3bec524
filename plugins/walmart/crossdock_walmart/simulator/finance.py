"""What happens at Walmart's side to money: parcels leave, buyers return, somebody pays back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from crossdock.simulator import Call, Route, answer
from crossdock_walmart.simulator.book import StoredOrder, Wire, moment_of, to_epoch_ms
from crossdock_walmart.simulator.money import for_line
from crossdock_walmart.simulator.order_refunds import DESCRIPTION
from crossdock_walmart.simulator.quantities import count, move, new_slice
from crossdock_walmart.simulator.reading import find_line
from crossdock_walmart.simulator.refunds import Part, check_refundable, refund_order_line
from crossdock_walmart.simulator.return_refunds import refund_return
from crossdock_walmart.simulator.returns import Returned, StoredReturn, left_to_refund, move_line, new_return

if TYPE_CHECKING:
    from crossdock_walmart.simulator.simulator import WalmartSimulator

_REFUNDS = ("none", "initiated", "issued")
_STATUSES = ("INITIATED", "DELIVERED", "CANCELLED")
_OPEN = ("Created", "Acknowledged")


class FinanceVerbs:
    """Shipments without a warehouse, returns, refunds."""

    def __init__(self, simulator: WalmartSimulator) -> None:
        self._simulator = simulator
        self._number = 0

    def routes(self) -> list[Route]:
        """Each answers what it made, with ids."""
        return [
            Route("POST", "/_sim/ship", self.ship),
            Route("POST", "/_sim/returns", self.give_back),
            Route("POST", "/_sim/refunds", self.refund),
        ]

    def ship(self, call: Call) -> Response:
        """Lines left, all or as many as `lines` says by number, at `at` (now): as if a warehouse had told."""
        asked = call.options(purchase_order_id=None, lines=None, at=None, carrier="UPS")
        order, simulator = self._order(asked["purchase_order_id"]), self._simulator
        left_at = moment_of(asked["at"]) if asked["at"] else simulator.clock.now()
        draft = simulator.book.draft(order)
        wanted = _quantities(asked["lines"]) or {line["lineNumber"]: _open(line) for line in order.lines}
        shipped = {number: amount for number, amount in wanted.items() if amount}
        for number, amount in shipped.items():
            line = _line(draft, number)
            if amount > _open(line):
                raise ValueError(f"of line {number} only {_open(line)} can be shipped")
            tracking = {
                "shipDateTime": to_epoch_ms(left_at),
                "carrierName": {"otherCarrier": None, "carrier": asked["carrier"]},
                "methodCode": "Standard",
                "carrierMethodCode": None,
                "trackingNumber": f"1Z{simulator.random.getrandbits(50):016d}",
                "trackingURL": None,
            }
            move(line, amount, _OPEN, new_slice("Shipped", amount, trackingInfo=tracking))
        if not shipped:
            raise ValueError(f"nothing of {order.id} is left to ship")
        simulator.book.save(order, draft, set(shipped), shipped=True)
        simulator.revisions.record("shipped_without_warehouse", order.id, sorted(shipped.items()))
        return answer({"purchase_order_id": order.id, "lines": shipped, "at": left_at})

    def give_back(self, call: Call) -> Response:
        """New returns of one order or several, or, with `return_order_id`, what becomes of one that there is.

        `lines`: a number of the order's lines, or `{line, quantity, excess, purchase_order_id}` each; all that was
        shipped if left out. `refund`: none, initiated, issued. `status`: INITIATED, DELIVERED, CANCELLED. `count`: so
        many alike.
        """
        asked = call.options(
            return_order_id=None, purchase_order_id=None, lines=None, reason="DAMAGED", keep_it=False, shipping=False,
            type="REFUND", status="INITIATED", refund="none", excess=0, count=1,
        )  # fmt: skip
        if asked["refund"] not in _REFUNDS or asked["status"] not in _STATUSES:
            raise ValueError(f"refund is one of {', '.join(_REFUNDS)}; status one of {', '.join(_STATUSES)}")
        if asked["return_order_id"] is not None:
            made = [self._went_on(self._return(asked["return_order_id"]), asked)]
        else:
            made = [self._went_on(self._opened(asked), asked) for _ in range(int(asked["count"]))]
        ids = [stored.id for stored in made]
        return answer({"return_order_id": ids[-1], "ids": ids, "return": made[-1].wire})

    def _went_on(self, stored: StoredReturn, asked: Mapping[str, Any]) -> StoredReturn:
        if asked["status"] != "INITIATED":
            stored = self._moved(stored, str(asked["status"]))
        return stored if asked["refund"] == "none" else self._pay_back(stored, None, issued=asked["refund"] == "issued")

    def refund(self, call: Call) -> Response:
        """Walmart or the seller pays back: a return's lines, as many as `lines` says; or amounts of an order's lines.

        With `return_order_id`, `lines` maps return lines to quantities (all that is left if absent). With
        `purchase_order_id`, `lines` are `{line, amount, tax, shipping}` each, in major units.
        """
        asked = call.options(
            return_order_id=None, purchase_order_id=None, lines=None, reason="General adjustment",
            description=DESCRIPTION,
        )  # fmt: skip
        if asked["return_order_id"] is not None:
            wanted = {int(number): amount for number, amount in _quantities(asked["lines"]).items()} or None
            stored = self._pay_back(self._return(asked["return_order_id"]), wanted, issued=True)
            return answer({"return_order_id": stored.id, "return": stored.wire})
        order = self._order(asked["purchase_order_id"])
        for wanted_line in asked["lines"] or []:
            order = self._adjust(order, wanted_line, asked["reason"], asked["description"])
        return answer({"purchase_order_id": order.id, "order": order.wire})

    def _adjust(self, order: StoredOrder, wanted: Mapping[str, Any], reason: str, description: str) -> StoredOrder:
        number = str(wanted["line"])
        parts = [Part("PRODUCT", amount_from(wanted.get("amount", 0)), amount_from(wanted.get("tax", 0)))]
        if wanted.get("shipping"):
            parts.append(Part("SHIPPING", amount_from(wanted["shipping"])))
        parts = [part for part in parts if part.amount or part.tax]
        check_refundable(self._simulator, order, _line(order.wire, number), parts)
        order = refund_order_line(
            self._simulator, order, number, parts, quantity=0, reason=reason, description=description
        )
        self._simulator.revisions.record("order_refunded", order.id, [number, len(self._simulator.refunds.made)])
        return order

    def _pay_back(self, stored: StoredReturn, wanted: Mapping[int, int] | None, *, issued: bool) -> StoredReturn:
        left = {line["returnOrderLineNumber"]: left_to_refund(line) for line in stored.lines}
        begun = {
            line["returnOrderLineNumber"]: sum(
                entry["quantity"]["measurementValue"]
                for entry in line["currentTrackingStatuses"]
                if entry["currentRefundStatus"] == "REFUND_INITIATED"
            )
            for line in stored.lines
        }
        limits = {number: amount or begun[number] for number, amount in left.items()}
        wanted = wanted or {number: amount for number, amount in limits.items() if amount}
        if not wanted or any(amount > limits.get(number, 0) for number, amount in wanted.items()):
            raise ValueError(f"so much of return {stored.id} is not left to refund")
        return refund_return(self._simulator, stored, wanted, channel="WALMART_TRIGGERED_REFUND", issued=issued)

    def _opened(self, asked: Mapping[str, Any]) -> StoredReturn:
        parts = self._parts(asked)
        self._number += 1
        wire = new_return(
            f"1037{self._number:010d}{self._simulator.random.randrange(10_000):04d}",
            parts,
            self._simulator.clock.now(),
            kind=str(asked["type"]),
            reason=str(asked["reason"]),
            keep_it=bool(asked["keep_it"]),
            shipping=bool(asked["shipping"]),
        )
        stored = self._simulator.returns.add(wire)
        self._simulator.journal.record("return_opened", stored.id)
        return stored

    def _parts(self, asked: Mapping[str, Any]) -> list[Returned]:
        order = self._order(asked["purchase_order_id"])
        excess = amount_from(asked["excess"])
        wanted: Sequence[Any] = asked["lines"] or [
            line["lineNumber"] for line in order.lines if self._left(order, line)
        ]
        parts = []
        for one in wanted:
            given = one if isinstance(one, Mapping) else {"line": one}
            of = self._order(given["purchase_order_id"]) if "purchase_order_id" in given else order
            line = _line(of.wire, str(given["line"]))
            left = self._left(of, line)
            quantity = int(given.get("quantity", left))
            if not 0 < quantity <= left:
                raise ValueError(f"of line {line['lineNumber']} {left} can still come back, not {quantity}")
            line = for_line(line, self._simulator.settings.charge_amounts)
            parts.append(Returned(of, line, quantity, amount_from(given.get("excess", excess))))
        if not parts:
            raise ValueError(f"nothing of {order.id} can come back")
        if len({part.order.wire["customerOrderId"] for part in parts}) > 1:
            raise ValueError("a return is of one customer order")
        return parts

    def _left(self, order: StoredOrder, line: Wire) -> int:
        """How much of a line was shipped and is in no return; of one that was called off, it can come back again."""
        returned = sum(
            one["quantity"]["measurementValue"]
            for stored in self._simulator.returns.all()
            for one in stored.lines
            if (one["purchaseOrderId"], str(one["purchaseOrderLineNumber"])) == (order.id, line["lineNumber"])
            and one["returnCancellationReason"] is None
        )
        return _gone(line) - int(returned)

    def _moved(self, stored: StoredReturn, status: str) -> StoredReturn:
        now = self._simulator.clock.now()

        def edit(wire: Wire) -> None:
            for line in wire["returnOrderLines"]:
                move_line(line, status, now)

        return self._simulator.returns.change(stored, edit)

    def _order(self, order_id: Any) -> StoredOrder:
        if not isinstance(order_id, str) or not self._simulator.book.has(order_id):
            raise ValueError(f"there is no purchase order {order_id}")
        return self._simulator.book.one(order_id)

    def _return(self, return_id: Any) -> StoredReturn:
        found = [stored for stored in self._simulator.returns.all() if stored.id == return_id]
        if not found:
            raise ValueError(f"there is no return order {return_id}")
        return found[0]


def _line(wire: Wire, number: str) -> Wire:
    if number not in [line["lineNumber"] for line in wire["orderLines"]["orderLine"]]:
        raise ValueError(f"there is no line {number}")
    return find_line(wire, number)


def _open(line: Wire) -> int:
    return sum(count(line)[status] for status in _OPEN)


def _gone(line: Wire) -> int:
    return count(line)["Shipped"] + count(line)["Delivered"]


def _quantities(given: Any) -> dict[str, int]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueError("lines is an object: how many of each line, by its number")
    return {str(number): int(amount) for number, amount in given.items()}


def amount_from(given: Any) -> Decimal:
    """An amount, as control verbs name it. Raises: ValueError."""
    try:
        return Decimal(str(given))
    except InvalidOperation:
        raise ValueError(f"{given!r} is no amount") from None
