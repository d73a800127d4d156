"""*Cancel*, its question, and *Refresh*, pressed by owners, strangers and moderators, in time and too late."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import Hang, HttpError, TaskOutcome
from bot.sandbox.discord import DiscordFault
from bot.texts import jobs as words
from tests.e2e.actors.buttons import id_of, labels, message_of, press, press_unseen, told, without_change
from tests.e2e.actors.harness import TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.records import states
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, hold, in_line


@pytest.fixture
async def narrow(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Harness]:
    """A bot that makes one video at a time."""
    async with open_harness(tmp_path, database_url, jobs_at_once=1) as opened:
        yield opened


@pytest.fixture
async def wide(tmp_path: Path, database_url: str | None) -> AsyncGenerator[Harness]:
    """A bot that makes many videos at a time."""
    async with open_harness(tmp_path, database_url, jobs_at_once_per_person=9) as opened:
        yield opened


def prompts(harness: Harness) -> list[str]:
    return [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_cancelling_in_line_costs_nothing_and_the_line_goes_on(
    narrow: Harness, *, restarted: bool
) -> None:
    first = await being_made(narrow, "first")
    second, third = await in_line(narrow, "second"), await in_line(narrow, "third")
    await third.wait_for(lambda version: "Number 2 of 2 in line" in version.text(), TIMEOUT_S)
    await meanwhile(narrow, restarted=restarted)
    pressed = await press(narrow, second, "Cancel")
    assert await told(pressed) == "Cancelled. This cost nothing: videos are paid for by the bot's operator."
    assert pressed.ephemeral
    cancelled = await second.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    assert "This cost nothing." in cancelled.text()
    assert labels(cancelled) == []
    await third.wait_for(lambda version: "Number 1 of 1 in line" in version.text(), TIMEOUT_S)
    finish(narrow, "first")
    await first.wait_for_video(TIMEOUT_S)
    await third.wait_for_video(TIMEOUT_S)
    await narrow.app.jobs.runner.idle()
    assert prompts(narrow) == ["first", "third"]
    assert states(narrow) == ["delivered", "cancelled", "delivered"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_bought_video_is_cancelled_only_after_a_question_and_stays_charged(
    narrow: Harness, *, restarted: bool
) -> None:
    reply = await being_made(narrow, "first")
    waiting = await in_line(narrow, "second")
    await meanwhile(narrow, restarted=restarted)
    asked = await press(narrow, reply, "Cancel")
    assert "pays for it either way" in await told(asked)
    assert asked.ephemeral
    assert labels(message_of(asked).current) == ["Stop waiting", "Let it finish"]
    await meanwhile(narrow, restarted=restarted)
    stopped = await press(narrow, asked, "Stop waiting")
    assert await told(stopped) == words.STOPPED_WATCHING.english
    assert labels(message_of(asked).current) == []
    ended = await reply.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    assert "The bot's operator has paid for this video." in ended.text()
    assert labels(ended) == ["Look again"]
    await waiting.wait_for_video(TIMEOUT_S)
    await narrow.app.jobs.runner.idle()
    assert prompts(narrow) == ["first", "second"]
    assert states(narrow) == ["cancelled", "delivered"]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_bought_video_that_may_finish_arrives(wide: Harness, *, restarted: bool) -> None:
    reply = await being_made(wide, "first")
    asked = await press(wide, reply, "Cancel")
    await told(asked)
    await meanwhile(wide, restarted=restarted)
    assert await told(await press(wide, asked, "Let it finish")) == words.STILL_WATCHING.english
    assert labels(message_of(asked).current) == []
    finish(wide, "first")
    await reply.wait_for_video(TIMEOUT_S)
    await wide.app.jobs.runner.idle()
    # The question may be answered too late: the video is there and stays.
    asked_again = await press_unseen(wide, message_of(reply), id_of(reply.versions[1], "Cancel"))
    assert await told(asked_again) == words.ALREADY_ENDED.english
    assert message_of(reply).current.videos


async def test_a_video_that_failed_meanwhile_is_not_promised(wide: Harness) -> None:
    reply = await being_made(wide, "first")
    asked = await press(wide, reply, "Cancel")
    await told(asked)
    finish(wide, "first", outcome=TaskOutcome.FAILED)
    await wide.ended(reply)
    assert await told(await press(wide, asked, "Let it finish")) == words.ALREADY_ENDED.english
    assert labels(message_of(asked).current) == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_another_member_cannot_cancel_and_is_told_so_in_private(
    narrow: Harness, *, restarted: bool
) -> None:
    bob = narrow.member("bob")
    reply = await being_made(narrow, "first")
    waiting = await in_line(narrow, "second")
    await meanwhile(narrow, restarted=restarted)
    for card in (reply, waiting):
        pressed = await press(narrow, card, "Cancel", user=bob)
        assert await told(pressed) == words.NOT_YOURS_TO_CANCEL.english
        assert pressed.ephemeral
    assert states(narrow) == ["generating", "queued"]
    finish(narrow, "first")
    await reply.wait_for_video(TIMEOUT_S)
    await waiting.wait_for_video(TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_moderator_cancels_for_others(narrow: Harness, *, restarted: bool) -> None:
    moderator = narrow.member("mo", roles=[narrow.guild.add_role("mods", ["manage_messages"])])
    reply = await being_made(narrow, "first")
    waiting = await in_line(narrow, "second")
    await meanwhile(narrow, restarted=restarted)
    assert await told(await press(narrow, waiting, "Cancel", user=moderator)) == words.CANCELLED.english
    await waiting.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    asked = await press(narrow, reply, "Cancel", user=moderator)
    await told(asked)
    await told(await press(narrow, asked, "Stop waiting", user=moderator))
    await reply.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    await narrow.app.jobs.runner.idle()
    assert states(narrow) == ["cancelled", "cancelled"]


async def test_who_moderates_one_server_moderates_no_other_and_no_direct_messages(wide: Harness) -> None:
    elsewhere = wide.sandbox.discord.add_guild("Elsewhere")
    their_channel = elsewhere.add_channel("general")
    moderator = wide.member("mo", roles=[wide.guild.add_role("mods", ["manage_messages"])])
    elsewhere.join(moderator)
    elsewhere.join(wide.user)
    inbox = wide.sandbox.discord.dm(wide.user)
    hold(wide, 2)
    in_private = await wide.video("in private", channel=inbox)
    at_theirs = await wide.video("elsewhere", channel=their_channel)
    await until(lambda: wide.bought == 2)
    here = await being_made(wide, "here")
    message = await wide.sandbox.discord.invoke("jobs", user=moderator, channel=wide.channel)
    await told(message)
    for reply in (in_private, at_theirs):
        custom_id = id_of(await reply.wait_for(lambda version: bool(version.buttons), TIMEOUT_S), "Cancel")
        pressed = await press_unseen(wide, message_of(message), custom_id, user=moderator)
        assert await told(pressed) == words.NOT_YOURS_TO_CANCEL.english
    in_their_inbox = await wide.sandbox.discord.invoke(
        "jobs", user=moderator, channel=wide.sandbox.discord.dm(moderator)
    )
    await told(in_their_inbox)
    custom_id = id_of(message_of(here).current, "Cancel")
    pressed = await press_unseen(wide, message_of(in_their_inbox), custom_id, user=moderator)
    assert await told(pressed) == words.NOT_YOURS_TO_CANCEL.english
    for prompt in ("in private", "elsewhere", "here"):
        finish(wide, prompt)
    for reply in (in_private, at_theirs, here):
        await reply.wait_for_video(TIMEOUT_S)


async def test_cancelling_too_late_is_answered_and_changes_nothing(wide: Harness) -> None:
    wide.sandbox.dimilinks.faults.submit.append(Hang(0.6))
    wide.sandbox.dimilinks.faults.content.append(Hang(0.8))
    reply = await wide.video()
    handing_over = await reply.wait_for(lambda version: "Sending it to" in version.text(), TIMEOUT_S)
    pressed = await press(wide, reply, "Cancel")
    assert await told(pressed) == words.BEING_HANDED_OVER.english
    await until(lambda: states(wide) == ["ready"])
    assert await told(await press(wide, reply, "Cancel")) == words.ALREADY_READY.english
    await reply.wait_for_video(TIMEOUT_S)
    await wide.app.jobs.runner.idle()
    for _ in range(2):
        pressed = await press_unseen(wide, message_of(reply), id_of(handing_over, "Cancel"))
        assert await told(pressed) == words.ALREADY_ENDED.english
        assert pressed.ephemeral
        await wide.restart()
    assert message_of(reply).current.videos
    assert states(wide) == ["delivered"]


async def test_of_two_who_cancel_in_the_same_moment_one_does_and_the_other_hears_that_it_ended(
    narrow: Harness,
) -> None:
    moderator = narrow.member("mo", roles=[narrow.guild.add_role("mods", ["manage_messages"])])
    first = await being_made(narrow, "first")
    second = await in_line(narrow, "second")
    pressed = [await press(narrow, second, "Cancel", user=user) for user in (narrow.user, moderator)]
    answers = await asyncio.gather(*(told(one) for one in pressed))
    assert sorted(answers) == sorted([words.CANCELLED.english, words.ALREADY_ENDED.english])
    await second.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    questions = [await press(narrow, first, "Cancel", user=user) for user in (narrow.user, moderator)]
    await asyncio.gather(*(told(one) for one in questions))
    stops = [await press(narrow, asked, "Stop waiting", user=asked.user) for asked in questions]
    answers = await asyncio.gather(*(told(one) for one in stops))
    assert sorted(answers) == sorted([words.STOPPED_WATCHING.english, words.ALREADY_ENDED.english])
    await first.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    await narrow.app.jobs.runner.idle()
    assert states(narrow) == ["cancelled", "cancelled"]


async def test_a_slow_edit_of_the_card_does_not_come_after_its_end(wide: Harness) -> None:
    reply = await being_made(wide, "first")
    asked = await press(wide, reply, "Cancel")
    await told(asked)
    discord = wide.sandbox.discord
    slow = discord.faults.append(DiscordFault("PATCH /webhooks/*", delay_s=1.0))
    await press(wide, reply, "Refresh")
    await until(lambda: slow.hits == 1)
    await told(await press(wide, asked, "Stop waiting"))
    await reply.wait_for(lambda version: "### Cancelled" in version.text(), TIMEOUT_S)
    await wide.app.jobs.runner.idle()
    # Discord may carry out what was cut short (0) at any later time.
    assert {edit.status for edit in discord.request_log.requests if edit.method == "PATCH"} == {200}
    assert "### Cancelled" in message_of(reply).current.text()


@AT_ONCE_AND_AFTER_A_RESTART
async def test_refresh_renews_the_token_of_a_private_reply_so_that_the_video_comes_there(
    wide: Harness, *, restarted: bool
) -> None:
    reply = await being_made(wide, "first", private=True)
    reply.expire_token()
    await meanwhile(wide, restarted=restarted)
    pressed = await press(wide, reply, "Refresh")
    await told(pressed)
    await meanwhile(wide, restarted=restarted)
    finish(wide, "first")
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert shown.ephemeral
    assert wide.sandbox.discord.dm(wide.user).messages == []


@AT_ONCE_AND_AFTER_A_RESTART
async def test_anybody_may_refresh_and_the_video_stays_its_owners(wide: Harness, *, restarted: bool) -> None:
    bob = wide.member("bob")
    reply = await being_made(wide, "first")
    reply.expire_token()
    await meanwhile(wide, restarted=restarted)
    pressed = await press(wide, reply, "Refresh", user=bob)
    assert (
        "Making your video"
        in (await pressed.wait_for(lambda version: "Making" in version.text(), TIMEOUT_S)).text()
    )
    assert [row["person_id"] for row in wide.rows("person_id")] == [wide.user.id]
    assert await told(await press(wide, reply, "Cancel", user=bob)) == words.NOT_YOURS_TO_CANCEL.english
    # By the new token alone.
    wide.sandbox.discord.faults.append(
        DiscordFault("* /channels/*", status=403, code=50013, message="Missing Permissions", times=1000)
    )
    finish(wide, "first")
    await reply.wait_for_video(TIMEOUT_S)


@AT_ONCE_AND_AFTER_A_RESTART
async def test_refresh_leaves_the_card_of_a_failed_request_as_it_was(
    wide: Harness, *, restarted: bool
) -> None:
    wide.sandbox.dimilinks.faults.submit.append(HttpError(400, "invalid_request_error", "提示词无效"))
    reply = await wide.video()
    await wide.ended(reply)
    failed = message_of(reply).current
    await meanwhile(wide, restarted=restarted)
    custom_id = f"sm:refresh:{wide.rows('id')[0]['id']}:{wide.user.id}:0"
    pressed = await press_unseen(wide, message_of(reply), custom_id)
    assert await told(pressed) == without_change(failed.text())
    assert labels(message_of(reply).current) == labels(failed)
    assert wide.bought == 0


@AT_ONCE_AND_AFTER_A_RESTART
async def test_refresh_never_takes_a_video_away(wide: Harness, *, restarted: bool) -> None:
    reply = await wide.video()
    working = await reply.wait_for(lambda version: "Refresh" in labels(version), TIMEOUT_S)
    await reply.wait_for_video(TIMEOUT_S)
    await wide.app.jobs.runner.idle()
    await meanwhile(wide, restarted=restarted)
    pressed = await press_unseen(wide, message_of(reply), id_of(working, "Refresh"), user=wide.member("bob"))
    await pressed.wait_for_ack(TIMEOUT_S)
    # A press that is answered in words, and later than the first one was served.
    pressed = await press_unseen(wide, message_of(reply), id_of(working, "Cancel"))
    assert await told(pressed) == words.ALREADY_ENDED.english
    assert message_of(reply).current.videos
    assert "Here is your video" in message_of(reply).current.text()


async def test_a_button_of_a_job_that_is_not_known_is_answered(wide: Harness) -> None:
    reply = await being_made(wide, "first")
    for action, person in (("cancel", 1), ("fetch", 1), ("look", 1), ("again", wide.user.id)):
        pressed = await press_unseen(wide, message_of(reply), f"sm:{action}:{'0' * 32}:{person}:1")
        assert await told(pressed) == words.GONE.english
        assert pressed.ephemeral
    finish(wide, "first")
    await reply.wait_for_video(TIMEOUT_S)
