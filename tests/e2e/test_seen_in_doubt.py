"""Videos that people see before the bot knows that they arrived: what is decided about them holds."""

from collections.abc import Awaitable, Callable

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.reviews.departures import ended_by_departure
from bot.sandbox.discord import Channel, DiscordFault, Drop, Message, Reply
from bot.texts import explanations, forms
from bot.texts import jobs as words
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import change_rules, moderator, parked, rule
from tests.e2e.actors.buttons import labels, message_of, press, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.privacy import deleted
from tests.e2e.actors.records import actions, states
from tests.e2e.actors.reports import HIDDEN, REMOVED, is_hidden, report, seen
from tests.e2e.actors.restarts import slow
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, shown

BY_TOKEN = "PATCH /webhooks/*"
SEND = "POST /channels/{channel_id}/messages"
DOUBTFUL = explanations.laid_aside_doubtful("").what.english
JUST_UPLOADED = """
    UPDATE jobs SET state = 'delivering', ended_at = NULL, settled_at = NULL, starts = 1,
    video_name = original_name, original_name = NULL, original_until = NULL
"""
"""As a kill leaves it between the arrival of an upload and Discord's answer."""


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who decides about a video waits for its delivery, but here not for long."""
    monkeypatch.setattr("bot.jobs.being_posted._POSTED_WITHIN_S", 0.3)


async def in_doubt(harness: Harness) -> Reply:
    """A video that everybody sees, while the bot hears nothing from Discord about its upload."""
    reply = await being_made(harness, "a paper boat")
    harness.sandbox.discord.faults.append(DiscordFault(BY_TOKEN, drop=Drop.AFTER, times=9999))
    finish(harness)
    await reply.wait_for_video(TIMEOUT_S)
    assert states(harness) == ["delivering"]
    return reply


async def new_message_in_doubt(harness: Harness) -> Message:
    """A new message with a video, as the reply is gone, while the bot hears nothing from Discord about it."""
    reply = await being_made(harness, "a paper boat")
    reply.expire_token()
    harness.sandbox.discord.purge(message_of(reply))
    harness.sandbox.discord.faults.append(DiscordFault(SEND, drop=Drop.AFTER, times=9999))
    finish(harness)
    return await harness.channel.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)


async def laid_aside_in_doubt(harness: Harness) -> Reply:
    """A video that everybody sees, and that waits in `/jobs`: Discord did not tell if it arrived."""
    reply = await delivered(harness)
    await harness.stop()
    doubtful = """failure = '{"reason": "upload_doubtful", "detail": "", "picture": "", "problem": null}'"""
    rewrite(harness, JUST_UPLOADED, f"UPDATE jobs SET parked_at = created_at, {doubtful}")  # noqa: S608 - ours
    await harness.start()
    return reply


async def answering(harness: Harness) -> None:
    """Have Discord answer again, and wait for what comes of it."""
    harness.sandbox.discord.faults.clear()
    await harness.app.jobs.runner.idle()


def videos(channel: Channel) -> list[Message]:
    """The messages with a video that everybody sees."""
    return [one for one in channel.messages if one.current.videos and not one.deleted and not one.ephemeral]


async def _ban(harness: Harness) -> None:
    harness.guild.ban(harness.user)
    await until(lambda: states(harness) == ["failed"])


async def _end_elsewhere(harness: Harness) -> None:
    """As another process stores it, of which this one's run hears nothing."""
    store = harness.app.jobs.store
    job = await store.get(str(harness.rows("id")[0]["id"]))
    await store.save(ended_by_departure(job, harness.now()), before=job)


async def _forbid(harness: Harness) -> None:
    await change_rules(harness, modes={Gate.NORMAL: Mode.OFF})


async def _ask_moderators(harness: Harness) -> None:
    await rule(harness, modes={Gate.NORMAL: Mode.APPROVAL}, review_at=ReviewAt.POSTING)


def failure(harness: Harness) -> str:
    return str(harness.rows("failure")[0]["failure"])


@pytest.mark.postgresql
@pytest.mark.parametrize("by", ["moderator", slow("owner")])
async def test_a_video_that_is_deleted_in_doubt_is_not_posted_again(harness: Harness, by: str) -> None:
    reply = await in_doubt(harness)
    await press(harness, reply, "Delete", user=moderator(harness) if by == "moderator" else harness.user)
    await until(lambda: message_of(reply).deleted)
    assert states(harness) == ["delivered"]
    await answering(harness)
    assert videos(harness.channel) == []
    assert f"deleted_by_{by}" in failure(harness)
    assert harness.bought == 1


async def test_a_video_that_is_hidden_in_doubt_stays_hidden(
    harness: Harness, reports_are_reviewed: None
) -> None:
    reply = await in_doubt(harness)
    assert await report(harness, reply, moderator(harness)) == forms.REPORTED.english
    assert is_hidden(await seen(message_of(reply), HIDDEN))
    await answering(harness)
    assert HIDDEN in message_of(reply).current.text()
    assert videos(harness.channel) == []


