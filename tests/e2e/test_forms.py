"""*Apps ► Animate*, `/video` with *more*, and the forms that they open: nothing lies in memory between the two."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.discord import Attachment, InvalidInvocation, Message, User
from bot.sandbox.discord.modals import fields_of
from bot.texts import forms, refusals
from bot.texts import jobs as words
from tests.e2e.actors.buttons import told
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.forms import (
    UNKNOWN,
    animated,
    answers,
    custom_id,
    drafts,
    hint,
    parts,
    send,
    send_made_up,
)
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import upload, widths


async def said(harness: Harness, *pictures: Attachment, user: User | None = None) -> Message:
    """A message with pictures."""
    return await harness.sandbox.discord.say(
        user or harness.user, harness.channel, "look", attachments=pictures
    )


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_message_with_pictures_is_animated_with_those_and_more(
    harness: Harness, *, restarted: bool
) -> None:
    message = await said(harness, upload(harness, size=(140, 170)), upload(harness, size=(141, 130)))
    opened = await animated(harness, message, user=harness.member("bob"))
    assert parts(opened) == {
        "prompt": None,
        "pictures": None,
        "seconds": "6",
        "frame": "fit/720p",
        "preset": "normal",
    }
    assert opened.modal is not None
    assert opened.modal["title"] == forms.TITLE_NEW.english
    assert fields_of(opened.modal)["pictures"]["max_values"] == 5
    assert hint(opened, "pictures") == "2 pictures are there already."
    assert len(custom_id(opened)) <= 100
    await meanwhile(harness, restarted=restarted)
    more = [upload(harness, "more.png", (142, 130)), upload(harness, "most.png", (143, 130))]
    values = {"prompt": "they wave", "pictures": more, "seconds": "10", "preset": "fun"}
    reply = await send(harness, opened, values | {"frame": "1024x1024/480p"})
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert "they wave" in shown.text()
    assert not shown.ephemeral
    (made,) = harness.sandbox.dimilinks.request_log.submissions
    assert (made.prompt, made.seconds, made.size) == ("they wave", "10", "1024x1024")
    assert (made.resolution, made.preset) == ("480p", "fun")
    assert widths(harness) == [140, 141, 142, 143]
    await harness.app.jobs.runner.idle()
    assert [row["person_id"] for row in harness.rows("person_id")] == [opened.user.id]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_whoever_wants_private_videos_gets_one_from_the_form_too(
    harness: Harness, *, restarted: bool
) -> None:
    options = {"private": True, "seconds": "12", "size": "720x1280", "resolution": "480p", "preset": "fun"}
    chosen = await harness.sandbox.discord.invoke(
        "defaults", user=harness.user, channel=harness.channel, options=options
    )
    await told(chosen)
    opened = await animated(harness, await said(harness, upload(harness, size=(164, 164))))
    found = parts(opened)
    assert (found["seconds"], found["preset"]) == ("12", "fun")
    assert str(found["frame"]).endswith("/480p")
    await meanwhile(harness, restarted=restarted)
    reply = await send(harness, opened, {"prompt": "for me"})
    assert (await reply.wait_for_video(TIMEOUT_S)).ephemeral
    assert reply.ephemeral


async def test_seven_pictures_leave_no_room_for_more(harness: Harness) -> None:
    sent = [upload(harness, f"{number}.png", (140 + number, 130)) for number in range(8)]
    opened = await animated(harness, await said(harness, *sent))
    assert list(parts(opened)) == ["prompt", "seconds", "frame", "preset"]
    await (await send(harness, opened, {"prompt": "all of them"})).wait_for_video(TIMEOUT_S)
    assert widths(harness) == [140, 141, 142, 143, 144, 145, 146]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_message_without_a_picture_asks_for_one(harness: Harness, *, restarted: bool) -> None:
    notes = harness.sandbox.discord.upload("notes.txt", b"no picture")
    opened = await animated(harness, await said(harness, notes))
    assert hint(opened, "pictures") == forms.NONE_IN_MESSAGE.english
    with pytest.raises(InvalidInvocation, match="0 files, allowed are 1 to 7"):
        await send(harness, opened, {"prompt": "nothing to see"})
    await meanwhile(harness, restarted=restarted)
    reply = await send(harness, opened, {"prompt": "something", "pictures": [upload(harness)]})
    await reply.wait_for_video(TIMEOUT_S)
    assert widths(harness) == [96]


@pytest.mark.slow
async def test_pictures_of_bots_and_forwarded_ones_are_found(harness: Harness) -> None:
    robot = harness.sandbox.discord.add_user("robot", bot=True)
    harness.guild.join(robot)
    message = await said(harness, upload(harness, size=(145, 130)), user=robot)
    forward = await harness.sandbox.discord.say(harness.user, harness.channel, forwards=message)
    for found in (message, forward):
        reply = await send(harness, await animated(harness, found), {"prompt": "beep"})
        await reply.wait_for_video(TIMEOUT_S)
        assert widths(harness) == [145]
    assert harness.bought == 2


async def test_a_picture_that_is_gone_when_the_form_is_sent_is_named(harness: Harness) -> None:
    attachment = upload(harness)
    opened = await animated(harness, await said(harness, attachment))
    attachment.delete()
    reply = await send(harness, opened, {"prompt": "gone"})
    assert "is no longer on Discord's servers" in (await harness.ended(reply)).text()
    assert harness.bought == 0


async def test_the_longest_prompt_fits_into_the_form(harness: Harness) -> None:
    prompt = "\U0001f39e" * 2500
    opened = await animated(harness, await said(harness, upload(harness)))
    await (await send(harness, opened, {"prompt": prompt})).wait_for_video(TIMEOUT_S)
    assert [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions] == [prompt]


async def test_spicy_takes_no_pictures_and_no_open_channel_in_forms_either(harness: Harness) -> None:
    opened = await animated(harness, await said(harness, upload(harness)))
    reply = await send(harness, opened, {"prompt": "hot", "preset": "spicy"})
    assert "only works in age-restricted channels. This cost nothing." in await told(reply)
    assert reply.ephemeral
    message = await harness.sandbox.discord.say(
        harness.user, harness.adult_channel, attachments=[upload(harness)]
    )
    there = await send(harness, await animated(harness, message), {"prompt": "hot", "preset": "spicy"})
    assert await told(there) == refusals.REFUSALS["spicy_from_pictures"].english
    assert harness.bought == 0


async def test_a_form_of_somebody_else_or_of_nobody_is_refused(harness: Harness) -> None:
    opened = await animated(harness, await said(harness, upload(harness)))
    filled = answers(prompt="mine now", seconds="6", frame="1280x720/720p", preset="normal")
    theirs = await send_made_up(harness, custom_id(opened), filled, user=harness.member("bob"))
    nobodys = await send_made_up(harness, f"sm-form:draft:{UNKNOWN}:0", filled)
    for reply in (theirs, nobodys):
        assert await told(reply) == forms.DRAFT_GONE.english
        assert reply.ephemeral
    unknown_job = await send_made_up(harness, f"sm-form:change:{UNKNOWN}:0", filled)
    assert await told(unknown_job) == words.GONE.english
    assert unknown_job.ephemeral
    assert harness.submissions_sent == []
    assert harness.rows() == []


async def test_a_form_that_was_forgotten_meanwhile_says_so(tmp_path: Path, database_url: str | None) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, now=clock) as harness:
        opened = await animated(harness, await said(harness, upload(harness)))
        clock.offset = timedelta(days=3)
        await harness.app.cleanup.run_once(harness.now())
        assert drafts(harness) == 0
        assert await told(await send(harness, opened, {"prompt": "late"})) == forms.DRAFT_GONE.english
        assert harness.submissions_sent == []


@pytest.mark.parametrize(
    "filled",
    [
        [],
        [{"type": 18}],
        [{"type": 18, "component": {"type": 4, "value": "nameless"}}],
        answers(prompt=" ", frame="1280x720/720p"),
        answers(prompt="x", frame="1x1/720p", seconds="6"),
        answers(prompt="x", frame="1280x720/720p", seconds="600"),
        answers(prompt="x", frame="1280x720/720p/720p", preset="free"),
        answers(prompt="x" * 2501, frame="1280x720/720p"),
    ],
)
async def test_what_no_form_would_send_is_refused_in_private(harness: Harness, filled: list[object]) -> None:
    opened = await animated(harness, await said(harness, upload(harness)))
    reply = await send_made_up(harness, custom_id(opened), filled)
    assert "This cost nothing." in await told(reply)
    assert reply.ephemeral
    assert harness.submissions_sent == []
    assert harness.rows() == []


@pytest.mark.parametrize(
    "unknown", [f"sm-form:other:{UNKNOWN}:0", "sm-form:draft:1", f"sm-report:{UNKNOWN}x"]
)
async def test_forms_of_another_version_are_answered(harness: Harness, unknown: str) -> None:
    reply = await send_made_up(harness, unknown, answers(prompt="from the past"))
    assert await told(reply) == forms.NOT_UNDERSTOOD.english
    assert reply.ephemeral


@AT_ONCE_AND_AFTER_A_RESTART
async def test_more_opens_the_form_with_what_was_typed(harness: Harness, *, restarted: bool) -> None:
    opened = await harness.video(
        "a paper boat",
        seconds="16",
        size="1024x1024",
        resolution="480p",
        preset="custom",
        image=upload(harness, size=(150, 130)),
        image3=upload(harness, size=(151, 130)),
        private=True,
        more=True,
    )
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(harness) == 1)
    assert parts(opened) == {
        "prompt": "a paper boat",
        "pictures": None,
        "seconds": "16",
        "frame": "1024x1024/480p",
        "preset": "custom",
    }
    await meanwhile(harness, restarted=restarted)
    reply = await send(harness, opened, {"pictures": [upload(harness, size=(152, 130))]})
    assert (await reply.wait_for_video(TIMEOUT_S)).ephemeral
    (made,) = harness.sandbox.dimilinks.request_log.submissions
    assert (made.prompt, made.seconds, made.size) == ("a paper boat", "16", "1024x1024")
    assert (made.resolution, made.preset) == ("480p", "custom")
    assert widths(harness) == [150, 151, 152]


async def test_more_without_pictures_needs_none(harness: Harness) -> None:
    opened = await harness.video("just words", more=True)
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(harness) == 1)
    assert hint(opened, "pictures") == forms.FIRST_PICTURES.english
    shown = await (await send(harness, opened, {"prompt": "other words"})).wait_for_video(TIMEOUT_S)
    assert "other words" in shown.text()
    assert not shown.ephemeral
    assert widths(harness) == []


async def test_a_draft_that_could_not_be_stored_buys_nothing(harness: Harness) -> None:
    message = await said(harness, upload(harness))
    async with locked_disk(harness):
        opened = await harness.sandbox.discord.menu("Animate", user=harness.user, message=message)
        await opened.wait_for_modal(TIMEOUT_S)
        assert await told(await send(harness, opened, {"prompt": "lost"})) == forms.DRAFT_GONE.english
    assert harness.submissions_sent == []


@pytest.mark.slow
async def test_a_form_is_answered_while_the_database_is_slow_or_broken(harness: Harness) -> None:
    opened = await animated(harness, await said(harness, upload(harness)))
    database = harness.app.database
    async with database.read(), database.read():
        slow = await send(harness, opened, {"prompt": "slow"})
        assert await told(slow) == words.NOT_STORED.english
    async with locked_disk(harness):
        locked = await send(harness, opened, {"prompt": "locked"})
        assert "I could not save your request" in await told(locked)
    await database.close()
    broken = await send(harness, opened, {"prompt": "broken"})
    assert await told(broken) == words.NOT_STORED.english
    assert all(reply.ephemeral for reply in (slow, locked, broken))
    assert harness.submissions_sent == []
    await harness.restart()
    await (await send(harness, opened, {"prompt": "better"})).wait_for_video(TIMEOUT_S)
    assert harness.bought == 1
