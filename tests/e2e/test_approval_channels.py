"""Where moderators are asked: in the review channel, or else the server's owner directly; and when nobody comes."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.moderation.rules import ReviewAt
from bot.sandbox.discord import Message
from tests.e2e.approval_steps import (
    CLOSED,
    NOT_YOURS,
    ask,
    assert_log_unbroken,
    cards,
    deny,
    moderator,
    question,
    reviews_channel,
    rule,
)
from tests.e2e.presses import MovableClock, id_of, message_of, press, press_unseen, told, until
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage

EXPLAINED = "You get this because I cannot use your server's review channel."


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock) as opened:
        yield opened
        assert_log_unbroken(opened)


async def without_channel(stage: Stage, how: str, **changes: object) -> None:
    """Approval, where the review channel cannot be used."""
    await rule(stage, **changes)
    channel = reviews_channel(stage)
    assert channel is not None
    match how:
        case "never set":
            await rule(stage, review_channel_id=None, **changes)
        case "deleted":
            channel.delete()
        case "forbidden":
            channel.deny_bot("send_messages")
        case _:
            channel.deny_bot("view_channel")


async def directly(stage: Stage) -> Message:
    """The card that the server's owner got."""
    direct = stage.sandbox.discord.dm(stage.guild.owner)
    return await direct.wait_for_message(lambda seen: "May this video be" in seen.text(), TIMEOUT_S)


@pytest.mark.parametrize("how", ["never set", "deleted", "forbidden", "hidden"])
async def test_without_a_channel_the_owner_is_asked_and_decides(stage: Stage, how: str) -> None:
    await without_channel(stage, how)
    first, second = await ask(stage), await ask(stage, "a tower")
    card = await directly(stage)
    direct = card.channel
    other = await direct.wait_for_message(lambda seen: "a tower" in seen.text(), TIMEOUT_S)
    assert EXPLAINED in card.current.text()
    assert cards(stage) == []
    await stage.restart()
    owner = stage.guild.owner
    assert "Decided" in await told(await press(stage, card, "Approve", user=owner))
    assert "Decided" in await told(await deny(stage, other, owner))
    assert (await stage.ended(first)).videos
    assert "not today" in (await stage.ended(second)).text()
    await card.wait_for(lambda seen: "Approved" in seen.text(), TIMEOUT_S)
    await other.wait_for(lambda seen: "Denied" in seen.text(), TIMEOUT_S)


async def test_nobody_but_the_owner_decides_in_direct_messages(stage: Stage) -> None:
    await without_channel(stage, "never set")
    await ask(stage)
    approve = id_of((await directly(stage)).current, "Approve")
    mo = moderator(stage)
    manager = stage.member("max", roles=[stage.guild.add_role("max", ["administrator"])])
    for user in (mo, manager, stage.user):
        direct = await stage.video("a cat", channel=stage.sandbox.discord.dm(user), user=user)
        await stage.ended(direct)
        assert NOT_YOURS in await told(await press_unseen(stage, message_of(direct), approve, user=user))
    assert stage.rows("state")[0] == {"state": "held"}


async def test_the_owner_does_not_decide_for_themselves(stage: Stage) -> None:
    await without_channel(stage, "never set")
    owner = stage.guild.owner
    await ask(stage, user=owner)
    card = await directly(stage)
    assert "their own request" in await told(await press(stage, card, "Approve", user=owner))
    assert stage.rows("state") == [{"state": "held"}]


async def test_a_spicy_video_is_not_sent_to_the_owner_either(stage: Stage) -> None:
    await without_channel(stage, "never set", review_at=ReviewAt.POSTING, quorum=2)
    reply = await ask(stage)
    card = await directly(stage)
    assert not card.current.attachments
    owner = stage.guild.owner
    assert "stays open" in await told(await press(stage, card, "Approve", user=owner))
    await card.wait_for(lambda seen: owner.mention in seen.text(), TIMEOUT_S)
    assert "Decided" not in await told(await press(stage, card, "Take my vote back", user=owner))
    await rule(stage, review_channel_id=None, review_at=ReviewAt.POSTING)
    assert "Decided" in await told(await press(stage, card, "Approve", user=owner))
    assert (await stage.ended(reply)).videos


async def test_where_nobody_can_be_asked_nothing_is_approved(stage: Stage, clock: MovableClock) -> None:
    await without_channel(stage, "forbidden")
    stage.guild.owner.accepts_direct_messages = False
    reply = await ask(stage)
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    clock.offset = timedelta(hours=13)
    await stage.app.moderation.decisions.expire()
    shown = await stage.ended(reply)
    assert "No moderator decided about this request in time" in shown.text()
    assert "Nothing was charged" in shown.text()
    assert stage.bought == 0


async def test_who_could_not_be_asked_is_asked_later(stage: Stage) -> None:
    await without_channel(stage, "forbidden")
    stage.guild.owner.accepts_direct_messages = False
    reply = await ask(stage)
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    channel = reviews_channel(stage)
    assert channel is not None
    channel.allow_bot("send_messages")
    for _ in range(2):
        await stage.app.moderation.questions.ask_again()
    (card,) = cards(stage)
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage)))
    assert (await stage.ended(reply)).videos


@pytest.mark.parametrize("posting", [False, True])
async def test_what_nobody_decides_in_time_ends(stage: Stage, clock: MovableClock, *, posting: bool) -> None:
    subject = ReviewAt.POSTING if posting else ReviewAt.SUBMISSION
    await rule(stage, review_hours=2, review_at=subject)
    reply = await ask(stage)
    card = await question(stage, "May this video be")
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    clock.offset = timedelta(hours=1.9)
    await stage.app.moderation.decisions.expire()
    assert card.current.buttons
    clock.offset = timedelta(hours=2.1)
    for _ in range(2):
        await stage.app.moderation.decisions.expire()
    await stage.app.engine.idle()
    shown = message_of(reply).current
    assert not shown.videos
    if posting:
        assert "No moderator decided in time whether this video may be posted" in shown.text()
        assert "Nothing was charged" not in shown.text()
    else:
        assert "Nothing was charged" in shown.text()
    assert stage.bought == posting
    closed = await card.wait_for(lambda seen: "Nobody decided in time" in seen.text(), TIMEOUT_S)
    assert not closed.buttons
    late = await press_unseen(stage, card, id_of(card.versions[0], "Approve"), user=moderator(stage))
    assert await told(late) == CLOSED


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_what_ended_while_the_bot_was_away_is_told(
    stage: Stage, clock: MovableClock, at: ReviewAt
) -> None:
    await rule(stage, review_at=at)
    reply = await ask(stage)
    card = await question(stage, "May this video be")
    await until(lambda: stage.rows("review_id")[0]["review_id"] is not None)
    await stage.stop()
    clock.offset = timedelta(hours=13)
    await stage.start()
    await until(lambda: stage.rows("settled_at")[0]["settled_at"] is not None)
    assert "No moderator decided" in message_of(reply).current.text()
    await card.wait_for(lambda seen: "Nobody decided in time" in seen.text(), TIMEOUT_S)
