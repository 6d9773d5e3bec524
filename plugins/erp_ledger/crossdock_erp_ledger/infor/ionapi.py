"""The `.ionapi` file: what an administrator downloads for one authorized app of one tenant."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from crossdock import ConfigError, Secret
from crossdock.jsonio import Json, loads

_REQUIRED = ("ti", "ci", "cs", "iu", "pu", "ot")
_TEXTS = (*_REQUIRED, "cn", "dt", "oa", "or", "ev", "v", "saak", "sask")
_LISTS = ("sc", "ru")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BACKEND = "12"
_DOWNLOAD = "in Infor OS open API Gateway > Authorized Apps, choose the app, and choose Download Credentials"
_SERVICE_ACCOUNT = (
    f"{_DOWNLOAD}, and tick *Create Service Account* there; the app must be a Backend Service. Where it signs in by "
    "client credentials, write `use: erp_ledger.client_credentials`"
)


@dataclass(frozen=True, slots=True, repr=False)
class IonApiFile:
    """One `.ionapi` file, read. It shows its tenant, name, addresses and version; everything else stays masked.

    Source: Infor OS help, "Registering the client application", and the files of public clients; read 2026-11.
    """

    tenant: str
    """`ti`."""
    client_id: str
    """`ci`."""
    client_secret: Secret
    """`cs`."""
    gateway: str
    """`iu`: scheme, host and port of the API gateway, without a slash at its end."""
    authority: str
    """`pu`: the authorization server."""
    token_path: str
    """`ot`."""
    authorize_path: str | None = None
    """`oa`."""
    revoke_path: str | None = None
    """`or`."""
    app: str | None = None
    """`cn`: the name of the authorized app."""
    app_type: str | None = None
    """`dt`: "12" for a backend service; what other codes mean is not published."""
    redirects: tuple[str, ...] = ()
    """`ru`: where a web app sends its user back to."""
    scopes: tuple[str, ...] = ()
    """`sc`, where the tenant asks for scopes."""
    stamp: str | None = None
    """`ev`."""
    version: str | None = None
    """`v`."""
    access_key: Secret | None = None
    """`saak`: the user of the service account, without its tenant where a tool left that out."""
    secret_key: Secret | None = None
    """`sask`."""
    more: Mapping[str, Json] = field(default_factory=dict)
    """What the file bears beside that; never shown."""

    @classmethod
    def parse(cls, text: str, *, plain_http_hosts: Collection[str] | None = ()) -> IonApiFile:
        """Read the text of a file.

        Plain http is taken for this machine and for the hosts that are named; None leaves that to whoever sends.

        Raises: ConfigError, naming keys and never their values.
        """
        read = _fields(_object(text))
        for key in ("iu", "pu"):
            _check_address(key, read[key], plain_http_hosts)
        _check(read)
        return cls(
            tenant=read["ti"],
            client_id=read["ci"],
            client_secret=_secret(read["cs"], "cs"),
            gateway=read["iu"].rstrip("/"),
            authority=read["pu"],
            token_path=read["ot"],
            authorize_path=read.get("oa"),
            revoke_path=read.get("or"),
            app=read.get("cn"),
            app_type=read.get("dt"),
            redirects=read.get("ru", ()),
            scopes=read.get("sc", ()),
            stamp=read.get("ev"),
            version=read.get("v"),
            access_key=_secret(read["saak"], "saak") if "saak" in read else None,
            secret_key=_secret(read["sask"], "sask") if "sask" in read else None,
            more=read["more"],
        )

    @property
    def token_url(self) -> str:
        """Where tokens are got."""
        return join(self.authority, self.token_path)

    @property
    def authorize_url(self) -> str | None:
        """Where a user would sign in; nothing here does."""
        return None if self.authorize_path is None else join(self.authority, self.authorize_path)

    @property
    def revoke_url(self) -> str | None:
        """Where a token is revoked: POST with `token` and `token_type_hint`, client id and secret as Basic."""
        return None if self.revoke_path is None else join(self.authority, self.revoke_path)

    @property
    def fingerprint(self) -> str:
        """What tells this app from others, without showing its client id."""
        return hashlib.sha256(self.client_id.encode()).hexdigest()[:12]

    def service_account(self) -> tuple[str, str]:
        """User and password of the service account. Raises: ConfigError where the file has none."""
        if self.access_key is None or self.secret_key is None:
            raise _bad(_without_account(self.redirects, self.app_type), _SERVICE_ACCOUNT)
        user = self.access_key.reveal()
        return (user if "#" in user else f"{self.tenant}#{user}"), self.secret_key.reveal()

    def __repr__(self) -> str:
        shown = {"ti": self.tenant, "cn": self.app, "iu": self.gateway, "pu": self.authority, "v": self.version}
        return f"IonApiFile({', '.join(f'{key}={value!r}' for key, value in shown.items())}, …)"

    __str__ = __repr__


def join(base: str, path: str) -> str:
    """Two parts of an address with exactly one slash between them."""
    return f"{base.rstrip('/')}/{path.lstrip('/')}"


def _object(text: str) -> dict[str, Json]:
    again = f"download it again: {_DOWNLOAD}"
    try:
        found = loads(text.removeprefix("\ufeff").strip())
    except (ValueError, RecursionError):  # the cause would say where, and could quote
        raise _bad("the .ionapi file is no JSON: it was cut off, or edited", again) from None
    if not isinstance(found, dict):
        raise _bad("the .ionapi file is no JSON object", again)
    return found


def _fields(found: Mapping[str, Json]) -> dict[str, Json]:
    read: dict[str, Json] = {}
    for key in _TEXTS:
        value = found.get(key)
        if value is not None and not isinstance(value, str):
            raise _bad(f"`{key}` of the .ionapi file is no text", "download the file again, and leave it as it is")
        if value is not None and value.strip():
            read[key] = value.strip()
    missing = [key for key in _REQUIRED if key not in read]
    if missing:
        named = ", ".join(f"`{key}`" for key in missing)
        raise _bad(f"the .ionapi file has no {named}", "download the file again, and leave it as it is")
    for key in _LISTS:
        if found.get(key) is not None:
            read[key] = _texts(key, found[key])
    read["more"] = {key: value for key, value in found.items() if key not in (*_TEXTS, *_LISTS)}
    return read


def _texts(key: str, value: Json) -> tuple[str, ...]:
    """A list of texts; one text is a list of its words, as scopes are written in a request."""
    if isinstance(value, str):
        return tuple(value.split())
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(one.strip() for one in value if one.strip())
    raise _bad(f"`{key}` of the .ionapi file is no list of texts", "download the file again, and leave it as it is")


def _check(read: Mapping[str, Json]) -> None:
    if not _TENANT.fullmatch(read["ti"]):
        fix = "a tenant is one word, as ACME_PRD; download the file again"
        raise _bad("`ti` of the .ionapi file is no tenant", fix)
    for key in ("ot", "oa", "or"):
        if "://" in read.get(key, ""):
            fix = "write the path alone: hosts come from `pu` and `iu`"
            raise _bad(f"`{key}` of the .ionapi file is a whole address", fix)
    if ("saak" in read) != ("sask" in read):
        one, other = ("saak", "sask") if "saak" in read else ("sask", "saak")
        raise _bad(f"the .ionapi file has `{one}` and no `{other}`: a service account is both", _SERVICE_ACCOUNT)


def _check_address(key: str, url: str, plain_http_hosts: Collection[str] | None) -> None:
    fix = "download the file again, and leave it as it is: hosts come from the file alone"
    try:
        parts = urlsplit(url)
        whole = parts.hostname and parts.port != 0 and not any(sign.isspace() for sign in url)
    except ValueError:
        raise _bad(f"`{key}` of the .ionapi file is no address", fix) from None
    if parts.scheme not in ("http", "https") or not whole or parts.username or parts.query or parts.fragment:
        raise _bad(f"`{key}` of the .ionapi file is no https address", fix)
    if parts.scheme == "http" and plain_http_hosts is not None and not _may_be_plain(parts, plain_http_hosts):
        allow = "use the https address, or name its host in `plain_http_hosts` of the connection"
        raise _bad(f"`{key}` of the .ionapi file would send credentials over plain http", allow)


def _may_be_plain(parts: SplitResult, plain_http_hosts: Collection[str]) -> bool:
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if {host.lower(), parts.netloc.lower()} & {one.lower() for one in plain_http_hosts}:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _without_account(redirects: Collection[str], app_type: str | None) -> str:
    nothing = "there is no service account in this .ionapi file"
    if redirects:
        return f"{nothing}: it is one of a web or mobile app (it has `ru`), which wants a user to sign in"
    if app_type not in (None, _BACKEND):
        return f"{nothing}: its app may be no backend service"
    return f"{nothing} (`saak` and `sask`)"


def _secret(value: str, key: str) -> Secret:
    return Secret(lambda: value, f"`{key}` of the .ionapi file")


def _bad(message: str, fix: str) -> ConfigError:
    return ConfigError(message, fix=fix, code="bad_ionapi")
