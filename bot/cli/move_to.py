"""`python -m bot move-to`: moves the database from its file to a PostgreSQL server, while the bot is stopped."""

from datetime import UTC, datetime
from pathlib import Path

from bot.cli.failure import CommandFailedError, ExitStatus
from bot.cli.screen import say
from bot.moving.errors import MoveFailedError
from bot.moving.source import take_file_again
from bot.settings import Settings
from bot.storage.address import PostgresqlAddress, database_address
from bot.storage.errors import StorageError, UnsupportedDatabaseError
from bot.storage.opening import database_path
from bot.storage.postgresql import require_driver
from bot.texts import console, console_move


def move_to(settings: Settings, url: str) -> None:
    """Move the database. Blocking: a signal ends it at any line.

    Args:
        settings: Where the file is.
        url: The server.

    Raises:
        CommandFailedError: It was not moved, or not completely.
    """
    path = _file_of(settings)
    try:
        address = database_address(url, settings.data_dir)
        if not isinstance(address, PostgresqlAddress):
            raise CommandFailedError(console_move.NO_SERVER, ExitStatus.FAILED)
        require_driver(address)
    except UnsupportedDatabaseError as error:
        raise CommandFailedError(str(error), ExitStatus.FAILED) from None
    from bot.moving.move import move_database  # noqa: PLC0415 - imports psycopg, which is an extra

    try:
        move_database(path, address, say, now=lambda: datetime.now(UTC))
    except MoveFailedError as error:
        raise CommandFailedError(str(error), ExitStatus.FAILED) from None
    except StorageError as error:
        raise CommandFailedError(console_move.interrupted(str(error)), ExitStatus.FAILED) from None


def back_to_file(settings: Settings) -> None:
    """Take the mark off a file that was moved. Blocking. Raises `CommandFailedError`."""
    path = _file_of(settings)
    try:
        take_file_again(path)
    except MoveFailedError as error:
        raise CommandFailedError(str(error), ExitStatus.FAILED) from None
    except StorageError as error:
        raise CommandFailedError(console.database_unusable(str(error)), ExitStatus.FAILED) from None
    say(console_move.taken_again(str(path)))


def _file_of(settings: Settings) -> Path:
    url = settings.database_url.get_secret_value() if settings.database_url is not None else None
    try:
        return database_path(url, settings.data_dir)
    except UnsupportedDatabaseError:
        raise CommandFailedError(console_move.SERVER_CONFIGURED, ExitStatus.FAILED) from None
