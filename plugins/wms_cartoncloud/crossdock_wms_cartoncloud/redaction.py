"""CartonCloud's words without the buyer's: its messages may echo what they complain about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

from crossdock.http import Request

Redactor = Callable[[str], str]

GONE = "[…]"
_EMAIL = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+")
_PERSONAL = ("companyName", "contactName", "address1", "address2", "suburb", "city", "postcode", "phone", "email")


def redactor(request: Request) -> Redactor:
    """A function that takes the delivery address of the request out of a text.

    Each field's value is taken out where it stands, then each longer word of it: services quote in parts.
    """

    @cache  # and not before it is needed: nearly all receipts quote nothing
    def personal() -> re.Pattern[str] | None:
        return _personal_values(request)

    def redact(text: str) -> str:
        pattern = personal() if text else None
        text = _EMAIL.sub(GONE, text)
        return pattern.sub(GONE, text) if pattern else text

    return redact


def _personal_values(request: Request) -> re.Pattern[str] | None:
    address = _address(request)
    whole = [str(address[field]).strip() for field in _PERSONAL if address.get(field)]
    words = [word for value in whole for word in re.split(r"[\s,]+", value) if len(word) > 2]
    values = sorted({*whole, *words} - {""}, key=len, reverse=True)
    if not values:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, values))})(?!\w)", re.IGNORECASE)


def _address(request: Request) -> dict[str, object]:
    try:
        address = json.loads(request.content)["details"]["deliver"]["address"]
    except (ValueError, KeyError, TypeError):
        return {}
    return address if isinstance(address, dict) else {}
