"""A disk that takes a request late: the acknowledgement does not wait for it, and nobody stays at "thinking…"."""

import asyncio
import gc
import threading
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from bot.sandbox.discord import CallbackKind, DiscordFault
from bot.storage import postgresql_engines, sqlite_engines
from bot.texts import explanations, forms, jobs
from cogs.shared.respond import LookUpTimes
from tests.e2e.actors.buttons import press, without_change
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.forms import hint
from tests.e2e.actors.harness import BEING_STORED, QUICK, TIMEOUT_S, Harness
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import delivered, upload


@pytest.mark.parametrize("private", [False, True])
async def test_a_request_that_is_stored_late_is_acknowledged_in_words_and_made(
    harness: Harness,
    private: bool,  # noqa: FBT001
) -> None:
    async with locked_disk(harness, None):
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
    async with locked_disk(harness, 1500):
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
        for _ in range((sqlite_engines if harness.database_url is None else postgresql_engines).READERS):
            await held.enter_async_context(harness.app.database.read())
        # The page of the server takes its time as well: both together have what one of them has alone.
        pages = DiscordFault("GET /applications/*/guilds/*/commands/permissions", delay_s=9.0, times=9)
        harness.sandbox.discord.faults.append(pages)
        again = await press(harness, first, "Again")
        assert jobs.NOT_STORED.english in (await again.wait_for_answer(TIMEOUT_S)).text()
    assert harness.bought == 1


@pytest.mark.started_with(tuning=replace(QUICK, look_ups=LookUpTimes()), ack_deadline_s=3.0)
async def test_a_form_opens_in_time_though_no_thread_is_free_to_look_for_its_pictures(
    harness: Harness,
) -> None:
    reply, free, loop = (
        await delivered(harness, image=upload(harness)),
        threading.Event(),
        asyncio.get_running_loop(),
    )
    busy = [loop.run_in_executor(None, free.wait, TIMEOUT_S) for _ in range(40)]
    try:
        opened = await press(harness, reply, "Change")
        await opened.wait_for_modal(TIMEOUT_S)
        assert hint(opened, "pictures") == forms.instead_of(1).english
    finally:
        free.set()
        await asyncio.gather(*busy)
