"""Workers that are killed and stand still at random: nothing is bought twice or lost, and everybody is told."""

import asyncio
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from bot.cli.failure import ExitStatus
from bot.sandbox.discord import Reply
from tests.chaos.crew import Crew, crew
from tests.postgresql.server import PostgresqlServer

WORKERS = ("worker0", "worker1", "worker2")
STANDS_STILL_S = 20.0
"""Longer than it takes others to go on."""
ENDINGS = ("Here is your video", "No video this time", "Your video is ready")


async def ask_for_videos(running: Crew, number: int, chance: random.Random) -> dict[str, Reply]:
    replies: dict[str, Reply] = {}
    for one in range(number):
        prompt = f"boat {one:03}"
        replies[prompt] = await running.ask(prompt)
        await asyncio.sleep(chance.uniform(0.2, 3.0))
    return replies


async def stand_still(running: Crew, name: str) -> None:
    process = running.processes[name]
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(STANDS_STILL_S)
    process.send_signal(signal.SIGCONT)


async def disturb(running: Crew, rounds: int, chance: random.Random) -> None:
    """Kill a worker in each round, or have it stand still. What has ended is started again, as by a supervisor."""
    still: dict[str, asyncio.Task[None]] = {}
    for _ in range(rounds):
        await asyncio.sleep(chance.uniform(0.5, 4.0))
        for name in WORKERS:
            status = running.processes[name].returncode
            assert status in {None, -signal.SIGKILL, ExitStatus.SUPERSEDED}, (name, status)
            if status is not None:
                await running.start("worker", name)
        name = chance.choice(WORKERS)
        if name in still and not still[name].done():
            continue
        if chance.random() < 0.3:
            still[name] = asyncio.create_task(stand_still(running, name))
        else:
            await running.kill(name)
            await running.start("worker", name)
    await asyncio.gather(*still.values())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
async def test_workers_that_die_and_stand_still_buy_nothing_twice(
    postgresql: PostgresqlServer, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    with postgresql.new_database() as name:
        async with crew(tmp_path, postgresql.url(name)) as running:
            await running.start_all(len(WORKERS))
            asking = asyncio.create_task(ask_for_videos(running, 24, random.Random(seed + 1)))
            await disturb(running, 14, chance)
            replies = await asking
            for worker in WORKERS:
                if running.processes[worker].returncode is not None:
                    await running.start("worker", worker)
            await running.until(
                lambda: all(row["settled_at"] or row["parked_at"] for row in running.jobs()), "all ends", 90
            )
            bought = Counter(made.prompt for made in running.sandbox.dimilinks.request_log.submissions)
            assert max(bought.values()) == 1
            rows = {row["prompt"]: row for row in running.jobs()}
            assert rows.keys() == replies.keys()
            for prompt, reply in replies.items():
                assert any(ending in reply.text for ending in ENDINGS), (prompt, rows[prompt], reply.text)
                shown = [
                    message
                    for message in running.channel.messages
                    if not message.deleted and prompt in message.current.text() and message.current.videos
                ]
                assert len(shown) == (rows[prompt]["state"] == "delivered"), (prompt, rows[prompt])
            states = Counter(row["state"] for row in rows.values())
            assert states["delivered"] >= len(replies) - states["unknown"] - 4, states
