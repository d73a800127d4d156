"""A row that is older than its reply: however the job goes on or ends, no video is taken out of the reply."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from bot.moderation.rules import Gate, Mode, ReviewAt
from bot.reviews.departures import Departure
from bot.sandbox.discord import Message, Reply
from tests.e2e.actors.approvals import ask, moderator, question, rule
from tests.e2e.actors.buttons import message_of, press
from tests.e2e.actors.direct_messages import inbox, news
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.put_back import backed_up, put_back_elsewhere
from tests.e2e.actors.records import states
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line, shown

pytestmark = [pytest.mark.sqlite("backups hold the file"), pytest.mark.started_with(jobs_at_once=1)]

ASKED = "Still want it?"
WAS_ENDED = "a backup was restored, and job"


async def expired(harness: Harness, _card: Message) -> None:
    await harness.app.jobs.decisions.expire(harness.now() + timedelta(days=8))


async def departed(harness: Harness, _card: Message) -> None:
    await harness.app.jobs.departures.end_requests(harness.guild.id, harness.user.id, Departure.KICKED)


async def cancelled(harness: Harness, _card: Message) -> None:
    await press(harness, await list_jobs(harness), "Cancel")


async def posted_after_the_backup(harness: Harness, **rules: object) -> tuple[Reply, Message]:
    """A request that waits for moderators by the rows, and whose video its reply shows."""
    await rule(harness, modes={Gate.SPICY: Mode.APPROVAL}, review_hours=168, **rules)
    reply = await ask(harness)
    card = await question(harness, "May this video be")
    archive = backed_up(harness)
    await press(harness, card, "Approve", user=moderator(harness))
    await shown(harness, reply)
    await put_back_elsewhere(harness, archive)
    return reply, card


@pytest.mark.parametrize("end", [expired, cancelled, departed])
async def test_a_request_that_ends_while_its_reply_shows_the_video_is_delivered(
    harness: Harness, end: Callable[[Harness, Message], Awaitable[None]]
) -> None:
    reply, card = await posted_after_the_backup(harness)
    await end(harness, card)
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    assert reply.current.videos
    assert all("cost nothing" not in text for text in inbox(harness, harness.user))
    (row,) = harness.rows("id")
    await until(lambda: any(WAS_ENDED in text and row["id"] in text for text in news(harness)))
    assert harness.bought == 1


async def test_a_video_that_moderators_were_asked_about_stays_where_it_was_posted(harness: Harness) -> None:
    reply, card = await posted_after_the_backup(harness, review_at=ReviewAt.POSTING)
    await expired(harness, card)
    await until(lambda: states(harness) == ["delivered"])
    await harness.app.jobs.runner.idle()
    assert reply.current.videos


async def test_an_end_whose_reply_cannot_be_seen_is_told_in_private_with_what_is_true_of_the_money(
    harness: Harness,
) -> None:
    reply, card = await posted_after_the_backup(harness)
    reply.expire_token()
    harness.adult_channel.deny_bot("read_message_history")
    await expired(harness, card)
    await until(lambda: any("may have paid" in text for text in inbox(harness, harness.user)))
    assert reply.current.videos
    assert states(harness) == ["denied"]
    await until(lambda: any(WAS_ENDED in text for text in news(harness)))


async def queued_unseen(harness: Harness) -> Reply:
    """A request that waits by the rows; its reply shows the video, and nobody can look at it."""
    first = await being_made(harness, "first")
    second = await in_line(harness, "second")
    archive = backed_up(harness)
    finish(harness, "first")
    for reply in (first, second):
        await shown(harness, reply)
        reply.expire_token()
    harness.channel.deny_bot("read_message_history")
    await put_back_elsewhere(harness, archive)
    await until(lambda: any(ASKED in text for text in inbox(harness, harness.user)))
    await harness.app.jobs.runner.idle()
    return second


def open_again(harness: Harness) -> None:
    harness.channel.allow_bot("read_message_history")


async def test_a_request_whose_reply_cannot_be_seen_is_asked_about_in_a_direct_message(
    harness: Harness,
) -> None:
    reply = await queued_unseen(harness)
    assert reply.current.videos
    open_again(harness)
    await press(harness, await list_jobs(harness), "Make it")
    await until(lambda: states(harness)[1] == "delivered")
    await harness.app.jobs.runner.idle()
    assert message_of(reply).current.videos
    assert not harness.rows("private")[1]["private"]
    assert harness.bought == 2


async def test_a_request_that_nobody_answered_leaves_the_video_that_can_be_seen_by_then(
    harness: Harness,
) -> None:
    reply = await queued_unseen(harness)
    open_again(harness)
    await harness.app.cleanup.run_once(harness.now() + timedelta(days=2))
    await until(lambda: states(harness)[1] == "delivered")
    await harness.app.jobs.runner.idle()
    assert reply.current.videos
    assert harness.bought == 2


async def test_a_stop_of_spicy_leaves_the_video_of_a_request_that_waits_by_its_row(harness: Harness) -> None:
    await being_made(harness, "first")
    second = await harness.video("second", channel=harness.adult_channel, preset="spicy")
    await second.wait_for(lambda version: "in line" in version.text(), TIMEOUT_S)
    archive = backed_up(harness)
    finish(harness, "first")
    await shown(harness, second)
    second.expire_token()
    harness.adult_channel.deny_bot("read_message_history")
    await put_back_elsewhere(harness, archive)
    await until(lambda: any(ASKED in text for text in inbox(harness, harness.user)))
    await spicy(harness, "stop", moderator(harness))
    await until(lambda: any("Waiting for the moderators" in text for text in inbox(harness, harness.user)))
    await harness.app.jobs.runner.idle()
    assert second.current.videos
    assert states(harness)[1] == "held"
