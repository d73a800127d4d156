"""The embedded SQLite database: tables, migrations, backups and the lock of its owner process.

The stores of the other packages build their queries on it.
"""

from bot.storage.database import Database
from bot.storage.errors import (
    DatabaseInUseError,
    NewerDatabaseError,
    StorageDamagedError,
    StorageError,
    StorageUnavailableError,
    UnsupportedDatabaseError,
)
from bot.storage.inspection import DatabaseReport, inspect_database, inspect_database_in_thread
from bot.storage.migrate import Standing
from bot.storage.moderation_tables import metadata
from bot.storage.opening import database_path, open_database
from bot.storage.settling import settled
from bot.storage.tables import UtcMoment, jobs

__all__ = [
    "Database",
    "DatabaseInUseError",
    "DatabaseReport",
    "NewerDatabaseError",
    "Standing",
    "StorageDamagedError",
    "StorageError",
    "StorageUnavailableError",
    "UnsupportedDatabaseError",
    "UtcMoment",
    "database_path",
    "inspect_database",
    "inspect_database_in_thread",
    "jobs",
    "metadata",
    "open_database",
    "settled",
]
