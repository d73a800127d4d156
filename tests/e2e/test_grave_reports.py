"""Grave reports hide at once; every report is in the queue; cards and reporters are told what there is to tell."""

from datetime import timedelta

import pytest

from bot.moderation.members.member import ListStatus
from bot.moderation.reporting import ReportReason
from bot.sandbox.discord import Reply, User
from bot.texts import forms, moderation
from bot.texts import spicy as spicy_words
from tests.e2e.actors.approvals import moderator, question
from tests.e2e.actors.buttons import message_of, press, told
from tests.e2e.actors.direct_messages import inbox
from tests.e2e.actors.forms import opens
from tests.e2e.actors.harness import TIMEOUT_S, Harness, utc_now
from tests.e2e.actors.records import actions
from tests.e2e.actors.reports import ASKED, HIDDEN, REMOVED, reported, reports, rule, seen, why
from tests.e2e.actors.restarts import AT_ONCE_AND_AFTER_A_RESTART, meanwhile
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered
from tests.moderation.audited import alone

pytestmark = [
    pytest.mark.started_with(rules=None),
    pytest.mark.usefixtures("reports_are_reviewed"),
]


def old_member(harness: Harness, name: str = "bob", *, days: int = 2) -> User:
    user = harness.member(name)
    harness.guild.members[user.id].joined_at = utc_now() - timedelta(days=days)
    return user


async def report(
    harness: Harness, reply: Reply, user: User, reason: ReportReason = ReportReason.MINOR, said: str = ""
) -> str:
    return await reported(harness, await opens(harness, reply, "Report", user=user), reason, said)


def is_shown(reply: Reply) -> bool:
    return bool(message_of(reply).current.videos)


@pytest.mark.parametrize("reason", [ReportReason.MINOR, ReportReason.REAL_PERSON])
async def test_one_grave_report_of_a_member_hides_a_video_and_moderators_are_asked(
    harness: Harness, reason: ReportReason
) -> None:
    reply = await delivered(harness)
    assert await report(harness, reply, old_member(harness), reason) == forms.REPORTED.english
    await seen(message_of(reply), HIDDEN)
    assert forms.REPORT_REASONS[reason].english in (await question(harness, ASKED)).current.text()


@pytest.mark.slow
async def test_a_grave_report_of_a_new_member_counts_as_any_other(harness: Harness) -> None:
    reply = await delivered(harness)
    await report(harness, reply, harness.member("new"))
    assert is_shown(reply)
    await rule(harness, grave_report_hours=0)
    await report(harness, await delivered(harness), harness.member("newer"))
    await until(lambda: "video_hidden" in actions(harness))


@pytest.mark.slow
async def test_one_member_hides_three_videos_at_the_same_time(harness: Harness) -> None:
    bob = old_member(harness)
    replies = [await delivered(harness) for _ in range(4)]
    for reply in replies:
        await report(harness, reply, bob)
    assert [is_shown(reply) for reply in replies] == [False, False, False, True]
    card = await question(harness, ASKED)
    await why(harness, card, "Remove…", moderator(harness))
    another = await delivered(harness)
    await report(harness, another, bob)
    await seen(message_of(another), HIDDEN)


@pytest.mark.slow
async def test_a_false_grave_report_costs_the_right_to_hide(harness: Harness) -> None:
    bob, reply = old_member(harness), await delivered(harness)
    await report(harness, reply, bob)
    await told(await press(harness, await question(harness, ASKED), "Restore", user=moderator(harness)))
    another = await delivered(harness)
    await report(harness, another, bob)
    assert is_shown(another)


