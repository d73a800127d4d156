"""Two processes with the same token and separate data: each request is bought once; the operator hears of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.discord import DiscordFault, Drop, Message
from bot.texts import operator
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import CALM, RAIN, answer_to, answers, ping, say
from tests.e2e.actors.records import used_s
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import finish, hold

HISTORY = "GET /channels/*/messages"

pytestmark = pytest.mark.started_with(tuning=CALM)


@asynccontextmanager
async def second_process(harness: Harness, folder: Path) -> AsyncGenerator[Harness]:
    """Another bot with the same token that hears the same events."""
    other = Harness(
        harness.sandbox,
        harness.guild,
        harness.channel,
        harness.adult_channel,
        harness.user,
        folder,
        harness.tuning,
    )
    sessions = harness.sandbox.discord.gateway.sessions
    await other.start()
    try:
        await until(lambda: sum(session.ready for session in sessions.values()) == 2)
        yield other
    finally:
        await other.stop()


async def idle(*processes: Harness) -> None:
    for process in processes:
        await process.app.jobs.runner.idle()


def fail(harness: Harness, route: str, **fault: Any) -> None:
    harness.sandbox.discord.faults.append(DiscordFault(route, **fault))


async def ask(harness: Harness, text: str = RAIN) -> Message:
    return await say(harness, ping(harness, text), 1)


async def delivered_answer(asked: Message, *processes: Harness) -> Message:
    """The only answer that stands, with its video."""

    def found() -> Message | None:
        return next((one for one in answers(asked) if one.current.videos), None)

    answer = await asked.channel.changed.until(found, TIMEOUT_S, "a video")
    await idle(*processes)
    assert [one for one in answers(asked) if not one.deleted] == [answer]
    return answer


async def test_of_two_processes_one_makes_each_video(harness: Harness, tmp_path: Path) -> None:
    async with second_process(harness, tmp_path / "other") as other:
        for number in range(3):
            await (await harness.video(f"boat {number}")).wait_for_video(TIMEOUT_S)
        asked = await ask(harness)
        await delivered_answer(asked, harness, other)
        await until(lambda: len(harness.rows() + other.rows()) == 4)
        assert harness.bought == 4
        assert used_s(harness) + used_s(other) == 3 * 6 + 10
        # Each process may have lost a race and says so once.
        await until(lambda: bool(news(harness)))
        assert set(news(harness)) == {operator.OTHER_PROCESS}
        assert len(news(harness)) <= 2


async def test_a_later_answer_to_a_message_is_taken_back_and_buys_nothing(
    harness: Harness, tmp_path: Path
) -> None:
    hold(harness)
    asked = await ask(harness)
    first = await answer_to(asked)
    await first.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    async with second_process(harness, tmp_path / "other") as other:
        with capture_logs() as lines:
            harness.sandbox.discord.redeliver(asked)
            await until(lambda: "request_answered_elsewhere" in [line["event"] for line in lines])
        await idle(other)
        (second,) = [one for one in answers(asked) if one is not first]
        assert second.deleted
        assert (other.rows(), harness.bought) == ([], 1)
        assert used_s(other) == 0
        finish(harness, "make it rain")
        assert await delivered_answer(asked, harness) is first


@pytest.mark.slow
@pytest.mark.parametrize(
    ("route", "times"),
    [(HISTORY, 2), ("DELETE /channels/*/messages/*", 2)],
    ids=["the look", "the deletion"],
)
async def test_an_answer_is_taken_back_though_discord_is_away_at_first(
    harness: Harness, tmp_path: Path, route: str, times: int
) -> None:
    asked = await ask(harness)
    await delivered_answer(asked, harness)
    async with second_process(harness, tmp_path / "other") as other:
        fail(harness, route, drop=Drop.BEFORE, times=times)
        with capture_logs() as lines:
            harness.sandbox.discord.redeliver(asked)
            await until(lambda: "request_answered_elsewhere" in [line["event"] for line in lines])
        await idle(other)
        assert len(answers(asked)) == 2
        await delivered_answer(asked, harness)
        assert (other.rows(), harness.bought) == ([], 1)


async def test_an_answer_is_taken_back_after_a_restart_too(harness: Harness, tmp_path: Path) -> None:
    asked = await ask(harness)
    await delivered_answer(asked, harness)
    async with second_process(harness, tmp_path / "other") as other:
        fail(harness, HISTORY, status=503, times=1000)
        harness.sandbox.discord.redeliver(asked)
        await until(lambda: len(answers(asked)) == 2)
        await other.stop()
        harness.sandbox.discord.faults.clear()
        harness.sandbox.discord.core.messages._nonces.clear()  # pyright: ignore[reportPrivateUsage] - as later
        other.now = lambda: harness.now() + timedelta(minutes=10)
        await other.start()
        await until(lambda: not other.rows())
        await idle(other)
        await delivered_answer(asked, harness)
        assert len(answers(asked)) == 2
        assert harness.bought == 1
