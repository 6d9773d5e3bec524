"""What a person may choose where something is held or dead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

AGAIN, DONE, SKIP, KEEP, NOT_DONE = "again", "done", "skip", "keep", "not-done"


@dataclass(frozen=True, slots=True)
class Hold:
    """A situation in which a component asks a person: the code of its `HoldError` or `Attention`.

    `choices` are ways out beyond core's (`again`, `done`, `skip`): a word, and what it comes to in one sentence. What a
    person chose is handed to the mappers as `context.choice` and to the sink as `known.choice`, for this one delivery.
    """

    code: str
    choices: Mapping[str, str] = field(default_factory=dict)


_USUAL = {
    AGAIN: "plan it again at the next run; it is looked for before it is made",
    DONE: "a person did it, or takes it as it is; nothing is sent, and --id links what exists there",
    SKIP: "nothing is to be done; it is closed",
}
_OF = {
    "outcome_unknown": {
        AGAIN: "look once more at the next run",
        DONE: "it happened; it is believed if a look finds it, or with --id, or with --insist",
        NOT_DONE: "it did not happen; it is sent again if a look shows that, or with --insist if a look cannot tell",
    },
    "restored_unseen": {
        AGAIN: "it is not there; the next run makes it",
        DONE: "it is there; --id links it",
        SKIP: "nothing is to be done; it is closed",
    },
    "backfill_unseen": {
        AGAIN: "it is not there; the next run makes it",
        DONE: "it is there; --id links it",
        SKIP: "nothing is to be done; it is closed",
    },
    "changed_after_delivery": {
        KEEP: "what is in effect stays; the changed record counts as agreed",
        DONE: "a person changed it there; the changed record counts as agreed",
        SKIP: "leave it; the next change is held again",
    },
}

CORE: tuple[Hold, ...] = tuple(
    Hold(code, _OF.get(code, {}))
    for code in (
        "outcome_unknown",
        "changed_after_delivery",
        "restored_unseen",
        "backfill_unseen",
        "conflict",
        "overdue",
        "plugin_fault",
        "read_only",
        "expression_failed",
        "no_route",
        "facts_overlap",
    )
)
"""What core itself and its mappers hold."""


def choices_of(code: str | None, declared: Iterable[Hold] = ()) -> dict[str, str]:
    """What a person may choose for a held or dead delivery of this code, and what each choice comes to."""
    own = {name: told for hold in declared if hold.code == code for name, told in hold.choices.items()}
    return {**_OF.get(code or "", _USUAL), **own}
