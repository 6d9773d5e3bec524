"""Reads the keys that core itself knows from one mapping; what nobody asked for is an unknown key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from crossdock.checking.words import listed, nearest
from crossdock.config import Entry, Fault, Findings, Items, Mark, Node, Scalar, Table, describe
from crossdock.contract.durations import parse_duration


class Section:
    """One mapping of the definition, while it is checked. `owner` is where a missing key is reported."""

    def __init__(self, table: Table, owner: Mark, what: str, findings: Findings) -> None:
        self.table = table
        self.owner = owner
        self.what = what
        self._findings = findings
        self._known: set[str] = set()
        self._missing: dict[str, Fault] = {}
        self._misspelt: set[str] = set()

    def take(self, key: str) -> Entry | None:
        """The entry of a key that is valid here, if it is there."""
        self._known.add(key)
        return self.table.entries.get(key)

    def rest(self) -> dict[str, Entry]:
        """The entries that were not taken."""
        return {key: entry for key, entry in self.table.entries.items() if key not in self._known}

    def close(self) -> None:
        """Report every key that was not taken."""
        for entry in self.rest().values():
            self.refuse_key(entry, self._known)

    def refuse_key(self, entry: Entry, valid: Iterable[str]) -> None:
        """Report an unknown key and what is valid beside it."""
        valid = self._known | set(valid)
        near = nearest(entry.key, valid - set(self.table.entries))
        fix = f"write `{near}:`" if near else f"remove `{entry.key}`"
        if near is not None:
            # A slip of the pen is one fault, not an unknown key and a missing one.
            self._misspelt.add(near)
            if near in self._missing:
                self._findings.withdraw(self._missing.pop(near))
        message = f"{self.what} has no key '{entry.key}'"
        self._findings.add(entry.mark, "unknown_key", message, valid=f"valid keys: {listed(valid)}", fix=fix)

    def missing(self, key: str, *, fix: str, valid: str | None = None) -> None:
        """Report that a key is needed and not there."""
        if key not in self._misspelt:
            message = f"{self.what} needs `{key}`"
            self._missing[key] = self._findings.add(self.owner, "missing_key", message, valid=valid, fix=fix)

    def text(self, key: str, *, example: str) -> str | None:
        """A text, or None where there is none or it was reported."""
        entry = self.take(key)
        if entry is None or is_broken(entry.value):
            return None
        return read_text(entry, self.what, example, self._findings)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        entry = self.take(key)
        if entry is None or is_broken(entry.value):
            return default
        words = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
        value = str(entry.value.value).casefold() if isinstance(entry.value, Scalar) else ""
        if value in words:
            return words[value]
        self._wrong(entry, "true or false", f"write `{key}: {str(default).lower()}`")
        return default

    def count(self, key: str, default: int, *, most: int) -> int:
        """A whole number from 1 to `most`."""
        entry = self.take(key)
        if entry is None or is_broken(entry.value):
            return default
        value = _to_int(entry.value)
        if value is None:
            self._wrong(entry, "a whole number", f"write `{key}: {default}`")
        elif not 1 <= value <= most:
            message = f"`{key}` of {self.what} must be a number from 1 to {most:,}; found {describe(entry.value)}"
            self._findings.add(entry.value.mark, "bad_value", message, fix=f"write `{key}: {default}`")
        return default if value is None else value

    def duration(self, key: str, default: timedelta | None, *, example: str) -> timedelta | None:
        """A span of time longer than nothing."""
        entry = self.take(key)
        if entry is None or is_broken(entry.value):
            return default
        found = describe(entry.value)
        if not isinstance(entry.value, Scalar):
            self._wrong(entry, f'a duration such as "{example}"', f"write `{key}: {example}`")
            return default
        try:
            value = parse_duration(entry.value.value)
        except ValueError:
            value = None
        if not isinstance(value, timedelta) or value <= timedelta(0):
            self._findings.add(
                entry.value.mark,
                "bad_duration",
                f"`{key}` of {self.what} must be a duration longer than nothing; found {found}",
                valid="units: ms, s, m, h, d, w; several may be joined, as in 1h30m",
                fix=f"write `{key}: {example}`",
            )
            return default
        return value

    def _wrong(self, entry: Entry, expected: str, fix: str) -> None:
        wrong_type(entry, self.what, expected, fix, self._findings)


def wrong_type(entry: Entry, what: str, expected: str, fix: str, findings: Findings) -> None:
    """Report a value of the wrong form."""
    message = f"`{entry.key}` of {what} must be {expected}; found {describe(entry.value)}"
    findings.add(position(entry), "wrong_type", message, fix=fix)


def position(entry: Entry) -> Mark:
    """Where a value is; a value that is nothing is where its key is."""
    empty = isinstance(entry.value, Scalar) and entry.value.text == ""
    return entry.mark if empty else entry.value.mark


def is_broken(node: Node) -> bool:
    """Whether the value is known to be unusable, and that was reported."""
    return isinstance(node, Scalar) and node.broken


def read_text(entry: Entry, what: str, example: str, findings: Findings) -> str | None:
    """The text of an entry, or None after a report. A reference to a secret is no text."""
    node = entry.value
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
        return node.value
    if isinstance(node, Scalar) and node.template is not None and node.template.secretive:
        message = f"`{entry.key}` of {what} is shown in logs and messages: no secret can stand there"
        findings.add(node.mark, "wrong_type", message, fix="use ${env:NAME}, or write the value")
        return None
    quoted = isinstance(node, Scalar) and node.value is not None and not isinstance(node.value, str)
    fix = (
        f'put it in quotes: `{entry.key}: "{node.text}"`'
        if quoted and isinstance(node, Scalar)
        else f"write `{entry.key}: {example}`"
    )
    wrong_type(entry, what, "a text", fix, findings)
    return None


def read_table(entry: Entry, what: str, example: str, findings: Findings) -> Table | None:
    """The mapping of an entry, or None after a report."""
    if isinstance(entry.value, Table):
        return entry.value
    if not is_broken(entry.value):
        wrong_type(entry, what, "a mapping", f"write `{example}`", findings)
    return None


def as_items(node: Node) -> tuple[Node, ...]:
    """The members of a list, or the one thing there is."""
    return node.items if isinstance(node, Items) else (node,)


def _to_int(node: Node) -> int | None:
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
