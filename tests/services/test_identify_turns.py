"""Turns of IDENTIFY over several processes."""

import asyncio
import itertools

from bot.services.identify_turns import IdentifyTurns
from bot.storage.postgresql import open_standing_session
from bot.storage.shard_locks import ShardLocks
from tests.postgresql.server import PostgresqlServer

WITHIN_S = 60.0


async def test_one_identifies_at_a_time_in_a_bucket_over_processes(postgresql: PostgresqlServer) -> None:
    apart_s = 0.3
    turns: list[tuple[int, float]] = []
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with open_standing_session(address) as one, open_standing_session(address) as other:
            processes = [IdentifyTurns(ShardLocks(session), apart_s) for session in (one, other)]
            for process in processes:
                process.max_concurrency = 2

            async def identify(process: IdentifyTurns, shard_id: int) -> None:
                await process.wait(shard_id)
                turns.append((shard_id % 2, asyncio.get_running_loop().time()))

            async with asyncio.timeout(WITHIN_S), asyncio.TaskGroup() as group:
                for number in range(6):
                    group.create_task(identify(processes[number % 4 // 2], number))
            for process in processes:
                await process.close()
    for bucket in (0, 1):
        moments = [at_s for of, at_s in turns if of == bucket]
        assert len(moments) == 3
        assert all(later - earlier >= apart_s for earlier, later in itertools.pairwise(moments))


async def test_shards_identify_without_the_database(postgresql: PostgresqlServer) -> None:
    apart_s, unanswered_s = 0.3, 1.0
    clock = asyncio.get_running_loop().time
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with open_standing_session(address) as one, open_standing_session(address) as other:
            turns = IdentifyTurns(ShardLocks(one), apart_s, unanswered_s)
            others = IdentifyTurns(ShardLocks(other), apart_s)
            moments: list[float] = []
            async with asyncio.timeout(WITHIN_S):
                await turns.wait(0)
                # Nobody answers, be it a silent server or one that refuses connections.
                with postgresql.frozen():
                    for _ in range(2):
                        await turns.wait(0)
                        moments.append(clock())
                with postgresql.killed():
                    await turns.wait(0)
                    moments.append(clock())
                assert all(later - earlier >= apart_s for earlier, later in itertools.pairwise(moments))
                # What was asked meanwhile keeps nobody out afterwards.
                await others.wait(0)
                await turns.wait(0)
                await others.wait(0)
            for process in (turns, others):
                await process.close()


async def test_a_process_with_many_shards_keeps_no_other_out(postgresql: PostgresqlServer) -> None:
    turns: list[str] = []
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with open_standing_session(address) as one, open_standing_session(address) as other:
            many, few = (IdentifyTurns(ShardLocks(session), 0.1) for session in (one, other))
            began = asyncio.Event()

            async def identify(process: IdentifyTurns, of: str) -> None:
                await process.wait(0)
                turns.append(of)
                began.set()

            starting = [asyncio.create_task(identify(many, "many")) for _ in range(12)]
            async with asyncio.timeout(WITHIN_S):
                await began.wait()
                await identify(few, "few")
            for task in starting:
                task.cancel()
            await asyncio.wait(starting)
            for process in (many, few):
                await process.close()
    assert turns.index("few") <= 3
