"""Whom the pictures show: asked before the spicy preset starts from any, and logged."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode, SpicyPictures
from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Message, Reply
from bot.texts import forms
from tests.e2e.approval_steps import (
    assert_log_unbroken,
    cards,
    deeds,
    held,
    moderator,
    question,
    rule,
    stored,
)
from tests.e2e.presses import (
    AT_ONCE_AND_AFTER_A_RESTART,
    MovableClock,
    id_of,
    labels,
    meanwhile,
    message_of,
    press,
    press_unseen,
    told,
    until,
)
from tests.e2e.stage import PATIENT, TIMEOUT_S, Stage, open_stage
from tests.e2e.test_forms import animated, send, upload, widths
from tests.e2e.test_replies import answer_to, ping, say
from tests.e2e.test_results import opens
from tests.moderation.audited import alone

MISSING = "Without your confirmation nothing is made. Nothing was charged."


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, tuning=PATIENT, now=clock) as opened:
        yield opened
        assert_log_unbroken(opened)


async def allow(stage: Stage, how: SpicyPictures, mode: Mode = Mode.OPEN) -> None:
    await rule(stage, modes={Gate.SPICY: mode}, spicy_pictures=how)


async def with_picture(
    stage: Stage, prompt: str = "a portrait", width: int = 64, *, private: bool = False
) -> Reply:
    """A spicy request that starts from a picture."""
    return await stage.video(
        prompt,
        channel=stage.adult_channel,
        preset="spicy",
        image=upload(stage, size=(width, 48)),
        private=private,
    )


async def asked_whom(reply: Reply) -> None:
    """The request waits for its person's confirmation."""
    assert "only after you confirm whom they show" in await told(reply)
    assert labels(message_of(reply).current) == ["Confirm…"]
    assert reply.ephemeral


async def confirm(stage: Stage, target: Reply | Message, *, ticked: bool = True) -> Reply:
    """Press the button, tick the box or not, send the form."""
    if isinstance(target, Reply):
        await target.wait_for_answer(TIMEOUT_S)
    opened = await press(stage, target, "Confirm…")
    form = await opened.wait_for_modal(TIMEOUT_S)
    assert "under age" in str(form)
    return await stage.sandbox.discord.submit(opened, {"yes": ticked})


async def test_without_a_word_of_the_server_no_pictures(stage: Stage) -> None:
    await rule(stage, modes={Gate.SPICY: Mode.OPEN})
    reply = await with_picture(stage)
    assert "does not work with pictures here" in await told(reply)
    assert labels(message_of(reply).current) == []
    assert stage.bought == 0


@AT_ONCE_AND_AFTER_A_RESTART
async def test_only_a_ticked_box_counts_and_is_logged(stage: Stage, *, restarted: bool) -> None:
    await allow(stage, SpicyPictures.AS_MODE)
    reply = await with_picture(stage, width=77)
    await asked_whom(reply)
    await meanwhile(stage, restarted=restarted)
    assert await told(await confirm(stage, reply, ticked=False)) == MISSING
    assert stage.rows() == []
    assert deeds(stage) == []
    made = await confirm(stage, reply)
    shown = await stage.ended(made)
    assert shown.videos
    assert not shown.ephemeral
    assert widths(stage) == [77]
    (entry,) = stored(stage, "SELECT * FROM audit WHERE action = 'consent_confirmed'")
    assert (entry["actor_id"], entry["guild_id"]) == (stage.user.id, stage.guild.id)
    assert entry["prompt"].endswith("a portrait")


@pytest.mark.parametrize("mode", [Mode.OPEN, Mode.TRUSTED])
async def test_pictures_with_approval_wait_whatever_the_mode(stage: Stage, mode: Mode) -> None:
    await allow(stage, SpicyPictures.APPROVAL, mode)
    await alone(
        stage.app.moderation.trail,
        stage.app.moderation.books.members.list_as,
        stage.guild.id,
        stage.user.id,
        None,
    )
    reply = await with_picture(stage, private=True)
    await asked_whom(reply)
    confirmed = await confirm(stage, reply)
    await held(confirmed)
    assert confirmed.ephemeral
    card = await question(stage, "a portrait")
    assert len(card.body.attachments) == 1
    assert "spoiler" in str(card.current.components)
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage)))
    assert (await stage.ended(confirmed)).videos
    assert stage.bought == 1


async def test_the_form_is_nobody_elses(stage: Stage, clock: MovableClock) -> None:
    await allow(stage, SpicyPictures.AS_MODE)
    reply = await with_picture(stage)
    await asked_whom(reply)
    eve = stage.member("eve")
    custom_id = id_of(message_of(reply).current, "Confirm…")
    for made_up in (custom_id, f"sm-consent:{'0' * 32}"):
        opened = await press_unseen(stage, message_of(reply), made_up, user=eve)
        await opened.wait_for_modal(TIMEOUT_S)
        sent = await stage.sandbox.discord.submit(opened, {"yes": True})
        assert await told(sent) == forms.DRAFT_GONE.english
    clock.offset = timedelta(days=30)
    await stage.app.housekeeping.tidy()
    assert await told(await confirm(stage, reply)) == forms.DRAFT_GONE.english
    assert stage.rows() == []
    assert deeds(stage) == []


