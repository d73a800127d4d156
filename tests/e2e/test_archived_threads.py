"""Messages in archived threads, of which Discord changes none: the bot opens the thread for a change, if it may."""

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import Channel
from bot.texts import jobs
from tests.e2e.actors.approvals import deny, held, moderator
from tests.e2e.actors.buttons import message_of, told
from tests.e2e.actors.channels import post
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.privacy import deleted
from tests.e2e.actors.records import stored
from tests.e2e.actors.reports import HIDDEN, report, rule, seen
from tests.e2e.actors.settings import boss, choose, rules, settings
from tests.e2e.actors.videos import being_made, delivered, finish

pytestmark = pytest.mark.started_with(rules=None)
PROMPT = "a paper boat"
LOCKED_OR_NOT = pytest.mark.parametrize("locked", [False, True])


def close(thread: Channel, *, locked: bool = False) -> None:
    """Archive a thread, as a moderator does once it is over."""
    thread.locked = locked
    thread.set_archived(True)


def allow_threads(thread: Channel) -> None:
    assert thread.parent is not None
    thread.parent.allow_bot("manage_threads")


@LOCKED_OR_NOT
async def test_a_reported_video_in_a_closed_post_is_hidden_once_the_bot_may(
    harness: Harness, *, locked: bool
) -> None:
    await rule(harness)
    thread = post(harness)
    reply = await delivered(harness, channel=thread)
    close(thread, locked=locked)
    await report(harness, reply, moderator(harness))
    if locked:
        assert HIDDEN not in message_of(reply).current.text()
        assert [row["outstanding"] for row in stored(harness, "SELECT outstanding FROM reviews")] == ["hide"]
        allow_threads(thread)
        await harness.app.moderation.takedowns.finish()
    await seen(message_of(reply), HIDDEN)
    # Archiving takes *Manage Threads*, opening what is not locked does not.
    assert thread.archived is locked


@LOCKED_OR_NOT
async def test_a_video_for_a_closed_post_opens_it_for_the_edit_at_most(
    harness: Harness, *, locked: bool
) -> None:
    thread = post(harness)
    reply = await being_made(harness, PROMPT, channel=thread)
    reply.expire_token()
    close(thread, locked=locked)
    if not locked:
        allow_threads(thread)
    finish(harness, PROMPT)
    if locked:
        inbox = harness.sandbox.discord.dm(harness.user)
        await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    else:
        await reply.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert thread.archived
    assert thread.messages == [message_of(reply)]
    opened_and_closed = harness.sandbox.discord.request_log.counts["PATCH /channels/{channel_id}", 200]
    assert opened_and_closed == (0 if locked else 2)
    why = jobs._CLOSED["not_permitted"].english
    assert (why in (await list_jobs(harness)).text) is locked


@LOCKED_OR_NOT
async def test_a_card_in_a_closed_thread_loses_what_was_deleted_once_the_bot_may(
    harness: Harness, *, locked: bool
) -> None:
    thread = harness.guild.add_channel("moderation").add_thread("reviews")
    await rule(harness, modes={Gate.NORMAL: Mode.APPROVAL}, review_channel_id=thread.id)
    await held(await harness.video(PROMPT))
    card = await thread.wait_for_message(lambda version: PROMPT in version.text(), TIMEOUT_S)
    await told(await deny(harness, card, moderator(harness)))
    await card.wait_for(lambda version: not version.buttons, TIMEOUT_S)
    close(thread, locked=locked)
    await deleted(harness)
    edited = await harness.app.moderation.emptied_cards.edit()
    assert (edited, PROMPT in card.current.text()) == ((0, True) if locked else (1, False))
    left = stored(harness, "SELECT id FROM reviews WHERE message_id IS NOT NULL")
    assert len(left) == int(locked)


async def test_moderators_can_be_asked_in_an_archived_thread(harness: Harness) -> None:
    thread = harness.guild.add_channel("moderation").add_thread("reviews")
    close(thread)
    opened = await settings(harness, boss(harness), "Other presets")
    await choose(harness, opened, "review_channel_id@presets", thread)
    assert rules(harness).review_channel_id == thread.id
