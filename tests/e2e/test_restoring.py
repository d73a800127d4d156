"""*Restore* shows a hidden video by what holds at the moment of the edit: by the rules and by later decisions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.discord import DiscordFault, Message, Reply
from bot.texts import moderation
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.privacy import deleted
from tests.e2e.actors.records import actions, stored
from tests.e2e.actors.reports import REMOVED, hidden, rule, seen
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]
EDIT = "PATCH /channels/*/messages/*"


async def spicy_video(harness: Harness) -> Reply:
    return await delivered(harness, channel=harness.adult_channel, preset="spicy")


async def refused(harness: Harness, card: Message) -> None:
    """Moderators restore a video, and Discord takes no edit of its message."""
    fault = DiscordFault(EDIT, status=403, message="No", times=1000)
    harness.sandbox.discord.faults.append(fault)
    pressed = await press(harness, card, "Restore", user=moderator(harness))
    assert await told(pressed) == moderation.VOTE_DECIDED_NOT_DONE.english
    fault.times = 0


async def purge(harness: Harness) -> Reply:
    return await spicy(harness, "purge", moderator(harness), person=harness.user)


def outstanding(harness: Harness) -> list[Any]:
    """What is still to be done by each question, oldest first."""
    return [row["outstanding"] for row in stored(harness, "SELECT * FROM reviews ORDER BY created_at")]


async def test_a_restoring_that_failed_is_not_made_up_for_once_the_video_is_removed(harness: Harness) -> None:
    reply = await spicy_video(harness)
    await refused(harness, await hidden(harness, reply))
    await spicy(harness, "stop", moderator(harness))
    await purge(harness)
    await seen(message_of(reply), REMOVED)
    assert outstanding(harness) == [None, None]
    assert (await spicy(harness, "queue", moderator(harness))).text.endswith(spicy_words.QUEUE_EMPTY.english)
    await spicy(harness, "resume", moderator(harness))
    await harness.app.moderation.takedowns.finish()
    assert REMOVED in message_of(reply).current.text()
    assert actions(harness).count("video_removed") == 1
    assert "video_restored" not in actions(harness)


async def stop(harness: Harness) -> None:
    await spicy(harness, "stop", moderator(harness))


async def switch_off(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.OFF})


async def remove(harness: Harness) -> asyncio.Task[Reply]:
    """Decide so; it is answered once the restoring has ended."""
    answered = asyncio.create_task(purge(harness))
    await until(lambda: "videos_purged" in actions(harness))
    return answered


@pytest.mark.parametrize("decide", [stop, remove, switch_off])
async def test_a_video_is_not_restored_by_what_held_before_discord_was_away(
    harness: Harness, decide: Callable[[Harness], Awaitable[asyncio.Task[Reply] | None]]
) -> None:
    reply = await spicy_video(harness)
    card = await hidden(harness, reply)
    fault = DiscordFault(EDIT, status=503, message="Unavailable", times=1000)
    harness.sandbox.discord.faults.append(fault)
    restoring = asyncio.create_task(press(harness, card, "Restore", user=moderator(harness)))
    await until(lambda: fault.hits > 0)
    answered = await decide(harness)
    fault.times = 0
    await told(await restoring)
    if answered is not None:
        await answered
    await harness.app.moderation.takedowns.finish()
    assert not message_of(reply).current.videos
    assert "video_restored" not in actions(harness)
    assert (REMOVED in message_of(reply).current.text()) is (decide is not stop)
    await spicy(harness, "resume", moderator(harness))
    await harness.app.moderation.takedowns.finish()
    assert bool(message_of(reply).current.videos) is (decide is stop)


@pytest.mark.parametrize("older", ["restore", "hide"])
async def test_an_older_question_that_a_backup_brought_back_changes_no_message(
    harness: Harness, older: str
) -> None:
    reply = await spicy_video(harness)
    await refused(harness, await hidden(harness, reply))
    await purge(harness)
    await seen(message_of(reply), REMOVED)
    state = {"restore": "approved", "hide": "open"}[older]
    brought_back = f"SET outstanding = '{older}', state = '{state}' WHERE state = 'approved'"
    await asyncio.to_thread(rewrite, harness, f"UPDATE reviews {brought_back}")
    await harness.app.moderation.takedowns.finish()
    assert REMOVED in message_of(reply).current.text()
    assert outstanding(harness) == [None, None]


async def test_a_decision_that_cannot_be_read_keeps_no_other_from_being_carried_out(harness: Harness) -> None:
    reply, other = await spicy_video(harness), await delivered(harness)
    await refused(harness, await hidden(harness, reply))
    await refused(harness, (await hidden(harness, other)).channel.messages[-1])
    columns = "id, state, job_id, guild_id, person_id, stage, created_at, expires_at"
    values = "'odd', 'odd', job_id, guild_id, person_id, stage, created_at + 1, expires_at"
    oldest = f"SELECT {values} FROM reviews ORDER BY created_at LIMIT 1"  # noqa: S608 - ours
    await asyncio.to_thread(rewrite, harness, f"INSERT INTO reviews ({columns}) {oldest}")
    await harness.app.moderation.takedowns.finish()
    assert not message_of(reply).current.videos
    assert message_of(other).current.videos


@pytest.mark.parametrize("admitted", ["everybody", "some"])
async def test_the_spicy_video_of_somebody_whose_data_is_deleted_is_restored_where_it_was(
    harness: Harness, admitted: str
) -> None:
    reply = await spicy_video(harness)
    await deleted(harness)
    if admitted == "some":
        await harness.restart(allowed_people=str(harness.member("bob").id))
    card = await hidden(harness, reply)
    await told(await press(harness, card, "Restore", user=moderator(harness)))
    assert actions(harness)[-1] == "video_restored"
    assert message_of(reply).current.videos
    assert "<@" not in message_of(reply).current.text()


async def test_the_video_of_somebody_whose_data_is_deleted_comes_back_through_no_closed_gate(
    harness: Harness,
) -> None:
    reply = await delivered(harness, preset="fun")
    await deleted(harness)
    card = await hidden(harness, reply)
    await rule(harness, modes={Gate.FUN: Mode.OFF})
    await told(await press(harness, card, "Restore", user=moderator(harness)))
    await seen(message_of(reply), REMOVED)
    assert actions(harness)[-1] == "video_removed"
