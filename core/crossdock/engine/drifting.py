"""Drift: what answers bear that nobody knows, or bear no longer; looked for in a few records of each read."""

from __future__ import annotations

from collections import Counter

from crossdock.contract.shape import Shape
from crossdock.jsonio import Json
from crossdock.store.rows import Seen

_SAMPLES = 8
"""Records of one read that are looked at, the first of each batch: so cheap that nobody notices."""


class Sampler:
    """Looks at a few records of one source, while they are staged."""

    def __init__(self, component: str, shape: Shape | None) -> None:
        self._component = component
        self._shape = shape
        self._samples = 0
        self._counts: Counter[str] = Counter()

    def look(self, raw: Json) -> None:
        """Look at a record, unless enough were seen."""
        if self._shape is None or self._samples >= _SAMPLES:
            return
        self._samples += 1
        self._counts.update(self._shape.fields(raw))

    def seen(self) -> Seen | None:
        """What was seen in this read; None where that was nothing."""
        if self._shape is None or not self._samples:
            return None
        known = self._shape.paths
        return Seen(self._component, self._samples, {path: (n, path in known) for path, n in self._counts.items()})
