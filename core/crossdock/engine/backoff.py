"""How long to wait before the next attempt."""

from __future__ import annotations

import random

_BASE_S = 1.0
_CAP_S = 900.0


def delay_s(attempts: int, retry_after: float | None, rng: random.Random) -> float:
    """Seconds until attempt number `attempts + 1`: doubling with jitter, never before the vendor's `retry_after`."""
    ceiling = min(_CAP_S, _BASE_S * 2 ** min(attempts - 1, 20))
    jittered: float = ceiling * rng.uniform(0.5, 1.0)
    if retry_after is None:
        return jittered
    return retry_after + min(jittered, 1.0) * rng.random()
