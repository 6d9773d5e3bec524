"""The sink `wms_cartoncloud.sale_orders`: sale orders, one per customer and reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import ValidationError

from crossdock import (
    Absent,
    Answers,
    CannotTell,
    Conflict,
    Done,
    Effect,
    Hold,
    HoldError,
    Known,
    Probe,
    Receipt,
    RejectedError,
    SettledEffect,
    Sink,
    TransientError,
)
from crossdock.canonical import Measure
from crossdock.http import Reader, Request, Response
from crossdock_wms_cartoncloud.api import CartonCloudApi, ReadRefusedError, same_order
from crossdock_wms_cartoncloud.balance import units_sent, units_there
from crossdock_wms_cartoncloud.body import effect_key, from_sale_order, is_uuid, memo
from crossdock_wms_cartoncloud.cancelling import (
    Sighting,
    cancelled,
    check_reduced,
    is_cancellation,
    judge_cancellation,
    must_look,
    our_link,
    plan_cancellation,
)
from crossdock_wms_cartoncloud.config import CartonCloudConnection
from crossdock_wms_cartoncloud.documents import SaleOrder, SaleOrderCancellation
from crossdock_wms_cartoncloud.receipts import KIND, Memo, differences, receipt, same_customer
from crossdock_wms_cartoncloud.redaction import redactor
from crossdock_wms_cartoncloud.refusals import duplicate, duplicate_differs, look_denied, refusal
from crossdock_wms_cartoncloud.statuses import read_order
from crossdock_wms_cartoncloud.usual import usual_receipt
from crossdock_wms_cartoncloud.wire import ORDERS, OutboundOrder, parse_order

CREATED_WITH_ISSUES = 228


class SaleOrderSink(Sink[CartonCloudConnection, SaleOrder | SaleOrderCancellation]):
    """Sale orders in CartonCloud, one per customer and customer reference; deleted again if cancelled in time.

    Source: CartonCloud REST API reference, "Outbound orders" and "Errors", revision of 2026-05-06.
    """

    name: ClassVar[str] = "sale_orders"
    makes: ClassVar[str] = KIND
    holds: ClassVar[Sequence[Hold]] = tuple(
        Hold(code)
        for code in (
            "permission_missing", "tenant_unknown", "customer_unknown", "warehouse_unknown", "unknown_sku",
            "out_of_stock", "address_refused", "duplicate_differs", "duplicate_unidentified",
            "rejected_by_warehouse", "lines_differ", "reference_differs",
            "cancelled_too_late", "cancelled_not_deletable", "cancelled_after_creation",
        )
    )  # fmt: skip
    kind: ClassVar[Literal["create", "state", "post"]] = "create"

    @property
    def calls(self) -> Mapping[str, float]:
        """The creation, and the look before it."""
        look = {"POST /tenants/*/outbound-orders/search": 1} if self.probe_first else {}
        return {"POST /tenants/*/outbound-orders": 1, **look}

    @property
    def settles_after(self) -> timedelta:
        """The longest a lost request may still act, plus how far the search lags behind."""
        return self.connection.timeout + self.connection.read_lag

    @property
    def probe_first(self) -> bool:
        """Whether to look before each creation: tenants may create or override instead of refusing a duplicate."""
        return self.connection.duplicates == "probe"

    @property
    def refuses_duplicates(self) -> bool:
        """Whether the integrator vouches that the tenant refuses a reference that exists."""
        return self.connection.duplicates == "reject"

    def bind(self, connection: CartonCloudConnection, http: Reader) -> None:
        """Attach the account and the client that reads from it."""
        super().bind(connection, http)
        self.__dict__.pop("api", None)  # it may have been another tenant's

    @cached_property
    def api(self) -> CartonCloudApi:
        """The tenant's endpoints."""
        return CartonCloudApi(self.http, self.connection.tenant)

    async def observe(self, document: SaleOrder | SaleOrderCancellation, known: Known) -> Sighting | None:
        """Look at the sale order that we made, where something of it was cancelled since.

        Raises: TransientError where it cannot be looked at.
        """
        link = our_link(known)
        if link is None or not must_look(document, link):
            return None
        try:
            raw = await self.api.order(link.far.id)
            return Sighting(None if raw is None else read_order(raw))
        except RejectedError as error:
            # That we cannot look decides nothing about the order.
            raise TransientError(error.message, code="cannot_look", fix=error.fix) from None

    def plan(self, document: SaleOrder | SaleOrderCancellation, known: Known) -> Effect:
        """One request creates one sale order, one deletes it where all of it was cancelled.

        Raises: NothingToDo, HoldError.
        """
        if isinstance(document, SaleOrderCancellation):
            return plan_cancellation(self.api, document, known)
        check_reduced(document, known)
        return Effect(
            key=effect_key(document.customer, document.reference),
            steps=(self.api.create_order_request(from_sale_order(document)),),
            memo=memo(document),
        )

    def follow(self, effect: Effect, answers: Answers) -> Request | None:
        """Where CartonCloud says that the order exists already, read the one that exists."""
        if len(answers) > 1 or is_cancellation(effect):
            return None
        existing = duplicate(answers.last)
        if existing is None:
            return None
        if existing.duplicate_id:
            return self.api.order_request(existing.duplicate_id)
        return self.api.search_orders_request(same_order(effect.memo["reference"], effect.memo["customer"]))

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """What was created, adopted or deleted.

        Raises: ValueError where a 2xx cannot be read, which says nothing of the outcome; HoldError, RejectedError,
        TransientError, CredentialsError where nothing was created.
        """
        if is_cancellation(effect):
            return cancelled(effect, answers.last)
        first = answers[0]
        issues = first.status_code == CREATED_WITH_ISSUES
        if first.is_success and not issues and (usual := usual_receipt(first.content, effect.memo)) is not None:
            return usual
        redact = redactor(effect.steps[0])
        if first.is_success:
            return receipt(parse_order(first), effect.memo, redact=redact, issues=issues)
        if duplicate(first) is not None:
            return _adopt(effect, answers.last)
        raise refusal(first, effect.memo, redact)

    async def probe(self, effect: Effect) -> Probe:
        """Look for the sale order by its exact reference and customer, and compare its lines; a deleted one by id.

        Raises: HoldError where the API client may not look.
        """
        if is_cancellation(effect):
            return await self._probe_cancellation(effect)
        reference, customer = effect.memo["reference"], effect.memo["customer"]
        try:
            found = await self.api.search_orders(same_order(reference, customer))
        except ReadRefusedError as error:
            if (denied := look_denied(error.status)) is not None:
                raise denied from None
            return CannotTell(str(error))
        return _judge(effect, found)

    async def recognise(self, effect: Effect, name: str) -> Probe:
        """A sale order of this customer by its id or by its own customer reference, whatever that is."""
        if is_cancellation(effect):
            return CannotTell("what is deleted cannot be linked")
        customer = effect.memo["customer"]
        try:
            found = await self._named(name.strip(), customer)
        except RejectedError as error:
            return CannotTell(error.message)
        ours = [order for order in found if same_customer(order, customer)]
        if len(ours) != 1:
            others = ", ".join(order.id for order in ours)
            return Conflict([f"{len(ours)} sale orders of {customer} bear it: {others}"]) if ours else Absent()
        reference = (ours[0].references.customer or "").strip()
        memo = {**effect.memo, "reference": reference}
        return Done(receipt(ours[0], memo, redact=redactor(effect.steps[0]), note="linked by a person"))

    def brought(self, effects: Sequence[SettledEffect]) -> Measure | None:
        """The units of the sale order; none where it was deleted again."""
        return units_sent(effects)

    async def read_back(self, records: Sequence[Sequence[SettledEffect]]) -> Sequence[Measure | None]:
        """The units of the sale orders that are there now."""
        return await units_there(self.api, records)

    async def _named(self, name: str, customer: str) -> list[OutboundOrder]:
        if not is_uuid(name):
            return await self.api.search_orders(same_order(name, customer))
        raw = await self.api.order(name.lower())
        return [] if raw is None else [read_order(raw)]

    async def _probe_cancellation(self, effect: Effect) -> Probe:
        try:
            raw = await self.api.order(effect.memo["cancels"])
            return judge_cancellation(effect, None if raw is None else read_order(raw))
        except RejectedError as error:
            return CannotTell(error.message)


