"""Bundles as they would be, for those who only look: nothing is allotted and nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crossdock.contract.values import Bundle, Effect
from crossdock.engine.route import BoundRoute

_NUMBER = 0  # no bundle ever has it
_TOKEN = "00000"  # noqa: S105  (it stands where five random characters would)


def imagined_bundle(route: BoundRoute, effects: Sequence[Effect], at: datetime) -> Effect:
    """What would carry these effects but for its number and token; pure."""
    return route.bundle(Bundle(_NUMBER, _TOKEN, at, effects))