async def test_a_confirmation_is_no_way_around_the_rules(stage: Stage) -> None:
    await allow(stage, SpicyPictures.AS_MODE)
    reply = await with_picture(stage)
    await asked_whom(reply)
    await allow(stage, SpicyPictures.OFF)
    assert "does not work with pictures here" in await told(await confirm(stage, reply))
    await allow(stage, SpicyPictures.AS_MODE)
    stage.adult_channel.set_nsfw(False)
    assert "only works in age-restricted channels" in await told(await confirm(stage, reply))
    assert stage.rows() == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_reply_with_a_mention_is_asked_too(stage: Stage, *, restarted: bool) -> None:
    await allow(stage, SpicyPictures.APPROVAL)
    asked = await say(
        stage, ping(stage, "make it rain --preset spicy"), pictures=1, channel=stage.adult_channel
    )
    answer = await answer_to(asked)
    assert labels(answer.current) == ["Confirm…"]
    await meanwhile(stage, restarted=restarted)
    eve = stage.member("eve")
    opened = await press(stage, answer, "Confirm…", user=eve)
    await opened.wait_for_modal(TIMEOUT_S)
    assert await told(await send(stage, opened, {"yes": True})) == forms.DRAFT_GONE.english
    confirmed = await confirm(stage, answer)
    await held(confirmed)
    card = await question(stage, "make it rain")
    assert "Decided" in await told(await press(stage, card, "Approve", user=moderator(stage)))
    assert (await stage.ended(confirmed)).videos
    assert widths(stage) == [40]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_kept_pictures_are_confirmed_anew_every_time(stage: Stage, *, restarted: bool) -> None:
    await allow(stage, SpicyPictures.AS_MODE)
    picture = upload(stage, size=(77, 30))
    first = await stage.video(
        "a portrait", channel=stage.adult_channel, preset="spicy", resolution="480p", image=picture
    )
    made = await confirm(stage, first)
    assert (await stage.ended(made)).videos
    picture.delete()
    ada, bea = stage.user, stage.member("bea")
    stage.user = bea
    for label in ("Again", "In 720p"):
        pressed = await press(stage, made, label)
        await asked_whom(pressed)
        await meanwhile(stage, restarted=restarted)
        following = await confirm(stage, pressed)
        shown = await stage.ended(following)
        assert shown.videos
        assert f"Made from [this video]({message_of(made).url})" in shown.text()
        assert widths(stage) == [77]
    changed = await send(stage, await opens(stage, made, "Change"), {"prompt": "a tin portrait"})
    await asked_whom(changed)
    shown = await stage.ended(await confirm(stage, changed))
    assert "a tin portrait" in shown.text()
    assert widths(stage) == [77]
    assert deeds(stage).count("consent_confirmed") == 4
    actors = [row["actor_id"] for row in stored(stage, "SELECT actor_id FROM audit ORDER BY number")]
    assert actors == [ada.id, bea.id, bea.id, bea.id]


async def test_forms_and_last_frames_are_confirmed_too(stage: Stage) -> None:
    await allow(stage, SpicyPictures.APPROVAL)
    seen = await stage.sandbox.discord.say(
        stage.user, stage.adult_channel, "look", attachments=[upload(stage)]
    )
    animate = await send(stage, await animated(stage, seen), {"prompt": "it moves", "preset": "spicy"})
    await asked_whom(animate)
    await held(await confirm(stage, animate))
    plain = await stage.video("a boat", channel=stage.adult_channel, preset="spicy")
    assert (await stage.ended(plain)).videos
    frame = await send(stage, await opens(stage, plain, "Use last frame"), {"prompt": "it sinks"})
    await asked_whom(frame)
    following = await confirm(stage, frame)
    await held(following)
    await until(lambda: len(cards(stage)) == 2)
    await press(stage, await question(stage, "it sinks"), "Approve", user=moderator(stage))
    shown = await stage.ended(following)
    assert f"Made from [this video]({message_of(plain).url})" in shown.text()
    assert stage.bought == 2


async def test_what_was_lost_is_confirmed_when_it_is_tried_again(stage: Stage) -> None:
    await allow(stage, SpicyPictures.AS_MODE)
    stage.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    lost = await confirm(stage, await with_picture(stage))
    await stage.ended(lost)
    again = await press(stage, lost, "Try again")
    await asked_whom(again)
    assert (await stage.ended(await confirm(stage, again))).videos
    # Confirmed twice, it is still tried again once.
    assert "already tried again" in await told(await confirm(stage, again))
    assert "already tried again" in await told(await press(stage, lost, "Try again"))
    assert len(stage.rows()) == 2
