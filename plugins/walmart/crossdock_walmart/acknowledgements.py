"""The sink `walmart.acknowledgements`: tell Walmart that the seller has taken an order on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from crossdock import (
    Absent,
    Answers,
    CannotTell,
    Done,
    Duration,
    Effect,
    Hold,
    HoldError,
    Known,
    NothingToDo,
    NotYetError,
    Probe,
    Receipt,
    Sink,
)
from crossdock.canonical import StatusChange
from crossdock.http import Request
from crossdock_walmart.api import WalmartApi
from crossdock_walmart.config import WalmartConnection
from crossdock_walmart.linked import linked_order, observed_order
from crossdock_walmart.refusals import check_answer, may_be_done, read_again, refusal
from crossdock_walmart.standing import ORDER_HOLDS, Standing, look

DEADLINE = timedelta(hours=4)
"""How soon after an order Walmart wants it acknowledged."""


class AcknowledgementSink(Sink[WalmartConnection, StatusChange]):
    """Acknowledgements of whole orders, one per purchase order, once the warehouse has accepted them.

    Source: Walmart Marketplace, Orders API, "Acknowledge orders"; read 2026-11.
    """

    name: ClassVar[str] = "acknowledgements"
    kind: ClassVar[Literal["create", "state", "post"]] = "create"
    holds: ClassVar[Sequence[Hold]] = (
        Hold("unknown_status", {"accepted": "the warehouse has accepted the order: acknowledge it"}),
        Hold("acknowledgement_refused"),
        *ORDER_HOLDS,
    )

    when: Literal["accepted", "imported", "never"] = "accepted"
    not_yet: tuple[str, ...] = ("DRAFT", "AWAITING_STOCK", "REJECTED")
    """Statuses of the warehouse in which it has not accepted the order."""
    alert_after: Duration = timedelta(hours=3)
    """How old an order may be before a person is told that it is not acknowledged."""

    @property
    def calls(self) -> Mapping[str, float]:
        """A look at the order, and its acknowledgement."""
        return {} if self.when == "never" else {"GET /v3/orders/*": 1, "POST /v3/orders/*/acknowledge": 1}

    @property
    def settles_after(self) -> timedelta:
        """The longest a lost request may still act, plus how far reading the order lags behind."""
        return self.connection.timeout + self.connection.read_lag

    @property
    def api(self) -> WalmartApi:
        """Walmart's endpoints."""
        return WalmartApi(self.http)

    async def observe(self, document: StatusChange, known: Known) -> Standing | None:
        """Read the order that is linked; nothing is read of what is not ours."""
        link = linked_order(known.links, (document.id,), self.connection.identity)
        return None if link is None or self.when == "never" else await look(self.api, link.far.id)

    def plan(self, document: StatusChange, known: Known) -> Effect:
        """One request acknowledges the whole order. Its content is constant: no later status changes what is done."""
        if self.when == "never":
            raise NothingToDo("acknowledging is left to somebody else (`when: never`)", code="switched_off")
        _, order = observed_order(known, (document.id,))
        if order.all_cancelled:
            raise NothingToDo("cancelled at Walmart", code="cancelled")
        if known.latest is None and not order.unacknowledged:
            raise NothingToDo("already acknowledged", code="already_acknowledged")
        if self.when == "accepted" and order.unacknowledged and known.choice != "accepted":
            self._check_accepted(document, order)
        return Effect(
            key=order.number,
            steps=(self.api.acknowledge_request(order.number),),
            content={"acknowledged": order.number},
            memo={"order": order.number, "seen_at": order.seen_at.isoformat()},
        )

    def _check_accepted(self, document: StatusChange, order: Standing) -> None:
        """Raises: NotYetError, HoldError."""
        status = document.status.strip()
        deadline = order.ordered_at + DEADLINE
        if status.casefold() in {one.strip().casefold() for one in self.not_yet}:
            raise NotYetError(
                f"the warehouse has not accepted order {order.number} yet: it is in {status}",
                code="not_accepted",
                deadline=deadline,
                alert_at=order.ordered_at + self.alert_after,
                fix="have the warehouse accept it, or acknowledge or cancel it in Seller Center",
            )
        if not document.known:
            raise HoldError(
                "unknown_status",
                f"the warehouse has order {order.number} in {status or 'a status without a name'}, of which nobody "
                "knows whether it means that the order was accepted",
                fix=f"if it does not, add {status} to `not_yet` of walmart.acknowledgements; if it does, acknowledge "
                "the order in Seller Center, resolve this as `accepted`, or write `when: imported`; any known status "
                "settles this by itself",
                status=status,
                deadline=deadline.isoformat(),
            )

    def follow(self, effect: Effect, answers: Answers) -> Request | None:
        """Where Walmart says that some of it is further on, read how the order stands."""
        if len(answers) > 1 or not may_be_done(answers.last):
            return None
        return self.api.order_request(effect.memo["order"])

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """It is acknowledged, by us or by somebody else.

        Raises: ValueError where a 2xx cannot be read; NothingToDo, HoldError, RejectedError, TransientError,
        CredentialsError where nothing was done.
        """
        number = effect.memo["order"]
        if answers[0].is_success:
            check_answer(answers[0], number)
            return _receipt(number)
        if len(answers) > 1:
            order = read_again(answers.last, number, datetime.fromisoformat(effect.memo["seen_at"]))
            if order.all_cancelled:
                raise NothingToDo("cancelled at Walmart", code="cancelled")
            if not order.unacknowledged:
                return _receipt(number, "it was acknowledged already")
            raise _mixed(order)
        raise refusal(answers[0], "the acknowledgement", number)

    async def probe(self, effect: Effect) -> Probe:
        """Look whether anything of the order still waits to be acknowledged."""
        try:
            order = await look(self.api, effect.memo["order"])
        except HoldError as error:
            return CannotTell(error.message)
        return Absent() if order.unacknowledged else Done(_receipt(order.number))


def _receipt(number: str, note: str | None = None) -> Receipt:
    # A kind of its own: the link that this writes must not be taken for the one that the order itself has.
    return Receipt(kind="acknowledgement", id=number, identifiers={"order": number}, note=note)


def _mixed(order: Standing) -> HoldError:
    return HoldError(
        "acknowledgement_refused",
        f"Walmart does not acknowledge order {order.number}: some lines are further on, others not even acknowledged",
        fix="acknowledge the remaining lines in Seller Center: the delivery then settles by itself",
        order=order.number,
    )
