"""Where a word stands: in which files of a data folder, and in which columns of its database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from bot.storage.tables import metadata
from tests.personal_data.stored_person import MARK

FILE: Final = "stillmotion.sqlite3"


def found_in_files(folder: Path) -> set[str]:
    """The files with the word in a byte or in the name."""
    return {
        path.name
        for path in folder.rglob("*")
        if MARK in path.name or (path.is_file() and MARK.encode() in path.read_bytes())
    }


def columns_with(folder: Path, text: str) -> set[str]:
    """The columns with a text in some row."""
    found: set[str] = set()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for table in metadata.sorted_tables:
            for column in table.c:
                query = f"SELECT count(*) FROM {table.name} WHERE CAST({column.name} AS TEXT) LIKE ?"  # noqa: S608 - ours
                if connection.execute(query, [f"%{text}%"]).fetchone() != (0,):
                    found.add(f"{table.name}.{column.name}")
    return found
