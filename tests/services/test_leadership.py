"""Tasks of the leader: in one process at a time, and on in the next one."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.storage.address import PostgresqlAddress
from bot.storage.leader_lease import LeaderLease
from bot.storage.postgresql import open_standing_session
from bot.wiring.leadership import Leadership
from tests.postgresql.proxy import proxy_to
from tests.postgresql.server import PostgresqlServer

HELD_FOR_S = 6.0


class Work:
    """Notes who does it."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.begun: list[str] = []
        self.changed = asyncio.Event()

    async def done_by(self, name: str) -> None:
        """Run until cancelled."""
        self.running.add(name)
        self.begun.append(name)
        self.changed.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running.remove(name)
            self.changed.set()

    async def until(self, running: set[str], within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while self.running != running:
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def process(address: PostgresqlAddress, name: str, work: Work) -> AsyncGenerator[Leadership]:
    async with open_standing_session(address) as session:
        lease = LeaderLease(session, f"{name}:1:x", HELD_FOR_S)
        leadership = Leadership(lease, [("work", lambda: work.done_by(name))])
        task = asyncio.create_task(leadership.run())
        try:
            yield leadership
        finally:
            task.cancel()
            await asyncio.wait([task])


async def test_a_leader_that_stops_is_followed_at_once(postgresql: PostgresqlServer) -> None:
    work = Work()
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with process(address, "first", work):
            await work.until({"first"}, 10)
            async with process(address, "second", work):
                await asyncio.sleep(0.1)
                assert work.running == {"first"}
        assert not work.running
        async with process(address, "third", work) as third:
            await work.until({"third"}, HELD_FOR_S / 2)
            assert third.epoch == 2
    assert work.begun == ["first", "third"]


async def test_a_leader_that_cannot_renew_ends_its_tasks_before_another_begins_them(
    postgresql: PostgresqlServer,
) -> None:
    work = Work()
    with postgresql.new_database() as name:
        address = postgresql.address(name)
        async with proxy_to(postgresql.port) as proxy:
            cut = replace(address, url=postgresql.url(name, port=proxy.port))
            async with process(cut, "first", work):
                await work.until({"first"}, 10)
                async with process(address, "second", work):
                    proxy.refusing.set()
                    await proxy.close()
                    await work.until(set(), HELD_FOR_S)
                    await work.until({"second"}, 2 * HELD_FOR_S)
    assert work.begun == ["first", "second"]
