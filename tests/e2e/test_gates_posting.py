"""What a server allows, asked again when a finished video is posted."""

from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules
from bot.sandbox.discord import Channel, DiscordFault, Drop, Reply
from bot.texts import refusals
from tests.e2e.actors.approvals import (
    SPICY_OFF,
    ask,
    cards,
    change_rules,
    moderator,
    parked,
    question,
    rule,
    spicy,
)
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.faults import close_every_way, reopen_every_way
from tests.e2e.actors.harness import SPICY_ON, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import finish, hold, upload

NOT_HERE = "the rules of this channel no longer allow it here"


async def spicy_being_made(harness: Harness, prompt: str = "a lighthouse", *, private: bool = False) -> Reply:
    hold(harness)
    reply = await harness.video(prompt, channel=harness.adult_channel, preset="spicy", private=private)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def fetch(harness: Harness, channel: Channel) -> Reply:
    """Fetch the newest video that was laid aside, by `/jobs`."""
    return await press(harness, await list_jobs(harness, channel=channel), "Fetch the video")


def delivered(harness: Harness) -> int:
    return sum(row["state"] == "delivered" for row in harness.rows("state"))


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("private", [False, True])
async def test_a_finished_video_is_not_posted_where_it_may_not_be_any_more(
    harness: Harness, *, restarted: bool, private: bool
) -> None:
    reply = await spicy_being_made(harness, private=private)
    harness.adult_channel.set_nsfw(False)
    await meanwhile(harness, restarted=restarted)
    finish(harness, "a lighthouse")
    await parked(harness)
    assert NOT_HERE in message_of(reply).current.text()
    assert not message_of(reply).current.videos
    for channel in (harness.channel, harness.adult_channel, harness.sandbox.discord.dm(harness.user)):
        fetched = await fetch(harness, channel)
        await fetched.wait_for(lambda version: NOT_HERE in version.text(), TIMEOUT_S)
        await parked(harness)
        assert not message_of(fetched).current.videos
    elsewhere = harness.guild.add_channel("elsewhere", nsfw=True)
    fetched = await fetch(harness, elsewhere)
    assert (await fetched.wait_for_video(TIMEOUT_S)).ephemeral
    await harness.app.jobs.runner.idle()
    assert harness.rows("state") == [{"state": "delivered"}]
    assert not any(message.current.videos for message in harness.sandbox.discord.dm(harness.user).messages)


async def test_switched_off_meanwhile_is_not_posted(harness: Harness) -> None:
    reply = await spicy_being_made(harness)
    await change_rules(harness, modes=SPICY_OFF)
    finish(harness, "a lighthouse")
    await parked(harness)
    assert NOT_HERE in message_of(reply).current.text()
    await change_rules(harness, modes={Gate.SPICY: Mode.OPEN})
    assert (await (await fetch(harness, harness.adult_channel)).wait_for_video(TIMEOUT_S)).videos


@pytest.mark.slow
@pytest.mark.parametrize("left", [False, True])
async def test_moderators_are_asked_also_if_that_is_what_changed_between_two_tries_to_post(
    harness: Harness, *, left: bool
) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OPEN})
    mo = moderator(harness)
    reply = await spicy_being_made(harness)
    # Not an error of Discord's, which the library itself repeats: an edit of the card would hold the post up.
    away = DiscordFault("PATCH /webhooks/*", drop=Drop.BEFORE, times=999)
    harness.sandbox.discord.faults.append(away)
    finish(harness, "a lighthouse")
    await until(lambda: harness.rows("post_started_at")[0]["post_started_at"] is not None)
    hits = away.hits
    await until(lambda: away.hits > hits)
    if left:
        harness.guild.kick(harness.user)
    else:
        await change_rules(harness, modes={Gate.SPICY: Mode.APPROVAL})
    harness.sandbox.discord.faults.clear()
    card = await question(harness, "May this video be posted?")
    assert not message_of(reply).current.videos
    if left:
        harness.guild.join(harness.user)
    await told(await press(harness, card, "Approve", user=mo))
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
    assert cards(harness) == [card]


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_new_message_that_may_have_arrived_before_moderators_were_asked_is_not_made_again(
    harness: Harness, *, restarted: bool
) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OPEN})
    mo = moderator(harness)
    reply = await spicy_being_made(harness)
    reply.expire_token()
    faults, new_message = harness.sandbox.discord.faults, "POST /channels/*/messages"
    faults.append(DiscordFault("PATCH /channels/*", status=404, code=10008, message="Gone", times=999))
    faults.append(DiscordFault(new_message, drop=Drop.AFTER))
    away = faults.append(DiscordFault(new_message, status=500, message="no", times=999))
    finish(harness, "a lighthouse")
    await harness.adult_channel.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    await change_rules(harness, modes={Gate.SPICY: Mode.APPROVAL})
    await until(lambda: away.hits > 1)
    away.times = 0
    card = await question(harness, "May this video be posted?")
    harness.sandbox.discord.core.messages._nonces.clear()  # Discord remembers them for some minutes
    await meanwhile(harness, restarted=restarted)
    await told(await press(harness, card, "Approve", user=mo))
    await until(lambda: delivered(harness) == 1)
    videos = [one for one in harness.adult_channel.messages if one.current.videos]
    assert len(videos) == 1
    assert harness.rows("message_id")[0]["message_id"] == videos[0].id


