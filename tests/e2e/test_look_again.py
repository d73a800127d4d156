"""*Look again* for videos that were delivered, and for those that only moderators may look for."""

import asyncio

import pytest

from bot.moderation.members.member import ListStatus
from bot.moderation.rules import ReviewAt
from bot.sandbox.discord import Channel, Message, Reply, User
from bot.texts import jobs as words
from bot.texts import refusals
from tests.e2e.actors.appeals import suspend
from tests.e2e.actors.approvals import SPICY_OFF, ask, deny, moderator, parked, question, rule
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.records import audit, states
from tests.e2e.actors.reports import hidden
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, finish, shown
from tests.moderation.audited import alone


async def lost(harness: Harness, *, channel: Channel | None = None, **options: str | bool) -> Reply:
    """A delivered video whose message went without the bot."""
    reply = await delivered(harness, channel=channel, **options)
    harness.sandbox.discord.purge(message_of(reply))
    return reply


async def look(
    harness: Harness, seen: Message, *, number: int = 0, user: User | None = None, private: bool = False
) -> Reply:
    """Press *Look again* of a job, as on a card that only an outdated client still shows, or that is forged."""
    job = harness.rows("id, person_id")[number]
    custom_id = f"sm:look:{job['id']}:{job['person_id']}:{int(private)}"
    return await press_unseen(harness, seen, custom_id, user=user)


def downloads(harness: Harness) -> int:
    return sum(harness.sandbox.dimilinks.request_log.downloads.values())


def shows_nothing_new(harness: Harness, user: User) -> bool:
    """True if neither the channel nor the user's direct messages show a video."""
    places = (harness.channel, harness.adult_channel, harness.sandbox.discord.dm(user))
    return not any(
        message.current.videos and not message.deleted and not message.ephemeral
        for place in places
        for message in place.messages
    )


@AT_ONCE_AND_AFTER_A_RESTART
@pytest.mark.parametrize("private", [False, True])
async def test_a_delivered_video_whose_message_is_lost_is_fetched_again_in_private(
    harness: Harness, *, private: bool, restarted: bool
) -> None:
    await lost(harness, private=private)
    for fetched in (1, 2):  # what the user dismisses can be fetched once more
        await meanwhile(harness, restarted=restarted)
        listed = await list_jobs(harness)
        assert listed.text.count("**delivered**") == 1
        again = await press(harness, listed, "Look again")
        assert (await shown(harness, again)).ephemeral
        assert states(harness) == ["delivered"] * (fetched + 1)
        harness.sandbox.discord.purge(message_of(again))
    assert shows_nothing_new(harness, harness.user)
    assert (harness.bought, downloads(harness)) == (1, 3)


async def test_a_video_that_is_still_there_is_not_fetched_again(harness: Harness) -> None:
    reply = await delivered(harness)
    pressed = await press(harness, await list_jobs(harness), "Look again")
    assert await told(pressed) == words.still_there(message_of(reply).url).english
    assert pressed.ephemeral
    assert states(harness) == ["delivered"]


async def test_a_video_that_came_in_a_new_message_is_still_there(harness: Harness) -> None:
    late = await being_made(harness, "late")
    late.expire_token()
    harness.sandbox.discord.purge(message_of(late))
    finish(harness, "late")
    answer = await harness.channel.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    pressed = await press(harness, await list_jobs(harness), "Look again")
    assert await told(pressed) == words.still_there(answer.url).english
    harness.sandbox.discord.purge(answer)
    await shown(harness, await press(harness, await list_jobs(harness), "Look again"))


async def test_a_video_that_came_in_a_direct_message_is_still_there(harness: Harness) -> None:
    late = await being_made(harness, "late", private=True)
    late.expire_token()
    finish(harness, "late")
    inbox = harness.sandbox.discord.dm(harness.user)
    await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    pressed = await press(harness, await list_jobs(harness), "Look again")
    assert await told(pressed) == words.STILL_IN_DIRECT_MESSAGES.english
    assert states(harness) == ["delivered"]


