"""Archives, databases and folders that tests of backups read."""

import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bot.backups.data_folder import DataFolder
from bot.backups.taking import take_backup

NOW: Final = datetime(2026, 11, 28, 22, 30, 15, 123456, tzinfo=UTC)
JOB: Final = "0123456789abcdef0123456789abcdef"
VIDEO: Final = b"a film" * 1000
ABOUT: Final = ("about.json", "manifest.json")
NEEDED: Final = frozenset(
    {
        f"media/{JOB}.mp4",
        "media/hidden-a.mp4",
        "spool/waits/0.png",
        "purchases/b.task",
        "marks/key.pem",
        "links.key",
        "audit-log.digest",
    }
)
"""The files of the data folder that belong into a backup."""


def backed_up(data: DataFolder) -> Path:
    archive = data.folder.parent / "backup.tar.gz"
    take_backup(data, archive, NOW, force=True)
    return archive


def lost(data: DataFolder) -> None:
    """Delete everything."""
    shutil.rmtree(data.folder)


def names(archive: Path) -> list[str]:
    with tarfile.open(archive) as tar:
        return tar.getnames()


def jobs(database: Path, column: str = "prompt") -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute(f"SELECT id, {column} FROM jobs"))  # noqa: S608 - ours


def change(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def files(folder: Path) -> dict[str, bytes]:
    """All files by their names, but for what SQLite and the lock leave beside the database."""
    beside = (".lock", "-wal", "-shm")
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(beside)
    }
