"""After the bot was away for long, users are asked if they still want what waits: nothing is bought before."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import DiscordFault, MessageVersion, Reply
from bot.texts import jobs as words
from tests.e2e.actors.approvals import ask, moderator, question, rule
from tests.e2e.actors.buttons import labels, message_of, press, told, whispered
from tests.e2e.actors.damage import change_rows, rewrite
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.records import states, stored
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, delivered, finish, in_line

pytestmark = pytest.mark.started_with(jobs_at_once=1)

ASKED = "Still want it?"
UNBOUGHT = (
    "UPDATE jobs SET state = 'queued', task_id = NULL, submitted_at = NULL, expires_at = NULL, ready_at = NULL, "
    "ended_at = NULL, settled_at = NULL, video_name = NULL, post_route = NULL, post_started_at = NULL"
)
"""As a backup has it that was made before the purchase."""


async def asked(reply: Reply) -> MessageVersion:
    return await reply.wait_for(lambda version: ASKED in version.text(), TIMEOUT_S)


async def away(harness: Harness, clock: MovableClock, **since: float) -> None:
    """Stop the bot, and start it after a while."""
    await harness.stop()
    clock.offset += timedelta(**since)
    await harness.start()


async def asked_about(harness: Harness, clock: MovableClock) -> Reply:
    """A request that waited while the bot was away; its user has been asked."""
    await being_made(harness, "first")
    reply = await in_line(harness, "second")
    await away(harness, clock, hours=2)
    shown = await asked(reply)
    assert labels(shown) == ["Make it", "Cancel"]
    assert "This cost nothing." in shown.text()
    return reply


def asking(harness: Harness) -> list[bool]:
    return [row["ask_again_since"] is not None for row in harness.rows("ask_again_since")]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_request_is_made_only_when_its_user_says_so(
    harness: Harness, clock: MovableClock, *, restarted: bool
) -> None:
    reply = await asked_about(harness, clock)
    await meanwhile(harness, restarted=restarted)
    other = harness.member("bob")
    assert await whispered(await press(harness, reply, "Make it", user=other)) == words.NOT_YOURS.english
    assert harness.bought == 1
    assert (states(harness)[1], asking(harness)) == ("queued", [False, True])
    assert await whispered(await press(harness, reply, "Make it")) == words.BEGUN.english
    assert "second" in (await reply.wait_for_video(TIMEOUT_S)).text()
    assert harness.bought == 2
    assert asking(harness) == [False, False]


async def test_a_clock_that_is_set_after_the_start_has_who_waits_asked(
    harness: Harness, clock: MovableClock
) -> None:
    await being_made(harness, "first")
    reply = await in_line(harness, "second")
    polls = harness.sandbox.dimilinks.request_log.polls
    before = polls.total()
    await harness.restart()
    # The time of a video that is watched is not the wall clock's: what waits stays in line behind it.
    await until(lambda: polls.total() > before + 1)
    clock.offset += timedelta(days=2)
    await asked(reply)
    assert harness.bought == 1
    await press(harness, reply, "Make it")
    finish(harness, "first")
    await until(lambda: harness.bought == 2)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_request_is_cancelled_for_nothing(
    harness: Harness, clock: MovableClock, *, restarted: bool
) -> None:
    reply = await asked_about(harness, clock)
    await meanwhile(harness, restarted=restarted)
    assert await told(await press(harness, reply, "Cancel")) == words.CANCELLED.english
    ended = await reply.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    assert "This cost nothing." in ended.text()
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_run_that_waits_while_its_request_is_marked_asks(harness: Harness) -> None:
    """As by another process that starts when nobody could reach the database for long."""
    await being_made(harness, "first")
    reply = await in_line(harness, "second")
    marked = "UPDATE jobs SET ask_again_since = created_at WHERE state = 'queued'"
    await change_rows(harness, marked)
    finish(harness, "first")
    await asked(reply)
    await press(harness, reply, "Make it")
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 2


async def test_a_request_without_an_answer_ends_after_a_day(harness: Harness, clock: MovableClock) -> None:
    reply = await asked_about(harness, clock)
    await away(harness, clock, hours=23)
    assert asking(harness)[1]
    await away(harness, clock, hours=1.1)
    # The run of this process has asked again; an end is not stored beside it.
    await until(lambda: harness.rows("claimed_by")[1]["claimed_by"] == harness.app.jobs.owner)
    await harness.app.jobs.runner.idle()
    await harness.app.cleanup.run_once(harness.now())
    ended = await harness.ended(reply)
    assert "You did not answer" in ended.text()
    assert "This cost nothing." in ended.text()
    assert labels(ended) == ["Try again", "Change"]
    assert states(harness)[1] == "failed"
    assert harness.bought == 1


async def test_the_list_of_jobs_asks_as_well(harness: Harness, clock: MovableClock) -> None:
    reply = await asked_about(harness, clock)
    listed = await list_jobs(harness)
    assert words.ASKS_AGAIN.english in listed.current.text()
    assert {"Make it", "Cancel"} <= set(labels(listed.current))
    assert await whispered(await press(harness, listed, "Make it")) == words.BEGUN.english
    await reply.wait_for_video(TIMEOUT_S)
    assert await whispered(await press(harness, listed, "Make it")) == words.NOT_ASKED.english
    assert harness.bought == 2


@pytest.mark.slow
@pytest.mark.sqlite("a trigger of the file")
async def test_an_answer_of_which_a_part_cannot_be_stored_is_given_again(
    harness: Harness, clock: MovableClock
) -> None:
    reply = await asked_about(harness, clock)
    await harness.app.jobs.runner.idle()
    await change_rows(
        harness, "CREATE TRIGGER failing BEFORE UPDATE OF answered_at ON jobs BEGIN SELECT json('{'); END"
    )
    assert await whispered(await press(harness, reply, "Make it")) == words.NOT_STORED.english
    await change_rows(harness, "DROP TRIGGER failing")
    assert await whispered(await press(harness, reply, "Make it")) == words.BEGUN.english
    assert "second" in (await reply.wait_for_video(TIMEOUT_S)).text()
    assert harness.bought == 2


@pytest.mark.slow
async def test_who_was_away_for_some_minutes_does_not_ask(harness: Harness, clock: MovableClock) -> None:
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    await away(harness, clock, minutes=50)
    for reply in (first, second):
        await harness.ended(reply)
    assert all(ASKED not in version.text() for version in second.versions)
    assert harness.bought == 2


async def test_a_held_request_asks_once_moderators_approved_it(harness: Harness, clock: MovableClock) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.APPROVAL}, review_hours=168)
    reply = await ask(harness)
    await away(harness, clock, hours=30)
    assert all(ASKED not in version.text() for version in reply.versions)
    await press(harness, await question(harness), "Approve", user=moderator(harness))
    await asked(reply)
    await harness.app.cleanup.run_once(harness.now())
    assert harness.bought == 0
    assert states(harness) == ["queued"]
    await press(harness, reply, "Make it")
    await reply.wait_for_video(TIMEOUT_S)


def nothing(_harness: Harness, _reply: Reply) -> None:
    """The video is in the reply."""


def only_a_new_message(harness: Harness, reply: Reply) -> None:
    """Have the video be in a message of its own."""
    reply.expire_token()
    harness.sandbox.discord.faults.append(
        DiscordFault("PATCH /channels/*", status=404, code=10008, message="Unknown Message", times=1)
    )


@pytest.mark.parametrize("meddle", [nothing, only_a_new_message])
async def test_a_video_that_was_posted_after_the_backup_is_not_bought_again(
    harness: Harness, clock: MovableClock, meddle: Callable[[Harness, Reply], None]
) -> None:
    reply = await being_made(harness, "a paper boat")
    meddle(harness, reply)
    finish(harness, "a paper boat")
    await harness.app.jobs.runner.idle()
    before = [message.current for message in harness.channel.messages]
    await harness.stop()
    rewrite(harness, UNBOUGHT)
    clock.offset += timedelta(hours=2)
    await harness.start()
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    assert [message.current for message in harness.channel.messages] == before
    assert harness.bought == 1


@pytest.mark.slow
async def test_a_heartbeat_is_there_from_the_start(harness: Harness) -> None:
    await delivered(harness)
    processes = "SELECT process_id FROM heartbeats WHERE process_id LIKE '%:%'"
    (row,) = stored(harness, processes)
    await harness.restart()
    assert len(stored(harness, processes)) == 2
    assert row["process_id"] != harness.app.jobs.owner
    assert message_of(await delivered(harness)).current.videos
