"""The error tree: each class is named by what happens next.

CrossdockError
├── ConfigError          refuse to start
├── PluginError          stop the pipelines that use it
├── CredentialsError     pause the connection, tell the operator once
├── TransientError       try again (retry_after)
│   └── AnswerLostError  the request may have had its effect: never repeat it blindly
├── NotYetError          wait for a precondition
├── NothingToDo          skip, with a reason
├── HoldError            a person decides (code, fix)
├── RejectedError        dead
└── StoreError           the store cannot be used
    └── LeaseLost        another process runs the pipeline now: stop working on it
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


class CrossdockError(Exception):
    """Base of everything crossdock raises on purpose.

    `message` says what happened and where; `fix` how to mend it; `facts` are machine-readable and bear no secret and
    no personal data.
    """

    code = "error"

    def __init__(self, message: str, /, *, fix: str | None = None, code: str | None = None, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.facts = facts
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message


class ConfigError(CrossdockError):
    """The definition, or the environment it names, cannot be used: refuse to start."""

    code = "config"


class PluginError(CrossdockError):
    """A plugin is absent or broken: stop the pipelines that use it."""

    code = "plugin"


class CredentialsError(CrossdockError):
    """The remote system refuses our credentials: pause the connection and tell the operator once."""

    code = "credentials_refused"


class TransientError(CrossdockError):
    """It may work later. `retry_after` in seconds, where the remote system named one."""

    code = "transient"

    def __init__(self, message: str, /, *, retry_after: float | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.retry_after = retry_after


class AnswerLostError(TransientError):
    """The request's headers left and no complete answer came back: it may have had its effect."""

    code = "answer_lost"


class NotYetError(CrossdockError):
    """A precondition is not met yet: wait, with a visible age.

    `deadline` is when it is too late by the remote system's rules; from `alert_at` on a person is told. Both aware.
    """

    code = "not_yet"

    def __init__(
        self,
        message: str,
        /,
        *,
        deadline: datetime | None = None,
        alert_at: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(message, **kwargs)
        self.deadline = deadline
        self.alert_at = alert_at


class NothingToDo(CrossdockError):  # noqa: N818  (it is no fault)
    """There is nothing to be done for this document: skip it, with the reason."""

    code = "nothing_to_do"


class HoldError(CrossdockError):
    """A person decides. `code` names the situation, `fix` the ways out."""

    code = "held"

    def __init__(self, code: str, message: str, /, *, fix: str, **facts: Any) -> None:
        super().__init__(message, fix=fix, code=code, **facts)


class RejectedError(CrossdockError):
    """It will never work as it is: dead, kept with its whole story."""

    code = "rejected"


class StoreError(CrossdockError):
    """The store cannot be used: no room, no permission, locked, or of a newer version."""

    code = "store"


class LeaseLost(StoreError):  # noqa: N818  (nothing is broken)
    """Another process took the pipeline over: nothing more of it is sent or written from here."""

    code = "lease_lost"
