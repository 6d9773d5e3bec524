"""An entry as books keep it: texts that any format can bear, and what it is called there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from crossdock.canonical.journal import JournalEntry, JournalLine
from crossdock_erp_ledger.posting import Posting

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_UNLINKED = re.compile(r"[^A-Za-z0-9\-_/.]")
NO_DIMENSION = re.compile(r"[^A-Za-z0-9_]")

ENTRY_TEXTS = (
    ("event", "event"),
    ("channel", "channel"),
    ("market", "market"),
    ("customer", "customer"),
    ("po", "reference"),
    ("order_id", "document"),
    ("reverses", "reverses"),
    ("total", "total"),
)
"""What is told of an entry: its name in the books, and in the document."""
LINE_TEXTS = (("line", "order_line"), ("event", "event"), ("sku", "sku"), ("unit", "unit"), ("memo", "memo"))


class Unreadable(Exception):  # noqa: N818  (it says what a file is)
    """A file of the books holds something that crossdock does not write; `line` counts from 1."""

    def __init__(self, line: int, why: str, file: str = "") -> None:
        super().__init__(f"{file or 'line'}{':' if file else ' '}{line}: {why}")
        self.line = line
        self.why = why

    def of(self, file: str) -> Unreadable:
        """The same, with the name of the file."""
        return Unreadable(self.line, self.why, file)


@dataclass(frozen=True, slots=True)
class Booked:
    """One entry of the books, and the bundle that brought it."""

    posting: Posting
    batch: str

    @property
    def period(self) -> str:
        """The month whose file it stands in: "2026-10"."""
        return f"{self.posting.entry.date:%Y-%m}"


def bookable(posting: Posting, batch: str) -> Booked:
    """An entry with texts as books can bear them: no line breaks, nothing that is empty, links of plain characters.

    Facts are not kept: they are the store's.
    Raises: ValueError where its key could not be read back.
    """
    entry = posting.entry
    if any(_CONTROLS.search(key) or key != key.strip() or not key for key in (entry.key, *posting.members)):
        raise ValueError("its key begins or ends with a space, or has a line break in it")
    texts = {field: plain(getattr(entry, field)) for _, field in ENTRY_TEXTS}
    kept = entry.model_copy(
        update={
            **texts,
            "description": plain(entry.description) or "",
            "lines": tuple(_bookable_line(line) for line in entry.lines),
            "links": _links(entry),
            "facts": (),
            "when_closed": "next",
            "transaction_date": entry.transaction_date or entry.date,
        }
    )
    return Booked(posting.model_copy(update={"entry": kept}), batch)


def _bookable_line(line: JournalLine) -> JournalLine:
    texts = {field: plain(getattr(line, field)) for _, field in LINE_TEXTS}
    dimensions = {name: text for name, value in sorted(line.dimensions.items()) if (text := plain(value))}
    return line.model_copy(update={**texts, "dimensions": dimensions})


def plain(text: str | None) -> str | None:
    """A text on one line, or None where nothing is left of it."""
    return _CONTROLS.sub(" ", text).strip() or None if text else None


def _links(entry: JournalEntry) -> tuple[str, ...]:
    return tuple(link for link in dict.fromkeys(map(to_link, entry.links)) if link and link not in own_links(entry))


def to_link(text: str) -> str:
    """A text as a link: other characters than letters, digits, - _ / . become dashes."""
    return _UNLINKED.sub("-", text)


def own_links(entry: JournalEntry) -> tuple[str, ...]:
    """The links that every entry has: its own name, and that of the entry that it reverses."""
    return tuple(to_link(key) for key in (entry.key, entry.reverses) if key)


def payee_of(entry: JournalEntry) -> str:
    """Whom it is with, for a person: "Walmart US"."""
    words = ((entry.channel or "").capitalize(), (entry.market or "").upper())
    return " ".join(word for word in words if word) or entry.customer or "Journal"


def same_fact(one: Posting, other: Posting) -> bool:
    """Whether two entries of one key say the same, on whatever day they are posted."""
    return _fact(one) == _fact(other)


def _fact(posting: Posting) -> JournalEntry:
    # The day it is posted on, and how it is told, may change with the settings. What the source said of a line is not
    # written into books.
    entry = posting.entry
    lines = tuple(line.model_copy(update={"basis": {}}) for line in entry.lines)
    told = {"date": entry.transaction_date, "description": "", "links": (), "lines": lines}
    return entry.model_copy(update=told)


def to_dimension(name: str) -> str:
    """The name of a dimension as a key of metadata; `from_dimension` reads it back."""
    return "dim-" + NO_DIMENSION.sub(lambda found: f"-x{ord(found[0]):x}-", name)


def from_dimension(key: str) -> str:
    """The name of a dimension."""
    return re.sub(r"-x([0-9a-f]+)-", lambda found: chr(int(found[1], 16)), key.removeprefix("dim-"))


def to_members(keys: Iterable[str]) -> str:
    """Names of entries on one line; `from_members` reads them back."""
    return " ".join(key.replace("%", "%25").replace(" ", "%20") for key in keys)


def from_members(text: str) -> tuple[str, ...]:
    """Names of entries."""
    return tuple(name.replace("%20", " ").replace("%25", "%") for name in text.split(" "))
