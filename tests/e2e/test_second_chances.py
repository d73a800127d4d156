"""*Try again* and *Look again*: what did not come the first time, bought anew or only looked for."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import DropAfterAcceptance
from bot.sandbox.discord import Attachment, Channel, Reply
from bot.texts import explanations
from bot.texts import jobs as words
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told, whispered
from tests.e2e.actors.harness import BEING_STORED, QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.records import states
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock
from tests.e2e.actors.videos import being_made, finish, hold

IMPATIENT = replace(QUICK, expire_after_s=0.6, timeouts=replace(QUICK.timeouts, look_again_s=0.8))


@pytest.fixture
async def impatient(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Harness]:
    """A bot that soon gives a video up."""
    async with open_harness(tmp_path, database_url, tuning=IMPATIENT) as opened:
        yield opened


async def unknown(
    harness: Harness, prompt: str = "who knows", channel: Channel | None = None, **options: str | Attachment
) -> Reply:
    """A request whose outcome nobody knows; in truth it was bought."""
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    reply = await harness.video(prompt, channel=channel, **options)
    await harness.ended(reply)
    assert labels(message_of(reply).current) == ["Try again", "Change"]
    return reply


async def expired(harness: Harness, prompt: str = "late") -> Reply:
    """A bought video that did not come in time, and stays unfinished until `finish`."""
    hold(harness)
    reply = await harness.video(prompt)
    await reply.wait_for(lambda version: "was not ready" in version.text(), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    return reply


@AT_ONCE_AND_AFTER_A_RESTART
async def test_trying_again_is_a_new_request_in_a_new_reply(harness: Harness, *, restarted: bool) -> None:
    reply = await unknown(harness)
    before = message_of(reply).current.text()
    await meanwhile(harness, restarted=restarted)
    again = await press(harness, reply, "Try again")
    shown = await again.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert "who knows" in shown.text()
    assert message_of(again) is not message_of(reply)
    assert message_of(reply).current.text() == before
    assert [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions] == ["who knows"] * 2
    assert states(harness) == ["unknown", "delivered"]


async def test_nobody_tries_again_at_anothers_expense(harness: Harness) -> None:
    moderator = harness.member("mo", roles=[harness.guild.add_role("mods", ["manage_messages"])])
    reply = await unknown(harness)
    for person in (harness.member("bob"), moderator):
        pressed = await press(harness, reply, "Try again", user=person)
        assert await told(pressed) == words.NOT_YOURS.english
        assert pressed.ephemeral
        mine = id_of(message_of(reply).current, "Try again").replace(str(harness.user.id), str(person.id))
        pressed = await press_unseen(harness, message_of(reply), mine, user=person)
        assert await told(pressed) == words.NOT_YOURS.english
    assert harness.bought == 1


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_request_is_tried_again_once_and_counts_once(
    tmp_path: Path, database_url: str | None, *, restarted: bool
) -> None:
    async with open_harness(tmp_path, database_url, seconds_a_day_per_person=18) as harness:
        reply = await unknown(harness)
        cancel = id_of(message_of(reply).current, "Try again").replace("again", "cancel")
        # Nothing is stored until both have seen that nobody tried again before them.
        async with harness.app.database.write():
            pressed = [await press(harness, reply, "Try again") for _ in range(2)]
            for one in pressed:
                await one.wait_for_ack(TIMEOUT_S)
            for _ in range(3):
                await told(await press_unseen(harness, message_of(reply), cancel))
        answers = await asyncio.gather(
            *(
                one.wait_for(lambda version: version.text() not in {"", BEING_STORED}, TIMEOUT_S)
                for one in pressed
            )
        )
        assert [answer.text() for answer in answers].count(words.ALREADY_REPEATED.english) == 1
        await harness.app.jobs.runner.idle()
        assert harness.bought == 2
        await meanwhile(harness, restarted=restarted)
        assert await told(await press(harness, reply, "Try again")) == words.ALREADY_REPEATED.english
        await (await harness.video("the last of today")).wait_for_video(TIMEOUT_S)
        assert "You have 0 seconds of video left for today" in await told(await harness.video("too much"))


@AT_ONCE_AND_AFTER_A_RESTART
async def test_the_pictures_are_sent_again_although_discord_has_lost_them(
    harness: Harness, *, restarted: bool
) -> None:
    attachment = harness.sandbox.discord.upload("cat.png", picture())
    reply = await unknown(harness, image=attachment)
    served = attachment.served
    attachment.delete()
    await meanwhile(harness, restarted=restarted)
    again = await press(harness, reply, "Try again")
    await again.wait_for_video(TIMEOUT_S)
    first, second = harness.sandbox.dimilinks.request_log.submissions
    assert first.references == second.references
    assert len(second.references) == 1
    assert attachment.served == served


@AT_ONCE_AND_AFTER_A_RESTART
async def test_without_the_pictures_nothing_is_bought_again(
    tmp_path: Path, database_url: str | None, *, restarted: bool
) -> None:
    clock = MovableClock()
    async with open_harness(tmp_path, database_url, now=clock, keep_pictures_hours=24) as harness:
        reply = await unknown(harness, image=harness.sandbox.discord.upload("cat.png", picture()))
        clock.offset = timedelta(hours=25)
        await harness.app.cleanup.run_once(harness.now())
        await meanwhile(harness, restarted=restarted)
        again = await press(harness, reply, "Try again")
        assert explanations.PICTURES_NOT_KEPT.english in await told(again)
        assert harness.bought == 1
        assert states(harness) == ["unknown"]


async def test_the_rules_are_asked_again(harness: Harness) -> None:
    reply = await unknown(harness, channel=harness.adult_channel, preset="spicy")
    harness.adult_channel.set_nsfw(False)
    assert "only works in age-restricted channels" in await told(await press(harness, reply, "Try again"))
    harness.adult_channel.set_nsfw(True)
    await harness.restart(allowed_people=str(harness.member("bob").id))
    assert "Only some roles and people" in await told(await press(harness, reply, "Try again"))
    assert harness.bought == 1
    assert states(harness) == ["unknown"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_looking_again_turns_the_same_message_into_the_video_and_buys_nothing(
    impatient: Harness, *, restarted: bool
) -> None:
    reply = await expired(impatient)
    assert labels(message_of(reply).current) == ["Look again", "Change"]
    finish(impatient, "late")
    await meanwhile(impatient, restarted=restarted)
    pressed = await press(impatient, reply, "Look again")
    await reply.wait_for_video(TIMEOUT_S)
    await impatient.app.jobs.runner.idle()
    assert message_of(pressed) is message_of(reply)
    assert message_of(reply).current.videos
    assert len(impatient.submissions_sent) == 1
    assert states(impatient) == ["expired", "delivered"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_is_still_not_ready_can_be_looked_for_once_more(
    impatient: Harness, *, restarted: bool
) -> None:
    reply = await expired(impatient)
    pressed = await press(impatient, reply, "Look again")
    await pressed.wait_for(lambda version: labels(version) == ["Refresh", "Cancel"], TIMEOUT_S)
    await meanwhile(impatient, restarted=restarted)
    still = await pressed.wait_for(lambda version: "was not ready" in version.text(), TIMEOUT_S)
    assert "The bot's operator has paid for this video." in still.text()
    assert labels(still) == ["Look again", "Change"]
    await impatient.app.jobs.runner.idle()
    listed = await list_jobs(impatient)
    assert (await told(listed)).count("> late") == 1
    finish(impatient, "late")
    await press(impatient, reply, "Look again")
    await reply.wait_for_video(TIMEOUT_S)
    await impatient.app.jobs.runner.idle()
    assert (await list_jobs(impatient)).text.count("**delivered**") == 1
    assert len(impatient.submissions_sent) == 1


@AT_ONCE_AND_AFTER_A_RESTART
async def test_looking_again_twice_delivers_once(impatient: Harness, *, restarted: bool) -> None:
    reply = await expired(impatient)
    custom_id = id_of(message_of(reply).current, "Look again")
    finish(impatient, "late")
    both = [await press(impatient, reply, "Look again") for _ in range(2)]
    await reply.wait_for_video(TIMEOUT_S)
    await impatient.app.jobs.runner.idle()
    said = [words.ALREADY_FETCHED.english, words.still_there(message_of(reply).url).english]
    (refused,) = (one for one in both if one.text in said or one.followups)
    assert refused.text in said or await whispered(refused) in said
    await meanwhile(impatient, restarted=restarted)
    late = await press_unseen(impatient, message_of(reply), custom_id)
    assert await told(late) == words.still_there(message_of(reply).url).english
    assert late.ephemeral
    (submission,) = impatient.sandbox.dimilinks.request_log.submissions
    assert impatient.sandbox.dimilinks.request_log.downloads[submission.task_id] == 1
    assert sum(bool(version.videos) for version in message_of(reply).versions) == 1


async def test_another_member_cannot_look_again(impatient: Harness) -> None:
    reply = await expired(impatient)
    before = message_of(reply).current.text()
    pressed = await press(impatient, reply, "Look again", user=impatient.member("bob"))
    assert await told(pressed) == words.NOT_YOURS.english
    assert pressed.ephemeral
    assert message_of(reply).current.text() == before
    assert states(impatient) == ["expired"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_buttons_of_the_card_before_do_not_take_away_what_was_found(
    impatient: Harness, *, restarted: bool
) -> None:
    reply = await expired(impatient)
    working = next(version for version in reply.versions if "Refresh" in labels(version))
    finish(impatient, "late")
    await press(impatient, reply, "Look again")
    await reply.wait_for_video(TIMEOUT_S)
    await impatient.app.jobs.runner.idle()
    await meanwhile(impatient, restarted=restarted)
    pressed = await press_unseen(impatient, message_of(reply), id_of(working, "Refresh"))
    await pressed.wait_for_ack(TIMEOUT_S)
    # A press that is answered in words, and later than the first one was served.
    pressed = await press_unseen(impatient, message_of(reply), id_of(working, "Cancel"))
    assert await told(pressed) == words.ALREADY_ENDED.english
    assert message_of(reply).current.videos


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_nobody_watched_any_more_is_found_again(
    tmp_path: Path, database_url: str | None, *, restarted: bool
) -> None:
    async with open_harness(tmp_path, database_url) as harness:
        reply = await being_made(harness, "after all")
        asked = await press(harness, reply, "Cancel")
        await told(asked)
        await press(harness, asked, "Stop waiting")
        await reply.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
        finish(harness, "after all")
        await meanwhile(harness, restarted=restarted)
        await press(harness, reply, "Look again")
        await reply.wait_for_video(TIMEOUT_S)
        assert harness.bought == 1


async def test_what_is_looked_for_from_the_list_stays_as_private_as_the_list(
    tmp_path: Path, database_url: str | None
) -> None:
    tuning = replace(IMPATIENT, timeouts=replace(IMPATIENT.timeouts, look_again_s=60.0))
    async with open_harness(tmp_path, database_url, tuning=tuning) as harness:
        await expired(harness)
        listed = await list_jobs(harness)
        await told(listed)
        looking = await press(harness, listed, "Look again")
        await looking.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
        harness.sandbox.discord.expire_tokens()
        finish(harness, "late")
        inbox = harness.sandbox.discord.dm(harness.user)
        await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
        assert not any(message.current.videos for message in harness.channel.messages)
