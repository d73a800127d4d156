"""The migration about reported videos reads from the log of earlier versions what was not done to them yet."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.storage.migrate import VERSIONS, migrate

LATER = ("0008", "0009", "0010", "0011")
REVIEW = (
    "INSERT INTO reviews (id, job_id, guild_id, person_id, stage, state, created_at, expires_at, decided_at) "
    "VALUES (?, ?, 1, 2, ?, ?, 10, 20, ?)"
)
ENTRY = (
    "INSERT INTO audit (number, guild_id, at, action, person_id, job_id, reason, details, previous_sha256, sha256) "
    "VALUES (?, 1, 11, ?, 2, ?, '', ?, '', '')"
)


def older_versions(folder: Path) -> Path:
    """The migrations of the version before."""
    kept = folder / "versions"
    shutil.copytree(
        VERSIONS, kept, ignore=shutil.ignore_patterns("__pycache__", *(f"{one}*" for one in LATER))
    )
    return kept


def test_what_the_log_does_not_say_was_done_is_outstanding(tmp_path: Path) -> None:
    path = tmp_path / "stillmotion.sqlite3"
    migrate(path, versions=older_versions(tmp_path))
    with closing(sqlite3.connect(path)) as connection:
        for review in (
            ("asked", "a", "report", "open", None),
            ("hidden", "b", "report", "open", None),
            ("denied", "c", "report", "denied", 15),
            ("removed", "d", "report", "denied", 15),
            ("approved", "e", "report", "approved", 15),
            ("purged", "f", "report", "denied", 10),
            ("purged-done", "g", "report", "denied", 10),
            ("request", "h", "submission", "denied", 15),
        ):
            connection.execute(REVIEW, review)
        for number, entry in enumerate(
            (
                ("video_hidden", "b", "{}"),
                ("video_hidden", "c", "{}"),
                ("video_removed", "d", "{}"),
                ("video_restored", "f", '{"review":"an earlier one"}'),
                ("video_removed", "g", '{"review":"purged-done"}'),
            ),
            start=1,
        ):
            connection.execute(ENTRY, (number, *entry))
        connection.commit()
    migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        found = dict(connection.execute("SELECT id, outstanding FROM reviews"))
    assert found == {
        "asked": "hide",
        "hidden": None,
        "denied": "remove",
        "removed": None,
        "approved": "restore",
        "purged": "remove",
        "purged-done": None,
        "request": None,
    }
