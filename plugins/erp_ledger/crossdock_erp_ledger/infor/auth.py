"""How an app signs in to a tenant: by its service account, or as itself, with what the `.ionapi` file says."""

from __future__ import annotations

import re
from abc import abstractmethod
from base64 import b64encode
from collections.abc import Generator, Mapping
from datetime import datetime
from typing import ClassVar, Literal
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from pydantic import field_validator

from crossdock import AuthProvider, ConfigError, CredentialsError, Secret, TransientError
from crossdock.http import Request, Response, Token, json_of, retry_after
from crossdock_erp_ledger.infor.ionapi import IonApiFile

_WORD = re.compile(r"[a-z][a-z_]{2,40}")
_SHORTEST_GRANT_S = 3600.0
"""What an app's tokens live at least, where an answer does not say: administrators choose from one hour on."""
_FIXES = {
    "invalid_grant": (
        "the service account was deleted, or its keys are old: in Infor OS API Gateway > Authorized Apps download the "
        "credentials anew with *Create Service Account*, and put the file where the old one was"
    ),
    "invalid_client": "the app was deleted or its secret made anew: download its credentials anew",
    "unauthorized_client": "the app may not sign in this way: it must be a Backend Service",
    "unsupported_grant_type": (
        "the app signs in otherwise: `use: erp_ledger.client_credentials` instead of `erp_ledger.service_account`, or "
        "the other way round"
    ),
    "invalid_scope": "compare `scopes` of `auth` with the scopes of the app",
}
_LOOK = "compare the .ionapi file with the app in Infor OS API Gateway > Authorized Apps, and download it anew"


