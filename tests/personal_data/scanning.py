"""Where a word stands: in which files of a data folder, and in which columns of its database."""

from pathlib import Path
from typing import Final

from bot.storage.tables import metadata
from tests.personal_data.stored_person import MARK
from tests.postgresql.outside import rows_of

FILE: Final = "stillmotion.sqlite3"


def found_in_files(folder: Path) -> set[str]:
    """The files with the word in a byte or in the name."""
    return {
        path.name
        for path in folder.rglob("*")
        if MARK in path.name or (path.is_file() and MARK.encode() in path.read_bytes())
    }


def columns_with(folder: Path, text: str, url: str | None = None) -> set[str]:
    """The columns with a text in some row; without an address, of the file in the folder."""
    found: set[str] = set()
    for table in metadata.sorted_tables:
        for column in table.c:
            query = f"SELECT 1 FROM {table.name} WHERE CAST({column.name} AS TEXT) LIKE '%{text}%' LIMIT 1"  # noqa: S608 - ours
            if rows_of(url, folder, query):
                found.add(f"{table.name}.{column.name}")
    return found
