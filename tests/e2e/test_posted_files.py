"""The file that is posted: marked as made by AI, and small enough for where it goes."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from bot.delivery.upload_limits import UploadLimits
from bot.jobs.job import JobState
from bot.sandbox.dimilinks import OddContent
from bot.sandbox.discord import Message, MessageVersion
from cogs.shared.channels import known_guild
from cogs.worker_client import WorkerClient
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.videos import (
    LARGE,
    being_made,
    delivered,
    film_that_comes,
    finish,
    limit_files,
    media,
    shown,
)
from tests.video_files.comparing import extent
from tests.video_files.scenes import Scene

_PYAV: Any = av  # its annotations leave out half of what is used here
MIB = 1024 * 1024
SMALL_LIMIT = 500_000
ABOVE_8_MIB = Scene("noise", 640, 360, 6, 9_700_000, sound=False)


def posted_in(message: Message) -> Path:
    (video,) = message.current.videos
    return video.path


def tags(path: Path) -> dict[str, str]:
    with _PYAV.open(str(path)) as container:
        return dict(container.metadata)


def original(harness: Harness) -> Path:
    (row,) = harness.rows("original_name")
    return harness.data_dir / "media" / row["original_name"]


async def test_a_posted_file_says_that_ai_made_it_and_the_original_stays_as_it_came(harness: Harness) -> None:
    reply = await delivered(harness)
    (row,) = harness.rows()
    found = tags(posted_in(message_of(reply)))
    mark = json.loads(found["AIGC"])
    assert (mark["Label"], mark["ProduceID"]) == ("1", row["id"])
    assert found["comment"] == "Made by AI with Stillmotion"
    (came,) = (harness.data_dir.parent / "films").glob("sample-*")
    assert original(harness).read_bytes() == came.read_bytes()
    assert media(harness) == [row["original_name"]]
    assert json.loads(row["posted_file"])["by"] == "remuxed"
    assert (row["state"], row["starts"]) == (JobState.DELIVERED, 0)


@pytest.mark.started_with(file_mark=False)
async def test_without_marks_the_bytes_are_posted_as_they_came(harness: Harness) -> None:
    reply = await delivered(harness)
    posted = posted_in(message_of(reply)).read_bytes()
    assert posted == original(harness).read_bytes()
    assert "AIGC" not in tags(original(harness))


@pytest.mark.started_with(visible_mark=True)
@pytest.mark.slow
async def test_a_visible_line_can_be_put_into_the_picture(harness: Harness) -> None:
    film_that_comes(harness)
    reply = await delivered(harness)
    assert "Compressed" not in message_of(reply).current.text()
    before, after = extent(original(harness)), extent(posted_in(message_of(reply)))
    assert before[0] == after[0]
    assert posted_in(message_of(reply)).read_bytes() != original(harness).read_bytes()


async def test_a_file_that_is_only_padded_is_not_compressed(harness: Harness) -> None:
    limit_files(harness, SMALL_LIMIT)
    harness.sandbox.dimilinks.faults.content.append(OddContent(trailing=bytes(SMALL_LIMIT)))
    reply = await delivered(harness)
    assert posted_in(message_of(reply)).stat().st_size < SMALL_LIMIT
    assert "Compressed" not in message_of(reply).current.text()
    assert original(harness).stat().st_size > SMALL_LIMIT


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("en-US", "Compressed from 1."),
        pytest.param("ja", "圧縮しました", marks=pytest.mark.slow),
        pytest.param("zh-CN", "压缩到", marks=pytest.mark.slow),
    ],
)
async def test_a_video_that_is_too_large_is_compressed_and_says_so(
    harness: Harness, locale: str, told: str
) -> None:
    limit_files(harness, SMALL_LIMIT)
    came = film_that_comes(harness)
    user = harness.sandbox.discord.add_user("mei", locale=locale)
    harness.guild.join(user)
    reply = await delivered(harness, user=user, private=True)
    posted = posted_in(message_of(reply))
    assert posted.stat().st_size <= SMALL_LIMIT < came.stat().st_size
    before, after = extent(came), extent(posted)
    assert after[1] == pytest.approx(before[1], abs=0.1)
    assert "AIGC" in tags(posted)
    assert told in message_of(reply).current.text()
    assert original(harness).read_bytes() == came.read_bytes()


@pytest.mark.started_with(file_mark=False)
async def test_a_file_that_discord_refuses_for_its_size_is_made_smaller(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.content.append(OddContent(trailing=bytes(9_700_000)))
    reply = await being_made(harness, "a paper boat")
    reply.interaction.upload_limit_bytes = 9_000_000
    finish(harness, "a paper boat")
    await shown(harness, reply)
    assert posted_in(message_of(reply)).stat().st_size < 1_000_000 < original(harness).stat().st_size


@pytest.mark.slow
async def test_a_film_that_discord_refuses_for_its_size_is_compressed(harness: Harness) -> None:
    film_that_comes(harness, ABOVE_8_MIB)
    reply = await being_made(harness, "a paper boat")
    reply.interaction.upload_limit_bytes = 9_000_000
    finish(harness, "a paper boat")
    await shown(harness, reply)
    assert posted_in(message_of(reply)).stat().st_size <= 8 * 1024 * 1024
    assert "Compressed from" in message_of(reply).current.text()
    assert harness.sandbox.dimilinks.request_log.downloads.total() == 1


@pytest.mark.slow
async def test_two_smaller_files_are_tried_and_then_it_waits(harness: Harness) -> None:
    film_that_comes(harness, ABOVE_8_MIB)
    reply = await being_made(harness, "a paper boat")
    reply.interaction.upload_limit_bytes = 1_000_000
    finish(harness, "a paper boat")
    told = await harness.ended(reply)
    assert "Discord takes no file this large here" in told.text()
    (row,) = harness.rows()
    assert media(harness) == [row["video_name"]]
    assert row["original_name"] is None


@pytest.mark.slow
@pytest.mark.parametrize(("tier", "bot_s"), [(0, 20_000_000), (2, 50 * MIB), (3, 100 * MIB)])
async def test_without_the_token_the_limit_is_the_bot_s(harness: Harness, tier: int, bot_s: int) -> None:
    guild = harness.sandbox.discord.add_guild("Boosted", boost_tier=tier)
    user = harness.sandbox.discord.add_user("ben", nitro=True)
    guild.join(user)
    channel = guild.add_channel("general")
    reply = await delivered(harness, user=user, channel=channel)
    (row,) = harness.rows("id")
    address = (await harness.app.jobs.store.get(row["id"])).reply
    limits = harness.app.moderation.limits
    assert await limits.of_reply(address, by_token=True) == reply.interaction.upload_limit_bytes == 500 * MIB
    assert await limits.of_reply(address, by_token=False) == bot_s
    # A worker has no servers in memory, and asks.
    async with WorkerClient(harness.data_dir, aiohttp.TraceConfig()) as worker:
        await worker.log_in(harness.sandbox.environment["DISCORD_TOKEN"], print)
        of_worker = UploadLimits(partial(known_guild, worker))
        assert await of_worker.of_reply(address, by_token=False) == bot_s


@pytest.mark.slow
async def test_a_file_that_takes_long_to_prepare_shows_how_far_it_is(harness: Harness) -> None:
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness, Scene(LARGE.kind, 1280, 720, 20, 6_000_000, grain=2, sound=False))
    reply = await harness.video()

    def prepares(version: MessageVersion) -> bool:
        return "preparing the file" in version.text() and " 0%" not in version.text()

    await reply.wait_for(prepares, TIMEOUT_S)
    await shown(harness, reply)
