"""A start on an empty database instead of the bot's own deletes no file of the other one."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from bot.moderation.audit.checkpoint import DIGEST_NAME
from bot.storage.errors import OtherDatabaseError
from tests.e2e.actors.faults import close_every_way
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, finish, media

pytestmark = pytest.mark.sqlite("moves the file away")
TOO_LONG = timedelta(hours=30)
"""For a file without a row, and for the picture of a request that ended."""
NAME = "stillmotion.sqlite3"


async def laid_aside(harness: Harness) -> str:
    """The file of a finished video that nobody could be told of."""
    reply = await being_made(harness, "a paper boat")
    close_every_way(harness, reply)
    finish(harness, "a paper boat")
    await until(lambda: harness.rows("parked_at")[-1]["parked_at"] is not None)
    (name,) = media(harness)
    return name


async def tidied_up_later(harness: Harness, clock: MovableClock) -> list[str]:
    """The videos that are left after the time of files that nobody needs."""
    clock.offset += TOO_LONG
    await harness.app.cleanup.run_once(harness.now())
    return sorted(media(harness))


async def test_another_address_is_refused_and_the_right_one_goes_on(harness: Harness, tmp_path: Path) -> None:
    name = await laid_aside(harness)
    with pytest.raises(OtherDatabaseError):
        await harness.restart(database_url=f"sqlite:///{tmp_path}/other.sqlite3")
    await harness.start(database_url=None)
    assert media(harness) == [name]
    assert [row["state"] for row in harness.rows("state")] == ["delivering"]


async def test_files_from_before_the_first_start_on_a_database_stay(
    harness: Harness, tmp_path: Path, clock: MovableClock
) -> None:
    name = await laid_aside(harness)
    assert await tidied_up_later(harness, clock) == [name]
    await harness.stop()
    (harness.data_dir / NAME).rename(tmp_path / NAME)
    (harness.data_dir / DIGEST_NAME).unlink(missing_ok=True)
    await harness.start()
    made_since = harness.data_dir / "media" / f"{'0' * 32}.mp4"
    made_since.write_bytes(b"of no request")
    os.utime(made_since, times=(harness.now().timestamp(),) * 2)
    assert await tidied_up_later(harness, clock) == [name]
    await harness.stop()
    (tmp_path / NAME).replace(harness.data_dir / NAME)
    await harness.start()
    assert await tidied_up_later(harness, clock) == [name]
