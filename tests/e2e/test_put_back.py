"""A backup is put back: nothing that was bought since is bought again, nobody sees a video twice or loses one."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import DiscordFault, MessageVersion, Reply
from bot.texts import jobs as words
from tests.e2e.actors.approvals import ask, moderator, question, rule
from tests.e2e.actors.buttons import labels, message_of, press, told, whispered
from tests.e2e.actors.direct_messages import inbox
from tests.e2e.actors.faults import close_every_way, reopen_every_way
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.put_back import backed_up, put_back_elsewhere, put_back_here
from tests.e2e.actors.records import states
from tests.e2e.actors.reports import hidden, kept
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, hold, in_line, media, shown

pytestmark = [
    pytest.mark.sqlite("backups hold the file"),
    pytest.mark.started_with(jobs_at_once=1),
]

ASKED = "Still want it?"
HANDED_OVER = "The operator may have paid for it; I cannot tell."
UNKNOWN_MESSAGE = DiscordFault(
    "PATCH /channels/*", status=404, code=10008, message="Unknown Message", times=1
)


async def asked(reply: Reply) -> MessageVersion:
    return await reply.wait_for(lambda version: ASKED in version.text(), TIMEOUT_S)


async def test_who_waits_is_asked_also_a_moment_after_the_backup(harness: Harness) -> None:
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    archive = backed_up(harness)
    await put_back_elsewhere(harness, archive)
    version = await asked(second)
    assert labels(version) == ["Make it", "Cancel"]
    assert "As far as I know this cost nothing" in version.text()
    finish(harness, "first")
    await shown(harness, first)
    assert harness.bought == 1
    await press(harness, second, "Make it")
    await shown(harness, second)
    assert harness.bought == 2
    # Once is enough: the next start on the same data asks nobody.
    third = await being_made(harness, "third")
    await harness.restart()
    finish(harness, "third")
    await shown(harness, third)


async def test_who_waits_and_cancels_is_not_told_that_it_cost_nothing(harness: Harness) -> None:
    await being_made(harness, "first")
    second, third = await in_line(harness, "second"), await in_line(harness, "third")
    archive = backed_up(harness)
    await put_back_elsewhere(harness, archive)
    await asked(third)
    assert await told(await press(harness, third, "Cancel")) == words.CANCELLED_IN_DOUBT.english
    ended = await third.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    assert HANDED_OVER in ended.text()
    # What its user wants once more is this bot's own.
    await asked(second)
    assert await whispered(await press(harness, second, "Make it")) == words.BEGUN.english
    assert await told(await press(harness, second, "Cancel")) == words.CANCELLED.english


@pytest.mark.slow
async def test_what_was_posted_after_the_backup_is_neither_bought_nor_posted_again(harness: Harness) -> None:
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    archive = backed_up(harness)
    for reply, prompt in ((first, "first"), (second, "second")):
        if reply is first:
            hold(harness)
        finish(harness, prompt)
        await reply.wait_for_video(TIMEOUT_S)
        if reply is first:
            await second.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    before = [message.current for message in harness.channel.messages]
    await put_back_elsewhere(harness, archive)
    await until(lambda: states(harness) == ["delivered", "delivered"])
    await harness.app.jobs.runner.idle()
    assert [message.current for message in harness.channel.messages] == before
    assert harness.bought == 2


@pytest.mark.slow
async def test_what_is_being_made_in_the_backup_is_not_posted_a_second_time_as_a_new_message(
    harness: Harness,
) -> None:
    reply = await being_made(harness, "a paper boat")
    archive = backed_up(harness)
    reply.expire_token()
    harness.sandbox.discord.faults.append(UNKNOWN_MESSAGE)
    finish(harness, "a paper boat")
    await harness.app.jobs.runner.idle()
    before = [message.current for message in harness.channel.messages]
    await put_back_elsewhere(harness, archive)
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    assert [message.current for message in harness.channel.messages] == before
    assert harness.bought == 1


async def bought_since(harness: Harness) -> tuple[Reply, Path]:
    """A request that waited at the time of the backup, and is at the video service now."""
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    archive = backed_up(harness)
    hold(harness)
    finish(harness, "first")
    await first.wait_for_video(TIMEOUT_S)
    await second.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    assert harness.bought == 2
    return second, archive


async def test_what_the_reply_shows_as_handed_over_is_over_for_its_user_and_open_for_the_operator(
    harness: Harness,
) -> None:
    second, archive = await bought_since(harness)
    await put_back_elsewhere(harness, archive)
    ended = await second.wait_for(lambda version: HANDED_OVER in version.text(), TIMEOUT_S)
    assert "Make it" not in labels(ended)
    await until(lambda: states(harness) == ["delivered", "unknown"])
    assert harness.bought == 2


async def test_what_was_bought_since_is_taken_over_from_the_data_that_is_replaced(harness: Harness) -> None:
    second, archive = await bought_since(harness)
    third = await in_line(harness, "third")
    done = await put_back_here(harness, archive)
    assert done.since is not None
    assert (done.since.taken_over, done.since.problem) == (1, None)
    assert done.aside is not None
    assert (done.aside / "stillmotion.sqlite3").exists()
    finish(harness, "second")
    await shown(harness, second)
    assert harness.bought == 2
    assert states(harness) == ["delivered", "delivered"]
    assert not third.current.videos


@pytest.mark.slow
async def test_a_request_made_and_bought_since_is_not_lost(harness: Harness) -> None:
    archive = backed_up(harness)
    reply = await being_made(harness, "a paper boat")
    await put_back_here(harness, archive)
    finish(harness, "a paper boat")
    await shown(harness, reply)
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_private_reply_that_nobody_can_look_at_is_asked_about_with_what_is_known(
    harness: Harness,
) -> None:
    await being_made(harness, "first")
    second = await harness.video("second", private=True)
    await second.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    archive = backed_up(harness)
    second.expire_token()
    await put_back_elsewhere(harness, archive)
    await until(lambda: any(ASKED in text for text in inbox(harness, harness.user)))
    (text,) = [text for text in inbox(harness, harness.user) if ASKED in text]
    assert "As far as I know this cost nothing" in text
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_held_request_waits_for_moderators_again_and_then_for_its_user(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.APPROVAL}, review_hours=168)
    reply = await ask(harness)
    asked_moderators = await question(harness)
    archive = backed_up(harness)
    await put_back_elsewhere(harness, archive)
    await press(harness, asked_moderators, "Approve", user=moderator(harness))
    await asked(reply)
    assert harness.bought == 0
    await press(harness, reply, "Make it")
    await shown(harness, reply)
    assert harness.bought == 1


async def laid_aside(harness: Harness) -> None:
    """A finished video that nobody could be told of."""
    reply = await being_made(harness, "laid aside")
    close_every_way(harness, reply)
    finish(harness, "laid aside")
    await until(lambda: harness.rows("parked_at")[-1]["parked_at"] is not None)
    reopen_every_way(harness)


@pytest.mark.parametrize("where", [put_back_elsewhere, pytest.param(put_back_here, marks=pytest.mark.slow)])
async def test_an_undelivered_video_is_fetched_from_the_list(
    harness: Harness, where: Callable[[Harness, Path], Awaitable[object]]
) -> None:
    await laid_aside(harness)
    (name,) = media(harness)
    archive = backed_up(harness)
    await where(harness, archive)
    assert media(harness) == [name]
    contents = harness.sandbox.dimilinks.request_log.requests
    fetched_before = len(contents)
    listed = await list_jobs(harness)
    fetched = await press(harness, listed, "Fetch the video")
    await fetched.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert states(harness) == ["delivered"]
    assert len(contents) == fetched_before
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.started_with(rules=None)
@pytest.mark.usefixtures("reports_are_reviewed")
async def test_a_hidden_video_can_be_restored_from_the_backup(harness: Harness) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    (copy,) = kept(harness)
    archive = backed_up(harness)
    await put_back_elsewhere(harness, archive)
    assert kept(harness) == [copy]
    await press(harness, card, "Restore", user=moderator(harness))
    await until(lambda: bool(message_of(reply).current.videos))
    assert harness.bought == 1
