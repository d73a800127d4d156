"""Hidden videos are looked at by moderators alone, who leave a trace of that."""

import pytest

from bot.moderation.rules import Gate, Mode
from bot.sandbox.dimilinks import HttpError
from bot.sandbox.dimilinks.faults import Endpoint
from bot.texts import jobs, moderation
from bot.texts.word_lists import FILE_NOT_FETCHED
from tests.e2e.actors.approvals import moderator, question
from tests.e2e.actors.buttons import id_of, message_of, press, press_unseen, told
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import audit
from tests.e2e.actors.reports import HIDDEN, REMOVED, hidden, is_hidden, kept, rule, seen
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, forget_originals

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]


@AT_ONCE_AND_AFTER_A_RESTART
async def test_only_moderators_look_at_a_hidden_video_alone_and_that_is_logged(
    harness: Harness, *, restarted: bool
) -> None:
    card = await hidden(harness, await delivered(harness))
    await meanwhile(harness, restarted=restarted)
    turned_away = await press(harness, card, "View", user=harness.member("bob"))
    assert await told(turned_away) == moderation.VOTE_NOT_YOURS.english
    assert not turned_away.current or not turned_away.current.attachments
    assert "hidden_video_viewed" not in audit(harness, "action")
    mo = moderator(harness)
    looking = await press(harness, card, "View", user=mo)
    shown = await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)
    assert looking.ephemeral
    assert shown.text() == moderation.VIEWED.english
    assert shown.attachments[0].filename.startswith("SPOILER_")
    assert ("hidden_video_viewed", mo.id, harness.user.id) in audit(
        harness, "action", "actor_id", "person_id"
    )


async def test_a_video_that_could_not_be_kept_is_fetched_when_somebody_looks(harness: Harness) -> None:
    reply = await delivered(harness)
    forget_originals(harness)
    harness.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 1.0, [HttpError(503)])
    card = await hidden(harness, reply)
    assert kept(harness) == []
    mo = moderator(harness)
    assert await told(await press(harness, card, "View", user=mo)) == FILE_NOT_FETCHED.english
    harness.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 0.0, [])
    looking = await press(harness, card, "View", user=mo)
    await looking.wait_for(lambda version: bool(version.videos), TIMEOUT_S)


async def test_a_moderator_is_told_that_discord_refuses_the_file(harness: Harness) -> None:
    card = await hidden(harness, await delivered(harness))
    card.channel.deny_bot("attach_files")
    looking = await press(harness, card, "View", user=moderator(harness))
    assert await told(looking) == jobs.FILE_REFUSED.english


async def test_a_video_that_the_service_no_longer_has_is_removed(harness: Harness) -> None:
    reply, mo = await delivered(harness), moderator(harness)
    forget_originals(harness)
    harness.sandbox.dimilinks.faults.rate(Endpoint.CONTENT, 1.0, [HttpError(404)])
    card = await hidden(harness, reply)
    assert await told(await press(harness, card, "View", user=mo)) == moderation.HIDDEN_GONE.english
    await told(await press(harness, card, "Restore", user=mo))
    assert HIDDEN in message_of(reply).current.text()  # one answer of the service is not believed
    await harness.app.moderation.takedowns.finish()
    assert is_hidden(await seen(message_of(reply), REMOVED))
    await until(lambda: audit(harness, "action")[-1] == "video_removed")


async def test_view_is_for_finished_videos_alone(harness: Harness) -> None:
    await rule(harness, modes={Gate.SPICY: Mode.APPROVAL})
    await harness.video("a lighthouse", channel=harness.adult_channel, preset="spicy")
    card = await question(harness)
    made_up = id_of(card.current, "Approve").replace(":yes:", ":view:")
    looking = await press_unseen(harness, card, made_up, user=moderator(harness))
    assert await told(looking) == moderation.HIDDEN_GONE.english
    assert kept(harness) == []
    assert "hidden_video_viewed" not in audit(harness, "action")
