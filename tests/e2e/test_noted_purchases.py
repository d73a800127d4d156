"""Purchases that a start finds unfinished: the video is delivered, or the operator told that nobody knows."""

from pathlib import Path

from bot.jobs.purchase_notes import PurchaseNotes
from bot.sandbox.dimilinks import SlowAnswer
from tests.e2e.actors.damage import rewrite
from tests.e2e.actors.direct_messages import news
from tests.e2e.actors.harness import TIMEOUT_S, open_harness
from tests.e2e.actors.records import states
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made


async def test_a_noted_purchase_is_watched_by_the_next_start(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url, stop_grace_s=0.1) as harness:
        harness.sandbox.dimilinks.faults.submit.append(SlowAnswer(60.0))
        reply = await harness.video()
        await until(lambda: harness.bought == 1)
        await harness.stop()
        (row,) = harness.rows("id, state, task_id")
        assert (row["state"], row["task_id"]) == ("submitting", None)
        (submission,) = harness.sandbox.dimilinks.request_log.submissions
        notes = PurchaseNotes(harness.data_dir / "purchases")
        await notes.note(row["id"], submission.task_id)
        await harness.start()
        await reply.wait_for_video(TIMEOUT_S)
        assert await notes.read_all() == {}
        assert harness.bought == 1


async def test_the_operator_hears_of_what_a_kill_leaves_in_doubt(
    tmp_path: Path, database_url: str | None
) -> None:
    async with open_harness(tmp_path, database_url) as harness:
        await being_made(harness, "killed")
        await harness.stop()
        (row,) = harness.rows("id")
        # Killed before the answer was stored; the note beside it is of a request that no row knows.
        rewrite(harness, "UPDATE jobs SET state = 'submitting', task_id = NULL, expires_at = NULL")
        await PurchaseNotes(harness.data_dir / "purchases").note("job-of-no-row", "task-1")
        await harness.start()
        await until(lambda: states(harness) == ["unknown"])
        await until(lambda: len(news(harness)) == 2)
        left, unknown = news(harness)
        assert "`job-of-no-row`" in left
        assert "did not say if it took a request" in unknown
        assert row["id"] in unknown
