"""JSON in and out with exact decimals: a fraction is a `Decimal` on both ways, never a float."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

Json = Any
"""What JSON can hold: None, bool, int, Decimal, str, list, dict with text keys."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
_canonical = msgspec.json.Encoder(decimal_format="number", order="sorted")


def loads(body: bytes | str) -> Json:
    """Parse JSON; fractions become `Decimal` as written (`10.10` stays `10.10`).

    Raises: ValueError, with the position, where it is no JSON.
    """
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


def dumps(value: Json) -> bytes:
    """Write compact JSON; a `Decimal` becomes a number with all its digits."""
    return _encoder.encode(value)


def canonical(value: Json) -> bytes:
    """Write JSON with sorted keys, for digests: equal values give equal bytes."""
    return _canonical.encode(value)
