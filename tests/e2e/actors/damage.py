"""Changes of a stopped bot's database from outside."""

import sqlite3
from contextlib import closing

from tests.e2e.actors.harness import Harness


def rewrite(harness: Harness, *statements: str) -> None:
    """Have the stopped bot's data be what a kill, a tool or an accident would have left."""
    with closing(sqlite3.connect(harness.data_dir / "stillmotion.sqlite3")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
