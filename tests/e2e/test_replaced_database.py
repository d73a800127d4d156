"""The database is deleted or replaced while the bot runs: it buys nothing, and says so."""

import shutil
from pathlib import Path

import pytest

from bot.texts import operator
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line

pytestmark = pytest.mark.sqlite("replaces the file")

NAME = "stillmotion.sqlite3"


def take_away(database: Path, aside: Path) -> None:
    database.rename(aside)


def replace(database: Path, aside: Path) -> None:
    database.rename(aside)
    shutil.copy(aside, database)


@pytest.mark.started_with(jobs_at_once=1)
@pytest.mark.parametrize("change", [take_away, replace])
async def test_nothing_is_bought_until_the_file_is_back(harness: Harness, change: object) -> None:
    assert callable(change)
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    database, aside = harness.data_dir / NAME, harness.data_dir / "aside"
    change(database, aside)
    refused = await harness.video("third")
    await refused.wait_for(lambda version: "could not save your request" in version.text(), TIMEOUT_S)
    finish(harness, "first")
    await until(lambda: news(harness) == [operator.database_replaced(str(database.resolve()))])
    assert harness.bought == 1
    assert not first.current.videos
    aside.rename(database)
    for reply in (first, second):
        await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 2
    assert len(news(harness)) == 1