class IonApi(AuthProvider):
    """An authorized app of one tenant. The file is read again for each token: a renewed one needs no restart."""

    replace_with: ClassVar[str | None] = (
        "the app or its service account was probably deleted or renewed. In Infor OS open API Gateway > Authorized "
        "Apps, choose the app, Download Credentials with *Create Service Account*, and put the new .ionapi file where "
        "the old one was (or `crossdock secrets set NAME --file FILE`)"
    )

    ionapi: Secret
    """The text of the `.ionapi` file: `${file:acme.ionapi}`, or `${secret:NAME}`."""
    client_authentication: Literal["form", "basic"] = "form"
    """How the app proves itself to the token endpoint: by fields of the form, or by a header."""
    scopes: tuple[str, ...] = ()
    """Where the tenant asks for scopes; by default those of the file."""

    @field_validator("ionapi")
    @classmethod
    def _readable(cls, ionapi: Secret) -> Secret:
        """Say what is wrong with a file before anything runs; one that is locked away yet is read when it is used."""
        try:
            text = ionapi.reveal()
        except ConfigError:
            return ionapi
        try:
            cls.check_file(IonApiFile.parse(text, plain_http_hosts=None))
        except ConfigError as error:
            raise ValueError(f"{error.message}; {error.fix}") from None
        return ionapi

    @classmethod
    def check_file(cls, file: IonApiFile) -> None:
        """Whether a file bears what this way of signing in needs. Raises: ConfigError."""

    def file(self) -> IonApiFile:
        """The file as it is now. Raises: ConfigError."""
        return IonApiFile.parse(self.ionapi.reveal(), plain_http_hosts=None)

    @property
    def account(self) -> str:
        """The tenant, and a fingerprint of the app's client id."""
        file = self.file()
        return f"{file.tenant}~{file.fingerprint}"

    def token_flow(self, base_url: str, previous: Token | None, now: datetime) -> Generator[Request, Response, Token]:
        """Renew by refresh token where there is one, else sign in.

        Raises: CredentialsError where the tenant refuses, and where the file cannot be used any more; TransientError.
        Source: Infor OS help, "API Gateway", and the samples of Infor's SDK; read 2026-11.
        """
        try:
            file = self.file()
            asked = self._grant(file)
        except ConfigError as error:
            raise CredentialsError(f"no token without its file: {error.message}", fix=error.fix) from None
        url = _token_url(file, base_url)
        if previous is not None and previous.refresh:
            answer = yield self._request(file, url, {"grant_type": "refresh_token", "refresh_token": previous.refresh})
            if answer.status_code == 200:
                return _token(answer, now, previous.refresh)
        answer = yield self._request(file, url, asked)
        if answer.status_code == 200:
            return _token(answer, now, None)
        raise _refusal(answer, file, now)

    def sign(self, request: Request, token: Token | None, now: datetime) -> None:
        """Bear the token."""
        if token is None:
            raise CredentialsError("a call to Infor needs a token, and there is none")
        request.headers["Authorization"] = f"Bearer {token.value}"

    @abstractmethod
    def _grant(self, file: IonApiFile) -> Mapping[str, str]:
        """What is asked for."""

    def _request(self, file: IonApiFile, url: str, asked: Mapping[str, str]) -> Request:
        form, headers = dict(asked), {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        scopes = self.scopes or file.scopes
        if scopes:
            form["scope"] = " ".join(scopes)
        if self.client_authentication == "basic":
            pair = f"{file.client_id}:{file.client_secret.reveal()}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        else:
            form.update(client_id=file.client_id, client_secret=file.client_secret.reveal())
        return Request("POST", url, headers=headers, content=urlencode(form, quote_via=quote).encode())


class ServiceAccount(IonApi):
    """The service account of a backend service: user and password are `saak` and `sask` of its `.ionapi` file."""

    name: ClassVar[str] = "service_account"

    @classmethod
    def check_file(cls, file: IonApiFile) -> None:
        """Raises: ConfigError where it has no service account."""
        file.service_account()

    def _grant(self, file: IonApiFile) -> Mapping[str, str]:
        user, password = file.service_account()
        return {"grant_type": "password", "username": user, "password": password}


class ClientCredentials(IonApi):
    """A backend service that signs in as itself: client id and secret of its `.ionapi` file are all it needs."""

    name: ClassVar[str] = "client_credentials"

    def _grant(self, file: IonApiFile) -> Mapping[str, str]:
        return {"grant_type": "client_credentials"}


def _token_url(file: IonApiFile, base_url: str) -> str:
    """Where tokens are got. A `base_url` that is not the file's gateway stands in for both of its hosts."""
    if _origin(base_url) == _origin(file.gateway):
        return file.token_url
    path = urlsplit(file.token_url).path
    scheme, host = urlsplit(base_url)[:2]
    return urlunsplit((scheme, host, path, "", ""))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _token(answer: Response, now: datetime, refresh: str | None) -> Token:
    found = json_of(answer)
    body = found if isinstance(found, dict) else {}
    value = body.get("access_token")
    if not isinstance(value, str) or not value:
        raise TransientError("Infor's token endpoint answered 200 without a token")
    renewed = body.get("refresh_token")
    return Token(value, now, _lifetime_s(body.get("expires_in")), renewed if isinstance(renewed, str) else refresh)


def _lifetime_s(granted: object) -> float:
    try:
        lifetime_s = float(granted)  # type: ignore[arg-type]  # whatever stands there
    except (TypeError, ValueError):
        return _SHORTEST_GRANT_S
    return lifetime_s if 0 < lifetime_s < float("inf") else _SHORTEST_GRANT_S


def _refusal(answer: Response, file: IonApiFile, now: datetime) -> CredentialsError | TransientError:
    status, who = answer.status_code, f"app {file.app or '(unnamed)'} of tenant {file.tenant}"
    body = json_of(answer)
    said = body.get("error") if isinstance(body, dict) else None
    code = said if isinstance(said, str) and _WORD.fullmatch(said) else None
    if status in (400, 401, 403):
        named = f", {code}" if code else ""
        return CredentialsError(
            f"Infor refuses {who}: {status}{named}", fix=_FIXES.get(code or "", _LOOK), status=status
        )
    if status in (404, 405):
        return CredentialsError(
            f"the token endpoint of the .ionapi file grants no tokens to {who}: {status}",
            fix="compare `pu` and `ot` with a file that was downloaded anew",
            status=status,
        )
    return TransientError(f"Infor granted no token ({status})", retry_after=retry_after(answer, now), status=status)
