"""Facts that may rightly happen more than once to one order: told apart by their content."""

from __future__ import annotations

from typing import Any

from crossdock.simulator import Journal, dumps


class Revisions:
    """Numbers the different contents of a fact; the same content again is the same revision, counted once more."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen: dict[tuple[str, str], dict[bytes, int]] = {}

    def record(self, kind: str, key: str, content: Any) -> int:
        """Write the fact down; its revision."""
        known = self._seen.setdefault((kind, key), {})
        revision = known.setdefault(dumps(content), len(known) + 1)
        self._journal.record(kind, key, revision)
        return revision
