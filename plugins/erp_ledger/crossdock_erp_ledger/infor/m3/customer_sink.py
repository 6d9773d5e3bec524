"""House customers written to M3: made from a template, changed field by field, and never by an echo of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from crossdock import (
    Absent,
    Answers,
    Conflict,
    Done,
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
from crossdock.canonical import Customer
from crossdock.http import Request
from crossdock_erp_ledger.infor.m3.aligning import AGREED_AT, Judge, Side, Wins, agreed
from crossdock_erp_ledger.infor.m3.api import Failure, Outcome, Transaction, outcomes, said
from crossdock_erp_ledger.infor.m3.connection import M3Connection
from crossdock_erp_ledger.infor.m3.customer_fields import FieldName, digest, to_customer, values_of

PROGRAM = "CRS610MI"


@dataclass(frozen=True, slots=True)
class Seen:
    """The customer as it is there just now, its change number, and the time there."""

    customer: Customer | None
    change: str
    at: str


class M3CustomerSink(Sink[M3Connection, Customer]):
    """Customers of the same number, made and changed in M3."""

    name: ClassVar[str] = "m3_customers"
    kind: ClassVar[Literal["create", "state", "post"]] = "state"
    makes: ClassVar[str] = "customer"
    holds: ClassVar[Sequence[Hold]] = (
        Hold("customer_missing"),
        Hold("customer_refused"),
        Hold("customer_conflict", {"source": "take the source's values", "target": "leave what is there"}),
    )

    fields: Annotated[Mapping[FieldName, Wins], Field(min_length=1)] = {"name": "source"}
    """What is aligned, and who wins where both sides changed it, or never agreed: {name: source, address: newest}."""
    template: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    """CUTM: the template of customers that are made. Without it, one that is not there is held."""

    @property
    def calls(self) -> Mapping[str, float]:
        """A look, and a change."""
        base = f"/{self.connection.tenant}/M3/m3api-rest/v2/execute"
        return {f"POST {base}": 1, f"GET {base}/CRS610MI/GetBasicData": 1}

    async def observe(self, document: Customer, known: Known) -> Any:
        """The customer as it is there."""
        found = await self.connection.api(self.http).customer(document.key)
        at = (await self.http.vendor_now()).isoformat()
        return Seen(None if found is None else to_customer(found), (found or {}).get("CHNO", ""), at)

    def effect_key(self, document: Customer, known: Known) -> str | None:
        """The customer's number."""
        return f"customer:{document.key}"

    def plan(self, document: Customer, known: Known) -> Effect:
        """What the target is to take. Raises: NothingToDo, HoldError."""
        seen: Seen = known.observed
        ours = values_of(document)
        if seen.customer is None:
            return self._made(document, ours, seen)
        theirs = values_of(seen.customer)
        base = agreed(known.links)
        sides = Side(ours, document.changed_on), Side(theirs, seen.customer.changed_on)
        taken = Judge(document.key, *sides, base, known.choice).taken(self.fields)
        wanted = {field: digest(taken.get(field, theirs[field])) for field in self.fields}
        same = {field: value for field, value in wanted.items() if value == digest(ours[field])}
        if not taken and len(same) < len(wanted):
            raise NothingToDo("what differs is the target's to say", code="target_wins")
        if not taken and base.items() >= same.items():
            raise NothingToDo("both sides are the same, as they agreed", code="no_echo")
        both = {field: same.get(field) or base[field] for field in self.fields if field in same or field in base}
        api = self.connection.api(self.http)
        if not taken:  # nothing is changed: that both are the same is what is kept
            return _effect(document.key, api.basic_data(document.key), wanted, both, seen)
        record = {name: text for value in taken.values() for name, text in value.items()}
        return _effect(document.key, self._call("ChgBasicData", document.key, record, seen), wanted, both, seen)

    def receipt(self, effect: Effect, answers: Answers) -> Receipt:
        """Both sides agree now. Raises: NotYetError where somebody else was faster; HoldError where M3 refuses."""
        outcome = _only(answers)
        if outcome.failure is not None:
            if outcome.failure.field == "CHNO" or (outcome.failure.field == "CUNO" and _is_other_now(outcome.failure)):
                raise NotYetError(
                    "somebody changed the customer meanwhile; it is looked at again", code="customer_changed"
                )
            raise HoldError(
                "customer_refused",
                f"M3 refuses {effect.key}: {outcome.failure.message}",
                fix="mend what M3 says in CRS610, or in the settings of the sink",
            )
        return _receipt(effect)

    async def probe(self, effect: Effect) -> Probe:
        """Compare the customer with what was to be written."""
        found = await self.connection.api(self.http).customer(effect.memo["number"])
        if found is None:
            return Absent() if not effect.memo["over"] else Conflict(["the customer was deleted"])
        values = values_of(to_customer(found))
        differing = [field for field, wanted in effect.memo["fields"].items() if digest(values[field]) != wanted]
        if not differing:
            return Done(_receipt(effect))
        return Absent() if found.get("CHNO", "") == effect.memo["over"] else Conflict(differing)

    def _made(self, document: Customer, ours: Mapping[FieldName, Mapping[str, str]], seen: Seen) -> Effect:
        if self.template is None:
            raise HoldError(
                "customer_missing",
                f"house customer {document.key} is not in company {self.connection.company}",
                fix="write `template` in the sink, so that it is made; or make it in CRS610",
            )
        record = {name: text for field in self.fields for name, text in ours[field].items() if text}
        needed = {"CUTM": self.template, "CUNM": document.name, "CUA1": record.get("CUA1") or document.name}
        wanted = {field: digest(ours[field]) for field in self.fields}
        return _effect(document.key, self._call("Add", document.key, {**record, **needed}, seen), wanted, wanted, seen)

    def _call(self, name: str, number: str, record: Mapping[str, str], seen: Seen) -> Request:
        """One transaction, in a body: a name is no part of an address. The change number guards what was seen."""
        guard = {"CHNO": seen.change} if seen.change else {}
        given = {"CONO": str(self.connection.company), "CUNO": number, **record, **guard}
        return self.connection.api(self.http).several(PROGRAM, [Transaction(name, given)])


def _is_other_now(failure: Failure) -> bool:
    """Whether the customer was made, or deleted, since it was looked at."""
    return failure.exists or failure.missing


def _effect(number: str, step: Request, wanted: Mapping[FieldName, str], both: Mapping[Any, str], seen: Seen) -> Effect:
    """`wanted` is what the target bears then, `both` what both sides agree on."""
    memo = {"number": number, "fields": dict(wanted), "agreed": dict(both), "over": seen.change, "at": seen.at}
    content = {"fields": dict(wanted), "over": seen.change}
    return Effect(key=f"customer:{number}", steps=(step,), content=content, memo=memo)


def _receipt(effect: Effect) -> Receipt:
    lines = {field: {"id": field, "value": value} for field, value in effect.memo["agreed"].items()}
    agreed_at = {AGREED_AT: {"id": AGREED_AT, "at": effect.memo["at"]}}
    return Receipt("customer", effect.memo["number"], lines={**lines, **agreed_at})


def _only(answers: Answers) -> Outcome:
    answer = answers.last
    found = outcomes(answer) if answer.status_code == 200 else None
    if answer.status_code >= 400:
        raise HoldError(
            "customer_refused",
            f"M3 refuses {PROGRAM}: {said(answer)}",
            fix=f"give the service account the right to {PROGRAM}",
        )
    if not found or not found[0].processed:
        raise ValueError("M3 does not say what became of the customer")  # it proves nothing: it is looked for
    return found[0]
