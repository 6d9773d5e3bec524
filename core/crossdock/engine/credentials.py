"""Whether a connection's credentials may be used: known, new, replaced, or refused and not replaced since."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic import BaseModel

from crossdock import jsonio
from crossdock.clock import Clock
from crossdock.contract.connection import Connection
from crossdock.contract.secret import Secret
from crossdock.engine.binding import Binder
from crossdock.errors import CredentialsError, CrossdockError, StoreError
from crossdock.jsonio import Json
from crossdock.observe.logs import get_logger
from crossdock.store.protocol import Store
from crossdock.store.rows import CredentialRow, Refusal

_log = get_logger("crossdock.engine")

OTHER_ACCOUNT = "other_account"


class Credentials:
    """The credentials of the connections of one run."""

    def __init__(self, binder: Binder, store: Store, clock: Clock) -> None:
        self._binder = binder
        self._store = store
        self._clock = clock
        self._known: dict[str, CredentialRow | None] = {}
        self._new: set[str] = set()

    async def admit(self, names: Sequence[str]) -> dict[str, CredentialsError]:
        """Look at the credentials of these connections before anything is done with them; those not to be used."""
        found = {name: await self._admit(name) for name in names}
        return {name: error for name, error in found.items() if error is not None}

    async def refused(self, name: str, error: CredentialsError) -> CredentialsError:
        """Keep a refusal, so that the next run does not try the same again; say it as it is known here."""
        row, connection = self._known.get(name), self._binder.connection(name)
        if row is not None and row.worked_at is not None and row.same and error.code == CredentialsError.code:
            error = CredentialsError(
                f"{error.message}; they worked until now, since {row.worked_at:%Y-%m-%d}",
                fix=connection.auth.replace_with or error.fix,
                **error.facts,
            )
        error.fix = f"{error.fix or 'replace the credentials'}; then `crossdock resume {name}`, unless they are others"
        refusal = Refusal(self._clock.now(), error.code, error.message, error.fix)
        await self._store.refuse(self._row(name, None), material_of(connection.auth), refusal)
        return error

    async def vouch(self, refused: Collection[str]) -> None:
        """Note of new credentials that they worked, where the remote system does not say whose they are."""
        for name in self._new - set(refused):
            if (await self._binder.client(name)).worked:
                await self._vouch(name, None)

    async def _admit(self, name: str) -> CredentialsError | None:
        connection = self._binder.connection(name)
        row = await self._store.credentials(name, material_of(connection.auth))
        self._known[name] = row
        if row is None or row.host != connection.host:
            return await self._ask(name, connection, None)
        if not row.same:
            return await self._ask(name, connection, row)
        if row.refusal is None:
            return None
        since, why = row.refusal.at, row.refusal.reason
        return CredentialsError(
            f"{why} (refused since {since:%Y-%m-%d %H:%M %Z}, not tried again)",
            fix=row.refusal.fix,
            code=row.refusal.code,
        )

    async def _ask(self, name: str, connection: Connection, before: CredentialRow | None) -> CredentialsError | None:
        """Ask whose new credentials are. `before` is what was known of others, which they replace."""
        try:
            owner = await connection.owner((await self._binder.client(name)).reader)
        except CredentialsError as error:
            return await self.refused(name, error)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  a plugin that stumbles has not said whose they are
            if before is not None and before.owner is not None:
                return _unasked(name, error)
            owner = None
        if before is not None and (stranger := _stranger(name, connection, before, owner)) is not None:
            return await self.refused(name, stranger)
        if owner is None:
            if before is not None:
                _log.warning("connection.unverified", connection=name, account=connection.identity)
            self._new.add(name)
        else:
            await self._vouch(name, owner)
        return None

    async def _vouch(self, name: str, owner: str | None) -> None:
        material = material_of(self._binder.connection(name).auth)
        await self._store.vouch(self._row(name, owner), material, self._clock.now())
        _log.info("connection.vouched", connection=name, owner=owner)

    def _row(self, name: str, owner: str | None) -> CredentialRow:
        connection = self._binder.connection(name)
        return CredentialRow(name, connection.identity, connection.host, owner)


def material_of(auth: BaseModel) -> bytes:
    """What makes credentials these and no others: every setting of the auth provider, its secrets included."""
    return jsonio.dumps({"type": type(auth).__qualname__, **{name: _plain(value) for name, value in auth}})


def _plain(value: object) -> Json:
    return value.reveal() if isinstance(value, Secret) else str(value)


def _stranger(name: str, connection: Connection, before: CredentialRow, owner: str | None) -> CredentialsError | None:
    """Why replaced credentials are not those of the account that was worked on so far; None where they are."""
    if owner is not None and before.owner is not None and owner != before.owner:
        return CredentialsError(
            f"the new credentials of {name} belong to {owner}; what was done so far was done for {before.owner}",
            code=OTHER_ACCOUNT,
            fix=f"give it credentials of {before.owner}; for {owner}, add a connection of another name",
        )
    if connection.identity != before.account:
        return CredentialsError(
            f"{name} was {before.account}, and with the new credentials it would be {connection.identity}: "
            "what was done so far would not be found",
            code=OTHER_ACCOUNT,
            fix="renew the secret of the same client, or add a connection of another name",
        )
    return None


def _unasked(name: str, error: Exception) -> CredentialsError:
    why = error.message if isinstance(error, CrossdockError) else type(error).__name__
    return CredentialsError(
        f"the credentials of {name} were replaced, and whose they are cannot be asked now: {why}",
        code="owner_unknown",
        fix="wait: the next run asks again",
    )
