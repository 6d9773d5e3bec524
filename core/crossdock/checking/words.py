"""Small things that messages are made of."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_DIVIDERS = re.compile(r"[\s_-]+")


def nearest(word: str, among: Iterable[str]) -> str | None:
    """The name that was probably meant, if one is near enough; case and dividers do not count."""
    by_bare: dict[str, str] = {}
    for name in among:
        by_bare.setdefault(bare(name), name)
    near = difflib.get_close_matches(bare(word), by_bare, n=1, cutoff=0.65)
    return by_bare[near[0]] if near else None


def bare(name: str) -> str:
    """A name without what people mix up: case, spaces, dashes, underscores."""
    return _DIVIDERS.sub("", name).casefold()


def listed(names: Iterable[str], *, otherwise: str = "none") -> str:
    """Names in alphabetical order, separated by commas."""
    return ", ".join(sorted(names)) or otherwise


def either(words: Iterable[str]) -> str:
    """Words joined for a choice: "a, b or c"."""
    *head, last = words
    return f"{', '.join(head)} or {last}" if head else last


def an(word: str) -> str:
    """The word with its indefinite article."""
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
