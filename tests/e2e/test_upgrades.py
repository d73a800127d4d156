"""A new version on the data of any earlier one, with requests under way: all end as they should, none twice."""

import sqlite3
from contextlib import closing

import pytest

from bot.sandbox.discord import Reply
from bot.storage.migrate import revisions
from tests.e2e.actors.buttons import press
from tests.e2e.actors.faults import close_every_way, reopen_every_way
from tests.e2e.actors.harness import TIMEOUT_S, Harness
from tests.e2e.actors.job_list import list_jobs
from tests.e2e.actors.timing import until
from tests.e2e.actors.videos import being_made, finish, in_line
from tests.storage.stored_schemas import put, restored

pytestmark = [
    pytest.mark.sqlite("replaces the file by those of earlier versions"),
    pytest.mark.started_with(jobs_at_once=2),
]
NAME = "stillmotion.sqlite3"
FIRST, *BETWEEN, LAST = revisions()[:-1]


def as_of(harness: Harness, revision: str) -> None:
    """Have the stopped bot's database be what a version with that schema would have left of these requests."""
    rows = harness.rows()
    for suffix in ("", "-wal", "-shm"):
        (harness.data_dir / f"{NAME}{suffix}").unlink(missing_ok=True)
    (harness.data_dir / "audit-log.digest").unlink(missing_ok=True)
    path = restored(revision, harness.data_dir / NAME, empty=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for row in rows:
            if row["prompt"] == "doubtful":  # killed between the request to the service and its answer
                row |= {"state": "submitting", "task_id": None, "expires_at": None}
            put(connection, row)


async def laid_aside(harness: Harness) -> Reply:
    reply = await being_made(harness, "laid aside")
    close_every_way(harness, reply)
    finish(harness, "laid aside")
    await until(lambda: harness.rows("parked_at")[-1]["parked_at"] is not None)
    reopen_every_way(harness)
    return reply


def states(harness: Harness) -> dict[str, str]:
    return {row["prompt"]: row["state"] for row in harness.rows()}


@pytest.mark.parametrize(
    "revision",
    [FIRST, *(pytest.param(one, marks=pytest.mark.slow) for one in BETWEEN), LAST],
)
async def test_requests_under_way_end_as_they_should(harness: Harness, revision: str) -> None:
    await laid_aside(harness)
    made = await being_made(harness, "made")
    doubtful = await being_made(harness, "doubtful", user=harness.member("bob"))
    waits = await in_line(harness, "waits")
    await harness.stop()
    as_of(harness, revision)
    await harness.start()
    await doubtful.wait_for(
        lambda version: "may have paid for it; I cannot tell" in version.text(), TIMEOUT_S
    )
    finish(harness, "made")
    for reply in (made, waits):
        await reply.wait_for_video(TIMEOUT_S)
    fetched = await press(harness, await list_jobs(harness), "Fetch the video")
    await fetched.wait_for_video(TIMEOUT_S)
    await harness.app.jobs.runner.idle()
    assert states(harness) == {
        "laid aside": "delivered",
        "made": "delivered",
        "doubtful": "unknown",
        "waits": "delivered",
    }
    assert harness.bought == 4
