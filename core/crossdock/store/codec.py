"""How values become bytes and text in the store, and values again."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

from crossdock.contract.values import Attention, Receipt
from crossdock.jsonio import Json, dumps, loads

PLAIN, ZLIB = 0, 1
_WORTH_PACKING = 1024  # bytes; below, a row is small beside its page anyway


def pack(body: bytes) -> tuple[int, bytes]:
    """Choose a codec for a body and apply it."""
    if len(body) <= _WORTH_PACKING:
        return PLAIN, body
    packed = zlib.compress(body, 1)
    return (ZLIB, packed) if len(packed) < len(body) else (PLAIN, body)


def unpack(codec: int, body: bytes) -> bytes:
    """Undo `pack`."""
    return zlib.decompress(body) if codec == ZLIB else body


def to_text(value: Json) -> str:
    """JSON as text, with exact decimals."""
    return dumps(value).decode()


def to_text_or_none(value: Json) -> str | None:
    """JSON as text; None stays None."""
    return None if value is None else dumps(value).decode()


def from_text_or_none(text: str | None) -> Json:
    """JSON as a value; None stays None."""
    return None if text is None else loads(text)


def headers_to_text(headers: Sequence[tuple[str, str]]) -> str:
    """Headers as a JSON list of pairs: their order and repeats matter."""
    return dumps(list(headers)).decode()


def headers_from_text(text: str) -> tuple[tuple[str, str], ...]:
    """Undo `headers_to_text`."""
    return tuple((name, value) for name, value in loads(text))


def receipt_to_text(receipt: Receipt | None) -> str | None:
    """A receipt as JSON; what is empty is left out."""
    if receipt is None:
        return None
    fields: dict[str, Any] = {"kind": receipt.kind, "id": receipt.id}
    if receipt.identifiers:
        fields["identifiers"] = dict(receipt.identifiers)
    if receipt.lines:
        fields["lines"] = dict(receipt.lines)
    if receipt.concerns:
        fields["concerns"] = dict(receipt.concerns)
    if receipt.note is not None:
        fields["note"] = receipt.note
    if receipt.attention is not None:
        attention = receipt.attention
        fields["attention"] = {"code": attention.code, "message": attention.message, "fix": attention.fix}
    return to_text(fields)


def receipt_from_text(text: str | None) -> Receipt | None:
    """Undo `receipt_to_text`."""
    if text is None:
        return None
    fields = loads(text)
    attention = fields.pop("attention", None)
    return Receipt(**fields, attention=None if attention is None else Attention(**attention))
