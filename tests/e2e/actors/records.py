"""What the bot has stored, read from outside it."""

from typing import Any

from bot.moderation.audit.store import verify_log
from bot.storage.address import database_address
from tests.e2e.actors.harness import Harness
from tests.postgresql.outside import rows_of


def stored(harness: Harness, statement: str) -> list[dict[str, Any]]:
    """What is stored, read from outside the bot."""
    return rows_of(harness.database_url, harness.data_dir, statement)


def states(harness: Harness) -> list[str]:
    """The states of all jobs, oldest first."""
    return [row["state"] for row in harness.rows("state")]


def used_s(harness: Harness) -> int:
    """Seconds that count against the daily caps, of all users and all days that are kept."""
    return sum(row["seconds"] for row in stored(harness, "SELECT seconds FROM quota_use WHERE person_id = 0"))


def audit(harness: Harness, *columns: str) -> list[Any]:
    """The log, oldest entry first: the values of one column, or tuples of several."""
    rows = stored(harness, f"SELECT {', '.join(columns)} FROM audit ORDER BY number")  # noqa: S608 - ours
    return [row[columns[0]] if len(columns) == 1 else tuple(row.values()) for row in rows]


def actions(harness: Harness) -> list[str]:
    """What the log says was done, in order."""
    return audit(harness, "action")


def assert_log_unbroken(harness: Harness) -> None:
    """Whatever happened, the log of it verifies."""
    report = verify_log(database_address(harness.database_url, harness.data_dir))
    assert report.broken is None
