"""XML and pages of HTML: the first is scrubbed by its element names, the second is nobody's format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from crossdock.testing.scrubber import Scrubber

_PAGE = re.compile(r"<!doctype|<html|<head|<body|<!entity", re.IGNORECASE)


def is_page(text: str) -> bool:
    """Whether a person was meant to read it, or whether it declares a document type, which we do not follow."""
    return _PAGE.search(text) is not None


def scrub_markup(text: str, scrubber: Scrubber) -> str | None:
    """XML without secrets and people, comments and instructions left out; None where it is no XML."""
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  (is_page has refused every document type, hence entities)
    except (ElementTree.ParseError, ValueError, RecursionError):
        return None
    _scrub(root, "", scrubber, within=None)
    return ElementTree.tostring(root, encoding="unicode")


def _scrub(element: ElementTree.Element, parent: str, scrubber: Scrubber, *, within: str | None) -> None:
    """`within` is the telling name above, if there is one: everything below it goes."""
    key = _local(element.tag)
    telling = scrubber.rules.is_secret(key) or scrubber.rules.is_personal(key, parent)
    above = key if telling else within
    for name, value in list(element.attrib.items()):
        own = _local(name)
        element.attrib[name] = _said(scrubber, own, value, key, above)
    element.text = _said(scrubber, key, element.text, parent, above) if element.text else element.text
    for child in element:
        _scrub(child, key, scrubber, within=above)
        child.tail = _said(scrubber, key, child.tail, parent, above) if child.tail else child.tail


def _said(scrubber: Scrubber, key: str, text: str, parent: str, above: str | None) -> str:
    if not text.strip():
        return text
    told = key if above is None or scrubber.rules.is_secret(key) or scrubber.rules.is_personal(key, parent) else above
    padding = text[: len(text) - len(text.lstrip())]
    return padding + str(scrubber.member(told, text.strip(), parent))


def _local(name: str) -> str:
    return name.rpartition("}")[2]
