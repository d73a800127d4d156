"""The file whose rows are moved. It is read in one transaction, in which nobody else can write to it."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, inspect

from bot.moving.digests import TableDigest, digest_of
from bot.moving.errors import MoveFailedError, UnstorableValueError
from bot.moving.values import RowConversion, StoredRow
from bot.storage import sqlite_engines
from bot.storage.backup_mark import mark_put_back
from bot.storage.errors import StorageDamagedError, translating
from bot.storage.migrate import current_revision, require_current, standing_of
from bot.storage.move_mark import (
    MOVE_TABLE,
    VERSION_TABLE,
    MoveMark,
    move_mark_of,
    remove_move_mark,
    set_move_mark,
)
from bot.storage.ownership import Ownership
from bot.storage.same_file import identity_of
from bot.texts import console_move as words

_NAMED_PROBLEMS: Final = 5


@dataclass(frozen=True)
class SourceContents:
    """Findings in the file before it is moved."""

    digests: Mapping[str, TableDigest]
    """By the names of the tables."""
    replaced: int
    """Number of rows with zero bytes, which read U+FFFD on the server."""

    @property
    def rows(self) -> int:
        """Number of rows in all tables."""
        return sum(digest.rows for digest in self.digests.values())


class SourceFile:
    """The file, owned and in a transaction. `opened_source` makes it. All methods raise `StorageError`."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.path = path
        self.inode = identity_of(path)[1]
        self._connection = connection
        revision = current_revision(connection)
        self.mark: MoveMark | None = move_mark_of(connection, revision)
        """That of an earlier move from here."""
        self.revision = self.mark.revision if self.mark is not None else str(revision)
        """The schema's."""
        metadata = MetaData()
        names = {*inspect(connection).get_table_names()} - {VERSION_TABLE, MOVE_TABLE}
        metadata.reflect(connection, only=sorted(names))
        self.tables: tuple[Table, ...] = tuple(metadata.sorted_tables)
        """The bot's, as they are in the file; those to which others refer come first."""

    def examine(self) -> SourceContents:
        """Read everything once, before anything is sent.

        Raises:
            MoveFailedError: The server cannot store some values. All rows with one are counted, the first named.
        """
        problems: list[str] = []
        replaced = 0

        def storable(table: Table) -> Iterator[StoredRow]:
            nonlocal replaced
            convert = RowConversion(table)
            for row in self._rows(table):
                replaced += any(type(value) is str and "\x00" in value for value in row)
                try:
                    yield convert(row)
                except UnstorableValueError as error:
                    problems.append(str(error))

        digests = {table.name: digest_of(storable(table)) for table in self.tables}
        if problems:
            named = problems[:_NAMED_PROBLEMS]
            raise MoveFailedError(words.unstorable_rows(str(self.path), len(problems), named))
        return SourceContents(digests, replaced)

    def rows(self, table: Table) -> Iterator[StoredRow]:
        """Read a table in the order of its key, as the server stores it. It takes the memory of a row."""
        return map(RowConversion(table), self._rows(table))

    def set_mark(self, mark: MoveMark) -> None:
        """Write into the file that it was moved, and commit that to the disk."""
        with translating(self.path):
            set_move_mark(self._connection, mark)
            self._connection.commit()

    def take_again(self, mark: MoveMark) -> None:
        """Take the mark off, and have the next start treat the file as a backup that was put back."""
        with translating(self.path):
            remove_move_mark(self._connection, mark)
            mark_put_back(self._driver)
            self._connection.commit()

    def _rows(self, table: Table) -> Iterator[tuple[Any, ...]]:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
        with translating(self.path):
            driver = self._driver
            # Read as what no text in UTF-8 holds; the driver's own error would quote the text.
            driver.text_factory = _text
            yield from driver.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY {keys}')  # noqa: S608 - names of the schema

    @property
    def _driver(self) -> Any:  # noqa: ANN401 - the driver's connection, which SQLAlchemy has no type for
        return self._connection.connection.driver_connection


def take_file_again(path: Path) -> None:
    """Have the bot start on a file that was moved, as it was then and as a backup that was put back. Blocking.

    Raises:
        MoveFailedError: It was not moved.
        StorageError: The file cannot be used.
    """
    with opened_source(path) as source:
        if source.mark is None:
            raise MoveFailedError(words.not_moved(str(path)))
        source.take_again(source.mark)


@contextmanager
def opened_source(path: Path) -> Generator[SourceFile]:
    """Own the file until the block ends, in a transaction, which is undone if it was not committed. Blocking.

    Raises:
        MoveFailedError: There is no file.
        DatabaseInUseError: A bot runs on it.
        StorageError: It is damaged, another version's or another program's, or cannot be written at present.
    """
    if not path.exists():
        raise MoveFailedError(words.no_database(str(path)))
    ownership, engine = Ownership(path), sqlite_engines.migrating(path)
    try:
        with translating(path):
            ownership.take()
            _check(path)
            connection = engine.connect()
        try:
            with translating(path):
                source = SourceFile(path, connection)
            yield source
        finally:
            with translating(path):
                connection.close()
    finally:
        ownership.release()


def _check(path: Path) -> None:
    """Raise `StorageError` for a file that is damaged or not this version's, without opening it for writing."""
    with sqlite_engines.read_only(path).connect() as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if found != "ok":
            raise StorageDamagedError(f"{path}: damaged ({' '.join(found.split())}); restore a backup")
        if move_mark_of(connection, current_revision(connection)) is None:
            require_current(standing_of(connection)[0], str(path))


def _text(stored: bytes) -> str:
    return stored.decode(errors="surrogateescape")
