"""How long to wait before the next attempt."""

from __future__ import annotations

import random

_BASE_S = 1.0
_CAP_S = 900.0


def delay_s(attempts: int, retry_after: float | None, rng: random.Random) -> float:
    """Seconds until attempt number `attempts + 1`: tripling with jitter, never before the vendor's `retry_after`.

    Ten attempts so last for half an hour and more: an outage delays, it does not kill.
    """
    ceiling = min(_CAP_S, _BASE_S * 3 ** min(attempts - 1, 20))
    jittered: float = ceiling * rng.uniform(0.5, 1.0)
    return jittered if retry_after is None else max(retry_after, jittered)
