"""The mark by which the next start on a copy of a database knows that it is one, however young.

What waits in a copy may have been bought, posted or removed since it was made: `bot.jobs.heartbeat` has users
asked, and replies looked at. The mark is a row among the heartbeats, in the place of a process.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

PUT_BACK: Final = "backup"
"""In the place of a process: the database is a copy, and was not started yet."""


def mark_as_backup(copy: Path) -> None:
    """Have the next start on this copy know that it is one. One older than heartbeats stays as it is.

    Raises `sqlite3.Error`.
    """
    with closing(sqlite3.connect(copy)) as connection, connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'heartbeats'").fetchone():
            mark_put_back(connection)


def mark_put_back(copy: sqlite3.Connection) -> None:
    """Have the next start on this database treat it as a copy that was put back. The caller commits."""
    copy.execute("INSERT OR REPLACE INTO heartbeats (process_id, beat_at) VALUES (?, 0)", (PUT_BACK,))
