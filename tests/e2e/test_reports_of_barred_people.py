"""Who is suspended or blocked hides no video alone, and reads so; the report is in the queue like others."""

import pytest

from bot.moderation.members.member import ListStatus
from bot.moderation.reporting import ReportReason
from bot.sandbox.discord import Reply, User
from bot.texts import forms, moderation
from tests.e2e.actors.appeals import suspend
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import message_of
from tests.e2e.actors.forms import opens
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.records import actions
from tests.e2e.actors.reports import reported, rule
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.videos import delivered
from tests.moderation.audited import alone

pytestmark = pytest.mark.started_with(rules=None)


async def report(harness: Harness, reply: Reply, user: User, reason: ReportReason) -> str:
    return await reported(harness, await opens(harness, reply, "Report", user=user), reason, "look")


@pytest.mark.parametrize("barred", ["suspended", "blocked", pytest.param("operator", marks=pytest.mark.slow)])
async def test_a_grave_report_of_who_is_barred_waits_in_the_queue(harness: Harness, barred: str) -> None:
    await rule(harness, grave_report_hours=0)
    bob, mo, reply = harness.member("bob"), moderator(harness), await delivered(harness)
    if barred == "suspended":
        await suspend(harness, mo, user=bob)
    elif barred == "blocked":
        moderation_ = harness.app.moderation
        list_as = moderation_.caches.members.list_as
        await alone(moderation_.audit_log, list_as, harness.guild.id, bob.id, ListStatus.BLOCKED)
    else:
        await harness.restart(blocked_people=(bob.id,))
    answered = await report(harness, reply, bob, ReportReason.MINOR)
    assert answered == moderation.REPORTED_HIDES_NOTHING.english
    assert message_of(reply).current.videos
    assert message_of(reply).url in (await spicy(harness, "queue", mo)).text
    assert "video_hidden" not in actions(harness)


async def test_another_reason_of_who_is_barred_is_answered_as_everybodys(harness: Harness) -> None:
    await rule(harness, grave_report_hours=0)
    bob, reply = harness.member("bob"), await delivered(harness)
    await suspend(harness, moderator(harness), user=bob)
    assert await report(harness, reply, bob, ReportReason.OTHER) == forms.REPORTED.english
