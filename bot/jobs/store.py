"""Store of jobs. Other statements about them are in `bought_tasks.py` and `history.py`."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.delivery.messages import ReplyAddress
from bot.delivery.routes import Route
from bot.jobs.job import Job, JobState
from bot.jobs.open_questions import is_asked_about
from bot.jobs.purchases import store_purchase
from bot.jobs.rows import course_columns, job_from, named, reply_columns, row_of
from bot.jobs.task_owners import looked_for_since
from bot.storage.database import Database
from bot.storage.errors import UnreadableRowError
from bot.storage.reading import read_one, read_rows
from bot.storage.tables import jobs

# Made once: to build a statement of all columns takes longer than SQLite takes to carry it out.
_ADD: Final = jobs.insert()
_GET: Final = select(jobs).where(jobs.c.id == bindparam("of_id"))
_TAKE: Final = (
    update(jobs)
    .where(jobs.c.id == bindparam("of_id"), jobs.c.claim == bindparam("of_claim"))
    .values(
        claim=jobs.c.claim + 1,
        claimed_by=bindparam("of_owner"),
        message_id=func.coalesce(bindparam("of_message", type_=jobs.c.message_id.type), jobs.c.message_id),
    )
)
_SAVE: Final = update(jobs).where(
    jobs.c.id == bindparam("of_id"),
    jobs.c.state == bindparam("of_state"),
    jobs.c.claim == bindparam("of_claim"),
    jobs.c.review_id.is_not_distinct_from(bindparam("of_review_id")),
    jobs.c.parked_at.is_not_distinct_from(bindparam("of_parked_at")),
    jobs.c.ask_again_since.is_not_distinct_from(bindparam("of_ask_again_since")),
    jobs.c.settled_at.is_(None),
)


class UnknownJobError(Exception):
    """No job has this id."""


class UnreadableJobError(UnknownJobError):
    """The job's row holds what this version cannot read. It is left as it is, and so are its files."""


class StaleJobError(Exception):
    """The row is no longer as it was read: another write came first."""


class ClaimLostError(StaleJobError):
    """Another run has taken the job over; `owner` is its process."""

    def __init__(self, job_id: str, owner: str | None) -> None:
        super().__init__(f"{job_id} is carried on by {owner}")
        self.owner = owner


class DuplicateJobError(Exception):
    """There is such a job already: of the same event, for the same task, or repeating the same job."""


