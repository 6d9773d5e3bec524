"""Telling by e-mail, through the operator's SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from anyio import to_thread

from crossdock.alerts.message import Message
from crossdock.checking.alerting import EmailSettings
from crossdock.clock import Clock


async def send_mail(settings: EmailSettings, message: Message, clock: Clock, timeout_s: float) -> None:
    """Hand it to the server. Raises: OSError, which all faults of SMTP are."""
    mail = to_mail(settings, message, clock)
    await to_thread.run_sync(_send, settings, mail, timeout_s, abandon_on_cancel=True)


def to_mail(settings: EmailSettings, message: Message, clock: Clock) -> EmailMessage:
    """The mail: plain text, with the summary as its subject."""
    mail = EmailMessage()
    mail["From"], mail["To"] = settings.sender, ", ".join(settings.to)
    mail["Subject"] = f"[crossdock] {message.summary}"
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = make_msgid(domain=settings.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _send(settings: EmailSettings, mail: EmailMessage, timeout_s: float) -> None:
    with _connect(settings, timeout_s) as server:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user is not None and settings.password is not None:
            server.login(settings.user, settings.password.reveal())
        server.send_message(mail)


def _connect(settings: EmailSettings, timeout_s: float) -> smtplib.SMTP:
    if settings.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=timeout_s, context=context)
    return smtplib.SMTP(settings.host, settings.port, timeout=timeout_s)
