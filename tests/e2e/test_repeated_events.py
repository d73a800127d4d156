"""Events that Discord delivers twice: each asks for one video, and the second writes nothing."""

from pathlib import Path

import pytest
import structlog

from bot.sandbox.discord import MessageVersion, RepeatedEvent, Reply
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import Harness, open_harness
from tests.e2e.actors.references import hashes
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, shown, upload


async def replay(harness: Harness, reply: Reply) -> None:
    """Deliver the interaction of a reply once more, and wait until the bot recognised it."""
    known = {"event_served_before", "event_accepted_before"}  # by its memory, and by its database
    with structlog.testing.capture_logs() as lines:
        harness.sandbox.discord.redeliver(reply)
        await until(lambda: any(line["event"] in known for line in lines))
    await harness.app.jobs.runner.idle()


def texts(reply: Reply) -> list[str]:
    return [version.text() for version in reply.versions]


def is_refusal(version: MessageVersion) -> bool:
    return "seconds of video left" in version.text()


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.0, 0.2])
async def test_a_command_that_comes_twice_is_not_refused_for_want_of_its_own_seconds(
    tmp_path: Path, database_url: str | None, after_s: float
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day_per_person=6) as harness:
        harness.sandbox.discord.event_faults.append(RepeatedEvent(after_s=after_s))
        reply = await harness.video(seconds="6")
        await shown(harness, reply)
        assert not any(map(is_refusal, reply.versions))
        assert not reply.followups
        assert (len(harness.rows("id")), harness.bought) == (1, 1)


@pytest.mark.postgresql
async def test_a_command_that_comes_again_after_a_restart_is_not_refused_either(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day_per_person=6) as harness:
        reply = await harness.video(seconds="6")
        await shown(harness, reply)
        before = texts(reply)
        await harness.restart()
        await replay(harness, reply)
        assert texts(reply) == before
        assert harness.bought == 1


@pytest.mark.slow
async def test_a_command_that_comes_again_after_it_ended_unbought_reserves_nothing(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day_per_person=6) as harness:
        lost = upload(harness)
        lost.delete()
        reply = await harness.video(seconds="6", image=lost)
        await harness.ended(reply)
        await harness.restart()
        await replay(harness, reply)
        await shown(harness, await harness.video(seconds="6"))
        assert harness.bought == 1


@pytest.mark.slow
async def test_a_press_that_comes_again_leaves_the_pictures_of_its_first_job_alone(harness: Harness) -> None:
    reply = await delivered(harness, image=upload(harness))
    again = await press(harness, reply, "Again")
    await shown(harness, again)
    first, second = (harness.data_dir / "spool" / row["id"] for row in harness.rows("id"))
    (kept,) = second.iterdir()
    for picture in first.iterdir():
        picture.unlink()
    await harness.restart()
    await replay(harness, again)
    assert kept.exists()
    third = await press(harness, again, "Again")
    await shown(harness, third)
    assert len(set(map(tuple, hashes(harness)))) == 1
