"""Pages of moderators that are too long for one message: the rest is on the next, and nobody is left waiting."""

import pytest

from bot.moderation.reporting import ReportReason
from bot.reviews.report_store import Report
from bot.sandbox.discord import DiscordFault
from bot.texts import jobs
from tests.e2e.actors.approvals import moderator
from tests.e2e.actors.buttons import labels, message_of, press, told, whispered
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.spicy import spicy

pytestmark = pytest.mark.started_with(rules=None)


def refuse_a_layout(harness: Harness) -> None:
    fault = DiscordFault("PATCH /webhooks/*", status=400, code=50035, message="Invalid Form Body")
    harness.sandbox.discord.faults.append(fault)


async def reported(harness: Harness, videos: int) -> None:
    """Reports of videos by three members each, who wrote as much as they can."""
    moderation, users = harness.app.moderation, [harness.member(f"user{number}").id for number in range(3)]
    async with moderation.audit_log.transaction() as within:
        for video in range(videos):
            for user_id in users:
                words, guild_id = f"{video} " + "*" * 998, harness.guild.id
                report = Report(
                    f"{video:032}", user_id, harness.now(), ReportReason.OTHER, words, guild_id, 1, 2
                )
                await moderation.questions.reports.add(within, report)


async def test_the_queue_shows_every_report_on_some_page(harness: Harness) -> None:
    await reported(harness, 12)
    mo = moderator(harness)
    page, shown = await spicy(harness, "queue", mo), set[str]()
    for _ in range(12):
        text = await told(page)
        shown |= {video for video in map(str, range(12)) if f"> {video} " in text}
        if "Next" not in labels(message_of(page).current):
            break
        page = await press(harness, page, "Next", user=mo)
    assert len(shown) == 12


async def test_a_page_that_discord_refuses_is_followed_by_words(harness: Harness) -> None:
    mo = moderator(harness)
    refuse_a_layout(harness)
    page = await spicy(harness, "queue", mo)
    assert page.text == jobs.NOT_SHOWN.english
    await reported(harness, 6)
    page = await spicy(harness, "queue", mo)
    refuse_a_layout(harness)
    assert await whispered(await press(harness, page, "Next", user=mo)) == jobs.NOT_SHOWN.english
