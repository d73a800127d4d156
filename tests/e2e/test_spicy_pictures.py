"""The spicy preset takes no pictures from people, in any way in, but the last frames of its own videos."""

import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Message, Reply, User
from bot.texts import jobs as words
from bot.texts import moderation
from tests.e2e.approval_steps import assert_log_unbroken, audit, held, moderator, question, rule, stage
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    finish,
    hold,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
    until,
)
from tests.e2e.stage import QUICK, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_forms import animated, answers, send, send_made_up, upload
from tests.e2e.test_replies import ping, said_to, say
from tests.e2e.test_results import first_reference, hashes, opens

__all__ = ["stage"]

REFUSED = moderation.SPICY_FROM_PICTURES.english
HOT = {"prompt": "hot", "preset": "spicy"}


async def made(stage: Stage, preset: str = "spicy", *, pictures: int = 0, user: User | None = None) -> Reply:
    """A finished preview in the age-restricted channel."""
    names = ("image", "image2")[:pictures]
    reply = await stage.video(
        "a lighthouse",
        channel=stage.adult_channel,
        user=user,
        preset=preset,
        resolution="480p",
        **{name: upload(stage) for name in names},
    )
    await posted(stage, reply)
    return reply


async def posted(stage: Stage, reply: Reply) -> None:
    shown = await reply.wait_for_video(TIMEOUT_S)
    await stage.app.engine.idle()
    assert shown.videos


async def refused(reply: Reply) -> None:
    """The request was refused in one plain sentence, with nothing to press."""
    assert await told(reply) == REFUSED
    assert reply.ephemeral
    assert labels(message_of(reply).current) == []


def make_spicy(stage: Stage) -> None:
    """Have every job be what earlier versions made of consented pictures."""
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        connection.execute("UPDATE jobs SET preset = 'spicy', consented = 1")
        connection.commit()


# Every way in.


async def test_the_command_refuses_and_the_refusal_is_logged(stage: Stage) -> None:
    await refused(await stage.video("hot", channel=stage.adult_channel, preset="spicy", image=upload(stage)))
    await until(lambda: audit(stage, "action") == ["request_refused"])
    (details,) = audit(stage, "details")
    assert json.loads(details)["verdict"] == "spicy_from_pictures"
    assert (stage.rows(), stage.bought) == ([], 0)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_preset_by_default_is_refused_like_one_that_was_chosen(
    stage: Stage, *, restarted: bool
) -> None:
    chosen = await stage.sandbox.discord.invoke(
        "defaults", user=stage.user, channel=stage.channel, options={"preset": "spicy"}
    )
    await told(chosen)
    await meanwhile(stage, restarted=restarted)
    await refused(await stage.video("hot", channel=stage.adult_channel, image=upload(stage)))
    asked = await say(stage, ping(stage, "hot"), 1, channel=stage.adult_channel)
    assert await said_to(asked) == REFUSED
    assert stage.rows() == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_forms_refuse(stage: Stage, *, restarted: bool) -> None:
    more = await stage.video("hot", channel=stage.adult_channel, image=upload(stage), more=True)
    empty = await stage.video("hot", channel=stage.adult_channel, more=True)
    for opened in (more, empty):
        await opened.wait_for_modal(TIMEOUT_S)
    message = await stage.sandbox.discord.say(stage.user, stage.adult_channel, attachments=[upload(stage)])
    animate = await animated(stage, message)
    await until(lambda: drafts(stage) == 3)
    await meanwhile(stage, restarted=restarted)
    await refused(await send(stage, more, HOT))
    await refused(await send(stage, empty, {**HOT, "pictures": [upload(stage)]}))
    await refused(await send(stage, animate, HOT))
    assert stage.rows() == []


def drafts(stage: Stage) -> int:
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3")) as connection:
        return int(connection.execute("SELECT count(*) FROM drafts").fetchone()[0])


async def test_messages_with_uploaded_linked_and_replied_to_pictures_are_refused(stage: Stage) -> None:
    stage.sandbox.discord.world.referenced_shown_on_mention = True
    where, text = stage.adult_channel, ping(stage, "hot --preset spicy")
    linked = {"type": "rich", "image": {"url": upload(stage).url}}
    for asked in (
        await say(stage, text, 1, channel=where),
        await say(stage, text, channel=where, reply_to=await say(stage, "", 1, channel=where)),
        await say(stage, text, channel=where, embeds=[linked]),
    ):
        assert await said_to(asked) == REFUSED
    assert stage.rows() == []


