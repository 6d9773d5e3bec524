"""Text from elsewhere, made safe to print: it can neither steer a terminal nor forge a line."""

from __future__ import annotations


def printable(text: str, *, keep: str = "") -> str:
    """The text with everything escaped that is no visible character, but for those in `keep`."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else repr(char)[1:-1] for char in text)
