"""A bot whose database is moved to a server while videos are under way: each is bought and shown once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.moving.move import move_database
from bot.storage.opening import database_path
from tests.e2e.actors.harness import open_harness
from tests.e2e.actors.records import assert_log_unbroken, states, stored
from tests.e2e.actors.videos import being_made, finish, in_line
from tests.postgresql.server import PostgresqlServer


async def test_what_is_under_way_goes_on_after_a_move(tmp_path: Path, postgresql: PostgresqlServer) -> None:
    with postgresql.new_database(empty=True) as name:
        async with open_harness(tmp_path, None, jobs_at_once=2) as harness:
            shown = await harness.video("shown before")
            await shown.wait_for_video(timeout_s=60)
            made = [await being_made(harness, "first"), await being_made(harness, "second")]
            waiting = await in_line(harness, "third")
            await harness.stop()
            path = database_path(None, harness.data_dir)
            told: list[str] = []

            def move() -> None:
                move_database(path, postgresql.address(name), told.append, now=lambda: datetime.now(UTC))

            await asyncio.to_thread(move)
            finish(harness, "first")
            harness.database_url = postgresql.url(name)
            await harness.start(database_url=harness.database_url)
            await made[0].wait_for_video(timeout_s=60)
            finish(harness, "second")
            for reply in (made[1], waiting):
                await reply.wait_for_video(timeout_s=60)
            await harness.app.jobs.runner.idle()
            assert states(harness) == ["delivered"] * 4
            assert stored(harness, "SELECT id FROM jobs WHERE ask_again_since IS NOT NULL") == []
            assert harness.bought == 4
            assert_log_unbroken(harness)
