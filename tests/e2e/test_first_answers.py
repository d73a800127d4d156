"""First answers that are lost, cannot be read, or were given by another process with the same token."""

import asyncio
from collections.abc import Awaitable, Callable
from fnmatch import fnmatch
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.discord import DiscordFault, Drop, OddAnswer, Reply
from bot.texts import jobs as words
from bot.texts import operator
from tests.e2e.actors.buttons import press
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.forms import drafts, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.records import used_s
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, delivered, shown

CALLBACK, LOOK, EDIT = "POST /interactions/*", "GET /webhooks/*", "PATCH /webhooks/*"
LOST: dict[str, dict[str, Any]] = {
    "cut": {"drop": Drop.AFTER},
    **{answer.value: {"answer": answer} for answer in OddAnswer},
}


def fail(harness: Harness, route: str, **fault: Any) -> None:
    harness.sandbox.discord.faults.append(DiscordFault(route, **fault))


async def command(harness: Harness, name: str = "jobs", **options: str | bool) -> Reply:
    return await harness.sandbox.discord.invoke(
        name, user=harness.user, channel=harness.channel, options=options
    )


def looks(harness: Harness) -> int:
    """How often the bot looked for a reply."""
    return sum(fnmatch(record.name, LOOK) for record in harness.sandbox.discord.request_log.requests)


def edits(harness: Harness, reply: Reply) -> int:
    """The requests that would have written to the reply."""
    log = harness.sandbox.discord.request_log
    return sum(f"{reply.interaction.token}/messages" in record.path for record in log.requests)


# Another process.


async def a_video(harness: Harness) -> Reply:
    return await harness.video("not mine")


async def a_list(harness: Harness) -> Reply:
    return await command(harness)


async def a_refusal(harness: Harness) -> Reply:
    return await harness.video("x", seconds="999")


async def a_form(harness: Harness) -> Reply:
    return await harness.video("not mine", more=True)


@pytest.mark.parametrize("way", [a_video, a_list, a_refusal, a_form])
async def test_what_another_process_has_is_left_to_it(
    harness: Harness, way: Callable[[Harness], Awaitable[Reply]]
) -> None:
    with capture_logs() as lines:
        fail(harness, CALLBACK, acknowledged_elsewhere=True)
        reply = await way(harness)
        await until(lambda: any(line["event"] == "interaction_served_elsewhere" for line in lines))
    await until(lambda: not harness.rows())
    assert edits(harness, reply) == 0
    assert not reply.modal
    await shown(harness, await harness.video("mine", seconds="6"))
    assert [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions] == ["mine"]
    assert used_s(harness) == 6


async def test_presses_and_forms_that_another_process_has_do_nothing_here(harness: Harness) -> None:
    reply = await delivered(harness)
    opened = await command(harness, "video", prompt="a draft", more=True)
    await opened.wait_for_modal(TIMEOUT_S)
    await until(lambda: drafts(harness) == 1)
    fail(harness, CALLBACK, acknowledged_elsewhere=True, times=3)
    with capture_logs() as lines:
        await press(harness, reply, "Again")
        await press(harness, reply, "Delete")
        await send(harness, opened, {"prompt": "sent"})
        await until(lambda: [line["event"] for line in lines].count("interaction_served_elsewhere") == 3)
    await until(lambda: len(harness.rows()) == 1)
    assert not reply.deleted
    assert harness.bought == 1


async def test_the_operator_hears_of_another_process_once(harness: Harness) -> None:
    fail(harness, CALLBACK, acknowledged_elsewhere=True, times=2)
    with capture_logs() as lines:
        for _ in range(2):
            await harness.video("not mine")
        await until(lambda: [one["event"] for one in lines].count("interaction_served_elsewhere") == 2)
    await until(lambda: bool(news(harness)))
    await shown(harness, await harness.video())
    assert news(harness) == [operator.OTHER_PROCESS]


async def test_a_rate_limit_before_it_does_not_make_the_acknowledgement_this_process_own(
    harness: Harness,
) -> None:
    fail(harness, CALLBACK, status=429)
    fail(harness, CALLBACK, acknowledged_elsewhere=True)
    reply = await harness.video("not mine")
    await until(lambda: bool(news(harness)) and not harness.rows())
    assert edits(harness, reply) == 0


