"""The server to which the rows are moved: one session, which owns the database there until the move ends."""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from psycopg.types.string import StrDumper
from sqlalchemy import Connection, Integer, String, Table, delete, inspect, text

from bot.jobs.heartbeat import IS_PLACE_NOTE, place_note
from bot.moving.digests import TableDigest, digest_of
from bot.moving.errors import MoveFailedError
from bot.moving.source import SourceFile
from bot.moving.values import StoredRow, as_compared
from bot.storage import postgresql_engines
from bot.storage.address import PostgresqlAddress
from bot.storage.advisory_locks import HOLDER, MIGRATION_KEY, OWNER_KEY
from bot.storage.errors import DatabaseInUseError, StorageUnavailableError
from bot.storage.migrate import SchemaState, current_revision, standing_of, upgrade
from bot.storage.move_mark import MoveMark, move_mark_of, remove_move_mark, set_move_mark
from bot.storage.postgresql_opening import translating
from bot.storage.postgresql_owner import PLACE, described
from bot.storage.postgresql_rights import what_forbids_writing
from bot.storage.tables import heartbeats
from bot.texts import console_move as words

_OWNED_WITHIN_S: Final = 2.0
"""Seconds to wait for the session of a move that was killed a moment ago."""
_PAUSE_S: Final = 0.1


class TargetServer:
    """The database on the server, in one session. `opened_target` makes it. All methods raise `StorageError`."""

    def __init__(self, address: PostgresqlAddress, connection: Connection) -> None:
        self.address = address
        self._connection = connection

    def own(self) -> None:
        """Take the lock that a bot has while it runs. Raises `DatabaseInUseError` with the process that has it."""
        ends_s = time.monotonic() + _OWNED_WITHIN_S
        key, kind = OWNER_KEY
        with translating(self.address):
            while not self._scalar(f"SELECT pg_try_advisory_lock({key}, {kind})"):
                holder = self._connection.execute(text(HOLDER)).first()
                if time.monotonic() >= ends_s:
                    if holder is None:
                        raise StorageUnavailableError(f"{self.address.name}: the owner's lock cannot be had")
                    owner = described(holder[0], holder[2], holder[3])
                    raise DatabaseInUseError(self.address.name, holder[0], owner)
                self._connection.commit()
                time.sleep(_PAUSE_S)
            self._connection.commit()

    def mark(self) -> MoveMark | None:
        """Return the mark of a move to here that is not complete."""
        with translating(self.address):
            mark = move_mark_of(self._connection, current_revision(self._connection))
            self._connection.commit()
            return mark

    def standing(self) -> SchemaState:
        """Return what is there. Raises `UnfinishedMoveError` if there is a mark."""
        with translating(self.address):
            standing, _revision = standing_of(self._connection)
            self._connection.commit()
            return standing

    def require_rights(self) -> None:
        """Raise `MoveFailedError` if no tables could be made here."""
        with translating(self.address):
            problems = what_forbids_writing(self._connection, SchemaState.NEW)
            self._connection.commit()
        if problems:
            raise MoveFailedError(words.not_writable(self.address.name, problems[0]))

    def copy(self, source: SourceFile, mark: MoveMark) -> None:
        """Make the tables and fill them, in one transaction that also sets the mark: no bot starts here.

        What an earlier try has left is emptied first.

        Raises:
            MoveFailedError: The file has tables that are not the bot's.
        """
        connection = self._connection
        with translating(self.address), connection.begin():
            key, kind = MIGRATION_KEY
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({key}, {kind})")
            earlier = move_mark_of(connection, current_revision(connection))
            if earlier is not None:
                remove_move_mark(connection, earlier)
            upgrade(connection)
            foreign = {table.name for table in source.tables} - {*inspect(connection).get_table_names()}
            if foreign:
                raise MoveFailedError(words.foreign_tables(str(source.path), sorted(foreign)))
            names = ", ".join(f'"{table.name}"' for table in source.tables)
            connection.exec_driver_sql(f"TRUNCATE {names}")
            for table in source.tables:
                # What triggers would write stands in the file already.
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER')
                self._fill(table, source.rows(table))
                connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER')
            connection.exec_driver_sql(f"ANALYZE {names}")
            set_move_mark(connection, mark)

    def digests(self, tables: Sequence[Table]) -> Mapping[str, TableDigest]:
        """Read tables back, in the order of their keys as the file has it."""
        with translating(self.address), self._connection.begin():
            return {table.name: digest_of(self._rows(table)) for table in tables}

    def complete(self, mark: MoveMark, now: datetime) -> None:
        """Take the mark off: a bot may start here. A copy of the tables is told from now on by the place."""
        connection = self._connection
        with translating(self.address), connection.begin():
            place = connection.scalar(text(PLACE))
            connection.execute(delete(heartbeats).where(IS_PLACE_NOTE))
            connection.execute(heartbeats.insert().values(process_id=place_note(place), beat_at=now))
            remove_move_mark(connection, mark)

    def _fill(self, table: Table, rows: Iterator[StoredRow]) -> None:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        with self._driver.cursor() as cursor:
            # The driver's own, which is quicker than the bot's: the texts are as a server stores them already.
            cursor.adapters.register_dumper(str, StrDumper)
            with cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copying:
                for row in rows:
                    copying.write_row(row)
        for column in table.primary_key:
            if not isinstance(column.type, Integer):
                continue
            # A key that the server counts goes on behind the highest one.
            self._connection.exec_driver_sql(
                f"SELECT setval(counter, highest) FROM (SELECT pg_get_serial_sequence('\"{table.name}\"',"  # noqa: S608 - names of the schema
                f' \'{column.name}\') AS counter, (SELECT max("{column.name}") FROM "{table.name}") AS highest)'
                " AS keys WHERE counter IS NOT NULL AND highest IS NOT NULL"
            )

    def _rows(self, table: Table) -> Iterator[StoredRow]:
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        # SQLite compares texts by their bytes, a server as its collation has it.
        keys = ", ".join(
            f'"{column.name}"' + (' COLLATE "C"' if isinstance(column.type, String) else "")
            for column in table.primary_key
        )
        query = f'COPY (SELECT {columns} FROM "{table.name}" ORDER BY {keys}) TO STDOUT'  # noqa: S608 - names of the schema
        with self._driver.cursor() as cursor, cursor.copy(query) as copying:
            yield from as_compared(table, copying.rows())

    def _scalar(self, statement: str) -> Any:  # noqa: ANN401 - any value
        return self._connection.exec_driver_sql(statement).scalar()

    @property
    def _driver(self) -> Any:  # noqa: ANN401 - the driver's connection, which SQLAlchemy has no type for
        return self._connection.connection.driver_connection


@contextmanager
def opened_target(address: PostgresqlAddress) -> Generator[TargetServer]:
    """Connect to the server until the block ends. Blocking. Raises `StorageError`."""
    engine = postgresql_engines.blocking(address, read_only=False)
    with translating(address):
        connection = engine.connect()
    try:
        yield TargetServer(address, connection)
    finally:
        connection.close()
