"""What SQLite's result codes mean to a caller."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from bot.storage.errors import StorageDamagedError, StorageError, StorageUnavailableError, storage_error
from tests.storage.rows import TOKEN

PATH = Path("/data/bot.sqlite3")


def refusal(code: int | None, text: str = "as SQLite says it") -> sqlite3.Error:
    error = sqlite3.OperationalError(text)
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (sqlite3.SQLITE_FULL, StorageUnavailableError),
        (sqlite3.SQLITE_BUSY, StorageUnavailableError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StorageUnavailableError),
        (sqlite3.SQLITE_IOERR_FSYNC, StorageUnavailableError),
        (sqlite3.SQLITE_READONLY_DBMOVED, StorageUnavailableError),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, StorageUnavailableError),
        (sqlite3.SQLITE_CORRUPT_INDEX, StorageDamagedError),
        (sqlite3.SQLITE_NOTADB, StorageDamagedError),
        (sqlite3.SQLITE_ERROR, StorageError),
        (None, StorageError),
    ],
)
def test_a_code_and_its_extended_ones_mean_the_same(code: int | None, meaning: type[StorageError]) -> None:
    found = storage_error(refusal(code), PATH)
    assert type(found) is meaning
    assert str(found) == "/data/bot.sqlite3: as SQLite says it"


def test_the_text_is_one_line_without_the_statement_and_its_values() -> None:
    wrapped = DBAPIError("INSERT INTO jobs VALUES (?)", (TOKEN,), refusal(sqlite3.SQLITE_FULL, "full\nup"))
    assert TOKEN in str(wrapped)
    assert str(storage_error(wrapped, PATH)) == "/data/bot.sqlite3: full up"


def test_an_error_of_the_file_system_may_pass() -> None:
    found = storage_error(PermissionError(13, "Permission denied"), PATH)
    assert isinstance(found, StorageUnavailableError)
    assert str(found) == "/data/bot.sqlite3: Permission denied"
