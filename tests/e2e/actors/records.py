"""What the bot has stored, read from outside it."""

import sqlite3
from contextlib import closing
from typing import Any

from bot.moderation.audit import verify_log
from tests.e2e.actors.harness import Stage


def stored(stage: Stage, statement: str) -> list[dict[str, Any]]:
    """What is stored, read from outside the bot."""
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def states(stage: Stage) -> list[str]:
    """The states of all jobs, oldest first."""
    return [row["state"] for row in stage.rows("state")]


def audit(stage: Stage, *columns: str) -> list[Any]:
    """The log, oldest entry first: the values of one column, or tuples of several."""
    rows = stored(stage, f"SELECT {', '.join(columns)} FROM audit ORDER BY number")  # noqa: S608 - ours
    return [row[columns[0]] if len(columns) == 1 else tuple(row.values()) for row in rows]


def deeds(stage: Stage) -> list[str]:
    """What the log says was done, in order."""
    return audit(stage, "action")


def assert_log_unbroken(stage: Stage) -> None:
    """Whatever happened, the log of it verifies."""
    report = verify_log(stage.data_dir / "stillmotion.sqlite3")
    assert report.broken is None
