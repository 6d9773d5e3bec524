"""A text with references in it: what it says now, or a secret that is put together only when it is revealed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from crossdock.contract.secret import Secret

_TOKEN = re.compile(r"\$\$\{|\$\{([^{}\n]*)\}|\$\{")
_NAMES = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "secret": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*"),
    "file": re.compile(r"\S(.*\S)?"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${kind:name}` and how to get what it stands for."""

    kind: str
    name: str
    look_up: Callable[[], str]

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that looks like a reference and is none."""

    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """The pieces of a text: what stands there literally, and references."""

    parts: tuple[str | Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """The references, from left to right."""
        return tuple(part for part in self.parts if isinstance(part, Reference))

    @property
    def secretive(self) -> bool:
        """Whether a secret is in it."""
        return any(reference.kind == "secret" for reference in self.references)

    def reveal(self) -> str:
        """The text with everything put in. Raises: ConfigError."""
        return "".join(part if isinstance(part, str) else part.look_up() for part in self.parts)

    def secret(self) -> Secret:
        """The text as a secret, which looks up nothing before it is revealed."""
        return Secret(self.reveal, "".join(str(part) for part in self.parts if isinstance(part, Reference)))


def split(text: str) -> list[str | tuple[str, str] | Malformed]:
    """Cut a text into literal pieces and (kind, name) pairs; `$${` stands for a literal `${`."""
    pieces: list[str | tuple[str, str] | Malformed] = []
    end = 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[end : token.start()])
        end = token.end()
        pieces.append("${" if token.group() == "$${" else _pair(token.group(), token.group(1)))
    pieces.append(text[end:])
    return [piece for piece in pieces if piece != ""]


def _pair(whole: str, inside: str | None) -> tuple[str, str] | Malformed:
    kind, colon, name = (inside or "").partition(":")
    pattern = _NAMES.get(kind)
    if not colon or pattern is None or not pattern.fullmatch(name):
        return Malformed(whole)
    return kind, name
