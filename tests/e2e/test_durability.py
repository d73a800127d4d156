"""Jobs that survive: what a stop, a failing disk or a clock that jumps leaves, the bot goes on with."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import At, DropAfterAcceptance, Fault, Hang, Html, HttpError, SubmitStage, TaskPace
from bot.storage.errors import NewerDatabaseError, StorageDamagedError
from bot.storage.migrate import head_revision
from tests.e2e.actors.faults import locked_disk
from tests.e2e.actors.harness import QUICK, TIMEOUT_S, Harness, open_harness
from tests.e2e.actors.pictures import picture
from tests.e2e.actors.timing import MovableClock, until
from tests.e2e.actors.videos import being_made, finish, in_line


@asynccontextmanager
async def full_disk(harness: Harness) -> AsyncGenerator[None]:
    """SQLite may use no more pages than it has: what does not fit is refused as on a full disk."""
    async with harness.app.database.write() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield
    async with harness.app.database.write() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


async def test_a_job_goes_on_after_a_restart_in_the_same_reply(harness: Harness) -> None:
    picture_of_it = harness.sandbox.discord.upload("cat.png", picture())
    reply = await being_made(harness, "over the restart", image=picture_of_it)
    await harness.restart()
    finish(harness, "over the restart")
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert "over the restart" in shown.text()
    assert harness.bought == 1


async def test_a_job_in_line_is_begun_by_the_next_process(tmp_path: Path, database_url: str | None) -> None:
    async with open_harness(tmp_path, database_url, jobs_at_once=1) as harness:
        first = await being_made(harness, "first")
        second = await in_line(harness, "second")
        await harness.restart()
        finish(harness, "first")
        for reply in (first, second):
            await reply.wait_for_video(TIMEOUT_S)
        assert [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions] == [
            "first",
            "second",
        ]


async def test_a_submission_whose_answer_never_came_is_unknown_after_a_restart(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, stop_grace_s=0.1) as harness:
        harness.sandbox.dimilinks.faults.submit.append(Hang(30.0))
        reply = await harness.video()
        await reply.wait_for(lambda version: "Sending it to" in version.text(), TIMEOUT_S)
        assert [row["state"] for row in harness.rows("state")] == ["submitting"]
        await harness.restart()
        shown = await harness.ended(reply)
        assert "The operator may have paid for it; I cannot tell." in shown.text()
        assert [button.label for button in shown.buttons] == ["Try again", "Change"]
        assert [row["state"] for row in harness.rows("state")] == ["unknown"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "state", "kept"),
    [
        (HttpError(400, "invalid_request_error", "no"), "failed", ""),
        (HttpError(402, None, "no"), "queued", ""),
        (HttpError(429, None, "slow down"), "queued", ""),
        (Html(502), "unknown", "<h1>502 Bad Gateway</h1>"),
    ],
)
async def test_a_stop_stores_what_a_purchase_was_answered(
    harness: Harness, answer: Fault, state: str, kept: str
) -> None:
    harness.sandbox.dimilinks.faults.submit.append(Hang(1.0, At(SubmitStage.AFTER_BODY, answer)))
    await harness.video()
    await until(lambda: [row["state"] for row in harness.rows("state")] == ["submitting"])
    await harness.stop()
    (row,) = harness.rows("state, submitted_at, raw_answer")
    assert row["state"] == state
    assert (row["submitted_at"] is None) is (state != "unknown")
    assert kept in (row["raw_answer"] or "")


async def test_a_video_that_becomes_ready_while_the_bot_is_down_is_delivered(harness: Harness) -> None:
    reply = await being_made(harness)
    await harness.stop()
    finish(harness)
    (submission,) = harness.sandbox.dimilinks.request_log.submissions
    reply.expire_token()
    await harness.start()
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.sandbox.dimilinks.request_log.downloads[submission.task_id] == 1


async def test_a_stopping_bot_answers_new_commands_kindly_and_lets_an_upload_end(harness: Harness) -> None:
    harness.app.requests.stopping = True
    reply = await harness.video()
    shown = await harness.ended(reply)
    assert reply.ephemeral
    assert "The bot is restarting. This cost nothing. Try again in a minute." in shown.text()


async def test_what_is_kept_holds_no_token_of_an_ended_job(harness: Harness) -> None:
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    harness.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    await harness.ended(await harness.video("second"))
    assert [row["token"] for row in harness.rows("token")] == [None, None]
    assert all(row["settled_at"] for row in harness.rows("settled_at"))


@pytest.mark.slow
@pytest.mark.sqlite("limits the size of the file")
async def test_a_full_disk_keeps_new_requests_out_and_loses_no_running_one(harness: Harness) -> None:
    running = await being_made(harness, "running")
    async with full_disk(harness):
        # Characters of four bytes, so that the row needs pages of its own.
        refused = await harness.video("\U0001f39e" * 2500)
        shown = await refused.wait_for(lambda version: "could not save" in version.text(), TIMEOUT_S)
        assert "This cost nothing." in shown.text()
        finish(harness, "running")
        await running.wait_for_video(TIMEOUT_S)
    await (await harness.video("afterwards")).wait_for_video(TIMEOUT_S)
    prompts = [made.prompt for made in harness.sandbox.dimilinks.request_log.submissions]
    assert prompts == ["running", "afterwards"]


async def test_a_task_id_that_the_disk_does_not_take_at_first_is_kept_in_the_end(harness: Harness) -> None:
    harness.sandbox.dimilinks.faults.submit.append(Hang(0.5))
    reply = await harness.video()
    await reply.wait_for(lambda version: "Sending it to" in version.text(), TIMEOUT_S)
    async with locked_disk(harness):
        async with asyncio.timeout(TIMEOUT_S):
            while harness.bought == 0 or _storage_failures(harness) < 2:  # noqa: ASYNC110 - plain records
                await asyncio.sleep(0.05)
        assert [row["task_id"] for row in harness.rows("task_id")] == [None]
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


async def test_while_the_disk_takes_nothing_no_request_leaves(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, jobs_at_once=1) as harness:
        first = await being_made(harness, "first")
        second = await in_line(harness, "second")
        async with locked_disk(harness):
            finish(harness, "first")
            await until(lambda: _storage_failures(harness) >= 3)
            assert len(harness.submissions_sent) == 1
        for reply in (first, second):
            await reply.wait_for_video(TIMEOUT_S)
        assert harness.bought == 2


def _storage_failures(harness: Harness) -> float:
    return harness.app.metrics.registry.get_sample_value("stillmotion_storage_failures_total") or 0.0


@pytest.mark.sqlite("damages the file")
async def test_a_damaged_database_stops_the_start_and_is_left_as_it_is(harness: Harness) -> None:
    await (await harness.video()).wait_for_video(TIMEOUT_S)
    await harness.stop()
    path = harness.data_dir / "stillmotion.sqlite3"
    whole = path.read_bytes()
    damaged = whole[:100] + b"\xff" * (len(whole) - 100)
    path.write_bytes(damaged)
    with pytest.raises(StorageDamagedError, match="stillmotion"):
        await harness.start()
    assert path.read_bytes() == damaged
    path.write_bytes(whole)
    await harness.start()


@pytest.mark.sqlite("compares the file")
async def test_a_database_of_a_newer_version_stops_the_start_and_is_left_as_it_is(harness: Harness) -> None:
    await harness.stop()
    path = harness.data_dir / "stillmotion.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(NewerDatabaseError):
        await harness.start()
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (head_revision(),))
        connection.commit()
    await harness.start()


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_that_jumps_while_a_video_is_made_changes_nothing(
    harness: Harness, clock: MovableClock, jump: timedelta
) -> None:
    reply = await being_made(harness, private=True)
    clock.offset = jump
    finish(harness)
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert shown.ephemeral
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_that_jumped_between_two_runs_loses_no_finished_video(
    harness: Harness, clock: MovableClock, jump: timedelta
) -> None:
    reply = await being_made(harness)
    await harness.stop()
    finish(harness)
    clock.offset = jump
    await harness.start()
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1


@pytest.mark.slow
@pytest.mark.started_with(tuning=replace(QUICK, expire_after_s=8.0))
async def test_a_video_that_never_comes_expires_and_is_found_by_looking_again(harness: Harness) -> None:
    harness.sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=11, jitter=0)
    reply = await harness.video()
    expired = await reply.wait_for(lambda version: "was not ready" in version.text(), TIMEOUT_S)
    assert "The bot's operator has paid for this video." in expired.text()
    assert [button.label for button in expired.buttons] == ["Look again", "Change"]
    await asyncio.sleep(3.0)  # until the sandbox has it after all
    await harness.sandbox.discord.press(reply, "Look again", user=harness.user)
    await reply.wait_for_video(TIMEOUT_S)
    assert harness.bought == 1
