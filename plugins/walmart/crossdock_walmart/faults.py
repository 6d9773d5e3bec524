"""What Walmart says when it refuses: four JSON shapes, XML, HTML, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from crossdock.http import Response
from crossdock.jsonio import Json, loads

_XML_FIELD = re.compile(r"<(?:\w+:)?(code|field|description)>\s*([^<]*?)\s*</")
_TOO_MANY = re.compile(r"20[ ,.]?000\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of an error body. Its description may quote what was sent, so it is never logged."""

    code: str = ""
    field: str = ""
    description: str = ""

    @property
    def kind(self) -> str:
        """The generic code: "CONTENT_NOT_FOUND" of "CONTENT_NOT_FOUND.GMP_ORDER_API"."""
        return self.code.partition(".")[0].strip().upper()

    @property
    def names_the_ceiling(self) -> bool:
        """Whether it says that a query found more orders than one query may. Its wording is not documented."""
        return self.kind.startswith("INVALID_REQUEST") and _TOO_MANY.search(self.description) is not None

    @property
    def is_outage(self) -> bool:
        """Whether it is the bare "Invalid Request" in which outages of the order back end have surfaced."""
        words = self.description.strip().rstrip(".").lower()
        return self.kind == "INVALID_REQUEST" and self.field.lower() == "data" and words == "invalid request"


def faults_of(response: Response) -> tuple[Fault, ...]:
    """Read an error body, whatever its form; none where it bears no code.

    Source: Walmart Marketplace, "Error codes"; public recordings of live answers; read 2026-11.
    """
    try:
        body = loads(response.content)
    except ValueError:
        return _of_xml(response)
    return tuple(_of_json(body))


def codes(faults: tuple[Fault, ...]) -> str:
    """The codes, for messages."""
    return ", ".join(fault.code for fault in faults if fault.code) or "no error code"


def _of_json(body: Json) -> Iterator[Fault]:
    """Walk `errors.error[]`, `error[]`, `errors[]` and `error{}` alike."""
    if isinstance(body, list):
        for entry in body:
            yield from _of_json(entry)
    elif isinstance(body, dict):
        if "code" in body:
            description = body.get("description") or body.get("message") or ""
            yield Fault(_text(body["code"]), _text(body.get("field")), _text(description))
        for wrapper in ("errors", "error"):
            yield from _of_json(body.get(wrapper))


def _of_xml(response: Response) -> tuple[Fault, ...]:
    # By pattern, not by parser: an error page needs no entities, and a hostile one gets none.
    found = dict(_XML_FIELD.findall(response.text[:20_000]))
    return (Fault(**found),) if found.get("code") else ()


def _text(value: Json) -> str:
    return "" if value is None else str(value)