async def test_held_for_posting_in_a_channel_that_opens_up(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.POSTING)
    reply = await ask(harness)
    card = await question(harness, "May this video be posted?")
    harness.adult_channel.set_nsfw(False)
    await press(harness, card, "Approve", user=moderator(harness))
    await parked(harness)
    assert NOT_HERE in message_of(reply).current.text()
    harness.adult_channel.set_nsfw(True)
    assert (await (await fetch(harness, harness.adult_channel)).wait_for_video(TIMEOUT_S)).videos
    assert cards(harness) == [card]


@pytest.mark.parametrize("mode", [Mode.APPROVAL, Mode.OFF])
async def test_another_server_answers_for_itself(harness: Harness, mode: Mode) -> None:
    """What moderators of one server agreed to is nothing to those of another."""
    await rule(harness, review_at=ReviewAt.POSTING)
    await ask(harness)
    harness.adult_channel.set_nsfw(False)
    await press(harness, await question(harness, "posted?"), "Approve", user=moderator(harness))
    await parked(harness)
    there = harness.sandbox.discord.add_guild("Elsewhere")
    there.join(harness.user)
    channel = there.add_channel("adults", nsfw=True)
    strict = ServerRules(spicy_confirmed_by=1, modes={Gate.SPICY: mode}, review_at=ReviewAt.POSTING)
    await harness.app.moderation.caches.rules.change(there.id, strict)
    fetched = await fetch(harness, channel)
    await fetched.wait_for(lambda version: NOT_HERE in version.text(), TIMEOUT_S)
    await parked(harness)
    assert len(cards(harness)) == 1
    await harness.app.moderation.caches.rules.change(there.id, SPICY_ON)
    assert (await (await fetch(harness, channel)).wait_for_video(TIMEOUT_S)).videos


async def test_spicy_videos_never_go_by_direct_message(harness: Harness) -> None:
    reply = await spicy_being_made(harness)
    reply.expire_token()
    harness.adult_channel.delete()
    finish(harness, "a lighthouse")
    await parked(harness)
    direct = harness.sandbox.discord.dm(harness.user)
    assert not any(message.current.videos for message in direct.messages)

    harness.adult_channel = harness.guild.add_channel("again", nsfw=True)
    private = await spicy_being_made(harness, "a tower", private=True)
    private.expire_token()
    finish(harness, "a tower")
    await parked(harness)
    assert not any(message.current.videos for message in direct.messages)
    assert delivered(harness) == 0


@pytest.mark.slow
async def test_spicy_videos_go_by_direct_message_where_the_operator_allows_it(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, spicy_in_direct_messages=True) as harness:
        direct = harness.sandbox.discord.dm(harness.user)
        assert (await harness.ended(await spicy(harness, channel=direct))).videos
        refused = await harness.video("a cat", channel=direct, preset="spicy", image=upload(harness))
        assert await told(refused) == refusals.REFUSALS["spicy_from_pictures"].english
        reply = await spicy_being_made(harness)
        close_every_way(harness, reply)
        finish(harness, "a lighthouse")
        await parked(harness)
        reopen_every_way(harness)
        assert (await (await fetch(harness, direct)).wait_for_video(TIMEOUT_S)).videos
