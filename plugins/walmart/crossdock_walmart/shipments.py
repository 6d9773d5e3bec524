"""The sink `walmart.shipments`: tell Walmart what left, and again when its tracking changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Literal

from crossdock import (
    Answers,
    CannotTell,
    Done,
    Duration,
    Effect,
    Hold,
    HoldError,
    Known,
    NothingToDo,
    Probe,
    Receipt,
    Sink,
    TransientError,
)
from crossdock.http import Request
from crossdock_walmart.api import WalmartApi
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.contents import Contents, contents_of, plain
from crossdock_walmart.documents import ShipmentUpdate
from crossdock_walmart.holds import cancelled_but_shipped, why_not_changed, why_not_shipped, why_refused
from crossdock_walmart.linked import linked_order, observed_order
from crossdock_walmart.refusals import check_answer, may_be_done, read_again, refusal
from crossdock_walmart.shipping import shipping_body
from crossdock_walmart.standing import ORDER_HOLDS, Standing, look
from crossdock_walmart.tracking import Tracking
from crossdock_walmart.turns import Turn, judge, turn_of


class ShipmentSink(Sink[WalmartConnection, ShipmentUpdate]):
    """Packages with their tracking, one fact for each package of a purchase order.

    Source: Walmart Marketplace, Orders API, "Ship order lines"; read 2026-11.
    """

    name: ClassVar[str] = "shipments"
    kind: ClassVar[Literal["create", "state", "post"]] = "state"
    holds: ClassVar[Sequence[Hold]] = (
        Hold("cancel_requested", {"ship": "ship it although the buyer asked to cancel"}),
        Hold("cancelled_but_shipped", {"leave_out": "tell Walmart of the rest of the package alone"}),
        Hold("edit_window_over"),
        Hold("package_changed"),
        Hold("lines_edited"),
        Hold("lines_not_linked"),
        Hold("line_not_found"),
        Hold("quantities_do_not_add_up"),
        *ORDER_HOLDS,
    )

    ship_despite_cancel_request: bool = False
    """Whether to ship what the buyer asked to cancel; otherwise it is held."""
    cancelled_lines: Literal["hold", "leave_out"] = "hold"
    """What to do where a part of a package was cancelled at Walmart, though it left."""
    edit_window: Duration = timedelta(hours=4)
    """How long after the first shipment Walmart takes another tracking number."""

    @property
    def calls(self) -> Mapping[str, float]:
        """A look at the order, and one package of it."""
        return {"GET /v3/orders/*": 1, "POST /v3/orders/*/shipping": 1}

    @property
    def settles_after(self) -> timedelta:
        """The longest a lost request may still act, plus how far reading the order lags behind."""
        return self.connection.timeout + self.connection.read_lag

    @property
    def api(self) -> WalmartApi:
        """Walmart's endpoints."""
        return WalmartApi(self.http)

    async def observe(self, document: ShipmentUpdate, known: Known) -> Standing | None:
        """Read the order that is linked; nothing is read of what is not ours."""
        link = linked_order(known.links, _ids(document), self.connection.identity)
        return None if link is None else await look(self.api, link.far.id)

    def effect_key(self, document: ShipmentUpdate, known: Known) -> str | None:
        """The package of the order: what is in effect for it tells a first shipment from a change."""
        link = linked_order(known.links, _ids(document))
        return None if link is None else f"{link.far.id}/{document.package}"

    def plan(self, document: ShipmentUpdate, known: Known) -> Effect:
        """Ship the package, change its tracking, or make sure that Walmart shows it already."""
        link, order = observed_order(known, _ids(document))
        if order.all_cancelled:
            raise NothingToDo("cancelled at Walmart", code="cancelled")
        contents = contents_of(document, link, order)
        wanted = self._standing_lines(order, contents, known.choice)
        turn = turn_of(document, wanted, order, known.latest)
        despite = self.ship_despite_cancel_request or known.choice == "ship"
        self._check(turn, order, despite_request=despite)
        return Effect(
            key=f"{order.number}/{document.package}",
            steps=(self._step(turn, order, document),),
            content=_content(turn.tracking, wanted),
            memo={**turn.memo(order), "despite_request": despite},
        )

    def _standing_lines(self, order: Standing, contents: Contents, choice: str | None) -> dict[str, Decimal]:
        """The lines of a package without what was cancelled. Raises: HoldError, NothingToDo."""
        if contents.cancelled and self.cancelled_lines == "hold" and choice != "leave_out":
            raise cancelled_but_shipped(order, contents.cancelled)
        if not contents.lines:
            raise NothingToDo("all of the package was cancelled at Walmart", code="cancelled")
        return contents.lines

    def _check(self, turn: Turn, order: Standing, *, despite_request: bool) -> None:
        """Raises: NotYetError, HoldError where Walmart would not, or must not, be told so."""
        problem = None
        if turn.kind == "ship":
            problem = why_not_shipped(turn, order, despite_request=despite_request)
        elif turn.kind == "change":
            problem = why_not_changed(turn, order, self.edit_window)
        if problem is not None:
            raise problem

    def _step(self, turn: Turn, order: Standing, document: ShipmentUpdate) -> Request:
        if turn.kind == "look":
            return self.api.order_request(order.number)
        replaces = turn.previous.number if turn.kind == "change" and turn.previous else None
        body = shipping_body(order, turn.quantities, turn.tracking, document.shipped_at, replaces=replaces)
        return self.api.shipping_request(order.number, body)

    def follow(self, effect: Effect, answers: Answers) -> Request | None:
        """Where a refusal may mean that it is done already, read how the order stands."""
        if len(answers) > 1 or effect.memo["kind"] == "look" or not may_be_done(answers.last):
            return None
        return self.api.order_request(effect.memo["order"])

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """Walmart shows the package.

        Raises: ValueError where a 2xx cannot be read; NotYetError, NothingToDo, HoldError, RejectedError,
        TransientError, CredentialsError where nothing was done.
        """
        memo = effect.memo
        if memo["kind"] == "look":
            return self._confirmed(effect, answers)
        if answers[0].is_success:
            check_answer(answers[0], memo["order"])
            return _receipt(memo)
        if len(answers) > 1:
            return self._done_nonetheless(effect, answers)
        raise refusal(answers[0], "the shipment", memo["order"])

    async def probe(self, effect: Effect) -> Probe:
        """Look what Walmart shows for the lines of the package."""
        try:
            order = await look(self.api, effect.memo["order"])
        except HoldError as error:
            return CannotTell(error.message)
        found = judge(Turn.from_memo(effect.memo), order)
        return Done(_receipt(effect.memo)) if found is None else found

    def _confirmed(self, effect: Effect, answers: Answers) -> Receipt:
        if not answers.last.is_success:
            raise refusal(answers.last, "a look at the shipment", effect.memo["order"])
        check_answer(answers.last, effect.memo["order"])
        order = read_again(answers.last, effect.memo["order"], _seen_at(effect))
        if judge(Turn.from_memo(effect.memo), order) is not None:
            raise TransientError(f"order {order.number} changed at Walmart while it was looked at")
        return _receipt(effect.memo, "Walmart showed it so already; nothing was sent")

    def _done_nonetheless(self, effect: Effect, answers: Answers) -> Receipt:
        """What a refusal means, by how the order stands: its words are not to be relied on."""
        turn = Turn.from_memo(effect.memo)
        order = read_again(answers.last, effect.memo["order"], _seen_at(effect))
        if order.all_cancelled:
            raise NothingToDo("cancelled at Walmart", code="cancelled")
        if judge(turn, order) is None:
            return _receipt(effect.memo, "Walmart showed it so already")
        self._check(turn, order, despite_request=effect.memo.get("despite_request", False))
        raise why_refused(turn, order, answers)


def _ids(document: ShipmentUpdate) -> tuple[str, str]:
    return document.record, document.order


def _content(tracking: Tracking, lines: Mapping[str, Decimal]) -> dict[str, Any]:
    return {**tracking.to_json(), "lines": {number: plain(quantity) for number, quantity in lines.items()}}


def _seen_at(effect: Effect) -> datetime:
    return datetime.fromisoformat(effect.memo["seen_at"])


def _receipt(memo: Mapping[str, Any], note: str | None = None) -> Receipt:
    # A kind of its own: the link that this writes must not be taken for the one that the order itself has.
    return Receipt(
        kind="shipment",
        id=memo["key"],
        identifiers={"order": memo["order"], "tracking_number": memo["tracking"]["number"]},
        note=note,
    )
