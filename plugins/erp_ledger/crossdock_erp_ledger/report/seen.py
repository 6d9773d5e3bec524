"""What the channel said, as the store has it, and where it stands on its way into this ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdock import Standing, StoredRecord
from crossdock_erp_ledger.journal.policy import Policy

_OPEN = {"held": "held", "dead": "failed", "pending": "in_flight", "attempted": "in_flight", "waiting": "in_flight"}
_UNMAPPED = "unmapped_account"


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of a pipeline that posts into this ledger. `policy` are the settings of its mapper; None: no journal."""

    stored: StoredRecord
    route: str
    policy: Policy | None

    @property
    def document(self) -> Any:
        """What the source makes of it; None where it makes nothing of it."""
        return self.stored.document

    @property
    def standing(self) -> Standing | None:
        """Where it stands: an older revision that is still open counts before the newest."""
        found = [one for one in self.stored.standing if one.route == self.route]
        still = [one for one in found if one.state in _OPEN]
        return max(still or found, key=lambda one: one.revision, default=None)

    @property
    def stuck(self) -> str | None:
        """ "held", "failed" or "in_flight" where it is not settled; None where it is, or was never to be."""
        return None if self.standing is None else _OPEN.get(self.standing.state)

    @property
    def kind(self) -> str | None:
        """What kind of finding its standing is."""
        unmapped = self.standing is not None and self.standing.code == _UNMAPPED
        return "unmapped" if unmapped and self.stuck == "held" else self.stuck

    @property
    def code(self) -> str | None:
        """The code of its standing."""
        return None if self.standing is None else self.standing.code
