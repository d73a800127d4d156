"""Reading of rows among which one may hold what this version cannot read, such as an unknown word or broken JSON.

Such a row stays as it is, is reported, and costs nothing but itself: the others are read all the same.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Column, RowMapping, Select, and_, or_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.alarms import StorageAlarms
from bot.storage.errors import UnreadableRowError

_Read = TypeVar("_Read")
_IDS: Final = range(2**63)
_KEYS_AT_ONCE: Final = 200
"""SQLite limits the depth of an expression to 1,000."""


def are_ids(*numbers: int) -> bool:
    """Return True if a table can have rows with these ids. What a forged press names may be larger."""
    return all(number in _IDS for number in numbers)


async def read_rows(
    connection: AsyncConnection,
    chosen: Select[*tuple[Any, ...]],
    read: Callable[[RowMapping], _Read],
    *,
    keys: Sequence[Column[Any]],
    alarms: StorageAlarms,
    instead: Callable[[Sequence[Any]], _Read | None] | None = None,
) -> list[_Read]:
    """Read rows, and report those that cannot be read.

    Args:
        connection: A connection in a transaction.
        chosen: The statement, with all columns that `read` needs.
        read: Makes an object of one row.
        keys: The primary key of the table.
        alarms: Where an unreadable row is reported.
        instead: Returns what stands for an unreadable row, by its key. Without it, or with None, nothing does.
    """
    try:
        return await _read_all(connection, chosen, read)
    except Exception as error:
        if not _is_unreadable(error):
            raise
    found = (await connection.execute(chosen.with_only_columns(*keys))).all()
    objects: list[_Read] = []
    for start in range(0, len(found), _KEYS_AT_ONCE):
        waiting = [found[start : start + _KEYS_AT_ONCE]]
        while waiting:
            part = waiting.pop()
            this = or_(
                *(and_(*(column == value for column, value in zip(keys, key, strict=True))) for key in part)
            )
            try:
                objects += await _read_all(connection, chosen.where(this), read)
            except Exception as error:
                if not _is_unreadable(error):
                    raise
                if len(part) > 1:
                    middle = len(part) // 2
                    waiting += [part[middle:], part[:middle]]  # the first half is read next: the order stays
                    continue
                alarms.unreadable(keys[0].table.name, part[0], error)
                stand_in = instead(part[0]) if instead is not None else None
                objects += [stand_in] if stand_in is not None else []
    return objects


async def read_one(
    connection: AsyncConnection,
    chosen: Select[*tuple[Any, ...]],
    read: Callable[[RowMapping], _Read],
    *,
    values: Mapping[str, object] | None = None,
    keys: Sequence[Column[Any]],
    alarms: StorageAlarms,
) -> _Read | None:
    """Read the only row that a statement finds, or return None if there is none.

    Arguments as for `read_rows`; `values` are those of the statement's parameters.

    Raises:
        UnreadableRowError: There is one, and it cannot be read.
    """
    try:
        found = await _read_all(connection, chosen, read, values)
    except Exception as error:
        if not _is_unreadable(error):
            raise
        key = (await connection.execute(chosen.with_only_columns(*keys), values)).one()
        alarms.unreadable(keys[0].table.name, key, error)
        raise UnreadableRowError(keys[0].table.name) from None
    return found[0] if found else None


async def _read_all(
    connection: AsyncConnection,
    chosen: Select[*tuple[Any, ...]],
    read: Callable[[RowMapping], _Read],
    values: Mapping[str, object] | None = None,
) -> list[_Read]:
    return [read(row) for row in (await connection.execute(chosen, values)).mappings().all()]


def _is_unreadable(error: Exception) -> bool:
    """Return True if a value is at fault: refused by its column's type, by an enum or by a model."""
    if isinstance(error, DBAPIError):
        # Text that is not UTF-8: Python's driver refuses it without SQLite's having failed. PostgreSQL stores none.
        failed = getattr(error.orig, "sqlite_errorcode", None) is not None
        return isinstance(error.orig, sqlite3.Error) and not failed and "decode" in str(error.orig)
    return isinstance(error, ValueError | TypeError | ArithmeticError | LookupError | RecursionError)
