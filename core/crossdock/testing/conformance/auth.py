"""The auth provider: a flow without I/O that says who refuses what."""

# ruff: noqa: S101  (a suite consists of assertions)
from __future__ import annotations

from collections.abc import Generator
from typing import Any

import httpx

from crossdock.contract.connection import NoAuth
from crossdock.errors import CredentialsError, CrossdockError, TransientError
from crossdock.http.types import Request, Response, Token
from crossdock.testing.conformance.base import Part, pytest
from crossdock.testing.conformance.subject import BASE_URL, NOW, secrets_of

_TOKEN = "a-token-that-nobody-must-see"  # noqa: S105
_PAGE = b"<html><body>maintenance</body></html>"
Flow = Generator[Request, Response, Token]


class AuthTests(Part):
    """How the connection's auth provider behaves."""

    def test_token_flow_yields_a_request_without_io(self, monkeypatch: Any) -> None:
        """Core sends it: the flow opens no socket."""
        monkeypatch.setattr("socket.socket.connect", _no_socket)
        request = next(self._flow())
        assert isinstance(request, Request)
        assert request.url.is_absolute_url
        assert [secret for secret in secrets_of(self.subject.connection()) if secret in str(request.url)] == []

    def test_token_flow_names_refused_credentials(self) -> None:
        """401 is a person's business, and is told without the secret."""
        error = self._error(401, b'{"error": "invalid_client"}')
        assert isinstance(error, CredentialsError), f"401 gives {error!r}"
        secrets = secrets_of(self.subject.connection())
        assert [secret for secret in secrets if secret in f"{error} {error.fix} {error.facts}"] == []

    def test_token_flow_waits_out_an_outage(self) -> None:
        """Core tries again: nobody has to look at credentials that are good."""
        for status, body in ((500, b""), (503, _PAGE), (200, _PAGE), (200, b"{}"), (200, b"[]"), (200, b"null")):
            error = self._error(status, body)
            assert isinstance(error, TransientError), f"{status} with {body!r} gives {error!r}"
            assert not isinstance(error, CredentialsError)

    def test_sign_changes_headers_alone(self) -> None:
        """The request stays what was planned: its URL and body are compared after a crash."""
        auth = self.subject.connection().auth
        if isinstance(auth, NoAuth):
            pytest.skip("nobody asks who we are")
        request = Request("POST", f"{BASE_URL}/sample?at=1", content=b"{}", headers={"Accept": "application/json"})
        before = dict(request.headers)
        auth.sign(request, Token(_TOKEN, issued_at=NOW, lifetime_s=900.0) if auth.needs_token else None, NOW)
        assert (str(request.url), request.content) == (f"{BASE_URL}/sample?at=1", b"{}")
        assert dict(request.headers) != before
        assert before.items() <= dict(request.headers).items()

    def test_refused_token_is_recognised(self) -> None:
        """401 means another token; 200 does not, whatever its body."""
        auth = self.subject.connection().auth
        assert auth.refused(httpx.Response(401, content=_PAGE))
        for status, body in ((200, b"{}"), (200, _PAGE), (404, b""), (500, _PAGE), (400, b"[1]")):
            assert not auth.refused(httpx.Response(status, content=body)), f"{status} with {body!r}"

    def _flow(self) -> Flow:
        connection = self.subject.connection()
        if not connection.auth.needs_token:
            pytest.skip("the auth provider signs without a token")
        return connection.auth.token_flow(connection.base_url, None, NOW)

    def _error(self, status: int, body: bytes) -> BaseException | None:
        flow = self._flow()
        request = next(flow)
        try:
            while True:
                request = flow.send(httpx.Response(status, content=body, request=request))
        except StopIteration as end:
            return AssertionError(f"it took a token from {body!r}: {end.value!r}")
        except CrossdockError as error:
            return error


def _no_socket(*args: Any) -> None:
    raise AssertionError("the flow does I/O of its own")
