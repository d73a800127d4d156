"""Building on the videos of others: uploaded pictures stay with who uploaded them, public ones come along."""

import pytest

from bot.sandbox.discord import Message, Reply
from bot.sandbox.discord.modals import fields_of
from bot.texts import forms
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press, press_unseen, told
from tests.e2e.actors.forms import animated, answers, hint, opens, parts, send, send_made_up
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import answer_to, ended, ping, say, upload_of_width
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile, slow
from tests.e2e.actors.videos import delivered, shown, upload, widths


def asks_for_pictures(opened: Reply) -> None:
    """The form says that the pictures of the other person do not come along, and takes others."""
    assert hint(opened, "pictures") == forms.PICTURES_OF_OTHERS.english
    assert opened.modal is not None
    assert fields_of(opened.modal)["pictures"]["required"] is False


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("label", ["Change", slow("Again"), slow("In 720p")])
async def test_uploaded_pictures_of_others_do_not_come_along(
    harness: Harness, *, restarted: bool, label: str
) -> None:
    options = {"seconds": "10", "size": "720x1280", "resolution": "480p", "preset": "fun"}
    reply = await delivered(harness, image=upload(harness, size=(140, 130)), **options)
    bob = harness.member("bob")
    await meanwhile(harness, restarted=restarted)
    opened = await opens(harness, reply, label, user=bob)
    asks_for_pictures(opened)
    tier = "720p" if label == "In 720p" else "480p"
    assert parts(opened) == {
        "prompt": "a paper boat",
        "pictures": None,
        "seconds": "10",
        "frame": f"720x1280/{tier}",
        "preset": "fun",
    }
    await shown(harness, await send(harness, opened, {}))
    assert widths(harness) == []
    again = await opens(harness, reply, label, user=bob)
    sent = await send(harness, again, {"pictures": [upload(harness, size=(141, 130))]})
    await shown(harness, sent)
    assert widths(harness) == [141]
    # Now they are Bob's own.
    await shown(harness, await press(harness, sent, "Again", user=bob))
    assert widths(harness) == [141]
    asks_for_pictures(await opens(harness, sent, "Again"))


async def test_a_form_that_is_made_up_brings_them_no_more(harness: Harness) -> None:
    reply = await delivered(harness, image=upload(harness))
    (row,) = harness.rows("id")
    made_up = f"sm-form:change:{row['id']}:0"
    filled = answers(prompt="x")
    sent = await send_made_up(harness, made_up, filled, user=harness.member("bob"), source=message_of(reply))
    assert await told(sent) == forms.PICTURES_STAY.english
    assert sent.ephemeral
    assert harness.bought == 1


async def replied_to(harness: Harness) -> Message:
    """A picture that somebody posted, and a message of Ada that asks for a video of it and of her own."""
    harness.sandbox.discord.world.referenced_shown_on_mention = True
    ann = harness.member("ann")
    posted = await say(harness, "look", attachments=[upload_of_width(harness, 140)], user=ann)
    own = [upload_of_width(harness, 141)]
    asked = await say(harness, ping(harness, "make it rain"), attachments=own, reply_to=posted)
    await ended(harness, asked)
    return await answer_to(asked)


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Again", "Change"])
async def test_pictures_that_were_public_in_that_channel_come_along(harness: Harness, label: str) -> None:
    made = await replied_to(harness)
    assert widths(harness) == [140, 141]
    bob = harness.member("bob")
    pressed = await press(harness, made, label, user=bob)
    if label == "Change":
        await pressed.wait_for_modal(TIMEOUT_S)
        assert hint(pressed, "pictures") == "Replaces the 2 pictures from before."
        pressed = await send(harness, pressed, {"prompt": "snow"})
    await shown(harness, pressed)
    assert widths(harness) == [140, 141]
    await shown(harness, await press(harness, pressed, "Again", user=harness.member("eve")))
    assert widths(harness) == [140, 141]


@pytest.mark.slow
async def test_pictures_of_a_message_are_public_and_those_added_in_the_form_are_not(harness: Harness) -> None:
    message = await say(harness, "look", attachments=[upload_of_width(harness, 140)])
    bob = harness.member("bob")
    plain = await send(harness, await animated(harness, message), {"prompt": "rain"})
    await shown(harness, plain)
    await shown(harness, await press(harness, plain, "Again", user=bob))
    assert widths(harness) == [140]
    added = await send(
        harness,
        await animated(harness, message),
        {"prompt": "rain", "pictures": [upload(harness, size=(141, 130))]},
    )
    await shown(harness, added)
    asks_for_pictures(await opens(harness, added, "Again", user=bob))


@pytest.mark.slow
async def test_the_last_frame_of_a_public_video_is_for_everybody(harness: Harness) -> None:
    reply = await delivered(harness, image=upload(harness))
    bob = harness.member("bob")
    following = await send(
        harness, await opens(harness, reply, "Use last frame", user=bob), {"prompt": "it sinks"}
    )
    await shown(harness, following)
    # Its first picture is a frame that everybody saw.
    await shown(harness, await press(harness, following, "Again", user=harness.member("eve")))
    assert harness.bought == 3


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_last_frame_of_a_spicy_video_is_for_its_owner_alone(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    bob = harness.member("bob")
    mine = await opens(harness, reply, "Use last frame")
    await meanwhile(harness, restarted=restarted)
    pressed = await press(harness, reply, "Use last frame", user=bob)
    assert await told(pressed) == forms.SPICY_OF_OTHERS.english
    (row,) = harness.rows("id")
    made_up = f"sm-form:continue:{row['id']}:0"
    sent = await send_made_up(harness, made_up, answers(prompt="x"), user=bob, source=message_of(reply))
    assert await told(sent) == forms.SPICY_OF_OTHERS.english
    following = await send(harness, mine, {"prompt": "it sinks"})
    await shown(harness, following)
    asks_for_pictures(await opens(harness, following, "Again", user=bob))
    assert harness.bought == 2


@pytest.mark.slow
async def test_nor_does_a_form_on_a_video_of_ones_own_bring_it(harness: Harness) -> None:
    spicy = await delivered(harness, channel=harness.adult_channel, preset="spicy")
    bob = harness.member("bob")
    await delivered(harness, channel=harness.adult_channel, user=bob)
    own = harness.rows("id")[-1]["id"]
    sent = await send_made_up(
        harness, f"sm-form:continue:{own}:0", answers(prompt="x"), user=bob, source=message_of(spicy)
    )
    assert await told(sent) == forms.VIDEO_GONE.english
    assert harness.bought == 2


@pytest.mark.slow
async def test_a_moderator_who_looks_for_a_video_does_not_get_its_pictures(harness: Harness) -> None:
    reply, mod = await delivered(harness, image=upload(harness)), moderator(harness)
    (job,) = harness.rows("id, person_id")
    # By nobody's decision: of what moderators removed nothing is made again.
    harness.sandbox.discord.core.messages.delete(message_of(reply))
    card = message_of(await delivered(harness))
    pressed = await press_unseen(harness, card, f"sm:look:{job['id']}:{job['person_id']}:0", user=mod)
    assert (await pressed.wait_for_video(TIMEOUT_S)).videos
    await harness.app.jobs.runner.idle()
    asks_for_pictures(await opens(harness, pressed, "Again", user=mod))