class JobStore:
    """Stores jobs. A method that returned has committed; callers act outside the process only after that.

    Every method raises `bot.storage.errors.StorageUnavailableError` if the database cannot be read or written.
    """

    def __init__(self, database: Database, spool_dir: Path) -> None:
        self._database = database
        self._spool_dir = spool_dir

    async def add(self, job: Job, also: Callable[[AsyncConnection], Awaitable[None]] | None = None) -> None:
        """Store a new job, and what `also` writes, in one transaction. Raises `DuplicateJobError`."""
        try:
            if also is None:
                await self._database.write_one(_ADD, row_of(job), urgent=True)
                return
            async with self._database.write(urgent=True) as connection:
                await connection.execute(_ADD, row_of(job))
                await also(connection)
        except IntegrityError:
            raise DuplicateJobError(job.id) from None

    async def get(self, job_id: str) -> Job:
        """Return a job. Raises `UnknownJobError`."""
        async with self._database.read() as connection:
            return await self._get(connection, job_id)

    async def find(self, job_id: str) -> Job | None:
        """Return a job, or None if there is none that can be read."""
        try:
            return await self.get(job_id)
        except UnknownJobError:
            return None

    async def exists(self, job_id: str) -> bool:
        """Return True if there is such a job, also one whose row cannot be read."""
        return await self._any(jobs.c.id == job_id) is not None

    async def take_claim(self, seen: Job, owner: str, message_id: int | None = None) -> Job:
        """Begin a run: writes of the job's earlier runs are refused now.

        Args:
            seen: The job, as it was read just now.
            owner: The process in which it runs.
            message_id: The reply's message, if that was learned since the job was stored.

        Raises:
            UnknownJobError: It is gone.
            ClaimLostError: Another run of it has begun.
        """
        values = {"of_id": seen.id, "of_claim": seen.claim, "of_owner": owner, "of_message": message_id}
        taken = await self._database.write_one(_TAKE, values)
        job = await self.get(seen.id)
        if not taken or job.claim != seen.claim + 1:
            raise ClaimLostError(job.id, job.claimed_by)
        return job

    @property
    def is_current(self) -> bool:
        """True if no other process can have taken the jobs over, however long this one stood still."""
        return self._database.is_surely_own

    async def save(self, job: Job, *, before: Job) -> None:
        """Store the progress of the job since `before`, and remove the token of a settled one.

        Where the reply lives stays as it is. The write is refused unless the row is as it was `before`: its
        state, its claim, the question that it waits for, and whether it waits for its user.

        Raises:
            StaleJobError: The job was changed meanwhile.
            ClaimLostError: Another run has taken it over.
            UnknownJobError: There is no such job.
        """
        if not await self._database.write_one(_SAVE, _saved(job, before)):
            async with self._database.read() as connection:
                raise await self._not_saved(connection, before)

    async def save_within(self, connection: AsyncConnection, job: Job, *, before: Job) -> None:
        """`save` in the caller's transaction of `Database.write`."""
        changed = await connection.execute(_SAVE, _saved(job, before))
        if changed.rowcount == 0:
            raise await self._not_saved(connection, before)

    async def record_purchase(self, bought: Job) -> None:
        """Store the answer to a POST, whoever holds the claim and whatever the row says: the money is spent.

        A row that has the task already stays as it is: another run may have carried it on.

        Args:
            bought: The job with the task's id, in the state `generating`.

        Raises:
            UnknownJobError: There is no such job, or it has another task.
            TaskTakenError: Another job has the task: its video is not this job's, whatever was answered.
        """
        if not await store_purchase(self._database, bought):
            raise UnknownJobError(bought.id)

    async def save_reply(self, job_id: str, reply: ReplyAddress, *, claim: int | None = None) -> None:
        """Store a newer token, or what was learned of the reply, of a job that is not settled.

        A run names its `claim`; nothing is stored if it has lost it.
        """
        condition = and_(jobs.c.id == job_id, jobs.c.settled_at.is_(None), _has(claim))
        await self._database.write_one(update(jobs).where(condition).values(reply_columns(reply)))

    async def take_up_undelivered(self, job_id: str, reply: ReplyAddress) -> bool:
        """Take up an undelivered video again, to be delivered to `reply`. Returns False if it no longer waits.

        Raises `DuplicateJobError` while another job looks for the same video.
        """
        condition = and_(
            jobs.c.id == job_id,
            jobs.c.parked_at.is_not(None),
            jobs.c.settled_at.is_(None),
        )
        # Noted as begun by the token, so that a kill after the post cannot make a second one of it.
        begun = {"post_route": Route.TOKEN.value, "post_started_at": reply.created_at, "starts": 0}
        values = reply_columns(reply) | {"parked_at": None} | begun
        try:
            return await self._database.write_one(update(jobs).where(condition).values(values)) == 1
        except IntegrityError:
            raise DuplicateJobError(job_id) from None

    async def remove(self, job_id: str, *, claim: int | None = None) -> None:
        """Delete a job that never began, as its user was not told that it would. `claim` as for `save_reply`."""
        waiting = jobs.c.state.in_((JobState.QUEUED.value, JobState.HELD.value))
        condition = and_(jobs.c.id == job_id, waiting, _has(claim))
        await self._database.write_one(delete(jobs).where(condition))

    async def wipe_tokens(self, answered_before: datetime) -> int:
        """Remove tokens that no longer open anything. Returns their number."""
        condition = and_(jobs.c.token.is_not(None), jobs.c.answered_at < answered_before)
        return await self._database.write_one(update(jobs).where(condition).values(token=None))

    async def unsettled(self) -> tuple[Job, ...]:
        """Return every job that goes on by itself, oldest first."""
        return await self._where(
            jobs.c.settled_at.is_(None), jobs.c.parked_at.is_(None), jobs.c.review_id.is_(None)
        )

    async def under_review(self) -> tuple[Job, ...]:
        """Return every job that waits for moderators."""
        return await self._where(jobs.c.settled_at.is_(None), jobs.c.review_id.is_not(None))

    async def forgotten(self, *, undelivered: datetime, unanswered: datetime) -> tuple[Job, ...]:
        """Return jobs that wait for their users since before then: to fetch a video, or to say they want it."""
        asked = and_(jobs.c.state == JobState.QUEUED.value, jobs.c.ask_again_since < unanswered)
        return await self._where(jobs.c.settled_at.is_(None), or_(jobs.c.parked_at < undelivered, asked))

    async def of_person(
        self, person_id: int, *, ended_since: datetime, delivered_since: datetime, limit: int
    ) -> tuple[Job, ...]:
        """Return a user's jobs that are under way, wait, or ended since then; newest first.

        Of those that look for the same video only the last is among them.
        """
        delivered = jobs.c.state == JobState.DELIVERED.value
        shown = or_(
            jobs.c.settled_at.is_(None),
            and_(jobs.c.ended_at >= ended_since, ~delivered),
            and_(jobs.c.ended_at >= delivered_since, delivered),
        )
        chosen = select(jobs).where(jobs.c.person_id == person_id, shown, ~looked_for_since())
        return await self._read(chosen.order_by(jobs.c.created_at.desc()).limit(limit))

    async def repeated_by(self, parent_id: str) -> str | None:
        """Return the id of the job that repeats this one, if there is one."""
        return await self._any(jobs.c.parent_id == parent_id, jobs.c.lookup.is_(False))

    async def looked_for(self, job_id: str) -> bool:
        """Return True if this job's task was looked for again after its end."""
        return await self._any(jobs.c.parent_id == job_id, jobs.c.lookup.is_(True)) is not None

    async def ended_before(self, moment: datetime, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these jobs that ended before then, or do not exist: their pictures need not be kept.

        Jobs about which moderators are asked are not among them.
        """
        kept: set[str] = set()
        condition = or_(jobs.c.ended_at.is_(None), jobs.c.ended_at >= moment, is_asked_about())
        async with self._database.read() as connection:
            for start in range(0, len(job_ids), 500):
                some = job_ids[start : start + 500]
                rows = await connection.execute(select(jobs.c.id).where(jobs.c.id.in_(some), condition))
                kept.update(rows.scalars())
        return frozenset(job_ids) - kept

    async def unreadable_among(self, job_ids: Sequence[str]) -> frozenset[str]:
        """Return those of these jobs whose row cannot be read: nothing of theirs is to go."""
        readable: set[str] = set()
        existing: set[str] = set()
        for start in range(0, len(job_ids), 500):
            these = jobs.c.id.in_(job_ids[start : start + 500])
            readable.update(job.id for job in await self._where(these))
            async with self._database.read() as connection:
                existing.update((await connection.execute(select(jobs.c.id).where(these))).scalars())
        return frozenset(existing - readable)

    async def with_videos(self) -> frozenset[str]:
        """Return jobs that need files of the media folder; ready ones may not name them yet."""
        has = or_(jobs.c.video_name.is_not(None), jobs.c.state == JobState.READY.value)
        chosen = select(jobs.c.id).where(has, or_(jobs.c.settled_at.is_(None), is_asked_about()))
        async with self._database.read() as connection:
            return frozenset((await connection.execute(chosen)).scalars())

    async def _any(self, *conditions: ColumnElement[bool]) -> str | None:
        """Return the id of such a job, readable or not."""
        async with self._database.read() as connection:
            return (await connection.execute(select(jobs.c.id).where(*conditions).limit(1))).scalar()

    async def _where(self, *conditions: ColumnElement[bool]) -> tuple[Job, ...]:
        return await self._read(select(jobs).where(*conditions).order_by(jobs.c.created_at, jobs.c.id))

    async def _read(self, chosen: Select[Any]) -> tuple[Job, ...]:
        alarms = self._database.alarms
        async with self._database.read() as connection:
            return tuple(
                await read_rows(connection, chosen, self._job_from, keys=(jobs.c.id,), alarms=alarms)
            )

    async def _get(self, connection: AsyncConnection, job_id: str) -> Job:
        this, alarms = {"of_id": job_id}, self._database.alarms
        try:
            found = await read_one(
                connection, _GET, self._job_from, values=this, keys=(jobs.c.id,), alarms=alarms
            )
        except UnreadableRowError:
            raise UnreadableJobError(job_id) from None
        if found is None:
            raise UnknownJobError(job_id)
        return found

    def _job_from(self, row: RowMapping) -> Job:
        return job_from(named(row), self._spool_dir)

    async def _not_saved(self, connection: AsyncConnection, before: Job) -> Exception:
        columns = (jobs.c.state, jobs.c.claim, jobs.c.claimed_by)
        found = (await connection.execute(select(*columns).where(jobs.c.id == before.id))).one_or_none()
        if found is None:
            return UnknownJobError(before.id)
        if found.claim != before.claim:
            return ClaimLostError(before.id, found.claimed_by)
        return StaleJobError(f"{before.id} is {found.state}, was {before.state}")


def _has(claim: int | None) -> ColumnElement[bool]:
    return true() if claim is None else jobs.c.claim == claim


def _saved(job: Job, before: Job) -> dict[str, Any]:
    """Return the columns of a job's progress, and what the row has to be like."""
    values = course_columns(job)
    if job.settled_at is not None or job.undelivered_since is not None:
        values["token"] = None
    return values | {
        "of_id": job.id,
        "of_state": before.state.value,
        "of_claim": before.claim,
        "of_review_id": before.review_id,
        "of_parked_at": before.undelivered_since,
        "of_ask_again_since": before.ask_again_since,
    }