async def test_two_presses_and_a_repeated_event_fetch_once(harness: Harness) -> None:
    reply = await lost(harness)
    # Nothing is stored until both were let pass.
    async with harness.app.database.write():
        both = [await look(harness, message_of(reply)) for _ in range(2)]
        for pressed in both:
            await pressed.wait_for_ack(TIMEOUT_S)
            harness.sandbox.discord.redeliver(pressed)
        await told(await look(harness, message_of(reply), user=harness.member("bob")))
    await asyncio.gather(*(one.wait_for(lambda version: bool(version.text()), TIMEOUT_S) for one in both))
    await harness.app.jobs.runner.idle()
    assert sorted(bool(one.message and one.message.current.videos) for one in both) == [False, True]
    assert states(harness) == ["delivered", "delivered"]
    assert downloads(harness) == 2


async def test_nobody_looks_for_what_its_owner_deleted(harness: Harness) -> None:
    reply = await delivered(harness)
    before = message_of(reply)
    await press(harness, reply, "Delete")
    await until(lambda: before.deleted)
    assert words.NONE.english in (await list_jobs(harness)).text
    for user in (harness.user, moderator(harness)):
        pressed = await look(harness, before, user=user)
        assert await told(pressed) == refusals.DELETED_BY_OWNER.in_a_row.english
        assert pressed.ephemeral
    assert "video_deleted" not in audit(harness, "action")
    assert states(harness) == ["delivered"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_what_a_moderator_deleted_only_moderators_look_for(
    harness: Harness, *, restarted: bool
) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    before = message_of(reply)
    await press(harness, reply, "Delete", user=mo)
    await until(lambda: before.deleted and bool(audit(harness, "action")))
    (row,) = harness.rows("id")
    logged = (mo.id, harness.user.id, row["id"])
    assert audit(harness, "action", "actor_id", "person_id", "job_id")[-1] == ("video_deleted", *logged)
    await meanwhile(harness, restarted=restarted)
    refused = await press(harness, await list_jobs(harness), "Look again")
    assert await told(refused) == refusals.DELETED_BY_MODERATOR.in_a_row.english
    seen = await look(harness, before, user=mo)
    assert (await shown(harness, seen)).ephemeral
    assert audit(harness, "action", "actor_id", "person_id", "job_id")[-1] == ("hidden_video_viewed", *logged)
    # The moderator's own copy may go; that decides nothing for others.
    await press(harness, seen, "Delete", user=mo)
    await until(lambda: message_of(seen).deleted)
    assert (await shown(harness, await look(harness, before, user=moderator(harness, "max")))).ephemeral
    assert words.NONE.english not in (await list_jobs(harness)).text
    assert shows_nothing_new(harness, harness.user)


async def test_a_moderators_look_never_ends_up_with_the_owner(harness: Harness) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    before = message_of(reply)
    await press(harness, reply, "Delete", user=mo)
    await until(lambda: before.deleted)
    harness.sandbox.dimilinks.request_log.downloads.clear()
    async with harness.app.database.write():
        seen = await look(harness, before, user=mo)
        await seen.wait_for_ack(TIMEOUT_S)
        seen.expire_token()
    inbox = harness.sandbox.discord.dm(mo)
    await inbox.wait_for_message(lambda version: bool(version.videos), TIMEOUT_S)
    assert shows_nothing_new(harness, harness.user)


async def test_what_moderators_denied_they_look_for_in_private(harness: Harness) -> None:
    await rule(harness, review_at=ReviewAt.POSTING)
    reply = await ask(harness)
    mo = moderator(harness)
    await told(await deny(harness, await question(harness, "posted?"), mo))
    card = await harness.ended(reply)
    assert labels(card) == ["Look again", "Change"]
    for user, said in ((harness.user, words.LOOK_DENIED), (harness.member("bob"), words.NOT_YOURS)):
        pressed = await press(harness, reply, "Look again", user=user)
        assert await told(pressed) == said.english
        assert pressed.ephemeral
    pressed = await press(harness, reply, "Look again", user=mo)
    video = await shown(harness, pressed)
    assert video.ephemeral
    assert message_of(reply).current.text() == card.text()
    harness.adult_channel.set_nsfw(False)
    pressed = await press(harness, reply, "Look again", user=mo)
    assert await told(pressed) == words.LOOK_ELSEWHERE.english
    assert shows_nothing_new(harness, harness.user)
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("record", ["suspended", "blocked"])
async def test_what_belongs_to_a_suspended_or_blocked_user_only_moderators_look_for(
    harness: Harness, record: str
) -> None:
    reply, mo = await lost(harness), moderator(harness)
    if record == "suspended":
        await suspend(harness, mo)
    else:
        member, audit_log = harness.app.moderation.caches.members, harness.app.moderation.audit_log
        await alone(audit_log, member.list_as, harness.guild.id, harness.user.id, ListStatus.BLOCKED)
    said = words.LOOK_SUSPENDED if record == "suspended" else words.LOOK_BLOCKED
    for channel in (harness.channel, harness.sandbox.discord.dm(harness.user)):
        pressed = await press(harness, await list_jobs(harness, channel=channel), "Look again")
        assert await told(pressed) == said.english
    assert (await shown(harness, await look(harness, message_of(reply), user=mo))).ephemeral


@pytest.mark.slow
async def test_what_belongs_to_a_banned_user_only_moderators_look_for(harness: Harness) -> None:
    reply, mo = await lost(harness), moderator(harness)
    direct = harness.sandbox.discord.dm(harness.user)
    harness.guild.ban(harness.user)
    pressed = await press(harness, await list_jobs(harness, channel=direct), "Look again")
    assert await told(pressed) == words.LOOK_LEFT.english
    assert (await shown(harness, await look(harness, message_of(reply), user=mo))).ephemeral
    harness.guild.join(harness.user)
    listed = await list_jobs(harness, channel=direct)
    assert (await shown(harness, await press(harness, listed, "Look again"))).videos


@pytest.mark.usefixtures("reports_are_reviewed")
async def test_what_was_hidden_only_moderators_look_for_until_it_is_restored(harness: Harness) -> None:
    reply = await delivered(harness)
    card = await hidden(harness, reply)
    pressed = await press(harness, await list_jobs(harness), "Look again")
    assert await told(pressed) == words.LOOK_PUT_AWAY.english
    await told(await press(harness, card, "Restore", user=moderator(harness)))
    pressed = await press(harness, await list_jobs(harness), "Look again")
    assert await told(pressed) == words.still_there(message_of(reply).url).english


async def test_the_rules_are_asked_as_for_any_posting(harness: Harness) -> None:
    await lost(harness, channel=harness.adult_channel, preset="spicy")
    elsewhere = await press(harness, await list_jobs(harness), "Look again")
    await parked(harness)
    assert "rules of this channel no longer allow it here" in elsewhere.text
    waiting = await look(harness, message_of(elsewhere))
    assert await told(waiting) == words.LOOK_WAITS_IN_LIST.english
    await rule(harness, modes=SPICY_OFF)
    fetched = await press(harness, await list_jobs(harness, channel=harness.adult_channel), "Fetch the video")
    await fetched.wait_for(lambda version: "no longer allow it here" in version.text(), TIMEOUT_S)
    assert shows_nothing_new(harness, harness.user)


async def test_a_run_that_begins_meanwhile_does_not_keep_a_job_from_being_cancelled(harness: Harness) -> None:
    reply = await being_made(harness, "never mind")
    asked = await press(harness, reply, "Cancel")
    await told(asked)
    stop = id_of(message_of(asked).current, "Stop waiting")
    (row,) = harness.rows("id, claimed_by")
    store = harness.app.jobs.store
    seen = await store.get(row["id"])
    async with harness.app.database.write():
        claim = asyncio.create_task(store.take_claim(seen, row["claimed_by"]))
        pressed = await press_unseen(harness, message_of(asked), stop)
        await pressed.wait_for_ack(TIMEOUT_S)
        # A press that is answered later than the first one has read the job.
        await told(await press(harness, reply, "Cancel", user=harness.member("bob")))
    await claim
    await pressed.wait_for(lambda version: words.STOPPED_WATCHING.english in version.text(), TIMEOUT_S)
    await reply.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
