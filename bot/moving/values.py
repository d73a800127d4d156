"""Values as both kinds of database write them: as texts, by which rows are sent, read back and compared."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Integer, String, Table

from bot.moving.errors import UnstorableValueError
from bot.storage.plain_text import plain
from bot.texts import console_move as words

StoredRow: TypeAlias = tuple[str | None, ...]
"""The columns of a row, as PostgreSQL writes them in texts."""
_Conversion: TypeAlias = Callable[[Any], str]

_NOT_UTF8: Final = re.compile("[\udc80-\udcff]")
"""Characters as which bytes are read that are no UTF-8, see `bot.moving.source`."""
_INTEGER_BITS: Final = 31
_BIG_INTEGER_BITS: Final = 63


def conversion_of(column: Column[Any]) -> _Conversion:
    """Return what turns a value that SQLite has stored into what the server stores.

    SQLite takes any value in any column. The conversion raises `UnstorableValueError` for one that the server does
    not take in this column. Zero bytes alone are replaced, as wherever the bot writes to a server.

    Raises:
        NotImplementedError: The bot has no columns of this type.
    """
    kind = column.type
    if isinstance(kind, JSON):
        return _json
    if isinstance(kind, Boolean):
        return _boolean
    if isinstance(kind, Integer):
        bits = _BIG_INTEGER_BITS if isinstance(kind, BigInteger) else _INTEGER_BITS
        return lambda value: _whole_number(value, bits)
    if isinstance(kind, Float):
        return _float
    if isinstance(kind, String):
        longest = kind.length
        return lambda value: _text(value, longest)
    raise NotImplementedError(f"{column.table.name}.{column.name}: {kind!r}")


class RowConversion:
    """Turns rows of a table, as SQLite has stored them, into what the server stores."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._conversions = [conversion_of(column) for column in table.columns]

    def __call__(self, row: Sequence[Any]) -> StoredRow:
        """Convert a row. Raises `UnstorableValueError`, whose text names row and column without any other value."""
        values: list[str | None] = []
        try:
            for value, convert in zip(row, self._conversions, strict=True):
                values.append(None if value is None else convert(value))
        except UnstorableValueError as error:
            column = self._table.columns[len(values)].name
            told = words.unstorable(self._table.name, self._key(row), column, str(error))
            raise UnstorableValueError(told) from None
        return tuple(values)

    def _key(self, row: Sequence[Any]) -> str:
        named = zip(self._table.columns, row, strict=True)
        return ", ".join(f"{column.name} {value!a:.80}" for column, value in named if column.primary_key)


def as_compared(table: Table, rows: Iterable[StoredRow]) -> Iterable[StoredRow]:
    """Return rows that the server wrote as `RowConversion` writes them: `10.0`, where a server has `10`."""
    floats = {number for number, column in enumerate(table.columns) if isinstance(column.type, Float)}
    if not floats:
        return rows
    return (
        tuple(
            repr(float(value)) if number in floats and value is not None else value
            for number, value in enumerate(row)
        )
        for row in rows
    )


def _whole_number(value: Any, bits: int) -> str:  # noqa: ANN401 - SQLite stores any value in any column
    if type(value) is not int:
        raise UnstorableValueError(words.NO_NUMBER)
    if not -(1 << bits) <= value < 1 << bits:
        raise UnstorableValueError(words.NUMBER_TOO_LARGE)
    return str(value)


def _float(value: Any) -> str:  # noqa: ANN401 - as above
    if type(value) not in {int, float}:
        raise UnstorableValueError(words.NO_FLOAT)
    return repr(float(value))


def _boolean(value: Any) -> str:  # noqa: ANN401 - as above
    if type(value) is not int or value not in {0, 1}:
        raise UnstorableValueError(words.NO_BOOLEAN)
    return "t" if value else "f"


def _text(value: Any, longest: int | None) -> str:  # noqa: ANN401 - as above
    if type(value) is not str:
        raise UnstorableValueError(words.NO_TEXT)
    if longest is not None and len(value) > longest:
        raise UnstorableValueError(words.TEXT_TOO_LONG)
    if value.isascii() and "\x00" not in value:
        return value  # as most are: searching takes longer
    if _NOT_UTF8.search(value):
        raise UnstorableValueError(words.NOT_UTF8)
    return plain(value)


def _json(value: Any) -> str:  # noqa: ANN401 - as above
    # SQLite turns a text that is a number into one in a column of JSON.
    text = _text(value if type(value) is str else json.dumps(value) if type(value) is int else b"", None)
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UnstorableValueError(words.NO_JSON) from None
    return text


def _no_constant(_name: str) -> None:
    """Refuse NaN and Infinity, which Python reads and PostgreSQL does not."""
    raise ValueError
