"""Where moderators are asked: in the review channel, or else the server's owner directly; and when nobody comes."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import DiscordFault, Message
from tests.e2e.actors.approvals import (
    CLOSED,
    NOT_YOURS,
    ask,
    cards,
    deny,
    moderator,
    question,
    reviews_channel,
    rule,
)
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit, stored
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import limit_files

SENDING = "POST /channels/*/messages"
EXPLAINED = "I send you this because I cannot use your server's review channel."


async def without_channel(harness: Harness, how: str, **changes: object) -> None:
    """Approval, where the review channel cannot be used."""
    await rule(harness, **changes)
    channel = reviews_channel(harness)
    assert channel is not None
    match how:
        case "never set":
            await rule(harness, review_channel_id=None, **changes)
        case "deleted":
            channel.delete()
        case "forbidden":
            channel.deny_bot("send_messages")
        case _:
            channel.deny_bot("view_channel")


async def directly(harness: Harness) -> Message:
    """The card that the server's owner got."""
    direct = harness.sandbox.discord.dm(harness.guild.owner)
    return await direct.wait_for_message(lambda seen: "May this video be" in seen.text(), TIMEOUT_S)


@pytest.mark.parametrize("how", ["never set", "deleted", "forbidden", "hidden"])
async def test_without_a_channel_the_owner_is_asked_once_and_any_moderator_decides(
    harness: Harness, how: str
) -> None:
    await without_channel(harness, how)
    first, second = await ask(harness), await ask(harness, "a tower")
    card = await directly(harness)
    assert EXPLAINED in card.current.text()
    assert cards(harness) == []
    assert len(card.channel.messages) == 1
    owner, mo = harness.guild.owner, moderator(harness)
    queue = await spicy(harness, "queue", mo)
    assert "a tower" in queue.text
    await harness.restart()
    assert "Decided" in await told(await press(harness, card, "Approve", user=owner))
    assert (await harness.ended(first)).videos
    await card.wait_for(lambda seen: "Approved" in seen.text(), TIMEOUT_S)
    queue = await spicy(harness, "queue", mo)
    opened = await press(harness, queue, "Deny…", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {"reason": ["off_topic"], "words": ""})
    assert "Decided" in await told(sent)
    assert "did not allow" in (await harness.ended(second)).text()


@pytest.mark.slow
async def test_nobody_but_the_owner_decides_in_direct_messages(harness: Harness) -> None:
    await without_channel(harness, "never set")
    await ask(harness)
    approve = id_of((await directly(harness)).current, "Approve")
    mo = moderator(harness)
    manager = harness.member("max", roles=[harness.guild.add_role("max", ["administrator"])])
    for user in (mo, manager, harness.user):
        direct = await harness.video("a cat", channel=harness.sandbox.discord.dm(user), user=user)
        await harness.ended(direct)
        assert NOT_YOURS in await told(await press_unseen(harness, message_of(direct), approve, user=user))
    assert harness.rows("state")[0] == {"state": "held"}


async def test_the_owner_decides_about_their_own_requests_and_that_is_logged(harness: Harness) -> None:
    await without_channel(harness, "never set")
    owner = harness.guild.owner
    reply = await ask(harness, user=owner)
    card = await directly(harness)
    for label in ("Approve and trust", "Deny and suspend…"):
        if label.endswith("…"):
            answered = await told(await deny(harness, card, owner, label=label))
        else:
            answered = await told(await press(harness, card, label, user=owner))
        assert "your own request" in answered
    assert "Decided" in await told(await press(harness, card, "Approve", user=owner))
    assert (await harness.ended(reply)).videos
    assert '"own_request":true' in audit(harness, "details")[-1]


async def test_a_spicy_video_is_not_sent_to_the_owner_either(harness: Harness) -> None:
    await without_channel(harness, "never set", review_at=ReviewAt.POSTING)
    reply = await ask(harness)
    card, owner = await directly(harness), harness.guild.owner
    assert not card.current.attachments
    assert "Approve" not in labels(card.current)
    elsewhere = await told(await press(harness, card, "View", user=owner))
    assert harness.adult_channel.mention in elsewhere
    assert "Decided" in await told(await deny(harness, card, owner))
    assert "did not allow" in (await harness.ended(reply)).text()


async def test_where_nobody_can_be_asked_nothing_is_approved(harness: Harness, clock: MovableClock) -> None:
    await without_channel(harness, "forbidden")
    harness.guild.owner.accepts_direct_messages = False
    reply = await ask(harness)
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    clock.offset = timedelta(hours=13)
    await harness.app.jobs.decisions.expire(harness.now())
    shown = await harness.ended(reply)
    assert "Moderators did not decide about this request in time" in shown.text()
    assert "This cost nothing" in shown.text()
    assert harness.bought == 0


async def test_an_open_question_whose_channel_is_deleted_is_asked_elsewhere(harness: Harness) -> None:
    await rule(harness)
    reply = await ask(harness)
    await question(harness)
    channel = reviews_channel(harness)
    assert channel is not None
    channel.delete()
    card = await directly(harness)
    assert EXPLAINED in card.current.text()
    assert "Decided" in await told(await press(harness, card, "Approve", user=harness.guild.owner))
    assert (await harness.ended(reply)).videos


