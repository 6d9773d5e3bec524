"""From Walmart's refusal of a write to the error that says what happens next: each asserts that nothing was done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from crossdock import CredentialsError, CrossdockError, HoldError, RejectedError, TransientError
from crossdock.http import Response, json_of
from crossdock_walmart.faults import Fault, codes, faults_of
from crossdock_walmart.standing import Standing, order_not_found, to_standing

_TRY_AGAIN = frozenset({408, 409, 412, 423, 425, 429})
_OUTAGE_WAIT_S = 60.0

_AT_THE_CONSIGNMENT = "correct it at the consignment in the warehouse: the newer revision is then sent by itself"
_IN_THE_MAPPER = "map the carrier in `carriers` of walmart.shipment, or correct it at the consignment; then replay it"
_MENDS: Mapping[str, str] = {
    "trackingnumber": _AT_THE_CONSIGNMENT,
    "trackingurl": _AT_THE_CONSIGNMENT,
    "carrier": _IN_THE_MAPPER,
    "carriername": _IN_THE_MAPPER,
    "othercarrier": _IN_THE_MAPPER,
}
"""How to mend what Walmart names as the field at fault."""


def check_answer(answer: Response, purchase_order_id: str) -> None:
    """Make sure that a 2xx is the updated order. Raises: ValueError otherwise: then the outcome is unknown."""
    body = json_of(answer)
    order = body.get("order") if isinstance(body, dict) else None
    if not isinstance(order, dict) or str(order.get("purchaseOrderId")) != purchase_order_id:
        raise ValueError("Walmart answered a write with something else than the order that was written")


def may_be_done(answer: Response) -> bool:
    """Whether this refusal may mean that it is done already: the order must be read again to tell."""
    return answer.status_code == 400 and any(fault.kind == "INVALID_REQUEST_CONTENT" for fault in faults_of(answer))


def read_again(answer: Response, purchase_order_id: str, seen_at: datetime) -> Standing:
    """The order as it stands after a refusal. Raises: TransientError, HoldError: our write itself was refused."""
    body = json_of(answer)
    order = body.get("order") if isinstance(body, dict) else None
    if answer.status_code == 404 and any(fault.kind == "CONTENT_NOT_FOUND" for fault in faults_of(answer)):
        raise order_not_found(purchase_order_id)
    if answer.status_code != 200 or not isinstance(order, dict):
        raise TransientError(
            f"Walmart refused a change of order {purchase_order_id} and answers {answer.status_code} when asked how it "
            "stands",
            status=answer.status_code,
        )
    return to_standing(order, purchase_order_id, seen_at)


def refusal(answer: Response, what: str, purchase_order_id: str) -> CrossdockError:
    """What a 4xx means; `what` names the change. Raises: ValueError for any other status, which proves nothing."""
    status, faults = answer.status_code, faults_of(answer)
    if not 400 <= status < 500:
        raise ValueError(f"Walmart answered {status}, which does not say whether it was done")
    message = f"Walmart refuses {what} of order {purchase_order_id}: {status}, {_named(faults)}"
    if status in _TRY_AGAIN:
        return TransientError(message, status=status)
    if any(fault.is_outage for fault in faults):
        return TransientError(f"{message}, as in an outage of its order service", retry_after=_OUTAGE_WAIT_S)
    if status == 401:
        return CredentialsError("Walmart refuses our token (401)", fix="run `crossdock connections test`")
    if status == 403:
        return _forbidden(message)
    if status == 404:
        return _not_found(message, faults, purchase_order_id)
    return RejectedError(message, fix=_mend(faults), status=status, codes=codes(faults), fields=fields(faults))


def fields(faults: tuple[Fault, ...]) -> list[str]:
    """The fields that a refusal names, without the way to them, in lower case."""
    return [re.split(r"[./\[\]]", fault.field)[-1].lower() for fault in faults if fault.field]


def _named(faults: tuple[Fault, ...]) -> str:
    """Codes and fields; never a description, which may quote what was sent."""
    parts = [f"{fault.code} on {fault.field}" if fault.field else fault.code for fault in faults if fault.code]
    return ", ".join(parts) or "no error code"


def _mend(faults: tuple[Fault, ...]) -> str:
    mends = [_MENDS[field] for field in fields(faults) if field in _MENDS]
    return mends[0] if mends else "look at the order in Seller Center; finish it there, or mend the cause and replay it"


def _forbidden(message: str) -> HoldError:
    return HoldError(
        "permission_missing",
        message,
        fix="give the key the permission 'orders' (full access) in Developer Portal > API Key Management",
        scope="orders",
    )


def _not_found(message: str, faults: tuple[Fault, ...], purchase_order_id: str) -> CrossdockError:
    if any(fault.kind == "CONTENT_NOT_FOUND" for fault in faults):
        return order_not_found(purchase_order_id)
    return TransientError(message, fix="check base_url of the connection", status=404)