def _judge(effect: Effect, found: list[OutboundOrder]) -> Probe:
    wanted: Memo = effect.memo
    same = [order for order in found if (order.references.customer or "").strip() == wanted["reference"]]
    if any(order.customer.id is None and order.customer.name is None for order in same):
        return CannotTell(f"CartonCloud has a sale order {wanted['reference']} and does not say whose it is")
    ours = [order for order in same if same_customer(order, wanted["customer"])]
    if not ours:
        return Absent()
    if len(ours) > 1:
        ids = ", ".join(order.id for order in ours)
        return Conflict([f"{len(ours)} sale orders bear reference {wanted['reference']}: {ids}"])
    differing = differences(ours[0], wanted)
    if differing:
        return Conflict(differing)
    return Done(receipt(ours[0], wanted, redact=redactor(effect.steps[0])))


def _adopt(effect: Effect, answer: Response) -> Receipt:
    """A receipt of the sale order because of which ours was refused, if it is the one we want."""
    if answer.status_code in (403, 404):
        raise _unidentified(effect, f"lets us see none of them ({answer.status_code})")
    if answer.status_code != 200:
        raise TransientError(f"CartonCloud has the order already and answers {answer.status_code} when asked for it")
    found = _found(effect, answer)
    differing = differences(found, effect.memo)
    if differing:
        raise duplicate_differs(effect.memo, found.references.numeric_id or found.id, differing)
    return receipt(found, effect.memo, redact=redactor(effect.steps[0]), note="it was there already and is adopted")


def _found(effect: Effect, answer: Response) -> OutboundOrder:
    try:
        if answer.content.lstrip()[:1] != b"[":
            return parse_order(answer)
        outcome = ORDERS.validate_json(answer.content)
    except (ValidationError, ValueError):
        # Our own request was refused, so that this much is certain: nothing was created.
        raise TransientError("CartonCloud has the order already and its description cannot be read") from None
    ours = [order for order in outcome if same_customer(order, effect.memo["customer"])]
    if len(ours) != 1:
        raise _unidentified(effect, f"has {len(ours)} sale orders of that reference and customer")
    return ours[0]


def _unidentified(effect: Effect, why: str) -> HoldError:
    return HoldError(
        "duplicate_unidentified",
        f"CartonCloud refuses {effect.memo['reference']} as a duplicate, and {why}",
        fix="look for that customer reference in CartonCloud with a user who sees all customers, and leave one of it: "
        "the delivery is then planned again by itself",
        reference=effect.memo["reference"],
    )
