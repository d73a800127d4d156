"""A task id that only the file beside the database has: the next start delivers its video."""

from pathlib import Path

from bot.jobs.purchase_notes import PurchaseNotes
from bot.sandbox.dimilinks import SlowAnswer
from tests.e2e.actors.harness import TIMEOUT_S, open_harness
from tests.e2e.actors.timing import until


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
