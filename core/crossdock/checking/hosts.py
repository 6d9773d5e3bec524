"""Where a connection may go: a base URL that is whole, and bears neither credentials nor plain http to strangers."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit


def find_url_flaw(url: str) -> str | None:
    """What keeps a text from being a base URL; never shows the URL, which may come from a reference."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in url):
        return "is no http or https URL with a host"
    if port == 0:
        return "names port 0"
    if parts.username or parts.password:
        return "bears credentials, which belong into `auth`"
    if parts.query or parts.fragment:
        return "bears a query or a fragment"
    return None


def is_plain_to_stranger(url: str, allowed: Iterable[str]) -> bool:
    """Whether it is plain http to a host that is neither this machine nor allowed by name."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(url) and not _names(parts) & {host.lower() for host in allowed}


def is_loopback(url: str) -> bool:
    """Whether the URL leads to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:
        return False


def _names(parts: SplitResult) -> set[str]:
    return {(parts.hostname or "").lower(), parts.netloc.lower()}
