"""What the bot has stored, read from outside it."""

import sqlite3
from contextlib import closing
from typing import Any

from bot.moderation.audit.store import verify_log
from tests.e2e.actors.harness import Harness


def stored(harness: Harness, statement: str) -> list[dict[str, Any]]:
    """What is stored, read from outside the bot."""
    with closing(sqlite3.connect(harness.data_dir / "stillmotion.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def states(harness: Harness) -> list[str]:
    """The states of all jobs, oldest first."""
    return [row["state"] for row in harness.rows("state")]


def audit(harness: Harness, *columns: str) -> list[Any]:
    """The log, oldest entry first: the values of one column, or tuples of several."""
    rows = stored(harness, f"SELECT {', '.join(columns)} FROM audit ORDER BY number")  # noqa: S608 - ours
    return [row[columns[0]] if len(columns) == 1 else tuple(row.values()) for row in rows]


def actions(harness: Harness) -> list[str]:
    """What the log says was done, in order."""
    return audit(harness, "action")


def assert_log_unbroken(harness: Harness) -> None:
    """Whatever happened, the log of it verifies."""
    report = verify_log(harness.data_dir / "stillmotion.sqlite3")
    assert report.broken is None