# What is built upon videos.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_no_chain_that_began_with_a_picture_turns_spicy(stage: Stage, *, restarted: bool) -> None:
    parent = await made(stage, "normal", pictures=1)
    change, frame = [await opens(stage, parent, label) for label in ("Change", "Use last frame")]
    await meanwhile(stage, restarted=restarted)
    await refused(await send(stage, change, {"preset": "spicy"}))
    await refused(await send(stage, change, {"preset": "spicy", "pictures": [upload(stage)]}))
    await refused(await send(stage, frame, {"preset": "spicy"}))
    following = await send(stage, frame, {"prompt": "it sinks"})
    await posted(stage, following)
    await refused(await send(stage, await opens(stage, following, "Change"), {"preset": "spicy"}))
    await refused(await send(stage, await opens(stage, following, "Use last frame"), {"preset": "spicy"}))
    assert stage.bought == 2


@pytest.mark.parametrize("preset", ["normal", "fun", "custom"])
async def test_the_last_frame_of_another_preset_is_no_spicy_one(stage: Stage, preset: str) -> None:
    parent = await made(stage, preset)
    await refused(await send(stage, await opens(stage, parent, "Use last frame"), {"preset": "spicy"}))
    change = await opens(stage, parent, "Change")
    await refused(await send(stage, change, {"preset": "spicy", "pictures": [upload(stage)]}))
    # Of words alone, as if they were typed anew.
    await posted(stage, await send(stage, change, {"preset": "spicy"}))
    assert stage.bought == 2


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_earlier_versions_made_from_pictures_is_not_built_upon(
    stage: Stage, *, restarted: bool
) -> None:
    parent = await made(stage, "normal", pictures=2)
    make_spicy(stage)
    await meanwhile(stage, restarted=restarted)
    for label in ("Again", "In 720p"):
        await refused(await press(stage, parent, label))
    for label in ("Change", "Use last frame"):
        await refused(await send(stage, await opens(stage, parent, label), {}))
    assert stage.bought == 1


async def test_what_earlier_versions_lost_is_not_tried_again(stage: Stage) -> None:
    stage.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await stage.video("a boat", channel=stage.adult_channel, image=upload(stage))
    await stage.ended(lost)
    make_spicy(stage)
    await refused(await press(stage, lost, "Try again"))
    assert len(stage.rows()) == 1


async def test_what_earlier_versions_let_wait_is_not_bought(stage: Stage) -> None:
    await rule(stage, modes={Gate.PICTURES: Mode.APPROVAL, Gate.SPICY: Mode.OPEN})
    reply = await stage.video("a boat", channel=stage.adult_channel, image=upload(stage))
    await held(reply)
    card = await question(stage)
    await stage.app.engine.idle()
    make_spicy(stage)
    await stage.restart()
    await told(await press(stage, card, "Approve", user=moderator(stage)))
    ended = await stage.ended(reply)
    assert moderation.NO_LONGER_ALLOWED.what.english in ended.text()
    assert stage.bought == 0


async def test_what_earlier_versions_bought_is_not_posted(stage: Stage) -> None:
    hold(stage)
    reply = await stage.video("a boat", channel=stage.adult_channel, image=upload(stage))
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await stage.stop()
    make_spicy(stage)
    finish(stage, "a boat")
    await stage.start()
    ended = await reply.wait_for(
        lambda version: moderation.NOT_POSTED_HERE.what.english in version.text(), TIMEOUT_S
    )
    assert not ended.videos


# Last frames of its own videos.


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_chain_of_words_and_last_frames_stays_spicy(stage: Stage, *, restarted: bool) -> None:
    links = [await made(stage)]
    for number in range(2):
        opened = await opens(stage, links[-1], "Use last frame", user=stage.member(f"eve{number}"))
        await meanwhile(stage, restarted=restarted)
        await refused(await send(stage, opened, {"pictures": [upload(stage)]}))
        links.append(await send(stage, opened, {"prompt": f"it sinks {number}"}))
        await posted(stage, links[-1])
        assert hashes(stage)[-1] == [first_reference(stage)[0]]
    for label in ("Again", "In 720p"):
        await posted(stage, await press(stage, links[-1], label))
    change = await opens(stage, links[-1], "Change")
    await refused(await send(stage, change, {"pictures": [upload(stage)]}))
    await posted(stage, await send(stage, change, {"prompt": "it floats"}))
    assert [len(pictures) for pictures in hashes(stage)] == [0, 1, 1, 1, 1, 1]
    assert {made.preset for made in stage.sandbox.dimilinks.books.submissions} == {"spicy"}


