"""What a return gives to post: what was paid back, to where the sale went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from crossdock import Context, NothingToDo, NotYetError
from crossdock.canonical import JournalEntry, Return, ReturnLine
from crossdock_erp_ledger.journal.amounts import Amounts, Part, amounts_of
from crossdock_erp_ledger.journal.keys import CANCEL, REFUND, SALE, short_name
from crossdock_erp_ledger.journal.movements import Movement, Subject, refuse_repeats, to_entries
from crossdock_erp_ledger.journal.policy import Policy
from crossdock_erp_ledger.journal.posted import CLEARING, Posted, PostedLine
from crossdock_erp_ledger.journal.refunds import Refundable, paid_back
from crossdock_erp_ledger.journal.rules import Facets, Target

BY_RULES = "by_rules"
_PATIENCE = timedelta(days=3)


def return_entries(document: Return, policy: Policy, context: Context) -> list[JournalEntry]:
    """What was paid back and is not in the books yet, an entry for each line of the return.

    Goods that need not come back are the same money as those that do; what is only begun, or called off, is none.
    Raises: NothingToDo; NotYetError where the sale is not in the books; HoldError.
    """
    refuse_repeats((line.number for line in document.lines), f"return {document.number}")
    posted = Posted.read(context.links)
    refunded = [line for line in document.lines if line.refunded_quantity or _is_posted(posted, document, line)]
    entries: list[JournalEntry] = []
    for order in dict.fromkeys(line.order for line in refunded):
        posted.must_be_clear(order)
        subject = Subject(
            channel=document.channel,
            short=short_name(document.channel),
            market=document.market or "",
            order=order,
            document=document.customer_order,
        )
        lines = (line for line in refunded if line.order == order)
        movements: list[Movement] = []
        for line in lines:
            movements += _movements(document, line, policy, posted, context.choice, movements)
        entries += to_entries(movements, subject, policy, posted)
    if not entries:
        raise _nothing(refunded)
    return entries


def _movements(
    document: Return,
    line: ReturnLine,
    policy: Policy,
    posted: Posted,
    choice: str | None,
    meanwhile: Sequence[Movement],
) -> list[Movement]:
    sale = _sale(posted, line)
    facets = Facets(event=SALE, channel=document.channel, market=document.market, sku=line.sku)
    subject = f"line {line.number} of return {document.number} (order {line.order}, SKU {line.sku})"
    if sale is None and choice != BY_RULES:
        raise NotYetError(
            f"{subject}: the sale is not in the books yet",
            code="sale_not_posted",
            fix="see what became of the order: `crossdock trace " + line.order + "`; if it was booked before crossdock "
            "was, resolve this as `by_rules` once it is held",
            alert_at=document.created_at + _PATIENCE,
        )
    number = line.order_line if sale is None else sale.number
    return paid_back(
        Refundable(
            event=REFUND,
            id=_id(document, line),
            order=line.order,
            line=_posted_at(posted, document, line) or number,
            sku=line.sku,
            day=policy.day(line.refunded_at or document.created_at),
            charges=line.charges,
            sold=amounts_of(line.charges) if sale is None else _amounts(sale),
            target=_targets(sale, facets, policy, subject),
            facets=facets,
            subject=subject,
            quantity=line.quantity,
            refunded=min(line.refunded_quantity, line.quantity),
            choice=choice,
        ),
        policy,
        posted,
        meanwhile,
    )


def _is_posted(posted: Posted, document: Return, line: ReturnLine) -> bool:
    return posted.has(line.order, REFUND, id_=_id(document, line))


def _posted_at(posted: Posted, document: Return, line: ReturnLine) -> str | None:
    """The line that it was posted for before: it stays with that, whichever the sale turned out to be of."""
    id_ = _id(document, line)
    lines = posted.lines(line.order, (REFUND,))
    return next((one.number for one in lines if posted.has(line.order, REFUND, one.number, id_)), None)


def _id(document: Return, line: ReturnLine) -> str:
    return f"{document.number}-{line.number}"


def _sale(posted: Posted, line: ReturnLine) -> PostedLine | None:
    """The sale of the line; where its number is another, that of the only line of the same SKU."""
    found = posted.line(line.order, line.order_line, (SALE, CANCEL))
    if found:
        return found
    alike = [
        one for one in posted.lines(line.order, (SALE, CANCEL)) if (one.sku or "").casefold() == line.sku.casefold()
    ]
    return alike[0] if len(alike) == 1 else None


def _amounts(sale: PostedLine) -> Amounts:
    return {part: -amount for part, amount in sale.amounts().items()}


def _targets(sale: PostedLine | None, facets: Facets, policy: Policy, subject: str) -> Callable[[Part], Target]:
    def target(part: Part) -> Target:
        found = None if sale is None else sale.target(part)
        if found is not None:
            return found
        if part.event == CLEARING:
            return policy.chart.clear(facets, part.currency, subject)
        return policy.chart.place(_of(facets, part.event), subject)

    return target


def _of(facets: Facets, event: str) -> Facets:
    return Facets(event, facets.channel, facets.market, sku=facets.sku)


def _nothing(refunded: list[ReturnLine]) -> NothingToDo:
    if refunded:
        return NothingToDo("all that was paid back is in the books", code="already_in_effect")
    return NothingToDo("nothing was paid back yet", code="not_refunded")
