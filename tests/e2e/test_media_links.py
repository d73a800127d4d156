"""Links to originals that are too large for Discord: for their owner alone, and no longer than the video stays."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from bot.app import open_app
from bot.sandbox.discord import Reply
from bot.settings import BadConfigurationError, load
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.reports import REMOVED, hidden, rule, seen, why
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered, film_that_comes, limit_files, media
from tests.video_files.comparing import extent, tags_of

SITE = "https://videos.example/stillmotion"
pytestmark = pytest.mark.started_with(media_url=SITE, media_address="127.0.0.1:0")
SMALL_LIMIT = 500_000
FULL = "Full quality"
LINK = re.compile(rf"<{SITE}(/[^>]+)>")


async def compressed(harness: Harness, **options: str) -> Reply:
    """A video that was compressed for its reply."""
    limit_files(harness, SMALL_LIMIT)
    film_that_comes(harness)
    channel = harness.adult_channel if "preset" in options else None
    return await delivered(harness, channel=channel, **options)


async def link_in(harness: Harness, reply: Reply) -> URL:
    """The link that the owner is given, as it is reached without the proxy."""
    answer = await press(harness, reply, FULL)
    found = LINK.search(await told(answer))
    assert found is not None
    assert message_of(answer).ephemeral
    return URL(f"http://127.0.0.1:{harness.app.links_port}/stillmotion{found[1]}")


@asynccontextmanager
async def asked(url: URL, **headers: str) -> AsyncIterator[aiohttp.ClientResponse]:
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as response:
        yield response


async def status_of(url: URL) -> int:
    async with asked(url) as response:
        return response.status


async def test_hiding_a_video_kills_its_link_and_its_files_at_once(harness: Harness, tmp_path: Path) -> None:
    await rule(harness)
    reply = await compressed(harness)
    url = await link_in(harness, reply)
    async with asked(url) as response:
        content = await response.read()
        assert response.status == 200
    (tmp_path / "got.mp4").write_bytes(content)
    (row,) = harness.rows("id, original_name")
    assert extent(tmp_path / "got.mp4") == extent(harness.data_dir / "media" / row["original_name"])
    assert row["id"] in tags_of(tmp_path / "got.mp4")["AIGC"]
    async with asked(url, Range="bytes=100-199") as response:
        assert (response.status, await response.read()) == (206, content[100:200])
    await hidden(harness, reply)
    assert await status_of(url) == 404
    assert all(name.startswith("hidden-") for name in media(harness))


@pytest.mark.slow
async def test_removing_a_video_kills_its_link_and_its_files_at_once(harness: Harness) -> None:
    await rule(harness)
    reply = await compressed(harness)
    url = await link_in(harness, reply)
    await why(harness, await hidden(harness, reply), "Remove…", moderator(harness))
    await seen(message_of(reply), REMOVED)
    assert await status_of(url) == 404
    await until(lambda: not media(harness))


@pytest.mark.slow
@pytest.mark.parametrize("by_moderator", [False, True])
async def test_deleting_a_video_kills_its_link_and_its_files_at_once(
    harness: Harness, *, by_moderator: bool
) -> None:
    reply = await compressed(harness)
    url = await link_in(harness, reply)
    assert await status_of(url) == 200
    await press(harness, reply, "Delete", user=moderator(harness) if by_moderator else None)
    await until(lambda: message_of(reply).deleted)
    assert await status_of(url) == 404
    assert media(harness) == []


@pytest.mark.slow
async def test_a_link_ends_with_the_original_and_outlasts_a_restart(
    harness: Harness, clock: MovableClock
) -> None:
    url = await link_in(harness, await compressed(harness))
    await harness.restart()
    url = url.with_port(harness.app.links_port)
    assert await status_of(url) == 200
    clock.offset = timedelta(hours=24, seconds=1)
    assert await status_of(url) == 404


@pytest.mark.slow
async def test_nobody_but_the_owner_is_given_a_link(harness: Harness) -> None:
    reply = await compressed(harness)
    answer = await told(await press(harness, reply, FULL, user=harness.member("bob")))
    assert "In full quality this video has 1." in answer
    assert "http" not in answer


@pytest.mark.slow
async def test_there_is_never_a_link_to_a_spicy_video(harness: Harness) -> None:
    reply = await compressed(harness, preset="spicy")
    assert "http" not in await told(await press(harness, reply, FULL))
    links, store = harness.app.copies.links, harness.app.jobs.store
    assert links is not None
    (row,) = harness.rows("id")
    job = await store.get(row["id"])
    path = links.signer.path_to(job.id, harness.now() + timedelta(hours=1))
    assert await status_of(URL(f"http://127.0.0.1:{harness.app.links_port}{path}")) == 404


@pytest.mark.slow
async def test_an_address_in_use_is_an_error_at_the_start(harness: Harness, tmp_path: Path) -> None:
    settings = {name.lower(): value for name, value in harness.sandbox.environment.items()}
    settings |= {
        "data_dir": tmp_path / "other",
        "media_url": SITE,
        "media_address": f"127.0.0.1:{harness.app.links_port}",
    }
    with pytest.raises(BadConfigurationError, match="MEDIA_ADDRESS: cannot be used"):
        async with open_app(load(settings, env_file=None)):
            pass
