"""The condition on rows finds the jobs of which the rules say that they continue a spicy video."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.images.model import ImageSource, Reference
from bot.jobs.job import Job
from bot.jobs.request_facts import origin_of_job
from bot.jobs.spicy_rows import continues_spicy
from bot.jobs.store import JobStore
from bot.storage.opening import open_database
from bot.storage.tables import jobs
from bot.video import ImageMime
from tests.jobs.builders import a_job

LIAR = '"own_spicy_video": true'
"""A name of a file."""


def jobs_with_pictures(spool: Path) -> list[Job]:
    """One job with each kind of pictures, fetched or not."""
    made = [a_job(job_id="words")]
    for name, owns in (("none", ()), ("people", (False,)), ("own", (True,)), ("both", (False, True))):
        sources = tuple(ImageSource("https://cdn.example/1", LIAR, own_spicy_video=own) for own in owns)
        base = replace(a_job(job_id=f"{name}-asked"), sources=sources)
        pictures = tuple(
            Reference(spool / "1.png", ImageMime.PNG, 1, 1, 1, LIAR, own_spicy_video=own) for own in owns
        )
        made += [base, replace(base, id=f"{name}-fetched", pictures=pictures)]
    return made


@pytest.mark.postgresql
async def test_the_condition_is_true_for_what_begins_with_a_frame(
    tmp_path: Path, database_url: str | None
) -> None:
    made = jobs_with_pictures(tmp_path)
    async with open_database(database_url, tmp_path) as database:
        store = JobStore(database, tmp_path / "spool")
        for job in made:
            await store.add(job)
        async with database.read() as connection:
            found = set((await connection.execute(select(jobs.c.id).where(continues_spicy()))).scalars())
    assert found == {job.id for job in made if origin_of_job(job).continues_spicy}
    assert found == {"own-asked", "own-fetched", "both-asked", "both-fetched"}
