"""What PostgreSQL complains of, said so that a person knows what to do."""

from __future__ import annotations

from psycopg import errors

from crossdock.errors import StoreError

_PASSING = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
    errors.TooManyConnections,
)


def passes(error: errors.Error) -> bool:
    """Whether the same may succeed a moment later, since nothing of it was written."""
    if isinstance(error, _PASSING):
        return True
    # The server went away, or could not be reached; a refused password is told apart by its words alone.
    return isinstance(error, errors.OperationalError) and error.sqlstate is None and not _is_refusal(error)


def explain(error: errors.Error, where: str) -> StoreError:
    """Turn PostgreSQL's error into ours. It names no value: a row may hold a buyer's name."""
    said = _first_line(error)
    match error:
        case errors.ForeignKeyViolation() if error.diag.constraint_name == "steps_effect_id_fkey":
            return StoreError("there is no effect that a step names", code="effect_unknown")
        case errors.LockNotAvailable() | errors.DeadlockDetected() | errors.QueryCanceled():
            return StoreError(
                f"{where} is busy: {said}",
                code="store_busy",
                fix="see what keeps it (`SELECT * FROM pg_stat_activity`), then run it again: nothing was half-written",
            )
        case errors.InsufficientPrivilege() | errors.ReadOnlySqlTransaction():
            return StoreError(
                f"{where} cannot be written: {said}",
                code="store_not_writable",
                fix="`GRANT CREATE, USAGE ON SCHEMA …` to the user, and name the primary server",
            )
        case errors.DiskFull() | errors.OutOfMemory():
            return StoreError(
                f"there is no room left for {where}",
                code="store_full",
                fix="free space on the server; nothing was half-written, and the next run goes on",
            )
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.DuplicateTable():
            return foreign(where, said)
        case errors.OperationalError() if error.sqlstate is None or passes(error):
            return unreachable(where, said, refused=_is_refusal(error))
    return StoreError(
        f"{where} failed: {said} ({type(error).__name__})",
        code="store_failed",
        fix="see the server's log, then run it again: nothing was half-written",
    )


def unreachable(where: str, why: str, *, refused: bool = False) -> StoreError:
    """Nobody answers there, or it does not let us in."""
    return StoreError(
        f"{where} {'does not let us in' if refused else 'cannot be reached'}: {why}",
        code="store_unreachable",
        fix="correct user and password in `store:`" if refused else "start the server, or correct `store:`",
    )


def foreign(where: str, why: str) -> StoreError:
    """Something else lies there."""
    return StoreError(
        f"{where} holds tables that are not crossdock's: {why}",
        code="store_foreign",
        fix="give crossdock a database or a schema of its own; this one was left as it is",
    )


def _is_refusal(error: errors.Error) -> bool:
    said = str(error)
    return any(
        word in said for word in ("authentication failed", "no pg_hba.conf entry", "does not exist", "no password")
    )


def _first_line(error: errors.Error) -> str:
    """What the server says, without the values that its second line would name."""
    said = error.diag.message_primary or str(error).strip().partition("\n")[0]
    return said or type(error).__name__
