"""The store says what is new, each way is tried, and what nobody could be told is left to the next run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from crossdock.alerts.command import run_command
from crossdock.alerts.issues import Look, issues
from crossdock.alerts.mail import send_mail
from crossdock.alerts.message import Message, compose
from crossdock.checking.alerting import AlertSettings
from crossdock.clock import Clock
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store

_log = get_logger("crossdock.alerts")

Way = Callable[[Message], Awaitable[None]]


async def tell(settings: AlertSettings, store: Store, look: Look, clock: Clock, file: str) -> None:
    """Tell what is new, worse, or over; nothing where there is nothing. A way that fails is logged, and stops nothing.

    Raises: StoreError.
    """
    at = clock.now()
    standing = await issues(store, look, at)
    taken = await store.claim_alerts(look.scopes, standing, repeat=settings.repeat, at=at)
    if not taken.new and not taken.over:
        return
    message = compose(taken, digest_above=settings.digest_above, at=at, file=file)
    told = [await _try(name, way, message, settings) for name, way in _ways(settings, clock).items()]
    if not any(told):
        await store.give_back_alerts(taken)


def _ways(settings: AlertSettings, clock: Clock) -> dict[str, Way]:
    ways: dict[str, Way] = {}
    command, email = settings.command, settings.email
    if command is not None:
        ways["command"] = lambda message: run_command(command, message)
    if email is not None:
        ways["email"] = lambda message: send_mail(email, message, clock, settings.timeout.total_seconds())
    return ways


async def _try(name: str, way: Way, message: Message, settings: AlertSettings) -> bool:
    try:
        with anyio.fail_after(settings.timeout.total_seconds()):
            await way(message)
    except Exception as error:  # noqa: BLE001  whatever the operator's program or server does stops nothing here
        # Not what a server says: it may quote the mail.
        reason = str(error) if isinstance(error, RuntimeError) else type(error).__name__
        _log.error("alert.failed", way=name, reason=reason, told="the next run tries again")
        return False
    _log.info("alert.sent", way=name, summary=message.summary)
    return True
