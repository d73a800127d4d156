"""Whom the pictures show: asked before the spicy preset starts from any, and logged."""

from datetime import timedelta

import pytest

from bot.moderation.rules import Gate, Mode, SpicyPictures
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Reply
from bot.texts import forms
from tests.e2e.actors.approvals import cards, held, moderator, question, rule
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.consents import confirm, with_picture
from tests.e2e.actors.forms import animated, opens, send
from tests.e2e.actors.harness import PATIENT, TIMEOUT_S, Harness
from tests.e2e.actors.mentions import answer_to, ping, say
from tests.e2e.actors.records import deeds, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import upload, widths
from tests.moderation.audited import alone

pytestmark = pytest.mark.started_with(tuning=PATIENT)

MISSING = "Without your confirmation nothing is made. Nothing was charged."


async def allow(harness: Harness, how: SpicyPictures, mode: Mode = Mode.OPEN) -> None:
    await rule(harness, modes={Gate.SPICY: mode}, spicy_pictures=how)


async def asked_whom(reply: Reply) -> None:
    """The request waits for its person's confirmation."""
    assert "only after you confirm whom they show" in await told(reply)
    assert labels(message_of(reply).current) == ["Confirm…"]
    assert reply.ephemeral


async def test_without_a_word_of_the_server_no_pictures(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OPEN})
    reply = await with_picture(harness)
    assert "does not work with pictures here" in await told(reply)
    assert labels(message_of(reply).current) == []
    assert harness.bought == 0


@AT_ONCE_AND_AFTER_A_RESTART
async def test_only_a_ticked_box_counts_and_is_logged(harness: Harness, *, restarted: bool) -> None:
    await allow(harness, SpicyPictures.AS_MODE)
    reply = await with_picture(harness, width=77)
    await asked_whom(reply)
    await meanwhile(harness, restarted=restarted)
    assert await told(await confirm(harness, reply, ticked=False)) == MISSING
    assert harness.rows() == []
    assert deeds(harness) == []
    made = await confirm(harness, reply)
    shown = await harness.ended(made)
    assert shown.videos
    assert not shown.ephemeral
    assert widths(harness) == [77]
    (entry,) = stored(harness, "SELECT * FROM audit WHERE action = 'consent_confirmed'")
    assert (entry["actor_id"], entry["guild_id"]) == (harness.user.id, harness.guild.id)
    assert entry["prompt"].endswith("a portrait")


@pytest.mark.parametrize("mode", [Mode.OPEN, Mode.TRUSTED])
async def test_pictures_with_approval_wait_whatever_the_mode(harness: Harness, mode: Mode) -> None:
    await allow(harness, SpicyPictures.APPROVAL, mode)
    await alone(
        harness.app.moderation.trail,
        harness.app.moderation.books.members.list_as,
        harness.guild.id,
        harness.user.id,
        None,
    )
    reply = await with_picture(harness, private=True)
    await asked_whom(reply)
    confirmed = await confirm(harness, reply)
    await held(confirmed)
    assert confirmed.ephemeral
    card = await question(harness, "a portrait")
    assert len(card.body.attachments) == 1
    assert "spoiler" in str(card.current.components)
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness)))
    assert (await harness.ended(confirmed)).videos
    assert harness.bought == 1


async def test_the_form_is_nobody_elses(harness: Harness, clock: MovableClock) -> None:
    await allow(harness, SpicyPictures.AS_MODE)
    reply = await with_picture(harness)
    await asked_whom(reply)
    eve = harness.member("eve")
    custom_id = id_of(message_of(reply).current, "Confirm…")
    for made_up in (custom_id, f"sm-consent:{'0' * 32}"):
        opened = await press_unseen(harness, message_of(reply), made_up, user=eve)
        await opened.wait_for_modal(TIMEOUT_S)
        sent = await harness.sandbox.discord.submit(opened, {"yes": True})
        assert await told(sent) == forms.DRAFT_GONE.english
    clock.offset = timedelta(days=30)
    await harness.app.housekeeping.tidy()
    assert await told(await confirm(harness, reply)) == forms.DRAFT_GONE.english
    assert harness.rows() == []
    assert deeds(harness) == []


