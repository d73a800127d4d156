"""A backup is put back, and the replies of what was being made cannot be seen: nothing is posted by itself."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.backups.data_folder import DataFolder
from bot.backups.restoring import put_back
from bot.backups.taking import take_backup
from bot.sandbox.discord import DiscordFault, Reply
from bot.storage.opening import database_path
from bot.texts import jobs as words
from bot.texts import operator
from tests.e2e.actors.buttons import message_of, press
from tests.e2e.actors.direct_messages import inbox, news
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.records import states
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish

HASTY = replace(QUICK, timeouts=replace(QUICK.timeouts, deliver_s=1.0))
pytestmark = [pytest.mark.sqlite("backups hold the file"), pytest.mark.started_with(tuning=HASTY)]

TOLD = "before the bot was restored from a backup"
Meddle = Callable[[Harness, Reply], None]


async def posted_since(harness: Harness, meddle: Meddle, *, private: bool) -> Reply:
    """A video that was being made at the time of the backup, and was posted since; only the backup is left."""
    reply = await being_made(harness, "a paper boat", private=private)
    data = DataFolder(database_path(None, harness.data_dir), harness.data_dir.resolve())
    archive = harness.data_dir.parent / "backup.tar.gz"
    take_backup(data, archive, datetime.now(UTC), force=True)
    finish(harness, "a paper boat")
    await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    await harness.stop()
    meddle(harness, reply)
    shutil.rmtree(harness.data_dir)
    put_back(data, archive, datetime.now(UTC))
    await harness.start()
    return reply


def deleted(harness: Harness, reply: Reply) -> None:
    """404, 10008 by the token and by the channel."""
    harness.sandbox.discord.purge(message_of(reply))


def deleted_long_ago(harness: Harness, reply: Reply) -> None:
    """401, 50027 by the token; 404, 10008 by the channel."""
    reply.expire_token()
    harness.sandbox.discord.purge(message_of(reply))


def token_ended(_harness: Harness, reply: Reply) -> None:
    """401, 50027."""
    reply.expire_token()


def token_unknown(_harness: Harness, reply: Reply) -> None:
    """404, 10015."""
    reply.expire_token(404)


def closed(harness: Harness, reply: Reply) -> None:
    """403, 50001."""
    reply.expire_token()
    harness.channel.deny_bot("view_channel")


def away(harness: Harness, reply: Reply) -> None:
    """Discord's 5xx for longer than the bot waits."""
    reply.expire_token()
    harness.sandbox.discord.faults.append(DiscordFault("GET /channels/*/messages*", status=503, times=1000))


@pytest.mark.parametrize(
    ("meddle", "private"),
    [
        (deleted, False),
        pytest.param(deleted_long_ago, False, marks=pytest.mark.slow),
        pytest.param(closed, False, marks=pytest.mark.slow),
        pytest.param(away, False, marks=pytest.mark.slow),
        pytest.param(token_ended, True, marks=pytest.mark.slow),
        pytest.param(token_unknown, True, marks=pytest.mark.slow),
    ],
)
async def test_a_video_whose_reply_cannot_be_seen_waits_to_be_fetched(
    harness: Harness, meddle: Meddle, *, private: bool
) -> None:
    reply = await posted_since(harness, meddle, private=private)
    await until(lambda: harness.rows("parked_at")[0]["parked_at"] is not None)
    await harness.app.jobs.runner.idle()
    others = [message for message in harness.channel.messages if message is not message_of(reply)]
    assert others == []
    (told,) = [text for text in inbox(harness, harness.user) if TOLD in text]
    assert "The bot's operator has paid for this video." in told
    await until(lambda: operator.RESTORED_UNSEEN in news(harness))
    harness.sandbox.discord.faults.clear()
    harness.channel.allow_bot("view_channel")
    listed = await list_jobs(harness)
    assert words.BEFORE_RESTORE.english in listed.text
    fetched = await press(harness, listed, "Fetch the video")
    await fetched.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert fetched.ephemeral
    assert states(harness) == ["delivered"]
    assert harness.bought == 1


def briefly_away(harness: Harness, reply: Reply) -> None:
    """One 5xx."""
    reply.expire_token()
    harness.sandbox.discord.faults.append(DiscordFault("GET /channels/*/messages/*", status=503, times=1))


def token_refused_once(harness: Harness, _reply: Reply) -> None:
    """A living token that Discord refuses now and then."""
    harness.sandbox.discord.faults.append(
        DiscordFault("GET /webhooks/*", status=404, code=10015, message="Unknown Webhook", times=1)
    )


@pytest.mark.slow
@pytest.mark.started_with(tuning=QUICK)  # on a busy machine the second look comes later than after a second
@pytest.mark.parametrize(("meddle", "private"), [(briefly_away, False), (token_refused_once, True)])
async def test_what_passes_does_not_hide_that_the_video_is_there(
    harness: Harness, meddle: Meddle, *, private: bool
) -> None:
    reply = await posted_since(harness, meddle, private=private)
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    assert reply.current is not None
    assert reply.current.videos
    assert inbox(harness, harness.user) == []
    assert harness.bought == 1