async def test_a_question_that_the_owner_takes_in_no_direct_message_is_in_the_queue_and_logged(
    harness: Harness,
) -> None:
    await without_channel(harness, "never set")
    harness.guild.owner.accepts_direct_messages = False
    with capture_logs() as logs:
        first, second = await ask(harness), await ask(harness, "a tower")
        await until(lambda: all(row["review_id"] is not None for row in harness.rows("review_id")))
        await until(lambda: len([one for one in logs if one["event"] == "review_not_put"]) == 2)
    queue, mo = await spicy(harness, "queue", moderator(harness)), moderator(harness, "max")
    assert "a tower" in queue.text
    for _ in range(2):
        queue = await spicy(harness, "queue", mo)
        assert "Decided" in await told(await press(harness, queue, "Approve", user=mo))
    for reply in (first, second):
        assert (await harness.ended(reply)).videos


async def test_who_could_not_be_asked_is_asked_later(harness: Harness) -> None:
    await without_channel(harness, "forbidden")
    harness.guild.owner.accepts_direct_messages = False
    reply = await ask(harness)
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    channel = reviews_channel(harness)
    assert channel is not None
    channel.allow_bot("send_messages")
    for _ in range(2):
        await harness.app.moderation.questions.ask_again()
    (card,) = cards(harness)
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness)))
    assert (await harness.ended(reply)).videos


@pytest.mark.parametrize("posting", [False, True])
async def test_what_nobody_decides_in_time_ends(
    harness: Harness, clock: MovableClock, *, posting: bool
) -> None:
    subject = ReviewAt.POSTING if posting else ReviewAt.SUBMISSION
    await rule(harness, review_hours=2, review_at=subject)
    reply = await ask(harness)
    card = await question(harness, "May this video be")
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    clock.offset = timedelta(hours=1.9)
    await harness.app.jobs.decisions.expire(harness.now())
    assert card.current.buttons
    clock.offset = timedelta(hours=2.1)
    for _ in range(2):
        await harness.app.jobs.decisions.expire(harness.now())
    await harness.app.jobs.runner.idle()
    shown = message_of(reply).current
    assert not shown.videos
    if posting:
        assert "Moderators did not decide in time whether this video may be posted" in shown.text()
        assert "This cost nothing" not in shown.text()
    else:
        assert "This cost nothing" in shown.text()
    assert harness.bought == posting
    closed = await card.wait_for(lambda seen: "Nobody decided in time" in seen.text(), TIMEOUT_S)
    assert not closed.buttons
    late = await press_unseen(harness, card, id_of(card.versions[0], "Approve"), user=moderator(harness))
    assert await told(late) == CLOSED


@pytest.mark.parametrize("at", [ReviewAt.SUBMISSION, ReviewAt.POSTING])
async def test_what_ended_while_the_bot_was_away_is_told(
    harness: Harness, clock: MovableClock, at: ReviewAt
) -> None:
    await rule(harness, review_at=at)
    reply = await ask(harness)
    card = await question(harness, "May this video be")
    await until(lambda: harness.rows("review_id")[0]["review_id"] is not None)
    await harness.stop()
    clock.offset = timedelta(hours=13)
    await harness.start()
    await harness.app.jobs.decisions.expire(harness.now())
    await until(lambda: harness.rows("settled_at")[0]["settled_at"] is not None)
    assert "did not decide" in message_of(reply).current.text()
    await card.wait_for(lambda seen: "Nobody decided in time" in seen.text(), TIMEOUT_S)


async def test_the_owner_is_asked_without_a_video_that_is_too_large_there(harness: Harness) -> None:
    harness.guild.boost_tier = 3
    limit_files(harness, 20_000)
    asks = {Gate.NORMAL: Mode.APPROVAL}
    await without_channel(harness, "never set", modes=asks, review_at=ReviewAt.POSTING, quorum=2)
    await harness.video("a boat")
    card, mo = await directly(harness), moderator(harness)
    assert (card.current.videos, "View" in labels(card.current)) == ((), True)
    await told(await deny(harness, card, harness.guild.owner))
    await card.wait_for(lambda seen: f"no: {harness.guild.owner.mention}" in seen.text(), TIMEOUT_S)
    queue = await spicy(harness, "queue", mo)
    await told(await deny(harness, message_of(queue), mo))
    await card.wait_for(lambda seen: not seen.buttons, TIMEOUT_S)


async def test_a_card_that_discord_refuses_keeps_no_other_from_moderators(harness: Harness) -> None:
    await rule(harness)
    await ask(harness, "a castle")
    await ask(harness, "a tower")
    channel = reviews_channel(harness)
    assert channel is not None
    await harness.app.moderation.reviews.displace(channel.id)
    # In the channel, and in the owner's direct messages.
    refusal = DiscordFault(SENDING, status=400, code=50035, message="Invalid Form Body", times=2)
    harness.sandbox.discord.faults.append(refusal)
    await harness.app.moderation.questions.ask_again()
    placed = stored(harness, "SELECT message_id FROM reviews ORDER BY created_at")
    # Discord knows the card of the second by its nonce.
    assert [row["message_id"] for row in placed] == [None, cards(harness)[1].id]
