"""What becomes of a sale order when the channel cancels what it was made for; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from crossdock import (
    Absent,
    Conflict,
    CredentialsError,
    CrossdockError,
    Done,
    Effect,
    HoldError,
    Known,
    Link,
    NothingToDo,
    Receipt,
    TransientError,
)
from crossdock.http import Response, json_of
from crossdock.jsonio import Json
from crossdock_wms_cartoncloud.api import CartonCloudApi
from crossdock_wms_cartoncloud.body import cancellation_key, memo
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderCancellation
from crossdock_wms_cartoncloud.mapping import channel_name
from crossdock_wms_cartoncloud.receipts import KIND, line_differences
from crossdock_wms_cartoncloud.rows import at
from crossdock_wms_cartoncloud.statuses import BEFORE_PACKING, DISPATCHED, KNOWN, states_lines, status_of
from crossdock_wms_cartoncloud.wire import OutboundOrder, parse_problems, retry_after

_TRY_AGAIN = frozenset({408, 409, 412, 423, 425, 429})


@dataclass(frozen=True, slots=True)
class Sighting:
    """What was seen of our sale order just before planning; None where it is gone."""

    order: OutboundOrder | None


@dataclass(frozen=True, slots=True)
class Reduction:
    """How much less of a line is wanted than was sent to the warehouse."""

    line: str
    sku: str
    quantity: Decimal

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} x {self.sku} (line {self.line})"


def our_link(known: Known) -> Link | None:
    """The link to our sale order; the newest where there were several."""
    ours = [link for link in reversed(known.links) if link.far.kind == KIND]
    # What was told back to the channel links the two as well, and says nothing of lines.
    return next((link for link in ours if link.lines), ours[0] if ours else None)


def must_look(document: SaleOrder | SaleOrderCancellation, link: Link) -> bool:
    """Whether it depends on the state of the sale order what is to be done: not unless something was cancelled."""
    return isinstance(document, SaleOrderCancellation) or bool(reductions(document, link.lines))


def reductions(document: SaleOrder, lines: Mapping[str, Json]) -> list[Reduction]:
    """What was cancelled since the sale order was made, by what its link says was sent.

    What is less for another reason, such as an edited mapping, is none of it.
    """
    wanted = {line.number: line.quantity for line in document.lines}
    found = []
    for number, quantity in document.cancelled.items():
        beside = lines.get(number)
        sent = _quantity(beside)
        less = Decimal(0) if sent is None else min(quantity, sent - wanted.get(number, Decimal(0)))
        if less > 0:
            item = beside[0] if isinstance(beside, list) else beside
            found.append(Reduction(number, str(at(item, "sku") or "an item"), less))
    return found


def check_reduced(document: SaleOrder, known: Known) -> None:
    """Do nothing unless a part was cancelled after the sale order was made: CartonCloud lets nobody change one.

    Raises: NothingToDo where staff changed it already, or it has left; HoldError else.
    """
    link = our_link(known)
    less = [] if link is None else reductions(document, link.lines)
    if link is None or not less:
        return
    what = f"{', '.join(map(str, less))} of order {document.reference} was cancelled in {_channel(document.channel)}"
    order = known.observed.order if isinstance(known.observed, Sighting) else None
    if order is None:
        raise (
            _gone_in_part(what, document) if isinstance(known.observed, Sighting) else _reduced(what, less, link.far.id)
        )
    if states_lines(order) and not line_differences(order, memo(document)):
        raise NothingToDo(f"{what}, and sale order {order.number} states what is left")
    if status_of(order) == DISPATCHED:
        raise NothingToDo(f"{what}, and sale order {order.number} was dispatched with it: the warehouse wins")
    raise _reduced(what, less, order.number)


def plan_cancellation(api: CartonCloudApi, document: SaleOrderCancellation, known: Known) -> Effect:
    """One request deletes the sale order.

    Raises: NothingToDo where it is gone already; HoldError where packing has begun.
    """
    link = our_link(known)
    if link is None:
        raise NothingToDo("cancelled in the channel before it was created", order=document.reference)
    seen = known.observed
    if isinstance(seen, Sighting):
        if seen.order is None:
            raise NothingToDo(f"cancelled in the channel, and sale order {link.far.id} is deleted already")
        if status_of(seen.order) not in BEFORE_PACKING:
            raise _too_late(document, seen.order)
    return Effect(
        key=cancellation_key(document.customer, document.reference),
        steps=(api.delete_order_request(link.far.id),),
        memo={
            "cancels": link.far.id,
            "reference": document.reference,
            "channel": document.channel,
            "lines": dict(link.lines),
        },
    )


def is_cancellation(effect: Effect) -> bool:
    """Whether a stored effect deletes a sale order."""
    return isinstance(effect.memo, Mapping) and "cancels" in effect.memo


def cancelled(effect: Effect, answer: Response) -> Receipt:
    """What the answer to a deletion means; that there is none (any more) is as good.

    Raises: ValueError where it says nothing of the outcome; HoldError, TransientError, CredentialsError where the sale
    order still stands.
    """
    gone = answer.status_code == 404 and isinstance(json_of(answer), list)
    if gone or answer.status_code == 204:  # what is documented; an empty 200 may be of anything in between
        return _receipt(effect.memo)
    if answer.status_code == 404:
        raise ValueError("CartonCloud did not answer by itself: a page with 404 does not say whether it was deleted")
    if not 400 <= answer.status_code < 500:
        raise ValueError(f"CartonCloud answered {answer.status_code}, which does not say whether it was deleted")
    raise _refusal(effect.memo, answer)


def judge_cancellation(effect: Effect, order: OutboundOrder | None) -> Done | Absent | Conflict:
    """Whether the sale order is gone; one that is being packed is not deleted any more."""
    if order is None:
        return Done(_receipt(effect.memo))
    if status_of(order) in BEFORE_PACKING:
        return Absent()
    return Conflict([f"sale order {order.number} is {_status(order)}: too late to delete it"])


def _receipt(memo: Mapping[str, Any]) -> Receipt:
    # The link stays as it is: what became of the order must still be found by it.
    return Receipt(
        kind=KIND,
        id=memo["cancels"],
        identifiers={"reference": memo["reference"]},
        lines=memo["lines"],
        note="deleted, since the channel cancelled it",
    )


def _refusal(memo: Mapping[str, Any], answer: Response) -> CrossdockError:
    status = answer.status_code
    if status in _TRY_AGAIN:
        return TransientError(f"CartonCloud answered {status}", retry_after=retry_after(answer), status=status)
    if status == 401:
        return CredentialsError("CartonCloud refuses our token (401)", fix="run `crossdock connections test`")
    codes = ", ".join(sorted({f"code {problem.code}" for problem in parse_problems(answer) if problem.code}))
    return HoldError(
        "cancelled_not_deletable",
        f"order {memo['reference']} was cancelled in {_channel(memo['channel'])}, and CartonCloud refuses to delete "
        f"its sale order ({', '.join(part for part in (str(status), codes) if part)})",
        fix="allow the API client to delete sale orders in that status (organisation settings, and role WMS Create "
        "Jobs), or delete it by hand: both are noticed by themselves; or let it go, and discard this delivery",
        reference=memo["reference"],
        status=status,
    )


def _too_late(document: SaleOrderCancellation, order: OutboundOrder) -> HoldError:
    unknown = "" if status_of(order) in KNOWN else ", a status that crossdock does not know"
    left = status_of(order) == DISPATCHED
    stop = (
        "settle it with the buyer in the channel (a return, a refund), then discard this delivery"
        if left
        else "stop it in the warehouse, then delete the sale order in CartonCloud or reset it: both are noticed by "
        "themselves; or let it go, settle it with the buyer in the channel, and discard this delivery"
    )
    return HoldError(
        "cancelled_too_late",
        f"order {document.reference} was cancelled in {_channel(document.channel)}, and sale order {order.number} is "
        f"{_status(order)} already{unknown}",
        fix=stop,
        reference=document.reference,
        status=status_of(order),
    )


def _reduced(what: str, less: list[Reduction], number: str) -> HoldError:
    lower = ", ".join(f"{one.sku} by {one.quantity.normalize():f}" for one in less)
    return HoldError(
        "cancelled_after_creation",
        f"{what}, and sale order {number} still has it: CartonCloud lets no program change a sale order",
        fix=f"lower {lower} in the sale order in CartonCloud by hand: this clears by itself once its lines are what is "
        "left; or let it go, settle it with the buyer in the channel, and discard this delivery",
        lines=[one.line for one in less],
        skus=[one.sku for one in less],
    )


def _gone_in_part(what: str, document: SaleOrder) -> HoldError:
    left = ", ".join(f"{line.quantity.normalize():f} x {line.sku}" for line in document.lines)
    return HoldError(
        "cancelled_after_creation",
        f"{what}, and its sale order is deleted in CartonCloud, although {left} is still to be sent",
        fix="send what is left by hand, or cancel it in the channel too: then this clears by itself",
        lines=[line.number for line in document.lines],
    )


def _quantity(beside: Json) -> Decimal | None:
    if isinstance(beside, list):  # a person linked several items with one line
        quantities = [_quantity(one) for one in beside]
        return None if None in quantities else sum((one for one in quantities if one is not None), Decimal(0))
    value = at(beside, "quantity")
    try:
        return None if value is None or isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _status(order: OutboundOrder) -> str:
    return status_of(order) or "without status"


def _channel(channel: str | None) -> str:
    return channel_name(channel) if channel else "the channel"
