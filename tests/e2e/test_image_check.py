"""The image check that operators can add: what scores high, or cannot be scored, is looked at by moderators."""

import io
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot.images.detectors import DetectorName
from bot.moderation.rules import ServerRules
from bot.sandbox.discord import Message, Reply
from bot.texts import moderation
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.records import assert_log_unbroken, states
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.images.made_detectors import made_detector, scored

BROKEN = "import a_library_that_is_not_there"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The folder that the detector, which finds nudity in whatever is red, is imported from."""
    return made_detector(tmp_path / "packages", DetectorName.OPENNSFW)


@pytest.fixture
async def harness(tmp_path: Path, database_url: str | None, packages: Path) -> AsyncGenerator[Harness]:
    """A running bot with that detector, in a server that has its moderators look from 60 % on."""
    timeouts = replace(QUICK.timeouts, submit_s=60.0)
    tuning = replace(QUICK, timeouts=timeouts, detector_paths=(packages,))
    async with open_harness(
        tmp_path, database_url, tuning=tuning, rules=None, image_check="opennsfw"
    ) as opened:
        rules = ServerRules(image_check_percent=60, review_channel_id=opened.channel.id)
        await opened.app.moderation.caches.rules.change(opened.guild.id, rules)
        yield opened
        assert_log_unbroken(opened)


async def ask(harness: Harness, colour: str, prompt: str = "a cat") -> Reply:
    """Ask for a video from a picture of this colour."""
    file = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(file, "PNG")
    return await harness.video(prompt, image=harness.sandbox.discord.upload("picture.png", file.getvalue()))


async def question(harness: Harness, *texts: str) -> Message:
    return await harness.channel.wait_for_message(
        lambda version: all(text in version.text() for text in texts), TIMEOUT_S
    )


async def test_a_picture_that_scores_high_is_looked_at_by_moderators_and_scored_once(
    harness: Harness, packages: Path
) -> None:
    moderator = harness.member("mo", roles=[harness.guild.add_role("mods", ["manage_messages"])])
    reply = await ask(harness, "red")
    asked = await question(harness, "May this video be made?")
    assert moderation.image_score(100).english in asked.current.text()
    assert (harness.bought, scored(packages)) == (0, 1)
    assert moderation.image_score(100).english in (await spicy(harness, "queue", moderator)).text
    await press(harness, asked, "Approve", user=moderator)
    assert (await harness.ended(reply)).videos
    assert harness.bought == 1
    after_the_video = scored(packages)
    await ask(harness, "red", "a dog")
    await question(harness, "May this video be made?", "a dog")
    assert scored(packages) == after_the_video


async def test_one_that_scores_low_passes(harness: Harness, packages: Path) -> None:
    reply = await ask(harness, "navy")
    assert (await harness.ended(reply)).videos
    assert scored(packages) > 1  # frames of the video as well


@pytest.mark.slow
async def test_a_score_is_kept_with_the_job_and_not_found_anew_after_a_restart(
    harness: Harness, packages: Path
) -> None:
    await harness.sandbox.dimilinks.pause()
    reply = await ask(harness, "navy")
    await reply.wait_for(lambda version: "try again shortly" in version.text(), TIMEOUT_S)
    await until(lambda: states(harness) == ["queued"])
    assert harness.rows("pictures_percent") == [{"pictures_percent": 0}]
    with capture_logs() as logs:
        await harness.restart()
        await harness.sandbox.dimilinks.resume()
        assert (await harness.ended(reply)).videos
    assert [line["stage"] for line in logs if line["event"] == "screened"] == ["posting"]


async def test_what_cannot_be_scored_is_looked_at_by_moderators(harness: Harness, packages: Path) -> None:
    code = packages / DetectorName.OPENNSFW.package / "__init__.py"
    code.write_text(BROKEN, "utf-8")
    moderator = harness.member("mo", roles=[harness.guild.add_role("mods", ["manage_messages"])])
    reply = await ask(harness, "navy")
    asked = await question(harness, "May this video be made?")
    assert harness.bought == 0
    await press(harness, asked, "Approve", user=moderator)
    posting = await question(harness, "May this video be posted?")
    assert harness.bought == 1
    assert not reply.versions[-1].videos
    await press(harness, posting, "Approve", user=moderator)
    assert (await harness.ended(reply)).videos
    assert harness.bought == 1


async def test_a_server_that_chose_nothing_has_what_scores_high_held(
    harness: Harness, packages: Path
) -> None:
    rules = ServerRules(review_channel_id=harness.channel.id)
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)
    await ask(harness, "red")
    await question(harness, "May this video be made?")
    assert (harness.bought, scored(packages)) == (0, 1)


async def test_where_a_server_switched_it_off_nothing_is_scored(harness: Harness, packages: Path) -> None:
    rules = ServerRules(image_check_percent=0)
    await harness.app.moderation.caches.rules.change(harness.guild.id, rules)
    reply = await ask(harness, "red")
    assert (await harness.ended(reply)).videos
    assert scored(packages) == 0


async def test_in_direct_messages_nothing_is_scored(harness: Harness, packages: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "red").save(file, "PNG")
    picture = harness.sandbox.discord.upload("picture.png", file.getvalue())
    channel = harness.sandbox.discord.dm(harness.user)
    reply = await harness.video("a cat", channel=channel, image=picture)
    assert (await harness.ended(reply)).videos
    assert scored(packages) == 0
