"""A disk that takes a request late: the acknowledgement does not wait for it, and nobody stays at "thinking…"."""

import gc
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import replace

import pytest

from bot.sandbox.discord import CallbackKind, DiscordFault
from bot.storage import engines
from bot.texts import explanations, jobs
from cogs.shared.respond import LookUpTimes
from tests.e2e.actors.buttons import press, without_change
from tests.e2e.actors.harness import BEING_STORED, QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.timing import until


@asynccontextmanager
async def busy_disk(harness: Harness) -> AsyncGenerator[None]:
    """Another process holds the database, and every write waits until the block ends."""
    with closing(sqlite3.connect(harness.data_dir / "stillmotion.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("private", [False, True])
async def test_a_request_that_is_stored_late_is_acknowledged_in_words_and_made(
    harness: Harness,
    private: bool,  # noqa: FBT001
) -> None:
    async with busy_disk(harness):
        reply = await harness.video(private=private)
        first = await reply.wait_for_answer(TIMEOUT_S)
        assert BEING_STORED in first.text()
        assert first.ephemeral is private
        assert harness.rows() == []
        assert harness.bought == 0
    assert (await reply.wait_for_video(TIMEOUT_S)).videos
    assert reply.ack_type is CallbackKind.MESSAGE
    await harness.app.jobs.runner.idle()
    assert harness.bought == 1
    assert BEING_STORED not in reply.text


@pytest.mark.slow
async def test_a_press_that_is_stored_late_is_refused_in_words_where_the_disk_never_takes_it(
    harness: Harness,
) -> None:
    first = await harness.video()
    await harness.ended(first)
    async with harness.app.database.write() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 1500")
    async with busy_disk(harness):
        again = await press(harness, first, "Again")
        await again.wait_for(lambda version: BEING_STORED in version.text(), TIMEOUT_S)
        refused = explanations.NOT_KEPT.english
        await again.wait_for(lambda version: without_change(version.text()) == refused, TIMEOUT_S)
    assert harness.bought == 1


async def test_a_stop_while_discord_keeps_an_acknowledgement_waiting_ends_without_a_traceback(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    fault = DiscordFault("POST /interactions/*", status=500, code=0, message="no", delay_s=0.5, times=99)
    harness.sandbox.discord.faults.append(fault)
    await harness.video()
    await until(lambda: fault.hits > 0)
    await harness.stop()
    gc.collect()
    assert "never retrieved" not in caplog.text
    assert "Session is closed" not in caplog.text


@pytest.mark.started_with(tuning=replace(QUICK, look_ups=LookUpTimes()), ack_deadline_s=3.0)
async def test_a_press_whose_look_up_hangs_is_answered_in_words_while_discord_still_waits(
    harness: Harness,
) -> None:
    first = await harness.video()
    await harness.ended(first)
    async with AsyncExitStack() as held:
        for _ in range(engines.READERS):
            await held.enter_async_context(harness.app.database.read())
        # The page of the server takes its time as well: both together have what one of them has alone.
        pages = DiscordFault("GET /applications/*/guilds/*/commands/permissions", delay_s=9.0, times=9)
        harness.sandbox.discord.faults.append(pages)
        again = await press(harness, first, "Again")
        assert jobs.NOT_STORED.english in (await again.wait_for_answer(TIMEOUT_S)).text()
    assert harness.bought == 1
