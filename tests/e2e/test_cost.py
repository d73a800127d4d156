"""What one video costs the bot: transactions, and what is left of it in memory."""

from dataclasses import replace
from pathlib import Path

from tests.e2e.actors.harness import QUICK, Harness, open_harness
from tests.e2e.actors.videos import delivered, media

COMMITS = 9
"""The request; its claim; before and after the purchase; finished; on the disk; work on its bytes begins; its
upload begins; delivered."""


async def test_a_video_takes_nine_transactions(harness: Harness) -> None:
    database = harness.app.database
    await harness.app.bot.wait_until_ready()  # then the bot notes in which servers it is
    await delivered(harness)
    before = database.commits
    await delivered(harness)
    assert database.commits == before + COMMITS


async def test_the_library_keeps_no_view_of_a_reply(harness: Harness) -> None:
    reply = await delivered(harness)
    assert reply.current is not None
    assert reply.current.buttons
    assert list(harness.app.bot.persistent_views) == []


async def test_the_media_folder_is_not_measured_for_each_video_while_there_is_room(
    tmp_path: Path, database_url: str | None
) -> None:
    measured: list[Path] = []

    def free_bytes(folder: Path) -> int:
        measured.append(folder)
        return 50_000_000_000

    async with open_harness(tmp_path, database_url, tuning=replace(QUICK, free_bytes=free_bytes)) as harness:
        await harness.app.jobs.media_space.look()
        looks = len(measured)
        for _ in range(3):
            await delivered(harness)
        assert len(measured) == looks
        assert len(media(harness)) == 3
