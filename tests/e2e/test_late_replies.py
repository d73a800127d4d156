"""Replies whose token has died: the same message by another way, and never two of them."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery import breaker
from bot.sandbox.discord import Channel, DiscordFault, Drop, Message
from tests.e2e.actors.buttons import press
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, finish

GONE = DiscordFault("PATCH /channels/*", status=404, code=10008, message="Unknown Message", times=1000)
SEND = "POST /channels/{channel_id}/messages"


def videos_in(channel: Channel) -> list[Message]:
    """The messages with a video that can be seen there."""
    return [one for one in channel.messages if not one.deleted and one.current.videos]


async def test_progress_goes_on_as_the_bot_once_the_token_has_died(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    seen = len(reply.versions)
    await until(lambda: len(reply.versions) >= seen + 2)
    finish(harness, "a boat")
    await reply.wait_for_video(TIMEOUT_S)
    refused = harness.sandbox.discord.request_log.counts[
        "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original", 401
    ]
    assert refused == 1


@pytest.mark.postgresql
async def test_a_new_message_whose_answer_was_lost_is_not_sent_a_second_time(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    harness.sandbox.discord.faults.append(GONE)
    harness.sandbox.discord.faults.append(DiscordFault(SEND, drop=Drop.AFTER))
    finish(harness, "a boat")
    await until(lambda: bool(harness.rows("settled_at")[0]["settled_at"]))
    (message,) = videos_in(harness.channel)
    assert f"<@{harness.user.id}>" in message.current.text()


async def test_after_a_restart_a_message_that_was_sent_is_found_and_not_sent_again(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    harness.sandbox.discord.faults.append(GONE)
    # Discord takes the message, but its answer never comes, so the bot is stopped before it can note it.
    harness.sandbox.discord.faults.append(DiscordFault(SEND, drop=Drop.AFTER, times=1000))
    harness.sandbox.discord.faults.append(
        DiscordFault("GET /channels/{channel_id}/messages", status=500, times=1000)
    )
    finish(harness, "a boat")
    await until(lambda: bool(videos_in(harness.channel)))
    await harness.stop()
    assert harness.rows("post_route")[0]["post_route"] == "answer_in_channel"
    harness.sandbox.discord.faults.clear()
    harness.sandbox.discord.faults.append(GONE)
    # Discord remembers a nonce for some minutes only.
    harness.sandbox.discord.core.messages._nonces.clear()
    await harness.start()
    await until(lambda: bool(harness.rows("settled_at")[0]["settled_at"]))
    assert len(videos_in(harness.channel)) == 1
    assert harness.rows("state")[0]["state"] == "delivered"


async def test_where_the_channel_is_closed_to_the_bot_the_video_comes_directly(harness: Harness) -> None:
    reply = await being_made(harness, "a boat")
    reply.expire_token()
    harness.channel.deny_bot("view_channel")
    finish(harness, "a boat")
    inbox = harness.sandbox.discord.dm(harness.user)
    await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    assert videos_in(harness.channel) == []


async def test_a_message_older_than_an_hour_gets_its_final_edit_only_or_one_for_who_asks(
    tmp_path: Path,
    database_url: str | None,
) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, now=clock) as harness:
        reply = await being_made(harness, "a boat")
        await harness.stop()
        clock.offset = timedelta(minutes=61)
        # Its task would have expired by then; here it is only the message that is old.
        await harness.start()
        seen = len(reply.versions)
        expired = await reply.wait_for(lambda version: "was not ready" in version.text(), TIMEOUT_S)
        assert reply.versions[seen:] == [expired]
        finish(harness, "a boat")
        await press(harness, reply, "Look again")
        await reply.wait_for_video(TIMEOUT_S)


async def test_after_too_many_refusals_nothing_is_sent_until_they_are_old(harness: Harness) -> None:
    app = harness.app
    reply = await being_made(harness, "a boat")
    for _ in range(breaker.TRIPS_AT):
        app.breaker.saw(401)
    sent = len(harness.sandbox.discord.request_log.requests)
    finish(harness, "a boat")
    await until(lambda: harness.rows("state")[0]["state"] == "delivering")
    assert len(harness.sandbox.discord.request_log.requests) <= sent + 1
    assert not any(version.videos for version in reply.versions)
    app.breaker._refused.clear()  # as when ten minutes have passed
    await reply.wait_for_video(TIMEOUT_S)
