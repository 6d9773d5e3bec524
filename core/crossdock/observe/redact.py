"""Masks secrets and personal data in whatever is about to be shown: text, JSON, headers, URLs, bodies."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus
from uuid import UUID

from crossdock.jsonio import Json, dumps, loads
from crossdock.observe.sensitive import is_personal, is_secret

MASK = "[redacted]"

_SHORTEST_INSIDE = 4
"""A shorter secret is masked only where it is the whole text: it would be found everywhere."""
# A word in prose ("basic authentication") is no token: it has no digit and no sign, and is short.
_SCHEME = re.compile(r"\b(Bearer|Basic|Digest|Token|Negotiate)\s+(?=\S*[0-9=+/_]|\S{20})[\w.~+/=-]{6,}", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+'%-]+@[\w-]+(\.[\w-]+)+")
_PAIR = re.compile(r"""(?P<key>[A-Za-z][\w.-]*)(?P<gap>["']?\s*[=:]\s*)(?P<value>"[^"]*"|'[^']*'|[^\s&;,"'}\])]+)""")
_USERINFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^/?#@\s]+@", re.IGNORECASE)
_DEEPEST = 60


class _Known:
    """The secret values that this process has seen, in every spelling they may turn up in."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Remember one."""
        if value and value not in self._values:
            self._values.add(value)
            spellings = {
                spelling for known in self._values if len(known) >= _SHORTEST_INSIDE for spelling in _spell(known)
            }
            # The longest first, so that a secret that contains another one is masked whole.
            ordered = sorted(spellings, key=lambda text: (-len(text), text))
            self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def mask(self, text: str) -> str:
        """The text without them."""
        if text in self._values:
            return MASK
        return self._pattern.sub(MASK, text) if self._pattern is not None else text

    def clear(self) -> None:
        """Forget all."""
        self.__init__()  # type: ignore[misc]


_known = _Known()


def register(value: str) -> None:
    """Mask this value from now on, wherever it turns up."""
    _known.add(value)


def forget_registered() -> None:
    """Forget every registered value, at the end of a process's work or of a test."""
    _known.clear()


def redact_text(text: str) -> str:
    """A text without registered secrets, `Bearer …`, e-mail addresses, and values beside telling keys.

    Text that is JSON as a whole is redacted as JSON.
    """
    parsed = _parsed(text)
    if parsed is not None:
        return dumps(redact_json(parsed)).decode()
    return _plain(text)


def redact_message(text: str) -> str:
    """One of our own messages: it names keys and settings freely ("secrets: none"), so only values are masked."""
    return _values_masked(text)


def redact_json(value: Any, parent: str = "") -> Json:
    """The same value with everything masked that a telling key stands over, at any depth.

    Shape: mappings, lists and scalars as they were; anything else becomes its redacted `repr`.
    """
    return _redact(value, parent, _DEEPEST)


def redact_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Header pairs, in order; those that prove who we are are masked."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name, MASK if is_secret(name) or is_personal(name) else redact_text(value)) for name, value in pairs]


def redact_url(url: str) -> str:
    """A URL without user and password, and with telling query parameters masked; the rest stays as it was spelt."""
    head, question, tail = url.partition("?")
    query, hash_, fragment = tail.partition("#")
    masked = "&".join(_parameter(parameter) for parameter in query.split("&")) if question else ""
    return _spelt(_plain(head)) + question + masked + hash_ + _spelt(fragment)


def redact_body(body: bytes) -> Json:
    """A request's or an answer's body, for people: JSON where it is JSON, else text, else its size."""
    if not body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return f"[{len(body)} bytes]"
    try:
        return redact_json(loads(text))
    except ValueError:
        return _form(text) if _is_form(text) else redact_text(text)


def _redact(value: Any, key: str, depth: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if depth == 0:
        return MASK
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, int | float | Decimal):
        return MASK if _known.mask(str(value)) != str(value) else value
    if isinstance(value, Mapping):
        return {_plain(str(name)): _member(name, item, key, depth) for name, item in value.items()}
    if isinstance(value, Sequence | AbstractSet) and not isinstance(value, bytes | bytearray | memoryview):
        return [_redact(item, key, depth - 1) for item in value]
    if isinstance(value, bytes | bytearray | memoryview):
        return redact_text(bytes(value).decode("utf-8", "backslashreplace"))
    return redact_text(_as_text(value))


def _as_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath | UUID):
        return str(value)
    # An exception's message may quote what it was given; ours may be shown.
    return type(value).__name__ if isinstance(value, BaseException) else repr(value)


def _member(name: object, item: Any, parent: str, depth: int) -> Json:
    key = str(name)
    if is_secret(key) or is_personal(key, parent):
        return _masked(item, depth - 1)
    return _redact(item, key, depth - 1)


def _masked(value: Any, depth: int) -> Json:
    """Keep the shape, so that a reader sees what is filled in, and nothing of what it says."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping) and depth > 0:
        return {_plain(str(name)): _masked(item, depth - 1) for name, item in value.items()}
    if isinstance(value, list | tuple) and depth > 0:
        return [_masked(item, depth - 1) for item in value]
    return MASK


def _plain(text: str) -> str:
    text = _known.mask(text)
    return _values_masked(_PAIR.sub(_pair, text) if "=" in text or ":" in text else text)


def _values_masked(text: str) -> str:
    text = _known.mask(text)
    if "@" in text:
        text = _EMAIL.sub(MASK, _USERINFO.sub(rf"\g<scheme>{MASK}@", text))
    text = _SCHEME.sub(rf"\1 {MASK}", text)
    # Lone surrogates cannot be written anywhere.
    return text.encode("utf-8", "backslashreplace").decode()


def _pair(match: re.Match[str]) -> str:
    key, value = match["key"], match["value"]
    # "Authorization: Bearer x" is left to the pattern of schemes, which sees both words.
    if value.lower() in ("bearer", "basic", "digest", "token", "negotiate") or value.startswith(MASK[:-1]):
        return match[0]
    # A piece of JSON inside a text; in prose, "address: …" rather speaks of a machine's.
    piece = match["gap"][0] in "\"'" and value[0] in "\"'" and key != "name" and is_personal(key)
    return f"{key}{match['gap']}{MASK}" if piece or is_secret(key) else match[0]


def _parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    key = unquote_plus(name)
    if equals and value and (is_secret(key) or is_personal(key)):
        return f"{name}={MASK}"
    return f"{_spelt(name)}{equals}{_spelt(value)}"


def _spelt(text: str) -> str:
    """Keep a piece of a URL as it was spelt, unless something in it has to go."""
    decoded = unquote_plus(text)
    masked = redact_text(decoded)
    return text if masked == decoded else masked


def _is_form(text: str) -> bool:
    return re.fullmatch(r"[\w.%+-]+=[^&\s]*(&[\w.%+-]+=[^&\s]*)*", text) is not None


def _form(text: str) -> str:
    return "&".join(_parameter(parameter) for parameter in text.split("&"))


def _parsed(text: str) -> Json:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None


def _spell(value: str) -> set[str]:
    escaped = json.dumps(value)[1:-1]
    encoded = base64.b64encode(value.encode("utf-8", "surrogatepass")).decode().rstrip("=")
    quoted = {quote(value, safe, errors="surrogatepass") for safe in ("", "/")}
    return {value, *quoted, quote_plus(value, errors="surrogatepass"), escaped, repr(value)[1:-1], encoded}
