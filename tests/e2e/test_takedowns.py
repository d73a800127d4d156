"""*Hidden*, *removed*, *deleted* and *cancelled* are in the log when it is so, and what Discord refuses is kept."""

import pytest

from bot.sandbox.discord import DiscordFault
from bot.texts import forms, moderation
from bot.texts import jobs as job_words
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import moderator, question
from tests.e2e.actors.buttons import message_of, press, told, whispered
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import actions, audit, states
from tests.e2e.actors.reports import ASKED, HIDDEN, REMOVED, hidden, kept, report, seen, why
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]
EDIT = "PATCH /channels/*/messages/*"


def refuse(harness: Harness, route: str = EDIT, status: int = 403) -> None:
    """Have Discord refuse all requests of a kind."""
    harness.sandbox.discord.faults.append(DiscordFault(route, status=status, message="No", times=1000))


def accept(harness: Harness) -> None:
    harness.sandbox.discord.faults.clear()


async def queue(harness: Harness) -> str:
    return (await spicy(harness, "queue", moderator(harness, "quinn"))).text


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_video_that_cannot_be_hidden_is_said_to_be_visible_until_it_is_hidden(
    harness: Harness, *, restarted: bool
) -> None:
    reply = await delivered(harness)
    refuse(harness)
    assert await report(harness, reply, moderator(harness)) == moderation.REPORTED_NOT_HIDDEN.english
    assert actions(harness) == ["video_reported"]
    assert moderation.OUTSTANDING["hide"].english in await queue(harness)
    await meanwhile(harness, restarted=restarted)
    assert moderation.OUTSTANDING["hide"].english in await queue(harness)
    accept(harness)
    await harness.app.moderation.takedowns.finish()
    await seen(message_of(reply), HIDDEN)
    await until(lambda: actions(harness) == ["video_reported", "video_hidden"])
    assert "still visible" not in await queue(harness)
    card = await question(harness, ASKED)
    await harness.app.moderation.questions.show_outdated()
    assert "still visible" not in card.current.text()


async def test_others_do_not_hear_that_a_video_could_not_be_hidden(harness: Harness) -> None:
    reply = await delivered(harness)
    await report(harness, reply, harness.member("bob"))
    refuse(harness)
    assert await report(harness, reply, harness.member("cy")) == forms.REPORTED.english
    assert "video_hidden" not in actions(harness)


@pytest.mark.slow
@pytest.mark.parametrize(("status", "label"), [(403, "Remove…"), (503, "Restore")])
async def test_a_decision_that_discord_does_not_take_is_told_and_shown_until_it_is_carried_out(
    harness: Harness, status: int, label: str
) -> None:
    reply = await delivered(harness)
    card, mo = await hidden(harness, reply), moderator(harness)
    refuse(harness, status=status)
    if label == "Restore":
        answered = await told(await press(harness, card, label, user=mo))
    else:
        answered = await why(harness, card, label, mo)
    assert answered == moderation.VOTE_DECIDED_NOT_DONE.english
    outstanding = moderation.OUTSTANDING["restore" if label == "Restore" else "remove"].english
    assert outstanding in await queue(harness)
    assert not {"video_removed", "video_restored"} & set(actions(harness))
    accept(harness)
    await harness.app.moderation.takedowns.finish()
    await until(lambda: kept(harness) == [])
    assert spicy_words.QUEUE_EMPTY.english in await queue(harness)


async def test_a_video_that_was_never_hidden_is_not_said_to_have_been(harness: Harness) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    refuse(harness)
    await report(harness, reply, mo)
    card = await question(harness, ASKED)
    accept(harness)
    assert await why(harness, card, "Remove…", mo) == moderation.VOTE_DECIDED.english
    await seen(message_of(reply), REMOVED)
    assert actions(harness) == ["video_reported", "request_denied", "video_removed"]


async def test_a_moderators_deletion_is_logged_once_discord_made_it(harness: Harness) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    await press(harness, reply, "Delete", user=mo)
    await message_of(reply).wait_for(lambda _: message_of(reply).deleted, TIMEOUT_S)
    await until(lambda: bool(actions(harness)))
    entry = ("video_deleted", mo.id, harness.user.id)
    assert audit(harness, "action", "actor_id", "person_id") == [entry]
    assert spicy_words.QUEUE_EMPTY.english in await queue(harness)


async def test_a_message_that_cannot_be_deleted_loses_its_video(harness: Harness) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    refuse(harness, "DELETE /webhooks/*")
    pressed = await press(harness, reply, "Delete", user=mo)
    assert await whispered(pressed) == job_words.REMOVED_INSTEAD.english
    await seen(message_of(reply), REMOVED)
    assert audit(harness, "action", "actor_id") == [("video_removed", mo.id)]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_a_deletion_that_discord_refuses_in_every_way_is_kept_and_made_later(
    harness: Harness, *, restarted: bool
) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    refuse(harness, "DELETE /webhooks/*")
    refuse(harness)
    pressed = await press(harness, reply, "Delete", user=mo)
    assert await whispered(pressed) == job_words.DELETED_LATER.english
    assert actions(harness) == []
    assert moderation.OUTSTANDING["remove"].english in await queue(harness)
    await meanwhile(harness, restarted=restarted)
    accept(harness)
    await harness.app.moderation.takedowns.finish()
    await seen(message_of(reply), REMOVED)
    await until(lambda: audit(harness, "action", "actor_id") == [("video_removed", mo.id)])


async def test_a_moderators_cancelling_of_anothers_video_is_an_entry(harness: Harness) -> None:
    reply, mo = await being_made(harness, "a tower"), moderator(harness)
    asked = await press(harness, reply, "Cancel", user=mo)
    await told(asked)
    await told(await press(harness, asked, "Stop waiting", user=mo))
    await until(lambda: states(harness) == ["cancelled"])
    entry = ("request_cancelled", mo.id, harness.user.id)
    assert audit(harness, "action", "actor_id", "person_id") == [entry]
    await press(harness, await being_made(harness, "a boat"), "Cancel")
    assert len(actions(harness)) == 1


async def test_a_removed_video_has_an_entry_with_its_message(harness: Harness) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    await why(harness, await hidden(harness, reply), "Remove…", mo)
    details = audit(harness, "details")[-1]
    assert f'"message":"{message_of(reply).id}"' in details
    assert f'"channel":"{harness.channel.id}"' in details