async def test_a_confirmation_is_no_way_around_the_rules(harness: Harness) -> None:
    await allow(harness, SpicyPictures.AS_MODE)
    reply = await with_picture(harness)
    await asked_whom(reply)
    await allow(harness, SpicyPictures.OFF)
    assert "does not work with pictures here" in await told(await confirm(harness, reply))
    await allow(harness, SpicyPictures.AS_MODE)
    harness.adult_channel.set_nsfw(False)
    assert "only works in age-restricted channels" in await told(await confirm(harness, reply))
    assert harness.rows() == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_reply_with_a_mention_is_asked_too(harness: Harness, *, restarted: bool) -> None:
    await allow(harness, SpicyPictures.APPROVAL)
    asked = await say(
        harness, ping(harness, "make it rain --preset spicy"), pictures=1, channel=harness.adult_channel
    )
    answer = await answer_to(asked)
    assert labels(answer.current) == ["Confirm…"]
    await meanwhile(harness, restarted=restarted)
    eve = harness.member("eve")
    opened = await press(harness, answer, "Confirm…", user=eve)
    await opened.wait_for_modal(TIMEOUT_S)
    assert await told(await send(harness, opened, {"yes": True})) == forms.DRAFT_GONE.english
    confirmed = await confirm(harness, answer)
    await held(confirmed)
    card = await question(harness, "make it rain")
    assert "Decided" in await told(await press(harness, card, "Approve", user=moderator(harness)))
    assert (await harness.ended(confirmed)).videos
    assert widths(harness) == [40]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_kept_pictures_are_confirmed_anew_every_time(harness: Harness, *, restarted: bool) -> None:
    await allow(harness, SpicyPictures.AS_MODE)
    picture = upload(harness, size=(77, 30))
    first = await harness.video(
        "a portrait", channel=harness.adult_channel, preset="spicy", resolution="480p", image=picture
    )
    made = await confirm(harness, first)
    assert (await harness.ended(made)).videos
    picture.delete()
    ada, bea = harness.user, harness.member("bea")
    harness.user = bea
    for label in ("Again", "In 720p"):
        pressed = await press(harness, made, label)
        await asked_whom(pressed)
        await meanwhile(harness, restarted=restarted)
        following = await confirm(harness, pressed)
        shown = await harness.ended(following)
        assert shown.videos
        assert f"Made from [this video]({message_of(made).url})" in shown.text()
        assert widths(harness) == [77]
    changed = await send(harness, await opens(harness, made, "Change"), {"prompt": "a tin portrait"})
    await asked_whom(changed)
    shown = await harness.ended(await confirm(harness, changed))
    assert "a tin portrait" in shown.text()
    assert widths(harness) == [77]
    assert deeds(harness).count("consent_confirmed") == 4
    actors = [row["actor_id"] for row in stored(harness, "SELECT actor_id FROM audit ORDER BY number")]
    assert actors == [ada.id, bea.id, bea.id, bea.id]


async def test_forms_and_last_frames_are_confirmed_too(harness: Harness) -> None:
    await allow(harness, SpicyPictures.APPROVAL)
    seen = await harness.sandbox.discord.say(
        harness.user, harness.adult_channel, "look", attachments=[upload(harness)]
    )
    animate = await send(harness, await animated(harness, seen), {"prompt": "it moves", "preset": "spicy"})
    await asked_whom(animate)
    await held(await confirm(harness, animate))
    plain = await harness.video("a boat", channel=harness.adult_channel, preset="spicy")
    assert (await harness.ended(plain)).videos
    frame = await send(harness, await opens(harness, plain, "Use last frame"), {"prompt": "it sinks"})
    await asked_whom(frame)
    following = await confirm(harness, frame)
    await held(following)
    await until(lambda: len(cards(harness)) == 2)
    await press(harness, await question(harness, "it sinks"), "Approve", user=moderator(harness))
    shown = await harness.ended(following)
    assert f"Made from [this video]({message_of(plain).url})" in shown.text()
    assert harness.bought == 2


async def test_what_was_lost_is_confirmed_when_it_is_tried_again(harness: Harness) -> None:
    await allow(harness, SpicyPictures.AS_MODE)
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await confirm(harness, await with_picture(harness))
    await harness.ended(lost)
    again = await press(harness, lost, "Try again")
    await asked_whom(again)
    assert (await harness.ended(await confirm(harness, again))).videos
    # Confirmed twice, it is still tried again once.
    assert "already tried again" in await told(await confirm(harness, again))
    assert "already tried again" in await told(await press(harness, lost, "Try again"))
    assert len(harness.rows()) == 2
