"""What a server allows, asked again when a finished video is posted."""

from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt, ServerRules
from bot.sandbox.discord import Channel, Reply
from bot.texts import moderation
from tests.e2e.approval_steps import (
    SPICY_OFF,
    ask,
    cards,
    change_rules,
    moderator,
    parked,
    question,
    rule,
    spicy,
    stage,
)
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    close_every_way,
    finish,
    hold,
    meanwhile,
    message_of,
    press,
    reopen_every_way,
    told,
)
from tests.e2e.stage import PATIENT, SPICY_ON, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_forms import upload

__all__ = ["stage"]

NOT_HERE = "the rules of this channel no longer allow it here"


async def spicy_being_made(stage: Stage, prompt: str = "a lighthouse", *, private: bool = False) -> Reply:
    hold(stage)
    reply = await stage.video(prompt, channel=stage.adult_channel, preset="spicy", private=private)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    return reply


async def fetch(stage: Stage, channel: Channel) -> Reply:
    """Fetch the newest video that was laid aside, by `/jobs`."""
    listed = await stage.sandbox.discord.invoke("jobs", user=stage.user, channel=channel)
    await listed.wait_for_answer(TIMEOUT_S)
    return await press(stage, listed, "Fetch the video")


def delivered(stage: Stage) -> int:
    return sum(row["state"] == "delivered" for row in stage.rows("state"))


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("private", [False, True])
async def test_a_finished_video_is_not_posted_where_it_may_not_be_any_more(
    stage: Stage, *, restarted: bool, private: bool
) -> None:
    reply = await spicy_being_made(stage, private=private)
    stage.adult_channel.set_nsfw(False)
    await meanwhile(stage, restarted=restarted)
    finish(stage, "a lighthouse")
    await parked(stage)
    assert NOT_HERE in message_of(reply).current.text()
    assert not message_of(reply).current.videos
    for channel in (stage.channel, stage.adult_channel, stage.sandbox.discord.dm(stage.user)):
        fetched = await fetch(stage, channel)
        await fetched.wait_for(lambda version: NOT_HERE in version.text(), TIMEOUT_S)
        await parked(stage)
        assert not message_of(fetched).current.videos
    elsewhere = stage.guild.add_channel("elsewhere", nsfw=True)
    fetched = await fetch(stage, elsewhere)
    assert (await fetched.wait_for_video(TIMEOUT_S)).ephemeral
    await stage.app.engine.idle()
    assert stage.rows("state") == [{"state": "delivered"}]
    assert not any(message.current.videos for message in stage.sandbox.discord.dm(stage.user).messages)


async def test_switched_off_meanwhile_is_not_posted(stage: Stage) -> None:
    reply = await spicy_being_made(stage)
    await change_rules(stage, modes=SPICY_OFF)
    finish(stage, "a lighthouse")
    await parked(stage)
    assert NOT_HERE in message_of(reply).current.text()
    await change_rules(stage, modes={Gate.SPICY: Mode.OPEN})
    assert (await (await fetch(stage, stage.adult_channel)).wait_for_video(TIMEOUT_S)).videos


async def test_held_for_posting_in_a_channel_that_opens_up(stage: Stage) -> None:
    await rule(stage, review_at=ReviewAt.POSTING)
    reply = await ask(stage)
    card = await question(stage, "May this video be posted?")
    stage.adult_channel.set_nsfw(False)
    await press(stage, card, "Approve", user=moderator(stage))
    await parked(stage)
    assert NOT_HERE in message_of(reply).current.text()
    stage.adult_channel.set_nsfw(True)
    assert (await (await fetch(stage, stage.adult_channel)).wait_for_video(TIMEOUT_S)).videos
    assert cards(stage) == [card]


@pytest.mark.parametrize("mode", [Mode.APPROVAL, Mode.OFF])
async def test_another_server_answers_for_itself(stage: Stage, mode: Mode) -> None:
    """What moderators of one server agreed to is nothing to those of another."""
    await rule(stage, review_at=ReviewAt.POSTING)
    await ask(stage)
    stage.adult_channel.set_nsfw(False)
    await press(stage, await question(stage, "posted?"), "Approve", user=moderator(stage))
    await parked(stage)
    there = stage.sandbox.discord.add_guild("Elsewhere")
    there.join(stage.user)
    channel = there.add_channel("adults", nsfw=True)
    strict = ServerRules(spicy_confirmed_by=1, modes={Gate.SPICY: mode}, review_at=ReviewAt.POSTING)
    await stage.app.moderation.books.rules.change(there.id, strict)
    fetched = await fetch(stage, channel)
    await fetched.wait_for(lambda version: NOT_HERE in version.text(), TIMEOUT_S)
    await parked(stage)
    assert len(cards(stage)) == 1
    await stage.app.moderation.books.rules.change(there.id, SPICY_ON)
    assert (await (await fetch(stage, channel)).wait_for_video(TIMEOUT_S)).videos


async def test_spicy_videos_never_go_by_direct_message(stage: Stage) -> None:
    reply = await spicy_being_made(stage)
    reply.expire_token()
    stage.adult_channel.delete()
    finish(stage, "a lighthouse")
    await parked(stage)
    direct = stage.sandbox.discord.dm(stage.user)
    assert not any(message.current.videos for message in direct.messages)

    stage.adult_channel = stage.guild.add_channel("again", nsfw=True)
    private = await spicy_being_made(stage, "a tower", private=True)
    private.expire_token()
    finish(stage, "a tower")
    await parked(stage)
    assert not any(message.current.videos for message in direct.messages)
    assert delivered(stage) == 0


async def test_spicy_videos_go_by_direct_message_where_the_operator_allows_it(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, spicy_in_direct_messages=True) as stage:
        direct = stage.sandbox.discord.dm(stage.user)
        assert (await stage.ended(await spicy(stage, channel=direct))).videos
        refused = await stage.video("a cat", channel=direct, preset="spicy", image=upload(stage))
        assert await told(refused) == moderation.SPICY_FROM_PICTURES.english
        reply = await spicy_being_made(stage)
        close_every_way(stage, reply)
        finish(stage, "a lighthouse")
        await parked(stage)
        reopen_every_way(stage)
        assert (await (await fetch(stage, direct)).wait_for_video(TIMEOUT_S)).videos
