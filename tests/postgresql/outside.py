"""Reading and changing of the bot's database from outside the bot, whichever kind it is."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row
from psycopg.types.string import TextLoader

FILE: Final = "stillmotion.sqlite3"


def rows_of(url: str | None, data_dir: Path, statement: str) -> list[dict[str, Any]]:
    """Return the rows of a query; JSON as text. Without an address the file in the data folder is asked."""
    if url is None:
        # Read-only, so that what a kill left stays as it is.
        address = f"{(data_dir / FILE).absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement)]
    with psycopg.connect(url, row_factory=dict_row) as server:
        server.adapters.register_loader("json", TextLoader)
        return server.execute(statement.encode()).fetchall()


def change(url: str | None, data_dir: Path, statement: str, *values: object) -> None:
    """Change something, with `?` for each value."""
    if url is None:
        with closing(sqlite3.connect(data_dir / FILE, timeout=10)) as connection, connection:
            connection.execute(statement, values)
        return
    with psycopg.connect(url) as server:
        server.execute(statement.replace("?", "%s").encode(), values or None)
