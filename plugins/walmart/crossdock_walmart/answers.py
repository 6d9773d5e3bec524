"""What an answer to a reading call says, and what is refused."""

from __future__ import annotations

from typing import Any

from crossdock import CredentialsError, CrossdockError, RejectedError, TransientError
from crossdock.http import Response
from crossdock.jsonio import Json, loads
from crossdock_walmart.faults import Fault, codes, faults_of

CEILING = 20_000
"""How many orders one query may find."""

_OUTAGES_BELIEVED = 5


class TooManyOrdersError(TransientError):
    """A query found more orders than one query may: ask for a shorter span."""

    code = "too_many_orders"


class Judge:
    """Tells what is there from what is not, and a refusal from an outage."""

    def __init__(self) -> None:
        self._outages = 0

    def is_found(self, response: Response, scope: str) -> bool:
        """False for Walmart's own "nothing there". Another 404 (a proxy's page, a wrong path) is no empty list."""
        if response.status_code != 404:
            self.raise_for_status(response, scope)
            return True
        faults = faults_of(response)
        if any(fault.kind == "CONTENT_NOT_FOUND" for fault in faults):
            self._outages = 0
            return False
        raise TransientError(
            f"{response.request.url.host} answered 404 in a way that Walmart does not ({codes(faults)})",
            fix="check base_url of the connection",
        )

    def raise_for_status(self, response: Response, scope: str) -> None:
        """Raises: TransientError, CredentialsError, RejectedError, unless it is a success."""
        if response.is_success:
            self._outages = 0
            return
        faults = faults_of(response)
        if response.status_code == 403 and (faults or not _is_web_page(response)):
            raise _forbidden(scope, faults)
        if any(fault.names_the_ceiling for fault in faults):
            raise TooManyOrdersError(f"Walmart finds more than {CEILING} orders in one query")
        raise self._refusal(response, faults)

    def _refusal(self, response: Response, faults: tuple[Fault, ...]) -> CrossdockError:
        status = response.status_code
        message = f"Walmart refused a reading call: {status}, {codes(faults)}"
        facts: dict[str, Any] = {"status": status, "codes": codes(faults), "field": faults[0].field if faults else ""}
        if any(fault.is_outage for fault in faults) and self._outages < _OUTAGES_BELIEVED:
            self._outages += 1  # an outage of its back end looks like this; if it stays, it is our request
            return TransientError(f"{message}, as in an outage of its order service", retry_after=60.0, **facts)
        if status in (408, 423, 425, 429) or status >= 500 or not faults:
            return TransientError(message, **facts)
        return RejectedError(message, **facts)


def _forbidden(scope: str, faults: tuple[Fault, ...]) -> CredentialsError:
    return CredentialsError(
        f"Walmart forbids this key to read {scope} ({codes(faults)})",
        code="permission_missing",
        fix=f"give the key the permission {scope!r} (view) in Developer Portal > API Key Management",
        scope=scope,
    )


def _is_web_page(response: Response) -> bool:
    """Whether a person was meant to read it: then a proxy or Walmart's edge answered, not the API."""
    return response.content[:64].lstrip()[:1] == b"<"


def any_json(response: Response, what: str) -> Json:
    """The body of an answer. Raises: TransientError where it is no JSON."""
    try:
        return loads(response.content)
    except ValueError as error:
        kind = response.headers.get("Content-Type", "no type").partition(";")[0]
        size = len(response.content)
        raise TransientError(
            f"Walmart answered {what} with something that is no JSON ({kind}, {size} bytes)",
            status=response.status_code,
        ) from error


def json_object(response: Response, what: str) -> dict[str, Json]:
    """The object that an answer is. Raises: TransientError."""
    body = any_json(response, what)
    if not isinstance(body, dict):
        raise TransientError(f"Walmart answered {what} with JSON of another shape")
    return body


def as_object(value: Json) -> dict[str, Json]:
    """A member that may be null, or something else than it should."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> tuple[Json, ...]:
    """A collection that may come as a list, as a bare object, or as null."""
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def as_count(value: Json) -> int | None:
    """A number of things, written as a number or as a text."""
    text = str(value) if isinstance(value, int | str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def as_cursor(value: Json) -> str | None:
    """The way to the next page; None where there is none."""
    return value if isinstance(value, str) and value else None
