"""What continues a spicy video is spicy, whatever its preset; its first frame is shown where spicy videos are."""

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.sandbox.discord import Message, Reply
from bot.texts import moderation, refusals
from tests.e2e.actors.approvals import change_rules, held, moderator, question, reviews_channel, rule
from tests.e2e.actors.buttons import labels, message_of, press, told
from tests.e2e.actors.forms import opens, parts, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.privacy import deleted
from tests.e2e.actors.records import audit
from tests.e2e.actors.reports import hidden
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.videos import delivered, finish, hold, shown

NORMAL = {"preset": "normal", "prompt": "it sinks"}
FRAMES_WAIT = {Gate.PICTURES: Mode.APPROVAL, Gate.SPICY: Mode.OPEN}


async def made(harness: Harness) -> Reply:
    """A spicy video in the age-restricted channel."""
    return await delivered(harness, channel=harness.adult_channel, preset="spicy", resolution="480p")


async def continued(harness: Harness, video: Reply) -> Reply:
    """A video of another preset that begins with the last frame of a video."""
    reply = await send(harness, await opens(harness, video, "Use last frame"), NORMAL)
    await shown(harness, reply)
    return reply


async def refused(reply: Reply, verdict: str) -> None:
    assert await told(reply) == refusals.OF_CONTINUATIONS[verdict].english
    assert reply.ephemeral
    assert reply.current is not None
    assert labels(reply.current) == []


async def test_a_last_frame_is_refused_with_any_preset_where_spicy_is(harness: Harness) -> None:
    frame = await opens(harness, await made(harness), "Use last frame")
    mo = moderator(harness)
    assert "pictures" not in parts(frame)
    harness.adult_channel.set_nsfw(False)
    await refused(await send(harness, frame, NORMAL), "needs_age_restricted_channel")
    harness.adult_channel.set_nsfw(True)
    await spicy(harness, "stop", mo)
    await refused(await send(harness, frame, NORMAL), "spicy_stopped")
    await spicy(harness, "resume", mo)
    await change_rules(harness, modes={Gate.SPICY: Mode.OFF})
    await refused(await send(harness, frame, NORMAL), "spicy_off")
    assert harness.bought == len(harness.rows()) == 1


async def in_open_reviews(harness: Harness, **changes: object) -> None:
    """Approval of pictures, in a review channel that is not age-restricted."""
    await rule(harness, modes=FRAMES_WAIT, **changes)
    channel = reviews_channel(harness)
    assert channel is not None
    channel.set_nsfw(False)


async def test_a_frame_is_not_shown_in_an_open_review_channel_but_viewed_elsewhere(harness: Harness) -> None:
    parent, mo = await made(harness), moderator(harness)
    await in_open_reviews(harness)
    following = await send(harness, await opens(harness, parent, "Use last frame"), NORMAL)
    await held(following)
    card = await question(harness, "it sinks")
    elsewhere = moderation.view_elsewhere(harness.adult_channel.id).english
    assert elsewhere in card.current.text()
    assert not card.body.attachments
    assert await told(await press(harness, card, "View", user=mo)) == elsewhere
    queue = await harness.sandbox.discord.invoke(
        "spicy queue", user=mo, channel=harness.adult_channel, options={}
    )
    await told(queue)
    viewed = await press(harness, queue, "View", user=mo)
    seen = await viewed.wait_for(lambda version: bool(version.attachments), TIMEOUT_S)
    assert viewed.ephemeral
    assert seen.attachments[0].filename.startswith("SPOILER_")
    assert ("hidden_picture_viewed", mo.id) in audit(harness, "action", "actor_id")
    await told(await press(harness, card, "Approve", user=mo))
    await shown(harness, following)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_chain_stays_spicy_through_other_presets(harness: Harness, *, restarted: bool) -> None:
    first = await continued(harness, await made(harness))
    await meanwhile(harness, restarted=restarted)
    second = await continued(harness, first)
    assert all(message_of(link).current.spoilers for link in (first, second))
    frame, again, change = [
        await opens(harness, second, label) for label in ("Use last frame", "Use last frame", "Change")
    ]
    bob = harness.member("bob")
    assert "Only the person" in await told(await press(harness, second, "Use last frame", user=bob))
    await shown(harness, await send(harness, frame, {"preset": "spicy"}))
    harness.adult_channel.set_nsfw(False)
    for form in (again, change):
        await refused(await send(harness, form, NORMAL), "needs_age_restricted_channel")
    await refused(await press(harness, second, "Again"), "needs_age_restricted_channel")
    assert harness.bought == 4


async def in_line(harness: Harness) -> Reply:
    """A continuation that waits behind another video of the same user."""
    frame = await opens(harness, await made(harness), "Use last frame")
    hold(harness)
    first = await harness.video("a tower")
    await first.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    reply = await send(harness, frame, NORMAL)
    await reply.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    return reply


@pytest.mark.started_with(jobs_at_once_per_person=1)
async def test_a_stop_holds_continuations_in_line_and_takes_no_approval_of_them(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OPEN})
    following, mo = await in_line(harness), moderator(harness)
    await spicy(harness, "stop", mo)
    await held(following)
    card = await question(harness, "it sinks")
    assert await told(await press(harness, card, "Approve", user=mo)) == moderation.VOTE_STOPPED.english
    finish(harness, "a tower")
    await spicy(harness, "resume", mo)
    await told(await press(harness, card, "Approve", user=mo))
    await shown(harness, following)


async def test_what_was_bought_is_not_posted_where_it_may_no_longer_be(harness: Harness) -> None:
    frame = await opens(harness, await made(harness), "Use last frame")
    hold(harness)
    following = await send(harness, frame, NORMAL)
    await following.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    harness.adult_channel.set_nsfw(False)
    finish(harness, "it sinks")
    ended = await following.wait_for(
        lambda version: refusals.NOT_POSTED_HERE.what.english in version.text(), TIMEOUT_S
    )
    assert not ended.videos


async def directly(harness: Harness) -> Message:
    """The card that the server's owner got."""
    direct = harness.sandbox.discord.dm(harness.guild.owner)
    return await direct.wait_for_message(lambda seen: "May this video be" in seen.text(), TIMEOUT_S)


@pytest.mark.parametrize("review_at", ReviewAt)
async def test_neither_frame_nor_video_is_sent_to_the_owner(harness: Harness, review_at: ReviewAt) -> None:
    parent = await made(harness)
    await rule(harness, modes=FRAMES_WAIT, review_channel_id=None, review_at=review_at)
    await send(harness, await opens(harness, parent, "Use last frame"), NORMAL)
    card = await directly(harness)
    assert not card.current.attachments
    elsewhere = moderation.view_elsewhere(harness.adult_channel.id).english
    assert elsewhere in card.current.text()
    assert "View" in labels(card.current)
    assert await told(await press(harness, card, "View", user=harness.guild.owner)) == elsewhere


async def test_of_an_erased_continuation_is_known_that_it_is_spicy(harness: Harness) -> None:
    video = await continued(harness, await made(harness))
    await harness.app.jobs.runner.idle()
    await deleted(harness)
    assert {row["prompt"] for row in harness.rows("prompt")} == {"…"}
    await in_open_reviews(harness)
    card = await hidden(harness, video, moderator(harness))
    viewed = await told(await press(harness, card, "View", user=moderator(harness, "max")))
    assert viewed == moderation.view_elsewhere(harness.adult_channel.id).english
