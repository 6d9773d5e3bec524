"""CartonCloud's words without the buyer's: its messages may echo what they complain about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from crossdock.http import Request

Redactor = Callable[[str], str]

GONE = "[…]"
_EMAIL = re.compile(r"[^\s@'\"<>]+@[^\s@'\"<>]+")
_PERSONAL = ("companyName", "contactName", "address1", "address2", "suburb", "city", "postcode", "phone", "email")


def redactor(request: Request) -> Redactor:
    """A function that takes the delivery address of the request out of a text.

    Each field's value is taken out where it stands, then each longer word of it: services quote in parts.
    """
    values = _personal_values(request)

    def redact(text: str) -> str:
        text = _EMAIL.sub(GONE, text)
        for value in values:
            text = value.sub(GONE, text)
        return text

    return redact


def _personal_values(request: Request) -> list[re.Pattern[str]]:
    address = _address(request)
    whole = [str(address[field]).strip() for field in _PERSONAL if address.get(field)]
    words = [word for value in whole for word in re.split(r"[\s,]+", value) if len(word) > 2]
    values = sorted({*whole, *words} - {""}, key=len, reverse=True)
    return [re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE) for value in values]


def _address(request: Request) -> dict[str, object]:
    try:
        address = json.loads(request.content)["details"]["deliver"]["address"]
    except (ValueError, KeyError, TypeError):
        return {}
    return address if isinstance(address, dict) else {}
