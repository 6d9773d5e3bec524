"""Names that people give: usable on a command line, and not alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crossdock.checking.words import bare
from crossdock.config import Entry, Findings, Mark

_USABLE = re.compile(r"\w[\w .-]{0,63}")


def check_names(entries: Iterable[Entry], noun: str, findings: Findings) -> None:
    """Report names that cannot be used, and such as differ only by case, spaces, dashes or underscores."""
    seen: dict[str, Entry] = {}
    for entry in entries:
        check_name(entry.key, entry.mark, noun, findings)
        first = seen.setdefault(bare(entry.key), entry)
        if first is not entry:
            message = f"the {noun} '{entry.key}' is named almost like '{first.key}' on line {first.mark.line}"
            fix = "give one of them a name that differs by more than case, spaces, dashes or underscores"
            findings.add(entry.mark, "alike_names", message, fix=fix)


def check_name(name: str, mark: Mark, noun: str, findings: Findings) -> None:
    """Report a name that cannot be used."""
    if _USABLE.fullmatch(name) and name == name.strip():
        return
    valid = "letters, digits, spaces, '.', '-' and '_'; starts with a letter, a digit or '_'; at most 64"
    message = f"'{name[:64]}' cannot be the name of a {noun}"
    findings.add(mark, "bad_name", message, valid=valid, fix="rename it")
