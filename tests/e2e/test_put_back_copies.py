"""A copy of the database that the bot made itself is put back by hand: it is taken for the backup that it is."""

import shutil
from pathlib import Path

import pytest

from bot.storage.backup import back_up
from bot.storage.migrate import head_revision
from tests.e2e.actors.buttons import labels, message_of
from tests.e2e.actors.harness import TIMEOUT_S, Harness, utc_now
from tests.e2e.actors.put_back import backed_up, put_back_here
from tests.e2e.actors.records import states
from tests.e2e.actors.reports import hidden, rule
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line, shown

pytestmark = [
    pytest.mark.sqlite("copies are files"),
    pytest.mark.started_with(jobs_at_once=1),
]
NAME = "stillmotion.sqlite3"


async def copied_for_an_update(harness: Harness) -> Path:
    """The copy that a new version makes before it changes the tables. It goes on with the database."""
    await harness.stop()
    copy = back_up(harness.data_dir / NAME, head_revision(), utc_now())
    await harness.start()
    return copy


async def started_on(harness: Harness, copy: Path) -> None:
    """The operator copies a file over the database of the stopped bot, which is started again."""
    await harness.stop()
    for suffix in ("-wal", "-shm"):
        (harness.data_dir / f"{NAME}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(copy, harness.data_dir / NAME)
    await harness.start()


async def test_what_was_bought_after_an_update_is_not_bought_again_by_going_back(harness: Harness) -> None:
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    copy = await copied_for_an_update(harness)
    for reply, prompt in ((first, "first"), (second, "second")):
        finish(harness, prompt)
        await shown(harness, reply)
    await started_on(harness, copy)
    await until(lambda: states(harness) == ["delivered", "delivered"])
    await harness.app.jobs.runner.idle()
    assert harness.bought == 2


async def test_what_was_bought_after_a_restore_is_not_bought_again_by_undoing_it(harness: Harness) -> None:
    archive = backed_up(harness)
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    done = await put_back_here(harness, archive)
    assert done.aside is not None
    finish(harness, "first")
    await shown(harness, first)
    assert "second" not in [row["prompt"] for row in harness.rows("prompt")]
    await started_on(harness, done.aside / NAME)
    version = await second.wait_for(lambda version: "Still want it?" in version.text(), TIMEOUT_S)
    assert labels(version) == ["Make it", "Cancel"]
    assert harness.bought == 1


@pytest.mark.started_with(rules=None)
async def test_a_video_that_was_hidden_after_an_update_stays_hidden(harness: Harness) -> None:
    await rule(harness)
    first = await being_made(harness, "first")
    copy = await copied_for_an_update(harness)
    finish(harness, "first")
    await shown(harness, first)
    await hidden(harness, first)
    await started_on(harness, copy)
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    assert not message_of(first).current.videos
