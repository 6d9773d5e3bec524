"""Takes secrets and people out of what is about to be recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote, unquote, unquote_plus

from crossdock.jsonio import Json, dumps, loads
from crossdock.observe.redact import redact_text
from crossdock.testing.markup import is_page, scrub_markup
from crossdock.testing.rules import Rules, is_distinctive, tells_no_person
from crossdock.testing.standins import SECRET, StandIns, is_stand_in, stand_in_for

LEFT_OUT = "left out of the cassette"
_FORM = re.compile(r"[\w.%+*-]+=[^&\s]*(&[\w.%+*-]+=[^&\s]*)*")
_NAME = re.compile(r"name|buyer|recipient|receiver|consignee|contact|person", re.IGNORECASE)
_WORD = 4
MessageT = TypeVar("MessageT")
ScrubbedT = TypeVar("ScrubbedT")


class Scrubber:
    """Scrubs messages of one cassette. It remembers what it took out, and takes it out elsewhere, too.

    What it cannot read (pages, plain text, binary content) is left out whole. Scrubbing twice changes nothing.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self._stand_ins = StandIns()
        self._of_answer = False

    def hide(self, value: str, stand_in: str) -> None:
        """Write `stand_in` wherever `value` turns up: an account's id, a host, a secret."""
        self._stand_ins.add(value, stand_in)
        self._stand_ins.add(stand_in, stand_in)  # it stays what it is where it is scrubbed again

    # ---------------------------------------------------------------- messages
    def url(self, url: str) -> str:
        """A URL whose query bears no secret and no person."""
        return self._settled(self._url, url)

    def _url(self, url: str) -> str:
        head, question, query = url.partition("?")
        return self._spelt(head) + question + "&".join(self._pair(pair) for pair in query.split("&") if question)

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        """The headers that may be kept."""
        return self._settled(self._headers, list(headers))

    def _headers(self, headers: list[tuple[str, str]]) -> dict[str, list[str]]:
        kept: dict[str, list[str]] = {}
        for name, value in headers:
            if self.rules.keeps_header(name):
                kept.setdefault(name, []).append(self.text(value))
        return kept

    def request_body(self, content: bytes) -> bytes:
        """A request's body."""
        self._of_answer = False
        return self._settled(self._body, content)

    def answer_body(self, content: bytes) -> bytes:
        """An answer's body. Tokens that it grants are told apart."""
        self._of_answer = True
        return self._settled(self._body, content)

    def text(self, text: str) -> str:
        """A text without what is known, and without what looks like a token or an e-mail address."""
        replaced = self._stand_ins.replace(text)
        return replaced if is_stand_in(replaced) else redact_text(replaced)

    def _settled(self, scrub: Callable[[MessageT], ScrubbedT], message: MessageT) -> ScrubbedT:
        """Scrub twice where the first time told something new: it may have stood before the key that betrayed it."""
        self._stand_ins.settle()
        scrubbed = scrub(message)
        return scrub(message) if self._stand_ins.settle() else scrubbed

    # ---------------------------------------------------------------- bodies
    def _body(self, content: bytes) -> bytes:
        if not content.strip():
            return content
        try:
            text = content.decode()
        except UnicodeDecodeError:
            return f"[binary content, {LEFT_OUT}]".encode()
        parsed = _parsed(text)
        if parsed is not None:
            return dumps(self.json(parsed))
        if text.lstrip()[:1] == "<":
            return self._markup(text)
        if _FORM.fullmatch(text):
            return "&".join(self._pair(pair) for pair in text.split("&")).encode()
        return content if LEFT_OUT in text else f"[text, {LEFT_OUT}]".encode()

    def _markup(self, text: str) -> bytes:
        scrubbed = None if is_page(text) else scrub_markup(text, self)
        if scrubbed is None:
            return f"<!DOCTYPE html><html><body>a page, {LEFT_OUT}</body></html>".encode()
        return scrubbed.encode()

    def json(self, value: Json, parent: str = "") -> Json:
        """The same value without secrets and people; its shape stays."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.member(str(key), item, parent) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item, parent) for item in value]
        if isinstance(value, str):
            nested = _parsed(value)
            return self.text(value) if nested is None else dumps(self.json(nested, parent)).decode()
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return value if self._stand_ins.replace(str(value)) == str(value) else 0
        return value

    def member(self, key: str, value: Json, parent: str = "") -> Json:
        """What is written under a key."""
        if self.rules.is_secret(key):
            return self._gone(key, value, secret=True)
        if self.rules.is_personal(key, parent):
            return self._gone(key, value, secret=False)
        return self.json(value, key)

    def _gone(self, key: str, value: Json, *, secret: bool) -> Json:
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._within(str(name), item, secret) for name, item in value.items()}
        if isinstance(value, list):
            return [self._gone(key, item, secret=secret) for item in value]
        if isinstance(value, str):
            return self._secret(value) if secret else self._personal(key, value)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            self._stand_ins.add(str(value), "0")
            return 0
        return value

    def _within(self, key: str, value: Json, secret: bool) -> Json:
        if tells_no_person(key) and not secret:
            return self._country(value)
        return self._gone(key, value, secret=secret)

    def _country(self, value: Json) -> Json:
        """A country, as a code or as {"name": …, "iso2Code": …}: nothing in it is a person's."""
        if isinstance(value, Mapping):
            return {str(name): self._country(item) for name, item in value.items()}
        return self.text(value) if isinstance(value, str) else self.json(value)

    def _secret(self, value: str) -> str:
        known = self._stand_ins.get(value)
        if known is not None:
            return known
        if is_stand_in(value):
            return value
        if self._of_answer:
            return self._stand_ins.number(value)
        self._stand_ins.add(value, SECRET)
        return SECRET

    def _personal(self, key: str, value: str) -> str:
        if is_stand_in(value):
            return value
        known = self._stand_ins.get(value)
        if known is not None:
            return known
        stand_in = stand_in_for(key, value)
        if is_distinctive(key):
            self._stand_ins.add(value, stand_in)
            for word in re.findall(r"\w+", value) if _NAME.search(key) else ():
                if len(word) >= _WORD and not is_stand_in(word):
                    self._stand_ins.add(word, stand_in)
        return stand_in

    # ---------------------------------------------------------------- forms and queries
    def _pair(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        plain = unquote_plus(value)
        scrubbed = self.member(unquote_plus(name), plain) if value else plain
        return self._spelt(name) + equals + (value if scrubbed == plain else quote(str(scrubbed), safe=""))

    def _spelt(self, text: str) -> str:
        """Keep a piece of a URL as it was spelt, unless something in it has to go."""
        plain = unquote(text)
        scrubbed = self.text(plain)
        return text if scrubbed == plain else quote(scrubbed, safe="/:?=&@[]")


def _parsed(text: str) -> Json:
    """The JSON object or list that a text is, or None."""
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return None
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return None
