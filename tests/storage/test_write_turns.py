"""Turns of the write transactions: the urgent first, each once, whoever gives up waiting."""

import asyncio
import random

from bot.storage.write_turns import WriteTurns


async def test_urgent_writes_come_first_and_each_kind_in_order() -> None:
    turns, taken = WriteTurns(), list[str]()

    async def take(name: str, *, urgent: bool) -> None:
        async with turns.turn(urgent=urgent):
            taken.append(name)

    async with asyncio.TaskGroup() as group, turns.turn():
        for name in ("a", "B", "c", "D"):
            group.create_task(take(name, urgent=name.isupper()))
        await asyncio.sleep(0)
    assert taken == ["B", "D", "a", "c"]


async def test_whoever_gives_up_waiting_one_at_a_time_goes_on_and_none_is_forgotten() -> None:
    chance = random.Random(20261128)
    for _ in range(200):
        turns, inside, most = WriteTurns(), 0, 0

        async def take() -> None:
            nonlocal inside, most
            async with turns.turn(urgent=chance.random() < 0.5):  # noqa: B023 - awaited in the same round
                inside += 1
                most = max(most, inside)
                try:
                    for _ in range(chance.randrange(3)):
                        await asyncio.sleep(0)
                finally:
                    inside -= 1

        tasks = [asyncio.create_task(take()) for _ in range(12)]
        for task in chance.sample(tasks, 5):
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most == 1
        async with asyncio.timeout(1), turns.turn():
            pass
