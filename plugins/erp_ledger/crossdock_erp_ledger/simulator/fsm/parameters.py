"""The parameters of a form operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crossdock.simulator import Call
from crossdock_erp_ledger.simulator.fsm.lists import refuse


@dataclass(frozen=True)
class Parameters:
    """What a form operation was asked with: texts, empty where absent, and flags, off where absent."""

    texts: Mapping[str, str]
    flags: Mapping[str, bool]

    def required(self, name: str) -> str:
        """A text that must be there. Raises: Refusal 400."""
        if not self.texts[name].strip():
            raise refuse(f"{name.removeprefix('Prm')} is required")
        return self.texts[name]


def read_parameters(call: Call, texts: tuple[str, ...], flags: tuple[str, ...]) -> Parameters:
    """Read the query. Raises: Refusal 400, where one is unknown, or a flag is neither `true` nor `false`."""
    given = call.query
    if strange := sorted(given.keys() - {*texts, *flags, "_out"}):
        raise refuse(f"Parameter {strange[0]} is not valid here")
    for name in flags:
        if given.get(name, "false") not in ("true", "false"):
            raise refuse(f"{name} is true or false")
    return Parameters(
        {name: given.get(name, "") for name in texts}, {name: given.get(name) == "true" for name in flags}
    )
