"""Erasure of jobs: their texts, pictures and videos go, and they become nobody's.

What is left of a job are facts by which nobody is recognised: its options, its times, its state and its server, the
task at the video service, which is the receipt of a purchase, and for two days whose caps it counts against.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, exists, func, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.files.job_files import JobFiles
from bot.jobs.job import NOBODY, owner_of_file
from bot.jobs.spicy_rows import continues_spicy
from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.sealing import EntryEmptying
from bot.reviews.hidden_copies import HIDDEN_PREFIX, hidden_name_of
from bot.reviews.review import ReviewState
from bot.storage.database import Database
from bot.storage.moderation_tables import audit, person_news, reviews, strikes, votes
from bot.storage.tables import drafts, jobs, reports

CHARGED_FOR: Final = timedelta(days=2)
"""Time for which a job counts against its user's caps, a day and some slack, also once it is nobody's."""
REPORTS_WAIT: Final = timedelta(days=30)
"""Time for which reports that no moderator looks at keep what they are about."""
_AT_ONCE: Final = 100
NO_TEXT: Final = "…"
_TEXTS: Final[dict[str, Any]] = {
    "prompt": NO_TEXT,
    "sources": [],
    "pictures": None,
    "raw_answer": None,
    "parent_url": None,
    "fallback": None,
}
_SPICY_FRAME: Final = [{"url": "", "filename": "", "own_spicy_video": True}]
"""What is left of the pictures of a job that continued a spicy video: its message may still show that."""
_FILES: Final[dict[str, Any]] = {"video_name": None, "original_name": None, "original_until": None}
_TRACES: Final[dict[str, Any]] = {
    "person_id": NOBODY,
    "channel_id": None,
    "message_id": None,
    "asked_message_id": None,
    "reply_guild_id": None,
    "rules_channel_id": None,
    "token": None,
    "role_ids": None,
    "language": "en-US",
    "ping": False,
    **_FILES,
}


@dataclass(frozen=True)
class _Batch:
    """Jobs that are erased together: their ids, and the addresses of their messages.

    `looks` are jobs of moderators who looked for the same videos: these have the same words.
    """

    ids: Sequence[str]
    looks: Sequence[str]
    urls: Sequence[str]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class JobErasure:
    """Erases jobs that nothing needs any more, in steps: one that was interrupted goes on with the next call.

    Methods raise `bot.storage.errors.StorageError`.
    """

    database: Database
    emptying: EntryEmptying
    files: JobFiles

    async def left(self, chosen: ColumnElement[bool]) -> int:
        """Return how many of the chosen jobs are not erased: those that were needed a moment ago."""
        # Not those that are needed now: what was decided since `erase` still has to be erased.
        counted = select(func.count()).select_from(jobs).where(chosen)
        async with self.database.read() as connection:
            return (await connection.execute(counted)).scalar_one()

    async def erase(self, chosen: ColumnElement[bool], seal: AuditEntry) -> int:
        """Erase those of the chosen jobs that nothing needs, with what the log says of them. Returns their number.

        Args:
            chosen: A condition on the columns of `jobs`, which leaves out jobs that are nobody's.
            seal: The entry of the log about it. Its moment is the present.

        Raises:
            OSError: A file cannot be deleted. Its job is left as it is.
        """
        count = 0
        while batch := await self._batch(and_(chosen, not_(_is_needed(seal.at)))):
            # The files first: a row without a text shows nothing to anybody, and leads to the files until then.
            await self._delete_files(frozenset({*batch.ids, *batch.looks}))
            await self.emptying.empty(audit.c.job_id.in_(batch.ids), self.emptying.in_full, seal)
            async with self.database.write() as connection:
                count += await _erase_rows(connection, batch, seal.at)
        return count

    async def forget_charges(self, before: datetime) -> None:
        """Forget whose caps jobs counted against that were made and bought before then."""
        old = and_(jobs.c.charged_to.is_not(None), ~_is_newer(before))
        async with self.database.read() as connection:
            if (await connection.execute(select(jobs.c.id).where(old).limit(1))).first() is None:
                return
        async with self.database.write() as connection:
            await connection.execute(update(jobs).where(old).values(charged_to=None))

    async def _batch(self, chosen: ColumnElement[bool]) -> _Batch | None:
        columns = (
            *(jobs.c.id, jobs.c.task_id, jobs.c.lookup),
            *(jobs.c.reply_guild_id, jobs.c.channel_id, jobs.c.message_id),
        )
        async with self.database.read() as connection:
            found = (await connection.execute(select(*columns).where(chosen).limit(_AT_ONCE))).all()
            ids = [row.id for row in found]
            # A moderator's look goes without the job that it looked for, which is another user's.
            tasks = [row.task_id for row in found if row.task_id is not None and not row.lookup]
            same = and_(jobs.c.task_id.in_(tasks), jobs.c.lookup.is_(True), jobs.c.id.not_in(ids))
            looks = (await connection.execute(select(jobs.c.id).where(same))).scalars().all()
        if not found:
            return None
        return _Batch(
            ids,
            looks,
            [
                f"https://discord.com/channels/{row.reply_guild_id or '@me'}/{row.channel_id}/{row.message_id}"
                for row in found
                if row.message_id is not None
            ],
        )

    async def _delete_files(self, job_ids: frozenset[str]) -> None:
        """Delete the pictures and the videos of jobs. Raises `OSError`."""
        pictures, videos = self.files.pictures, self.files.videos
        for job_id in job_ids:
            await pictures.delete_entry(job_id)
        # Made of videos on this machine, or just being made.
        made = await asyncio.to_thread(_names_in, videos.folder)
        owned = {name for name in made if owner_of_file(name.removeprefix(HIDDEN_PREFIX)) in job_ids}
        for job_id in job_ids:
            owned |= {f"{job_id}.mp4", hidden_name_of(job_id)}
        await videos.delete(owned)


def _names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _is_newer(moment: datetime) -> ColumnElement[bool]:
    """True for jobs that were made or bought since then."""
    return or_(jobs.c.created_at >= moment, func.coalesce(jobs.c.submitted_at >= moment, False))


def _is_needed(now: datetime) -> ColumnElement[bool]:
    """True for jobs that are under way, that moderators look at, or whose video is being looked for."""
    looking = jobs.alias("looking")
    open_ = or_(reviews.c.state == ReviewState.OPEN.value, reviews.c.outstanding.is_not(None))
    undecided = and_(
        reports.c.outcome.is_(None),
        reports.c.guild_id.is_not(None),
        reports.c.created_at > now - REPORTS_WAIT,
    )
    return or_(
        jobs.c.settled_at.is_(None),
        jobs.c.id.in_(select(reviews.c.job_id).where(open_)),
        jobs.c.id.in_(select(reports.c.job_id).where(undecided)),
        exists().where(looking.c.task_id == jobs.c.task_id, looking.c.settled_at.is_(None)),
    )


async def _erase_rows(connection: AsyncConnection, batch: _Batch, now: datetime) -> int:
    """Erase what another process has not erased since the batch was read. Returns the number of jobs."""
    # Of what is nobody's already the rows do not tell any more for whom it was bought.
    these = and_(jobs.c.id.in_(batch.ids), jobs.c.person_id != NOBODY)
    looks = jobs.c.id.in_(batch.looks)
    await shorten_failures(connection, or_(these, looks))
    continuing = select(jobs.c.id).where(or_(these, looks), continues_spicy())
    spicy = (await connection.execute(continuing)).scalars().all()
    await connection.execute(update(jobs).where(looks).values(_TEXTS | _FILES))
    charged = case((_is_newer(now - CHARGED_FOR), jobs.c.person_id), else_=None)
    erased = await connection.execute(
        update(jobs).where(these).values(_TEXTS | _TRACES | {"charged_to": charged})
    )
    await connection.execute(update(jobs).where(jobs.c.id.in_(spicy)).values(sources=_SPICY_FRAME))
    if batch.urls:
        await connection.execute(
            update(jobs).where(jobs.c.parent_url.in_(batch.urls)).values(parent_url=None)
        )
    theirs = reviews.c.job_id.in_(batch.ids)
    await connection.execute(
        update(votes).where(votes.c.review_id.in_(select(reviews.c.id).where(theirs))).values(reason=None)
    )
    # Where its card is, which still has the prompt, stays known until `EmptiedCards` has edited it.
    nowhere = dict.fromkeys(("shown_channel_id", "shown_message_id"))
    await connection.execute(
        update(reviews).where(theirs).values({"person_id": NOBODY, "reason": None} | nowhere)
    )
    await connection.execute(
        update(reports).where(reports.c.job_id.in_(batch.ids)).values(channel_id=None, message_id=None)
    )
    await connection.execute(update(strikes).where(strikes.c.job_id.in_(batch.ids)).values(reason=""))
    for table in (person_news, drafts):
        await connection.execute(delete(table).where(table.c.job_id.in_(batch.ids)))
    return erased.rowcount


async def shorten_failures(connection: AsyncConnection, chosen: ColumnElement[bool]) -> None:
    """Leave of the failures of jobs nothing but the kind: names of files and moderators' words go."""
    found = await connection.execute(
        select(jobs.c.id, jobs.c.failure).where(chosen, jobs.c.failure.is_not(None))
    )
    short = [
        {
            "this": row.id,
            "short": {"reason": row.failure["reason"], "detail": "", "picture": "", "problem": None},
        }
        for row in found.all()
    ]
    if short:
        kind = bindparam("short", type_=jobs.c.failure.type)
        await connection.execute(
            update(jobs).where(jobs.c.id == bindparam("this")).values(failure=kind), short
        )
