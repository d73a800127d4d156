"""The data of a stopped bot, as a backup finds it."""

from pathlib import Path

import pytest

from bot.backups.data_folder import DataFolder
from bot.storage.opening import open_database
from tests.backups.stored_data import JOB, VIDEO
from tests.storage.rows import add, row


@pytest.fixture
async def data(tmp_path: Path) -> DataFolder:
    """A request that waits, a video that nobody could be told of, a hidden one, and what nobody needs."""
    folder = tmp_path / "data"
    async with open_database(None, folder) as database:
        await add(
            database,
            row(id="waits", prompt="a lighthouse"),
            row(
                id=JOB,
                state="delivering",
                parked_at=row()["created_at"],
                task_id="t",
                video_name=f"{JOB}.mp4",
            ),
        )
    for name, content in (
        (f"media/{JOB}.mp4", VIDEO),
        ("media/unneeded.mp4", b"x"),
        ("media/hidden-a.mp4", b"y"),
        (f"media/{JOB}.mp4.part", b"x"),
        ("spool/waits/0.png", b"p"),
        ("spool/waits/1.raw", b"x"),
        ("spool/ended/0.png", b"x"),
        ("purchases/b.task", b'{"task_id": "t2"}'),
        ("marks/key.pem", b"k"),
        ("links.key", b"l"),
        ("audit-log.digest", b"{}"),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return DataFolder(folder / "stillmotion.sqlite3", folder)