async def test_what_the_process_before_this_one_answered_is_no_news(harness: Harness) -> None:
    listed = await command(harness)
    await listed.wait_for_answer(TIMEOUT_S)
    await harness.restart()
    before = len(listed.versions)
    with capture_logs() as lines:
        harness.sandbox.discord.redeliver(listed)
        await until(lambda: any(line["event"] == "interaction_served_elsewhere" for line in lines))
    await shown(harness, await harness.video())
    assert len(listed.versions) == before
    assert news(harness) == []


def forget_the_acknowledgement(harness: Harness) -> None:
    """Leave the row as it is until Discord has answered the acknowledgement."""
    rewrite(
        harness, "UPDATE jobs SET state = 'queued', message_id = NULL, task_id = NULL, submitted_at = NULL"
    )


async def test_what_another_process_shows_by_the_next_start_is_left_to_it(harness: Harness) -> None:
    reply = await being_made(harness)
    await harness.stop()
    forget_the_acknowledgement(harness)
    fail(harness, LOOK, status=503, times=2)
    await harness.start()
    await until(lambda: not harness.rows())
    await until(lambda: bool(news(harness)))
    assert news(harness) == [operator.OTHER_PROCESS]
    assert "Making your video" in reply.versions[-1].text()
    assert harness.bought == 1


# The way back.


@pytest.mark.parametrize("loss", LOST.values(), ids=LOST)
async def test_a_lost_acknowledgement_that_arrived_counts(harness: Harness, loss: dict[str, Any]) -> None:
    fail(harness, CALLBACK, **loss)
    await shown(harness, await harness.video())
    fail(harness, CALLBACK, **loss)
    listed = await command(harness)
    assert words.TITLE.english in (await listed.wait_for_answer(TIMEOUT_S)).text()
    assert harness.bought == 1
    assert news(harness) == []


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOST.values(), ids=LOST)
async def test_presses_and_refusals_with_a_lost_first_answer_are_served(
    harness: Harness, loss: dict[str, Any]
) -> None:
    reply = await delivered(harness)
    fail(harness, CALLBACK, **loss)
    refused = await harness.video("x", seconds="999")
    assert "seconds" in (await refused.wait_for_answer(TIMEOUT_S)).text()
    fail(harness, CALLBACK, **loss)
    await press(harness, reply, "Delete")
    await until(lambda: reply.deleted)


@pytest.mark.parametrize("loss", [{"drop": Drop.BEFORE}, {"status": 200, "answer": OddAnswer.PAGE}])
async def test_an_acknowledgement_that_never_arrived_withdraws_the_job(
    harness: Harness, loss: dict[str, Any]
) -> None:
    fail(harness, CALLBACK, **loss)
    await harness.video("lost")
    await until(lambda: looks(harness) > 0)
    await until(lambda: not harness.rows())
    await shown(harness, await harness.video("found", seconds="6"))
    assert [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions] == ["found"]
    assert used_s(harness) == 6


async def test_the_look_at_the_reply_is_repeated_while_discord_is_away(harness: Harness) -> None:
    fail(harness, CALLBACK, drop=Drop.AFTER, times=2)
    fail(harness, LOOK, drop=Drop.BEFORE, times=3)
    reply, listed = await harness.video(), await command(harness)
    await shown(harness, reply)
    assert words.TITLE.english in (await listed.wait_for_answer(TIMEOUT_S)).text()
    assert harness.bought == 1


async def test_an_answer_that_discord_does_not_take_at_first_is_shown_later(harness: Harness) -> None:
    fail(harness, EDIT, drop=Drop.BEFORE)
    fail(harness, EDIT, answer=OddAnswer.PAGE, status=502)
    fail(harness, EDIT, drop=Drop.BEFORE)
    listed = await command(harness)
    assert words.TITLE.english in (await listed.wait_for_answer(TIMEOUT_S)).text()


@pytest.mark.slow
async def test_an_answer_that_comes_after_twelve_seconds_is_not_waited_for(harness: Harness) -> None:
    fail(harness, CALLBACK, answer_delay_s=12.0, times=2)
    reply, listed = await harness.video(), await command(harness)
    await asyncio.gather(shown(harness, reply), listed.wait_for_answer(TIMEOUT_S))
    assert words.TITLE.english in listed.text
    assert harness.bought == 1
