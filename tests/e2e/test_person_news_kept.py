"""News to users outlive the process: they are stored with the decision, and told once."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.sandbox.discord import DiscordFault, Drop
from bot.texts import person_news
from tests.e2e.actors.approvals import ask, deny, moderator, question, rule
from tests.e2e.actors.buttons import told
from tests.e2e.actors.direct_messages import inbox
from tests.e2e.actors.harness import Harness
from tests.e2e.actors.records import stored
from tests.e2e.actors.reports import hidden, why
from tests.e2e.actors.reports import rule as rule_reports
from tests.e2e.actors.spicy import spicy
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import delivered

pytestmark = pytest.mark.started_with(rules=None)
POST = "POST /channels/*/messages"


def lose_direct_messages(harness: Harness) -> DiscordFault:
    """Let no message arrive, as if the process ended before it."""
    fault = DiscordFault(POST, status=500, message="No", times=1000)
    return harness.sandbox.discord.faults.append(fault)


async def restart_once(fault: DiscordFault, harness: Harness) -> None:
    """End the process while it tries to tell somebody; the next one finds Discord in order."""
    await until(lambda: fault.hits > 0)
    await harness.stop()
    harness.sandbox.discord.faults.clear()
    await harness.start()


def untold(harness: Harness) -> list[str]:
    return [row["kind"] for row in stored(harness, "SELECT kind FROM person_news WHERE told_at IS NULL")]


async def test_a_suspension_is_told_by_the_next_process(harness: Harness) -> None:
    fault = lose_direct_messages(harness)
    await spicy(harness, "suspend", moderator(harness), person="ada", hours=1, reason="spam")
    await restart_once(fault, harness)
    await until(lambda: len(inbox(harness, harness.user)) == 1)
    assert "suspended you" in inbox(harness, harness.user)[0]
    await until(lambda: untold(harness) == [])


@pytest.mark.slow
async def test_a_removal_a_strike_and_the_suspension_that_follows_are_told_by_the_next_process(
    harness: Harness,
) -> None:
    await rule_reports(harness, strikes_to_suspend=1)
    card = await hidden(harness, await delivered(harness))
    fault = lose_direct_messages(harness)
    await why(harness, card, "Remove and strike…", moderator(harness), "spam")
    await restart_once(fault, harness)
    await until(lambda: len(inbox(harness, harness.user)) == 3)
    heard = "\n".join(sorted(inbox(harness, harness.user)))
    for part in ("gave you a strike", "suspended you", "removed one of your videos"):
        assert part in heard
    await until(lambda: untold(harness) == [])


@pytest.mark.slow
async def test_a_denial_is_told_by_the_next_process(harness: Harness) -> None:
    await rule(harness)
    await ask(harness)
    fault = lose_direct_messages(harness)
    await told(await deny(harness, await question(harness), moderator(harness), words="too wild"))
    await restart_once(fault, harness)
    await until(lambda: len(inbox(harness, harness.user)) == 1)
    assert "too wild" in inbox(harness, harness.user)[0]


@pytest.mark.slow
async def test_the_end_of_a_suspension_is_told_by_the_next_process(
    harness: Harness, clock: MovableClock
) -> None:
    await spicy(harness, "suspend", moderator(harness), person="ada", hours=1, reason="spam")
    await until(lambda: len(inbox(harness, harness.user)) == 1)
    fault = lose_direct_messages(harness)
    clock.offset = timedelta(hours=2)
    await harness.app.moderation.suspension_ends.tell()
    await restart_once(fault, harness)
    over = person_news.suspension_over("Server").english
    await until(lambda: inbox(harness, harness.user)[1:] == [over])


@pytest.mark.slow
async def test_news_whose_answer_was_lost_are_there_once(harness: Harness) -> None:
    mo = moderator(harness)
    fault = harness.sandbox.discord.faults.append(DiscordFault(POST, drop=Drop.AFTER, times=1))
    await spicy(harness, "suspend", mo, person="ada", hours=1, reason="spam")
    await until(lambda: fault.hits == 1)
    await harness.restart()
    await until(lambda: untold(harness) == [])
    assert len(inbox(harness, harness.user)) == 1


async def test_who_takes_no_direct_messages_is_given_up(harness: Harness) -> None:
    harness.user.accepts_direct_messages = False
    with capture_logs() as logs:
        await spicy(harness, "suspend", moderator(harness), person="ada", hours=1, reason="spam")
        await until(lambda: untold(harness) == [])
    given_up = [line for line in logs if line["event"] == "person_news_given_up"]
    assert [line["kind"] for line in given_up] == ["suspended"]
    harness.user.accepts_direct_messages = True
    await harness.app.moderation.person_news.tell()
    assert inbox(harness, harness.user) == []
