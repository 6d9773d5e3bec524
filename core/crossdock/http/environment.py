"""What the environment says about the way out: proxies and certificate authorities, and where plain http may go."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Sequence
from functools import lru_cache
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it

from httpx import URL, create_ssl_context

from crossdock.errors import ConfigError


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by name or by address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_url(url: URL, plain_http_hosts: Sequence[str], connection: str) -> None:
    """Let https pass, and plain http to loopback or to hosts that the connection names.

    Raises: ConfigError.
    """
    if url.userinfo:
        raise ConfigError(
            f"connection {connection}: an address must not bear a user or password", fix="put credentials under `auth`"
        )
    if url.scheme == "https" and url.host:
        return
    if url.scheme != "http" or not url.host:
        raise ConfigError(
            f"connection {connection}: the address of {url.host or 'the remote system'} is not an https URL",
            fix="write base_url as https://host",
        )
    if is_loopback(url.host) or url.host in plain_http_hosts or url.netloc.decode() in plain_http_hosts:
        return
    raise ConfigError(
        f"connection {connection}: plain http to {url.host} would show credentials to the network",
        fix=f"use https, or name {url.host} in plain_http_hosts of the connection",
    )


def proxy_for(url: URL) -> URL | None:
    """The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY ask for; loopback is always reached directly.

    Raises: ConfigError where the proxy is not an http or https one.
    """
    proxies = getproxies_environment()
    written = proxies.get(url.scheme) or proxies.get("all")
    if not written or is_loopback(url.host) or proxy_bypass_environment(url.netloc.decode(), proxies):
        return None
    proxy = URL(written if "://" in written else f"http://{written}")
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise ConfigError(
            f"the environment asks for a proxy of the kind {proxy.scheme!r}, which is not supported",
            fix="set HTTPS_PROXY to an http:// or https:// address",
        )
    return proxy


def trust() -> ssl.SSLContext:
    """The certificate authorities to trust: SSL_CERT_FILE, else SSL_CERT_DIR, else the bundled ones.

    Raises: ConfigError where they cannot be read.
    """
    return _context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@lru_cache(maxsize=4)  # reading the bundle costs tens of milliseconds
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    named = f"SSL_CERT_FILE={file}" if file else f"SSL_CERT_DIR={folder}"
    try:
        return create_ssl_context(trust_env=True)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{named} cannot be used: {error.strerror or error}", fix="name a readable file of PEM certificates"
        ) from error
