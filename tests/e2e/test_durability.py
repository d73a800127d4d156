"""Jobs that survive: what a stop, a failing disk or a clock that jumps leaves, the bot goes on with."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.sandbox.dimilinks import DropAfterAcceptance, Hang, TaskPace
from bot.storage import NewerDatabaseError, StorageDamagedError
from tests.e2e.pictures import picture
from tests.e2e.presses import MovableClock, being_made, finish, in_line, until
from tests.e2e.stage import PATIENT, QUICK, TIMEOUT_S, Stage, open_stage


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def clocked(tmp_path: Path, clock: MovableClock) -> AsyncGenerator[Stage]:
    async with open_stage(tmp_path, now=clock) as opened:
        yield opened


@asynccontextmanager
async def full_disk(stage: Stage) -> AsyncGenerator[None]:
    """SQLite may use no more pages than it has: what does not fit is refused as on a full disk."""
    async with stage.app.database.write() as connection:
        pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


@asynccontextmanager
async def locked_disk(stage: Stage) -> AsyncGenerator[None]:
    """Somebody else, such as a copying tool, holds the database: every write fails until they are done."""
    async with stage.app.database.write() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    with closing(sqlite3.connect(stage.data_dir / "stillmotion.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_job_goes_on_after_a_restart_in_the_same_reply(stage: Stage) -> None:
    stage.sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=3)
    reply = await stage.video("over the restart", image=stage.sandbox.discord.upload("cat.png", picture()))
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await stage.restart()
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert "over the restart" in shown.text()
    assert stage.bought == 1


async def test_a_job_in_line_is_begun_by_the_next_process(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, jobs_at_once=1) as stage:
        first = await being_made(stage, "first")
        second = await in_line(stage, "second")
        await stage.restart()
        finish(stage, "first")
        for reply in (first, second):
            await reply.wait_for_video(TIMEOUT_S)
        assert [made.prompt for made in stage.sandbox.dimilinks.request_log.submissions] == [
            "first",
            "second",
        ]


async def test_a_submission_whose_answer_never_came_is_unknown_after_a_restart(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=replace(QUICK, stop_grace_s=0.1)) as stage:
        stage.sandbox.dimilinks.faults.submit.append(Hang(30.0))
        reply = await stage.video()
        await reply.wait_for(lambda version: "Handing it to" in version.text(), TIMEOUT_S)
        assert [row["state"] for row in stage.rows("state")] == ["submitting"]
        await stage.restart()
        shown = await stage.ended(reply)
        assert "It is not known whether it was charged." in shown.text()
        assert [button.label for button in shown.buttons] == ["Try again"]
        assert [row["state"] for row in stage.rows("state")] == ["unknown"]


async def test_a_video_that_becomes_ready_while_the_bot_is_down_is_delivered(stage: Stage) -> None:
    reply = await stage.video()
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await stage.stop()
    (submission,) = stage.sandbox.dimilinks.request_log.submissions
    reply.expire_token()
    await stage.start()
    await reply.wait_for_video(TIMEOUT_S)
    assert stage.sandbox.dimilinks.request_log.downloads[submission.task_id] == 1


async def test_a_stopping_bot_answers_new_commands_kindly_and_lets_an_upload_end(stage: Stage) -> None:
    stage.app.service.stopping = True
    reply = await stage.video()
    shown = await stage.ended(reply)
    assert reply.ephemeral
    assert "The bot is restarting. Nothing was charged. Try again in a minute." in shown.text()


async def test_what_is_kept_holds_no_token_of_an_ended_job(stage: Stage) -> None:
    await (await stage.video()).wait_for_video(TIMEOUT_S)
    stage.sandbox.dimilinks.faults.submit.append(DropAfterAcceptance())
    await stage.ended(await stage.video("second"))
    assert [row["token"] for row in stage.rows("token")] == [None, None]
    assert all(row["settled_at"] for row in stage.rows("settled_at"))


async def test_a_full_disk_keeps_new_requests_out_and_loses_no_running_one(stage: Stage) -> None:
    stage.sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=1.0)
    running = await stage.video("running")
    await running.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    async with full_disk(stage):
        # Characters of four bytes, so that the row needs pages of its own.
        refused = await stage.video("\U0001f39e" * 2500)
        shown = await refused.wait_for(lambda version: "could not store" in version.text(), TIMEOUT_S)
        assert "Nothing was charged." in shown.text()
        await running.wait_for_video(TIMEOUT_S)
    await (await stage.video("afterwards")).wait_for_video(TIMEOUT_S)
    prompts = [made.prompt for made in stage.sandbox.dimilinks.request_log.submissions]
    assert prompts == ["running", "afterwards"]


async def test_a_task_id_that_the_disk_does_not_take_at_first_is_kept_in_the_end(stage: Stage) -> None:
    stage.sandbox.dimilinks.faults.submit.append(Hang(0.5))
    reply = await stage.video()
    await reply.wait_for(lambda version: "Handing it to" in version.text(), TIMEOUT_S)
    async with locked_disk(stage):
        async with asyncio.timeout(TIMEOUT_S):
            while stage.bought == 0 or _storage_failures(stage) < 2:  # noqa: ASYNC110 - plain records
                await asyncio.sleep(0.05)
        assert [row["task_id"] for row in stage.rows("task_id")] == [None]
    await reply.wait_for_video(TIMEOUT_S)
    assert stage.bought == 1


async def test_while_the_disk_takes_nothing_no_request_leaves(tmp_path: Path) -> None:
    async with open_stage(tmp_path, tuning=PATIENT, jobs_at_once=1) as stage:
        first = await being_made(stage, "first")
        second = await in_line(stage, "second")
        async with locked_disk(stage):
            finish(stage, "first")
            await until(lambda: _storage_failures(stage) >= 3)
            assert len(stage.submissions_sent) == 1
        for reply in (first, second):
            await reply.wait_for_video(TIMEOUT_S)
        assert stage.bought == 2


def _storage_failures(stage: Stage) -> float:
    return stage.app.metrics.registry.get_sample_value("stillmotion_storage_failures_total") or 0.0


async def test_a_damaged_database_stops_the_start_and_is_left_as_it_is(stage: Stage) -> None:
    await (await stage.video()).wait_for_video(TIMEOUT_S)
    await stage.stop()
    path = stage.data_dir / "stillmotion.sqlite3"
    whole = path.read_bytes()
    damaged = whole[:100] + b"\xff" * (len(whole) - 100)
    path.write_bytes(damaged)
    with pytest.raises(StorageDamagedError, match="stillmotion"):
        await stage.start()
    assert path.read_bytes() == damaged
    path.write_bytes(whole)
    await stage.start()


async def test_a_database_of_a_newer_version_stops_the_start_and_is_left_as_it_is(stage: Stage) -> None:
    await stage.stop()
    path = stage.data_dir / "stillmotion.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(NewerDatabaseError):
        await stage.start()
    assert path.read_bytes() == before
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")
        connection.commit()
    await stage.start()


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_that_jumps_while_a_video_is_made_changes_nothing(
    clocked: Stage, clock: MovableClock, jump: timedelta
) -> None:
    reply = await clocked.video(private=True)
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    clock.offset = jump
    shown = await reply.wait_for_video(TIMEOUT_S)
    assert shown.ephemeral
    assert clocked.bought == 1


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_a_clock_that_jumped_between_two_runs_loses_no_finished_video(
    clocked: Stage, clock: MovableClock, jump: timedelta
) -> None:
    reply = await clocked.video()
    await reply.wait_for(lambda version: "Making your video" in version.text(), TIMEOUT_S)
    await clocked.stop()
    await asyncio.sleep(1.0)  # the video becomes ready meanwhile
    clock.offset = jump
    await clocked.start()
    await reply.wait_for_video(TIMEOUT_S)
    assert clocked.bought == 1


async def test_a_video_that_never_comes_expires_and_is_found_by_looking_again(stage: Stage) -> None:
    stage.sandbox.dimilinks.pace = TaskPace(queue_s=0, generate_s=11, jitter=0)
    reply = await stage.video()
    expired = await reply.wait_for(lambda version: "did not become ready" in version.text(), TIMEOUT_S)
    assert "This video was charged." in expired.text()
    assert [button.label for button in expired.buttons] == ["Look again"]
    await asyncio.sleep(3.0)  # until the sandbox has it after all
    await stage.sandbox.discord.press(reply, "Look again", user=stage.user)
    await reply.wait_for_video(TIMEOUT_S)
    assert stage.bought == 1
