"""The mark that a move from a file to a server leaves in both databases, so that a bot starts on one of them alone.

It stands in the place of the schema's revision. So versions of the bot that know nothing of moves refuse such a
database as well, as one of a newer version. What else is known of the move is in a table of one row.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, MetaData, String, Table, Text, select, update

from bot.storage.errors import DatabaseMovedError, UnfinishedMoveError
from bot.storage.tables import UtcMoment

VERSION_TABLE: Final = "alembic_version"

_versions: Final = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), nullable=False))
_moves: Final = Table(
    "database_move",
    MetaData(),
    Column("file", Text, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("server", Text, nullable=False),
    Column("revision", String(32), nullable=False),
    Column("began_at", UtcMoment, nullable=False),
)
MOVE_TABLE: Final = _moves.name


class MoveSide(StrEnum):
    """Side of a move, as it stands in the place of the revision."""

    MOVED = "moved"
    """The file: its rows are on a server."""
    ARRIVING = "arriving"
    """The server, until the file says that it was moved."""


@dataclass(frozen=True)
class MoveMark:
    """Record in a database of a move."""

    side: MoveSide
    file: str
    inode: int
    """With the path it tells the file from another one: on two machines, or in two containers, paths are alike."""
    server: str
    """The server's address, as the operator reads it."""
    revision: str
    """The schema's revision."""
    began_at: datetime


def move_mark_of(connection: Connection, revision: str | None) -> MoveMark | None:
    """Return the mark of a database, or None if it has none.

    Args:
        connection: One in a transaction.
        revision: What is recorded as the schema's revision.
    """
    if revision not in {*MoveSide}:
        return None
    row = connection.execute(select(_moves)).one()
    return MoveMark(MoveSide(revision), row.file, row.inode, row.server, row.revision, row.began_at)


def refuse_moved(connection: Connection, revision: str | None) -> None:
    """Raise `DatabaseMovedError` or `UnfinishedMoveError` for a database with a mark. As `move_mark_of`."""
    mark = move_mark_of(connection, revision)
    if mark is None:
        return
    match mark.side:
        case MoveSide.MOVED:
            raise DatabaseMovedError(mark.file, mark.server, mark.began_at)
        case MoveSide.ARRIVING:
            raise UnfinishedMoveError(mark.server, mark.file)


def set_move_mark(connection: Connection, mark: MoveMark) -> None:
    """Put a mark into a database. The caller commits."""
    _moves.create(connection)
    values = asdict(mark)
    del values["side"]
    connection.execute(_moves.insert().values(values))
    connection.execute(update(_versions).values(version_num=mark.side.value))


def remove_move_mark(connection: Connection, mark: MoveMark) -> None:
    """Take a mark off: the database is one like others again. The caller commits."""
    connection.execute(update(_versions).values(version_num=mark.revision))
    _moves.drop(connection)
