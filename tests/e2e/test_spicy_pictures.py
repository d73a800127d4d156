"""The spicy preset takes no pictures from people, in any way in, but the last frames of its own videos."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Message, Reply, User
from bot.texts import forms, refusals
from bot.texts import jobs as words
from tests.e2e.actors.approvals import held, moderator, question, rule
from tests.e2e.actors.buttons import labels, message_of, press, press_unseen, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.forms import animated, answers, opens, parts, send, send_made_up
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.mentions import ping, said_to, say
from tests.e2e.actors.records import assert_log_unbroken, audit, stored
from tests.e2e.actors.references import first_reference, hashes
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import finish, hold, upload

REFUSED = refusals.REFUSALS["spicy_from_pictures"].english
HOT = {"prompt": "hot", "preset": "spicy"}


async def made(
    harness: Harness, preset: str = "spicy", *, pictures: int = 0, user: User | None = None
) -> Reply:
    """A finished preview in the age-restricted channel."""
    names = ("image", "image2")[:pictures]
    reply = await harness.video(
        "a lighthouse",
        channel=harness.adult_channel,
        user=user,
        preset=preset,
        resolution="480p",
        **{name: upload(harness) for name in names},
    )
    await posted(harness, reply)
    return reply


async def posted(harness: Harness, reply: Reply) -> None:
    shown = await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert shown.videos


async def refused(reply: Reply) -> None:
    """The request was refused in one plain sentence, and can only be changed."""
    assert await told(reply) == REFUSED
    assert reply.ephemeral
    assert labels(message_of(reply).current) == ["Change"]


def make_spicy(harness: Harness) -> None:
    """Have every job be what earlier versions made of consented pictures."""
    rewrite(harness, "UPDATE jobs SET preset = 'spicy', consented = TRUE")


# Every way in.


async def test_the_command_refuses_and_the_refusal_is_logged(harness: Harness) -> None:
    await refused(
        await harness.video("hot", channel=harness.adult_channel, preset="spicy", image=upload(harness))
    )
    await until(lambda: audit(harness, "action") == ["request_refused"])
    (details,) = audit(harness, "details")
    assert json.loads(details)["verdict"] == "spicy_from_pictures"
    assert (harness.rows(), harness.bought) == ([], 0)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_preset_by_default_is_refused_like_one_that_was_chosen(
    harness: Harness, *, restarted: bool
) -> None:
    chosen = await harness.sandbox.discord.invoke(
        "defaults", user=harness.user, channel=harness.channel, options={"preset": "spicy"}
    )
    await told(chosen)
    await meanwhile(harness, restarted=restarted)
    await refused(await harness.video("hot", channel=harness.adult_channel, image=upload(harness)))
    asked = await say(harness, ping(harness, "hot"), 1, channel=harness.adult_channel)
    assert await said_to(asked) == REFUSED
    assert harness.rows() == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_forms_refuse(harness: Harness, *, restarted: bool) -> None:
    more = await harness.video("hot", channel=harness.adult_channel, image=upload(harness), more=True)
    empty = await harness.video("hot", channel=harness.adult_channel, more=True)
    for opened in (more, empty):
        await opened.wait_for_modal(TIMEOUT_S)
    message = await harness.sandbox.discord.say(
        harness.user, harness.adult_channel, attachments=[upload(harness)]
    )
    animate = await animated(harness, message)
    await until(lambda: drafts(harness) == 3)
    await meanwhile(harness, restarted=restarted)
    await refused(await send(harness, more, HOT))
    await refused(await send(harness, empty, {**HOT, "pictures": [upload(harness)]}))
    await refused(await send(harness, animate, HOT))
    assert harness.rows() == []


def drafts(harness: Harness) -> int:
    return len(stored(harness, "SELECT id FROM drafts"))


async def test_messages_with_uploaded_linked_and_replied_to_pictures_are_refused(harness: Harness) -> None:
    harness.sandbox.discord.world.referenced_shown_on_mention = True
    where, text = harness.adult_channel, ping(harness, "hot --preset spicy")
    linked = {"type": "rich", "image": {"url": upload(harness).url}}
    for asked in (
        await say(harness, text, 1, channel=where),
        await say(harness, text, channel=where, reply_to=await say(harness, "", 1, channel=where)),
        await say(harness, text, channel=where, embeds=[linked]),
    ):
        assert await said_to(asked) == REFUSED
    assert harness.rows() == []


# What is built upon videos.


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_no_chain_that_began_with_a_picture_turns_spicy(harness: Harness, *, restarted: bool) -> None:
    parent = await made(harness, "normal", pictures=1)
    change, frame = [await opens(harness, parent, label) for label in ("Change", "Use last frame")]
    await meanwhile(harness, restarted=restarted)
    await refused(await send(harness, change, {"preset": "spicy"}))
    await refused(await send(harness, change, {"preset": "spicy", "pictures": [upload(harness)]}))
    await refused(await send(harness, frame, {"preset": "spicy"}))
    following = await send(harness, frame, {"prompt": "it sinks"})
    await posted(harness, following)
    await refused(await send(harness, await opens(harness, following, "Change"), {"preset": "spicy"}))
    await refused(await send(harness, await opens(harness, following, "Use last frame"), {"preset": "spicy"}))
    assert harness.bought == 2


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["normal", "fun", "custom"])
async def test_the_last_frame_of_another_preset_is_no_spicy_one(harness: Harness, preset: str) -> None:
    parent = await made(harness, preset)
    await refused(await send(harness, await opens(harness, parent, "Use last frame"), {"preset": "spicy"}))
    change = await opens(harness, parent, "Change")
    await refused(await send(harness, change, {"preset": "spicy", "pictures": [upload(harness)]}))
    # Of words alone, as if they were typed anew.
    await posted(harness, await send(harness, change, {"preset": "spicy"}))
    assert harness.bought == 2


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_earlier_versions_made_from_pictures_is_not_built_upon(
    harness: Harness, *, restarted: bool
) -> None:
    parent = await made(harness, "normal", pictures=2)
    make_spicy(harness)
    await meanwhile(harness, restarted=restarted)
    for label in ("Again", "In 720p"):
        await refused(await press(harness, parent, label))
    for label in ("Change", "Use last frame"):
        await refused(await send(harness, await opens(harness, parent, label), {}))
    assert harness.bought == 1


async def test_what_earlier_versions_lost_is_not_tried_again(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await harness.video("a boat", channel=harness.adult_channel, image=upload(harness))
    await harness.ended(lost)
    make_spicy(harness)
    await refused(await press(harness, lost, "Try again"))
    assert len(harness.rows()) == 1


async def test_what_earlier_versions_let_wait_is_not_bought(harness: Harness) -> None:
    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL, Gate.SPICY: Mode.OPEN})
    reply = await harness.video("a boat", channel=harness.adult_channel, image=upload(harness))
    await held(reply)
    card = await question(harness)
    await harness.app.jobs.runner.idle()
    make_spicy(harness)
    await harness.restart()
    await told(await press(harness, card, "Approve", user=moderator(harness)))
    ended = await harness.ended(reply)
    assert refusals.NO_LONGER_ALLOWED.what.english in ended.text()
    assert harness.bought == 0


async def test_what_earlier_versions_bought_is_not_posted(harness: Harness) -> None:
    hold(harness)
    reply = await harness.video("a boat", channel=harness.adult_channel, image=upload(harness))
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await harness.stop()
    make_spicy(harness)
    finish(harness, "a boat")
    await harness.start()
    ended = await reply.wait_for(
        lambda version: refusals.NOT_POSTED_HERE.what.english in version.text(), TIMEOUT_S
    )
    assert not ended.videos


# Last frames of its own videos.


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_chain_of_words_and_last_frames_stays_spicy(harness: Harness, *, restarted: bool) -> None:
    links = [await made(harness)]
    for number in range(2):
        opened = await opens(harness, links[-1], "Use last frame")
        await meanwhile(harness, restarted=restarted)
        assert "pictures" not in parts(opened)
        links.append(await send(harness, opened, {"prompt": f"it sinks {number}"}))
        await posted(harness, links[-1])
        assert hashes(harness)[-1] == [first_reference(harness)[0]]
    for label in ("Again", "In 720p"):
        await posted(harness, await press(harness, links[-1], label))
    change = await opens(harness, links[-1], "Change")
    await refused(await send(harness, change, {"pictures": [upload(harness)]}))
    await posted(harness, await send(harness, change, {"prompt": "it floats"}))
    assert [len(pictures) for pictures in hashes(harness)] == [0, 1, 1, 1, 1, 1]
    assert {made.preset for made in harness.sandbox.dimilinks.request_log.submissions} == {"spicy"}


@pytest.mark.slow
async def test_a_frame_whose_video_was_lost_is_tried_again(harness: Harness) -> None:
    opened = await opens(harness, await made(harness), "Use last frame")
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await send(harness, opened, {"prompt": "it sinks"})
    await harness.ended(lost)
    await harness.restart()
    await posted(harness, await press(harness, lost, "Try again"))


@pytest.mark.slow
async def test_a_frame_waits_for_moderators_who_see_it(harness: Harness) -> None:
    parent = await made(harness)
    await rule(harness, modes={Gate.PICTURES: Mode.APPROVAL, Gate.SPICY: Mode.OPEN})
    following = await send(harness, await opens(harness, parent, "Use last frame"), {"prompt": "it sinks"})
    await held(following)
    card = await question(harness, "it sinks")
    assert len(card.body.attachments) == 1
    assert "spoiler" in str(card.current.components)
    await told(await press(harness, card, "Approve", user=moderator(harness)))
    await posted(harness, following)
    await rule(harness, modes={Gate.PICTURES: Mode.OFF, Gate.SPICY: Mode.OPEN})
    sent = await send(harness, await opens(harness, parent, "Use last frame"), {"prompt": "it rises"})
    assert await told(sent) == refusals.REFUSALS["pictures_off"].english


@pytest.fixture
async def hasty(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Harness]:
    async with open_harness(tmp_path, database_url, tuning=replace(QUICK, expire_after_s=2.0)) as opened:
        yield opened
        assert_log_unbroken(opened)


@pytest.mark.slow
async def test_a_video_from_a_frame_that_came_late_is_still_posted(hasty: Harness) -> None:
    opened = await opens(hasty, await made(hasty), "Use last frame")
    hold(hasty)
    reply = await send(hasty, opened, {"prompt": "it sinks"})
    await reply.wait_for(lambda version: "was not ready" in version.text(), TIMEOUT_S)
    await hasty.app.jobs.runner.idle()
    finish(hasty, "it sinks")
    await press(hasty, reply, "Look again")
    assert (await reply.wait_for_video(TIMEOUT_S)).videos


@pytest.mark.slow
async def test_nobody_passes_another_video_off_as_a_spicy_one(harness: Harness) -> None:
    harness.channel.set_nsfw(True)
    spicy, plain = await made(harness), await made(harness, "normal", pictures=1)
    (job_id, _) = [row["id"] for row in harness.rows("id")]
    film = harness.sandbox.discord.upload(
        "own.mp4", message_of(plain).current.videos[0].path.read_bytes(), content_type="video/mp4"
    )
    uploaded = await harness.sandbox.discord.say(harness.user, harness.channel, "mine", attachments=[film])
    filled = answers(prompt="hot", seconds="6", frame="1280x720/720p", preset="spicy")

    async def forged(source: Message) -> Reply:
        return await send_made_up(harness, f"sm-form:continue:{job_id}:0", filled, source=source)

    for source in (message_of(plain), uploaded):
        assert await told(await forged(source)) == forms.VIDEO_GONE.english
    assert harness.bought == 2
    await posted(harness, await forged(message_of(spicy)))


async def test_buttons_of_the_confirmation_that_is_no_more_get_an_answer(harness: Harness) -> None:
    reply = await made(harness)
    pressed = await press_unseen(harness, message_of(reply), f"sm-consent:{'0' * 32}")
    assert await told(pressed) == words.OLD_BUTTON.english
    assert pressed.ephemeral
