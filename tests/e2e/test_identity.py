"""Who an event belongs to: of two processes under one token one answers; a lost acknowledgement is looked for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.app import open_app
from bot.sandbox.discord import DiscordFault, OddAnswer
from bot.settings import load
from bot.wiring.app import App
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.forms import animated, send
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.mentions import RAIN, answers, ping, say
from tests.e2e.actors.timing import until

CALLBACK = "POST /interactions/*"
DELIVERED = "Here is your video"


@asynccontextmanager
async def second_process(harness: Harness, data_dir: Path) -> AsyncGenerator[App]:
    """Another bot under the same token, with a data folder of its own."""
    overrides = {name.lower(): value for name, value in harness.sandbox.environment.items()}
    loaded = load({**overrides, "data_dir": data_dir}, env_file=None)
    async with open_app(loaded, tuning=harness.tuning, now=harness.now) as app:
        running = asyncio.create_task(app.run())
        try:
            await until(app.bot.is_ready)
            yield app
        finally:
            await app.stop()
            await running


async def settled(harness: Harness, other: App) -> None:
    await harness.app.jobs.runner.idle()
    await other.jobs.runner.idle()


async def test_a_command_that_reaches_two_processes_is_bought_once(harness: Harness, tmp_path: Path) -> None:
    async with second_process(harness, tmp_path / "other") as other:
        for number in range(3):
            reply = await harness.video(f"video {number}")
            await reply.wait_for_video(TIMEOUT_S)
        await settled(harness, other)
        assert harness.bought == 3
        await until(lambda: any("another process runs" in text for text in news(harness)))
        # Each of the two tells it once at most.
        assert sum("another process runs" in text for text in news(harness)) <= 2


async def test_a_mention_that_reaches_two_processes_is_answered_and_bought_once(
    harness: Harness, tmp_path: Path
) -> None:
    async with second_process(harness, tmp_path / "other") as other:
        for number in range(3):
            asked = await say(harness, ping(harness, RAIN), pictures=1)
            await asked.channel.changed.until(
                lambda asked=asked: any(found.current.videos for found in answers(asked)) or None,
                TIMEOUT_S,
                "a video",
            )
            await settled(harness, other)
            standing = [found for found in answers(asked) if not found.deleted]
            assert len(standing) == 1
            assert harness.bought == number + 1
        assert any("another process runs" in text for text in news(harness))


async def test_an_interaction_that_another_process_acknowledged_starts_nothing_and_is_told_once(
    harness: Harness,
) -> None:
    for _ in range(2):
        harness.sandbox.discord.faults.append(DiscordFault(CALLBACK, acknowledged_elsewhere=True))
        await harness.video()
    await until(lambda: len(news(harness)) == 1)
    await until(lambda: harness.rows() == [])
    assert harness.bought == 0
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    assert len(news(harness)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        DiscordFault(CALLBACK, answer=OddAnswer.PAGE),
        DiscordFault(CALLBACK, answer=OddAnswer.EMPTY),
        DiscordFault(CALLBACK, answer=OddAnswer.LIST),
        DiscordFault(CALLBACK, answer_delay_s=11.0),
    ],
    ids=["page", "empty", "list", "late"],
)
async def test_an_acknowledgement_whose_answer_is_lost_is_settled_by_a_look_at_the_reply(
    harness: Harness, fault: DiscordFault
) -> None:
    harness.sandbox.discord.faults.append(fault)
    reply = await harness.video()
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


async def test_commands_without_a_job_do_not_stay_at_thinking_either(harness: Harness) -> None:
    harness.sandbox.discord.faults.append(DiscordFault(CALLBACK, answer=OddAnswer.PAGE))
    reply = await harness.sandbox.discord.invoke("jobs", user=harness.user, channel=harness.channel)
    await reply.wait_for_answer(TIMEOUT_S)


async def test_a_form_that_is_sent_twice_buys_once(harness: Harness) -> None:
    asked = await say(harness, "look", pictures=1)
    opened = await animated(harness, asked)
    sent = [await send(harness, opened, {"prompt": "rain"}) for _ in range(2)]
    # Either may be the first.
    shown = [
        await reply.wait_for(
            lambda version: bool(version.videos) or "was sent before" in version.text(), TIMEOUT_S
        )
        for reply in sent
    ]
    assert sorted(bool(version.videos) for version in shown) == [False, True]
    assert any("Nothing more was charged" in version.text() for version in shown)
    assert harness.bought == 1