async def test_a_frame_that_went_through_another_preset_is_no_longer_one(stage: Stage) -> None:
    parent = await made(stage)
    plain = await send(stage, await opens(stage, parent, "Use last frame"), {"preset": "normal"})
    await posted(stage, plain)
    await refused(await send(stage, await opens(stage, plain, "Use last frame"), {"preset": "spicy"}))
    # Its own first picture is still the spicy video's last frame.
    await posted(stage, await send(stage, await opens(stage, plain, "Change"), {"preset": "spicy"}))


async def test_a_frame_whose_video_was_lost_is_tried_again(stage: Stage) -> None:
    opened = await opens(stage, await made(stage), "Use last frame")
    stage.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await send(stage, opened, {"prompt": "it sinks"})
    await stage.ended(lost)
    await stage.restart()
    await posted(stage, await press(stage, lost, "Try again"))


async def test_a_frame_waits_for_moderators_who_see_it(stage: Stage) -> None:
    parent = await made(stage)
    await rule(stage, modes={Gate.PICTURES: Mode.APPROVAL, Gate.SPICY: Mode.OPEN})
    following = await send(stage, await opens(stage, parent, "Use last frame"), {"prompt": "it sinks"})
    await held(following)
    card = await question(stage, "it sinks")
    assert len(card.body.attachments) == 1
    assert "spoiler" in str(card.current.components)
    await told(await press(stage, card, "Approve", user=moderator(stage)))
    await posted(stage, following)
    await rule(stage, modes={Gate.PICTURES: Mode.OFF, Gate.SPICY: Mode.OPEN})
    sent = await send(stage, await opens(stage, parent, "Use last frame"), {"prompt": "it rises"})
    assert await told(sent) == moderation.PICTURES_OFF.english


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=replace(QUICK, expire_after_s=2.0)) as opened:
        yield opened
        assert_log_unbroken(opened)


async def test_a_video_from_a_frame_that_came_late_is_still_posted(hasty: Stage) -> None:
    opened = await opens(hasty, await made(hasty), "Use last frame")
    hold(hasty)
    reply = await send(hasty, opened, {"prompt": "it sinks"})
    await reply.wait_for(lambda version: "did not become ready" in version.text(), TIMEOUT_S)
    await hasty.app.engine.idle()
    finish(hasty, "it sinks")
    await press(hasty, reply, "Look again")
    assert (await reply.wait_for_video(TIMEOUT_S)).videos


async def test_nobody_passes_another_video_off_as_a_spicy_one(stage: Stage) -> None:
    stage.channel.set_nsfw(True)
    spicy, plain = await made(stage), await made(stage, "normal", pictures=1)
    (job_id, _) = [row["id"] for row in stage.rows("id")]
    film = stage.sandbox.discord.upload(
        "own.mp4", message_of(plain).current.videos[0].path.read_bytes(), content_type="video/mp4"
    )
    uploaded = await stage.sandbox.discord.say(stage.user, stage.channel, "mine", attachments=[film])
    filled = answers(prompt="hot", seconds="6", frame="1280x720/720p", preset="spicy")

    async def forged(source: Message) -> Reply:
        return await send_made_up(stage, f"sm-form:continue:{job_id}:0", filled, source=source)

    for source in (message_of(plain), uploaded):
        await refused(await forged(source))
    assert stage.bought == 2
    await posted(stage, await forged(message_of(spicy)))


async def test_buttons_of_the_confirmation_that_is_no_more_get_an_answer(stage: Stage) -> None:
    reply = await made(stage)
    pressed = await press_unseen(stage, message_of(reply), f"sm-consent:{'0' * 32}")
    assert await told(pressed) == words.OLD_BUTTON.english
    assert pressed.ephemeral
