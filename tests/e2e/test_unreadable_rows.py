"""A row that cannot be read, found at a start: everything else goes on, and nothing of it is lost or allowed."""

from datetime import timedelta

import pytest

from bot.texts import operator
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.records import stored
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, finish


async def test_the_bot_starts_and_serves_everybody_else(harness: Harness) -> None:
    await being_made(harness, "broken")
    other = await being_made(harness, "whole")
    await harness.stop()
    rewrite(harness, "UPDATE jobs SET sources = '[7]' WHERE prompt = 'broken'")
    rewrite(harness, "INSERT INTO members (guild_id, person_id, listed) VALUES (1, 2, 'adored')")
    rewrite(harness, "INSERT INTO people (person_id, changed_at, seconds) VALUES (3, 0, 7)")
    before = stored(harness, "SELECT * FROM jobs WHERE prompt = 'broken'")
    await harness.start()
    finish(harness, "whole")
    await other.wait_for_video(TIMEOUT_S)
    listed = await list_jobs(harness)
    assert "broken" not in listed.current.text()
    await harness.ended(await harness.video("another"))
    assert harness.bought == 3
    assert stored(harness, "SELECT * FROM jobs WHERE prompt = 'broken'") == before
    texts = sorted(operator.row_unreadable(table) for table in ("jobs", "members", "people"))
    await until(lambda: sorted(news(harness)) == texts)


@pytest.mark.slow
async def test_files_of_a_job_that_cannot_be_read_are_kept(harness: Harness, clock: MovableClock) -> None:
    await harness.ended(
        await harness.video("whole", image=harness.sandbox.discord.upload("a.png", picture()))
    )
    await harness.ended(
        await harness.video("broken", image=harness.sandbox.discord.upload("b.png", picture()))
    )
    whole, broken = (row["id"] for row in harness.rows("id"))
    await harness.stop()
    rewrite(harness, "UPDATE jobs SET state = 'levitating' WHERE prompt = 'broken'")
    media, spool = harness.data_dir / "media", harness.data_dir / "spool"
    for job_id in (whole, broken):
        (media / f"{job_id}.mp4").write_bytes(b"a video")
    await harness.start()
    clock.offset = timedelta(days=100)
    await harness.app.cleanup.run_once(harness.now())
    assert [path.name for path in media.iterdir()] == [f"{broken}.mp4"]
    assert [path.name for path in spool.iterdir()] == [broken]


async def test_a_server_whose_rules_cannot_be_read_allows_nothing(harness: Harness) -> None:
    rules = harness.app.moderation.caches.rules
    assert rules.of(harness.guild.id) != rules.of(None)
    await harness.stop()
    rewrite(harness, """UPDATE servers SET rules = '{"modes": {"normal": "ajar"}}'""")
    await harness.start()
    refused = await harness.ended(await harness.video("a boat"))
    assert not refused.videos
    assert harness.submissions_sent == []