async def test_cards_show_reasons_words_count_and_that_the_person_is_blocked(harness: Harness) -> None:
    reply = await delivered(harness)
    members = harness.app.moderation.caches.members
    await alone(
        harness.app.moderation.audit_log,
        members.list_as,
        harness.guild.id,
        harness.user.id,
        ListStatus.BLOCKED,
    )
    await report(harness, reply, harness.member("cy"), ReportReason.OTHER, "look at *this*")
    await report(harness, reply, old_member(harness), said="she is 12")
    text = (await question(harness, ASKED)).current.text()
    for shown in ("2 reports", "look at \\*this\\*", "she is 12", "**blocked**"):
        assert shown in text
    for reason in (ReportReason.OTHER, ReportReason.MINOR):
        assert f"{forms.REPORT_REASONS[reason].english} (1)" in text


@pytest.mark.slow
@AT_ONCE_AND_AFTER_A_RESTART
async def test_every_report_is_in_the_queue_and_can_be_left_there_or_acted_on(
    harness: Harness, *, restarted: bool
) -> None:
    mo, bob = moderator(harness), harness.member("bob")
    first, second = await delivered(harness), await delivered(harness)
    await report(harness, first, bob, ReportReason.HATEFUL, "rude")
    await report(harness, second, bob, ReportReason.VIOLENT)
    await meanwhile(harness, restarted=restarted)
    queue = await spicy(harness, "queue", mo)
    assert "rude" in queue.text
    assert message_of(first).url in queue.text
    assert message_of(second).url in queue.text
    answered = await told(await press(harness, queue, "Leave it", user=mo))
    assert answered == moderation.REPORTS_LEFT.english
    assert is_shown(first)
    queue = await spicy(harness, "queue", mo)
    assert message_of(first).url not in queue.text
    opened = await press(harness, queue, "Remove…", user=mo)
    await opened.wait_for_modal(TIMEOUT_S)
    sent = await harness.sandbox.discord.submit(opened, {"reason": ["other"], "words": "no"})
    assert await told(sent) == moderation.VOTE_DECIDED.english
    await seen(message_of(second), REMOVED)
    assert spicy_words.QUEUE_EMPTY.english in (await spicy(harness, "queue", mo)).text
    assert actions(harness)[2:] == ["reports_dismissed", "video_removed"]
    await harness.app.moderation.reporter_news.tell()
    assert inbox(harness, bob) == [moderation.REPORT_OUTCOMES[one].english for one in ("stays", "removed")]


async def test_nobody_but_moderators_decides_about_reports_and_none_about_their_own_video(
    harness: Harness,
) -> None:
    maker = moderator(harness, "max")
    await report(harness, await delivered(harness, user=maker), harness.member("bob"), ReportReason.OTHER)
    queue = await spicy(harness, "queue", maker)
    assert await told(await press(harness, queue, "Leave it", user=maker)) == moderation.VOTE_OWN.english
    harness.guild.members[maker.id].roles.clear()
    queue_again = await press(harness, queue, "Leave it", user=maker)
    assert await told(queue_again) == moderation.VOTE_NOT_YOURS.english


async def test_a_reporter_hears_once_what_came_of_it(harness: Harness) -> None:
    bob, reply = old_member(harness), await delivered(harness)
    await report(harness, reply, bob)
    news = harness.app.moderation.reporter_news
    await news.tell()
    assert inbox(harness, bob) == []
    await why(harness, await question(harness, ASKED), "Remove…", moderator(harness))
    for _ in range(2):
        await news.tell()
    assert inbox(harness, bob) == [moderation.REPORT_OUTCOMES["removed"].english]
    assert [row["outcome"] for row in reports(harness)] == ["removed"]


async def test_a_reporter_who_cannot_be_reached_stops_nobody(harness: Harness) -> None:
    bob, cy, reply = old_member(harness), harness.member("cy"), await delivered(harness)
    bob.accepts_direct_messages = False
    await report(harness, reply, cy)
    await report(harness, reply, bob)
    await told(await press(harness, await question(harness, ASKED), "Restore", user=moderator(harness)))
    await harness.app.moderation.reporter_news.tell()
    assert inbox(harness, cy) == [moderation.REPORT_OUTCOMES["stays"].english]
