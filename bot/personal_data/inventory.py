"""Counts of what is stored about a user, for `/privacy show`."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, func, or_, select

from bot.files.job_files import JobFiles
from bot.files.store import FilesUnavailableError
from bot.jobs.job import owner_of_file
from bot.reviews.hidden_copies import HIDDEN_PREFIX
from bot.reviews.review import ReviewState, ReviewSubject
from bot.storage.database import Database
from bot.storage.errors import StorageUnavailableError
from bot.storage.moderation_tables import audit, members, person_news, reviews, strikes, votes
from bot.storage.privacy_tables import deletions
from bot.storage.tables import drafts, jobs, people, reports

_PARTIAL: Final = ".part"


@dataclass(frozen=True)
class QuestionCounts:
    """Numbers of a user's requests and reported videos about which moderators have not decided yet."""

    requests: int
    reported: int


async def open_questions(database: Database, person_id: int) -> QuestionCounts:
    """Count the open questions about a user. Raises `bot.storage.errors.StorageUnavailableError`."""
    open_ = or_(reviews.c.state == ReviewState.OPEN.value, reviews.c.outstanding.is_not(None))
    chosen = select(reviews.c.stage).where(reviews.c.person_id == person_id, open_)
    async with database.read() as connection:
        subjects = (await connection.execute(chosen)).scalars().all()
    reported = subjects.count(ReviewSubject.REPORT.value)
    return QuestionCounts(len(subjects) - reported, reported)


@dataclass(frozen=True)
class Inventory:
    """Numbers of rows and files of a user. `servers` counts those with a record of the user: lists, suspensions."""

    requests: int
    open: int
    """Requests that are not settled."""
    bought: int
    """Open requests that the video service has accepted."""
    pictures: int
    videos: int
    drafts: int
    defaults: bool
    reports: int
    news: int
    votes: int
    servers: int
    strikes: int
    entries: int
    being_deleted: bool
    """True if the user asked for the deletion, and something is still needed."""
    asked: QuestionCounts
    """Questions to moderators, which a deletion leaves open."""


@dataclass(frozen=True, eq=False, repr=False)
class PersonInventory:
    """Counts. `of` raises `bot.storage.errors.StorageUnavailableError`, also while the store of files is away."""

    database: Database
    files: JobFiles

    async def of(self, person_id: int) -> Inventory:
        """Count what is stored about a user."""
        mine = jobs.c.person_id == person_id
        unsettled = and_(mine, jobs.c.settled_at.is_(None))
        chosen: dict[str, tuple[Table, ColumnElement[bool]]] = {
            "requests": (jobs, mine),
            "open": (jobs, unsettled),
            "bought": (jobs, and_(unsettled, jobs.c.task_id.is_not(None))),
            "drafts": (drafts, drafts.c.person_id == person_id),
            "defaults": (people, people.c.person_id == person_id),
            "reports": (reports, reports.c.person_id == person_id),
            "news": (person_news, person_news.c.person_id == person_id),
            "votes": (votes, votes.c.person_id == person_id),
            "servers": (members, members.c.person_id == person_id),
            "strikes": (strikes, strikes.c.person_id == person_id),
            "entries": (audit, or_(audit.c.person_id == person_id, audit.c.actor_id == person_id)),
            "being_deleted": (deletions, deletions.c.person_id == person_id),
        }
        counts: dict[str, int] = {}
        async with self.database.read() as connection:
            for name, (table, condition) in chosen.items():
                counted = select(func.count()).select_from(table).where(condition)
                counts[name] = (await connection.execute(counted)).scalar_one()
            ids = frozenset((await connection.execute(select(jobs.c.id).where(mine))).scalars())
        pictures, videos = await self._count_files(ids)
        return Inventory(
            requests=counts["requests"],
            open=counts["open"],
            bought=counts["bought"],
            pictures=pictures,
            videos=videos,
            drafts=counts["drafts"],
            defaults=counts["defaults"] > 0,
            reports=counts["reports"],
            news=counts["news"],
            votes=counts["votes"],
            servers=counts["servers"],
            strikes=counts["strikes"],
            entries=counts["entries"],
            being_deleted=counts["being_deleted"] > 0,
            asked=await open_questions(self.database, person_id),
        )

    async def _count_files(self, job_ids: frozenset[str]) -> tuple[int, int]:
        try:
            pictures = await self.files.pictures.names_of(lambda name: name in job_ids)
            videos = await self.files.videos.names_of(
                lambda name: owner_of_file(name.removeprefix(HIDDEN_PREFIX)) in job_ids
            )
        except FilesUnavailableError as error:
            raise StorageUnavailableError(str(error)) from None
        return len(pictures), sum(not name.endswith(_PARTIAL) for name in videos)
