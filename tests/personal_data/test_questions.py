"""What an open question needs stays until it has ended, however it ends; then nothing of it is left."""

from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, insert, select, update

from bot.reviews.review import ReviewState, ReviewSubject
from bot.storage.moderation_tables import reviews, strikes, votes
from bot.storage.opening import open_database
from bot.storage.privacy_tables import deletions
from bot.storage.tables import jobs, reports
from tests.personal_data.scanning import columns_with, found_in_files
from tests.personal_data.stored_person import (
    GUILD,
    MARK,
    NOW,
    OTHER,
    PERSON,
    THEN,
    fill,
    job,
    parts,
    review,
    tell_later,
)

ASKED: Final = "e" * 32
WAITING: Final = {
    ReviewSubject.SUBMISSION: {"state": "held", "task_id": None, "video_name": None, "submitted_at": None},
    ReviewSubject.POSTING: {"state": "delivering", "task_id": "task-2", "video_name": f"{ASKED}.mp4"},
}
"""How a job waits for the answer."""
ENDS: Final = [
    ReviewState.DENIED,
    *(
        pytest.param(state, marks=pytest.mark.slow)
        for state in (ReviewState.APPROVED, ReviewState.EXPIRED, ReviewState.WITHDRAWN)
    ),
]


def waiting(subject: ReviewSubject) -> dict[str, Any]:
    """A job about which moderators are asked."""
    open_ = {"ended_at": None, "settled_at": None, "review_id": "r3"}
    readable = {"sources": [], "pictures": None, "fallback": None, "failure": None, "original_name": None}
    return job(id=ASKED, **(open_ | readable | WAITING[subject]))


@pytest.mark.parametrize("subject", WAITING)
@pytest.mark.parametrize("ends", ENDS)
async def test_a_question_keeps_what_it_needs_until_it_ends(
    tmp_path: Path, database_url: str | None, subject: ReviewSubject, ends: ReviewState
) -> None:
    question = review("r3", ASKED, PERSON, stage=subject.value, state="open", decided_at=None, reason=None)
    async with open_database(database_url, tmp_path) as database:
        await fill(database, tmp_path)
        picture, video = tmp_path / "spool" / ASKED / f"{MARK}.png", tmp_path / "media" / f"{ASKED}.mp4"
        picture.parent.mkdir()
        picture.write_text(MARK)
        video.write_text(MARK)
        async with database.write() as connection:
            await connection.execute(insert(jobs).values(waiting(subject)))
            await connection.execute(insert(reviews).values(question))
            await connection.execute(delete(reports))  # about which nobody has decided either
        person = (await parts(database, tmp_path)).person
        done = await person.proceed(await person.ask(PERSON, by=PERSON), tell_later)
        assert (done.ended, done.waiting, done.asked.requests) == (1, 1, 1)
        async with database.write() as connection:
            (kept,) = (await connection.execute(select(jobs).where(jobs.c.id == ASKED))).mappings()
            assert (kept["prompt"], kept["person_id"], kept["review_id"]) == (MARK, PERSON, None)
            assert kept["state"] == ("cancelled" if subject is ReviewSubject.SUBMISSION else "failed")
            await connection.execute(update(jobs).where(jobs.c.id == ASKED).values(settled_at=NOW))  # told
        (request,) = await person.store.pending()
        assert (await person.proceed(request, tell_later)).waiting == 1
        assert (picture.exists(), video.exists()) == (True, True)

        async with database.write() as connection:
            decided = {"state": ends.value, "decided_at": NOW, "decided_by": OTHER, "reason": MARK}
            await connection.execute(update(reviews).where(reviews.c.id == "r3").values(decided))
            vote = {"review_id": "r3", "person_id": OTHER, "approves": False, "reason": MARK, "cast_at": NOW}
            await connection.execute(insert(votes).values(vote))
            struck = {
                "guild_id": GUILD,
                "person_id": PERSON,
                "given_at": NOW,
                "given_by": OTHER,
                "reason": MARK,
            }
            await connection.execute(insert(strikes).values(struck | {"job_id": ASKED}))
        (request,) = await person.store.pending()
        assert (await person.proceed(request, tell_later)).complete
        async with database.read() as connection:
            assert (await connection.execute(select(deletions))).all() == []
            given = select(strikes.c.person_id, strikes.c.reason).where(strikes.c.given_at > THEN)
            assert (await connection.execute(given)).all() == [(PERSON, "")]
        assert columns_with(tmp_path, MARK, database_url) == set()
        assert found_in_files(tmp_path) == set()
