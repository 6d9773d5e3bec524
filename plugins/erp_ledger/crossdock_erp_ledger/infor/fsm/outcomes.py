"""What a run group's end means for one of its entries."""

from __future__ import annotations

from crossdock import Attention, Hold, HoldError, TransientError
from crossdock_erp_ledger.infor.fsm.course import Course
from crossdock_erp_ledger.infor.fsm.refusals import HOLDS as REFUSALS
from crossdock_erp_ledger.infor.fsm.refusals import UNBALANCED, kind_of, refusal
from crossdock_erp_ledger.posting import Posting
from crossdock_erp_ledger.posting.totals import name_of

HOLDS = (*REFUSALS, Hold("partly_posted"))


def outcome_of(posting: Posting, course: Course) -> Attention | None:
    """None where an entry was interfaced whole; why it needs a person where only a part of it was.

    Raises: HoldError where FSM refused its rows; TransientError where it refused others, and this one with them.
    """
    key, group = name_of(posting, course.run_group), course.run_group
    done, whole = course.posted(key)
    if done and done == whole:
        return None
    if done:
        return Attention(
            "partly_posted",
            f"{done} of {whole} rows of {key} were interfaced with run group {group}, the others were refused",
            "complete the entry in FSM by hand, or reverse it; then settle this with `crossdock resolve ID done`",
        )
    messages = _own(course.messages(key), course)
    if messages:
        raise refusal(posting.key, posting.entry.date, messages[0], group)
    if course.refused_whole is not None and not course.refused_rows.isdisjoint(course.sequences.get(key, ())):
        raise HoldError(
            "entry_refused",
            f"FSM refuses run group {group} as a whole: {course.refused_whole}",
            fix="mend what FSM says in the settings of the connection, or in FSM",
        )
    raise TransientError(f"run group {group} was refused for other entries than {posting.key}", code="bundle_refused")


def _own(messages: list[str], course: Course) -> list[str]:
    """Messages about this entry: that the whole is out of balance follows from any other fault."""
    if any(kind_of(message).code != UNBALANCED for message in course.errors.values()):
        return [message for message in messages if kind_of(message).code != UNBALANCED]
    return messages
