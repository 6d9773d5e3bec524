"""`alerts:` of a definition: who is told, out of band, of what needs a person."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from crossdock.checking.build import build
from crossdock.checking.section import Section, read_table
from crossdock.config import Entry, Findings
from crossdock.contract.component import Duration
from crossdock.contract.secret import Secret

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")


def _check_address(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise ValueError("that is no mail address; write NAME@HOST")
    return text


_Word = Annotated[str, Field(min_length=1)]
_Address = Annotated[str, AfterValidator(_check_address)]


class EmailSettings(BaseModel):
    """E-mail through an SMTP server."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    host: _Word
    """The server that takes the mail."""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    """How the way there is protected; `none` goes to this machine only."""
    user: str | None = None
    """The user there, where it wants one."""
    password: Secret | None = None
    """Best written as ${secret:NAME}."""
    sender: _Address = Field(alias="from")
    """The address that it comes from."""
    to: tuple[_Address, ...]
    """Whom it goes to."""

    @model_validator(mode="after")
    def _is_safe(self) -> EmailSettings:
        if not self.to:
            raise ValueError("`to` names nobody; write `to: [NAME@HOST]`")
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("`security: none` goes to this machine only; write `starttls` or `tls`")
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` go together")
        return self


class AlertSettings(BaseModel):
    """Whom to tell, and how often."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    command: tuple[_Word, ...] | None = None
    """A program and its arguments; it gets one JSON document on its standard input. No shell."""
    email: EmailSettings | None = None
    repeat: Duration = timedelta(days=1)
    """How long after it was told an issue that still stands is told again."""
    digest_above: int = Field(default=10, ge=1)
    """Of more new issues than this at once, only how many there are of which kind is told."""
    timeout: Duration = timedelta(seconds=20)
    """How long telling may take."""

    @field_validator("command")
    @classmethod
    def _names_a_program(cls, command: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if command is not None and not command:
            raise ValueError("name a program: `command: [/usr/local/bin/page]`")
        return command

    @model_validator(mode="after")
    def _tells_somebody(self) -> AlertSettings:
        if self.command is None and self.email is None:
            raise ValueError("say how to tell: `command: [PROGRAM]` or `email: {...}`")
        return self


def read_alerts(entry: Entry | None, findings: Findings) -> AlertSettings | None:
    """The settings, or None where there are none, or after reports."""
    if entry is None:
        return None
    table = read_table(entry, "the definition", "alerts: {command: [PROGRAM]}", findings)
    if table is None:
        return None
    return build(AlertSettings, Section(table, entry.mark, "alerts", findings), findings)
