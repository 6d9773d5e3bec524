"""From an answer that refuses a sale order to the error that says what happens next: each asserts, not created."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crossdock import CredentialsError, CrossdockError, HoldError, RejectedError, TransientError
from crossdock.http import Response
from crossdock_wms_cartoncloud.receipts import names_unknown_product
from crossdock_wms_cartoncloud.redaction import Redactor
from crossdock_wms_cartoncloud.wire import Problem, parse_problems, retry_after

_TRY_AGAIN = frozenset({408, 409, 412, 423, 425, 429})
_NO_STOCK = frozenset({"10444", "10445", "10446", "10447", "10448"})
_ITEM = re.compile(r"^/items/(\d+)(?:/|$)")

Memo = Mapping[str, Any]


def refusal(answer: Response, memo: Memo, redact: Redactor) -> CrossdockError:
    """What a 4xx means. Raises: ValueError for any other status, which proves nothing."""
    status = answer.status_code
    if not 400 <= status < 500:
        raise ValueError(f"CartonCloud answered {status}, which does not say whether the sale order was created")
    problems = parse_problems(answer)
    said = _said(problems, redact)
    if status in _TRY_AGAIN:
        return TransientError(f"CartonCloud answered {status}{said}", retry_after=retry_after(answer), status=status)
    if status == 401:
        return CredentialsError("CartonCloud refuses our token (401)", fix="run `crossdock connections test`")
    if status == 403:
        return _permission_missing("create", said)
    if status == 404:
        return _tenant_unknown()
    if status == 422:
        return _invalid(problems, memo, said)
    return RejectedError(f"CartonCloud refuses sale order {memo['reference']} ({status}){said}", status=status)


def duplicate(answer: Response) -> Problem | None:
    """The problem that says a sale order of that reference exists already, if the answer says so."""
    if answer.status_code != 422:
        return None
    return next((problem for problem in parse_problems(answer) if _is_duplicate(problem)), None)


def duplicate_differs(memo: Memo, found: str, differences: Sequence[str]) -> HoldError:
    """CartonCloud refuses ours because of another one that only bears the same reference."""
    return HoldError(
        "duplicate_differs",
        f"CartonCloud has another sale order {memo['reference']} ({found}): {'; '.join(differences)}",
        fix="correct that sale order, or give it another customer reference, in CartonCloud: the delivery is then "
        "planned again by itself; or discard this delivery if it is to stay as it is",
        reference=memo["reference"],
        found=found,
        differences=list(differences),
    )


def look_denied(status: int) -> HoldError | None:
    """Why sale orders cannot be looked for until a person mends that; None where it may pass by itself."""
    if status == 403:
        return _permission_missing("search", "")
    return _tenant_unknown() if status == 404 else None


def _permission_missing(verb: str, said: str) -> HoldError:
    """The API client may not do that with sale orders."""
    return HoldError(
        "permission_missing",
        f"the API client may not {verb} sale orders in this tenant (403){said}",
        fix="give it the role WMS Create Jobs, and TMS Create Jobs where the customer generates consignments on "
        "import; and let it see the customer and the warehouse",
        roles=["WMS Create Jobs", "TMS Create Jobs"],
    )


def _tenant_unknown() -> HoldError:
    return HoldError(
        "tenant_unknown",
        "CartonCloud knows no such tenant here (404)",
        fix="compare `tenant` and `region` with what `crossdock connections test` lists",
    )


def _invalid(problems: Sequence[Problem], memo: Memo, said: str) -> CrossdockError:
    for applies, error in _KINDS:
        found = [problem for problem in problems if applies(problem)]
        if found:
            return error(found, memo, said)
    return RejectedError(f"CartonCloud refuses sale order {memo['reference']} (422){said}", status=422)


def _customer(problems: Sequence[Problem], memo: Memo, said: str) -> HoldError:
    return HoldError(
        "customer_unknown",
        f"CartonCloud knows no customer {memo['customer']!r}{said}",
        fix="write `customer` of wms_cartoncloud.sale_order as `crossdock connections test` lists it, by name or UUID",
        customer=memo["customer"],
    )


def _warehouse(problems: Sequence[Problem], memo: Memo, said: str) -> HoldError:
    return HoldError(
        "warehouse_unknown",
        f"CartonCloud knows no such warehouse, or not for customer {memo['customer']}: {memo.get('warehouse')!r}{said}",
        fix="write it in `warehouses` or `default_warehouse` of wms_cartoncloud.sale_order exactly as CartonCloud "
        "spells it, or by its UUID; the API client and the customer must be allowed to use it",
        warehouse=memo.get("warehouse"),
    )


def _product(problems: Sequence[Problem], memo: Memo, said: str) -> HoldError:
    lines = [line for problem in problems if (line := _line(problem, memo)) is not None]
    where = ", ".join(f"{line['sku']} of line {line['line']}" for line in lines)
    return HoldError(
        "unknown_sku",
        f"CartonCloud does not take {where or 'a product'}{said}",
        fix="add it as a product, with that code, to the customer in CartonCloud: the delivery is then sent by itself",
        skus=[line["sku"] for line in lines],
    )


def _stock(problems: Sequence[Problem], memo: Memo, said: str) -> HoldError:
    return HoldError(
        "out_of_stock",
        f"CartonCloud has not enough stock for sale order {memo['reference']}{said}",
        fix="receive stock, or let the customer's import settings keep orders without stock: it is then sent by itself",
    )


def _address(problems: Sequence[Problem], memo: Memo, said: str) -> HoldError:
    return HoldError(
        "address_refused",
        f"CartonCloud refuses the delivery address of {memo['reference']}{said}",
        fix="have the address corrected in the channel; the order is then planned again by itself",
        fields=[problem.field for problem in problems],
    )


def _is_product(problem: Problem) -> bool:
    in_item = _ITEM.match(problem.field) is not None and "/product" in problem.field
    return in_item or names_unknown_product(problem.message, problem.code)


_Kind = tuple[Callable[[Problem], bool], Callable[[Sequence[Problem], Memo, str], HoldError]]
_KINDS: tuple[_Kind, ...] = (  # what concerns every order comes first
    (lambda problem: _within(problem, "/customer") or problem.code in {"10406", "11000"}, _customer),
    (lambda problem: _within(problem, "/warehouse") or problem.code in {"10404", "10405"}, _warehouse),
    (_is_product, _product),
    (lambda problem: problem.code in _NO_STOCK, _stock),
    (lambda problem: _within(problem, "/details/deliver/address"), _address),
)


def _is_duplicate(problem: Problem) -> bool:
    exists = problem.field == "/references/customer" and "already exists" in problem.message
    return problem.type == "DUPLICATE" or problem.code == "10403" or exists


def _within(problem: Problem, pointer: str) -> bool:
    return problem.field == pointer or problem.field.startswith(f"{pointer}/")


def _line(problem: Problem, memo: Memo) -> Mapping[str, Any] | None:
    match = _ITEM.match(problem.field)
    lines: Sequence[Mapping[str, Any]] = memo["lines"]
    return lines[int(match[1])] if match and int(match[1]) < len(lines) else None


def _said(problems: Sequence[Problem], redact: Redactor) -> str:
    parts = [f"{problem.field} {redact(problem.message)}".strip() for problem in problems]
    return f": {'; '.join(part for part in parts if part)}" if any(parts) else ""
