"""Translation of PostgreSQL's errors into `bot.storage.errors`, by their SQLSTATE.

The server's texts may quote values: of rows in the detail, of parameters in some of the messages. Only the messages
of classes whose texts name nothing but objects are kept.
"""

from typing import Any, Final

import psycopg
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.storage.errors import StorageDamagedError, StorageError, StorageUnavailableError

_UNAVAILABLE: Final = (
    "08",
    "28",
    "3D",
    "53",
    "57",
    "58",
    "40001",
    "40P01",
    "55P03",
    "25006",
    "25P03",
    "25P04",
)
"""Beginnings of SQLSTATEs (PostgreSQL, *Error Codes*) after which the same call may work later."""
_DAMAGED: Final = ("XX001", "XX002")
_PLAIN: Final = ("08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "XX")
_LOST: Final = ("08", "57P")
"""The session has ended: the server shut down, or an administrator ended it."""


def translated(error: DBAPIError | psycopg.Error, name: str) -> StorageError:
    """Translate an error.

    Args:
        error: The driver's or SQLAlchemy's error.
        name: The database, named in the text.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = _state(cause)
    text = f"{name}: {_told(cause, state)}"
    if state is None:
        # A connection that was refused, cut or timed out has none. Values that the driver cannot convert have none
        # either.
        unavailable = isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
        return StorageUnavailableError(text) if unavailable else StorageError(text)
    if state.startswith(_DAMAGED):
        return StorageDamagedError(text)
    return StorageUnavailableError(text) if state.startswith(_UNAVAILABLE) else StorageError(text)


def is_connection_lost(error: DBAPIError) -> bool:
    """Return True if the session ended, so that the answer to its last statement is not known."""
    state = _state(error.orig)
    if state is None:
        return isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(_LOST)


def without_values(context: ExceptionContext) -> BaseException | None:
    """Handle SQLAlchemy's event `handle_error`: take the row out of errors about constraints."""
    cause = context.original_exception
    if not isinstance(cause, psycopg.IntegrityError):
        return None
    told = cause.diag.constraint_name or cause.diag.column_name or ""
    plain = type(cause)(f"{cause.diag.message_primary or type(cause).__name__} ({told})")
    return IntegrityError(None, None, plain, hide_parameters=True)


def _state(error: Any) -> str | None:  # noqa: ANN401 - `orig` is any error
    state: str | None = getattr(error, "sqlstate", None)
    return state


def _told(error: Any, state: str | None) -> str:  # noqa: ANN401 - `orig` is any error
    if state is None:
        # Of the driver's own errors only those about the connection are known to quote nothing.
        is_plain = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        lines = str(error).splitlines() if is_plain else ()
        return lines[0].strip() if lines else type(error).__name__
    message = error.diag.message_primary if state.startswith(_PLAIN) else None
    return f"{' '.join((message or type(error).__name__).split())} ({state})"