async def test_a_video_that_is_hidden_while_it_is_uploaded_once_more_is_taken_back(
    harness: Harness, reports_are_reviewed: None
) -> None:
    reply = await in_doubt(harness)
    uploads = len([version for version in reply.versions if version.videos])
    harness.sandbox.discord.faults.clear()
    again = harness.sandbox.discord.faults.append(DiscordFault(BY_TOKEN, delay_s=2.0))
    await until(lambda: again.hits == 1)
    await report(harness, reply, moderator(harness))
    await seen(message_of(reply), HIDDEN)
    await harness.app.jobs.runner.idle()
    assert len([version for version in reply.versions if version.videos]) > uploads
    assert is_hidden(message_of(reply).current)


async def test_a_video_in_doubt_is_among_those_that_are_purged(harness: Harness) -> None:
    reply = await in_doubt(harness)
    purged = await spicy(harness, "purge", moderator(harness), person=harness.user)
    assert purged.text == spicy_words.purged(harness.user.id, 1, 1).english
    await answering(harness)
    assert REMOVED in message_of(reply).current.text()
    assert actions(harness) == ["videos_purged", "video_removed"]


async def test_a_video_that_was_deleted_while_the_bot_was_dead_waits_for_its_owner_alone(
    harness: Harness,
) -> None:
    reply = await delivered(harness)
    await harness.stop()
    rewrite(harness, JUST_UPLOADED)
    reply.expire_token()
    harness.sandbox.discord.purge(message_of(reply))
    await harness.start()
    await parked(harness)
    assert videos(harness.channel) == []
    assert "upload_doubtful" in failure(harness)
    card = await harness.channel.wait_for_message(lambda version: DOUBTFUL in version.text(), TIMEOUT_S)
    assert (await shown(harness, await press(harness, card, "Fetch the video"))).ephemeral
    assert videos(harness.channel) == []
    assert states(harness) == ["delivered"]


async def test_a_new_message_that_is_deleted_in_doubt_is_not_made_again(harness: Harness) -> None:
    fault = DiscordFault("GET /channels/{channel_id}/messages", status=500, times=9999)
    harness.sandbox.discord.faults.append(fault)
    harness.sandbox.discord.purge(await new_message_in_doubt(harness))
    harness.sandbox.discord.core.messages._nonces.clear()  # Discord remembers them for some minutes
    await answering(harness)
    assert videos(harness.channel) == []
    assert "upload_doubtful" in failure(harness)


async def test_a_new_message_in_doubt_is_purged_where_it_is(harness: Harness) -> None:
    posted = await new_message_in_doubt(harness)
    await spicy(harness, "purge", moderator(harness), person=harness.user)
    await seen(posted, REMOVED)
    await answering(harness)
    assert videos(harness.channel) == []


@pytest.mark.slow
@pytest.mark.parametrize("happens", [_ban, deleted, _forbid, _ask_moderators])
async def test_a_new_message_in_doubt_loses_a_video_that_must_not_stand_there(
    harness: Harness, happens: Callable[[Harness], Awaitable[object]]
) -> None:
    posted = await new_message_in_doubt(harness)
    await happens(harness)
    await answering(harness)
    assert videos(harness.channel) == []
    assert [one for one in harness.channel.messages if not one.deleted and not one.ephemeral] == [posted]


@pytest.mark.slow
@pytest.mark.parametrize("ends", [_ban, _end_elsewhere])
async def test_a_new_message_that_arrives_after_the_end_loses_its_video(
    harness: Harness, ends: Callable[[Harness], Awaitable[None]]
) -> None:
    reply = await being_made(harness, "a paper boat")
    reply.expire_token()
    harness.sandbox.discord.purge(message_of(reply))
    sent = harness.sandbox.discord.faults.append(DiscordFault(SEND, delay_s=2.0))
    finish(harness)
    await until(lambda: sent.hits == 1)
    await ends(harness)
    messages = harness.channel.messages
    await until(lambda: any(version.videos for one in messages for version in one.versions))
    await harness.app.jobs.runner.idle()
    assert videos(harness.channel) == []


async def test_a_new_message_is_made_when_discord_surely_did_not_make_it(harness: Harness) -> None:
    reply = await being_made(harness, "a paper boat")
    reply.expire_token()
    harness.sandbox.discord.purge(message_of(reply))
    harness.sandbox.discord.faults.append(DiscordFault(SEND, status=429, retry_after_s=0.01, times=7))
    finish(harness)
    await harness.channel.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert states(harness) == ["delivered"]


async def test_what_was_laid_aside_in_doubt_is_not_fetched_after_its_message_was_deleted(
    harness: Harness,
) -> None:
    reply = await laid_aside_in_doubt(harness)
    listed = await list_jobs(harness)
    await press(harness, reply, "Delete", user=moderator(harness))
    await until(lambda: message_of(reply).deleted)
    assert await told(await press(harness, listed, "Fetch the video")) == words.NOTHING_TO_FETCH.english
    assert labels((await list_jobs(harness)).current) == ["Look again"]


async def test_what_was_laid_aside_in_doubt_is_not_brought_a_second_time_beside_the_first(
    harness: Harness,
) -> None:
    reply = await laid_aside_in_doubt(harness)
    fetched = await press(harness, await list_jobs(harness), "Fetch the video")
    assert await told(fetched) == words.still_there(message_of(reply).url).english
    assert states(harness) == ["delivered"]
