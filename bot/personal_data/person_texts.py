"""A user's texts outside of their jobs: defaults, forms, reports, news, and what they wrote as a moderator."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.entries import AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.sealing import EntryEmptying
from bot.moderation.members.cache import MemberCache
from bot.moderation.reporting import DISMISSAL_COUNTS
from bot.people.cache import PreferenceCache
from bot.personal_data.deletion_store import DeletionRequest
from bot.personal_data.job_erasure import REPORTS_WAIT, shorten_failures
from bot.reviews.report_store import ReportOutcome
from bot.reviews.review import ReviewState
from bot.storage.change_feed import ChangeKind
from bot.storage.database import Database
from bot.storage.moderation_tables import audit, person_news, reviews, strikes, votes
from bot.storage.tables import drafts, jobs, people, reports

_OPEN: Final = or_(reviews.c.state == ReviewState.OPEN.value, reviews.c.outstanding.is_not(None))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PersonTexts:
    """Deletes them. What moderators decided stays, by ids alone.

    Methods raise `bot.storage.errors.StorageError`; calling one again goes on.
    """

    database: Database
    log: AuditLog
    emptying: EntryEmptying
    members: MemberCache
    people: PreferenceCache

    async def delete(self, request: DeletionRequest) -> None:
        """Delete what no open question needs."""
        person_id, until = request.person_id, request.asked_at
        async with self.log.transaction() as within:
            connection = within.connection
            await connection.execute(
                delete(people).where(people.c.person_id == person_id, people.c.changed_at <= until)
            )
            await connection.execute(
                delete(drafts).where(drafts.c.person_id == person_id, drafts.c.created_at <= until)
            )
            await connection.execute(
                delete(person_news).where(person_news.c.person_id == person_id, person_news.c.at <= until)
            )
            about = or_(strikes.c.person_id == person_id, strikes.c.given_by == person_id)
            await connection.execute(
                update(strikes).where(about, strikes.c.given_at <= until).values(reason="")
            )
            await self.members.forget_reasons(within, person_id)
            await self.database.announce(connection, ChangeKind.PREFERENCES, str(person_id))
        await self.people.reload(person_id)

    async def delete_decided(self, request: DeletionRequest, now: datetime) -> None:
        """Delete reports, and what the user wrote as a moderator, but for what an open question needs."""
        async with self.database.write() as connection:
            await _delete_reports(connection, request, now)
            await _delete_moderators_words(connection, request)

    async def delete_later_reasons(self, person_id: int) -> None:
        """Delete what moderators wrote about the user since the wish, when they decided about what was still open.

        What they wrote in other decisions meanwhile goes as well: nothing tells them apart. News that the user has
        not got yet keep their reason: they are for the user, and go soon after.
        """
        told = and_(person_news.c.person_id == person_id, person_news.c.told_at.is_not(None))
        async with self.log.transaction() as within:
            await within.connection.execute(update(person_news).where(told).values(reason=""))
            await self.members.forget_reasons(within, person_id, given=False)

    async def empty_log(self, request: DeletionRequest, seal: AuditEntry) -> int:
        """Empty the entries of the log about the user, and those that the user made. Returns their number.

        Entries about requests that are still needed are left for `JobErasure`.
        """
        person_id = request.person_id
        needed = select(jobs.c.id).where(jobs.c.person_id == person_id)
        before = and_(
            audit.c.at <= request.asked_at, or_(audit.c.job_id.is_(None), audit.c.job_id.not_in(needed))
        )
        prompted = and_(
            audit.c.person_id.is_(None), audit.c.actor_id == person_id, audit.c.prompt_sha256.is_not(None)
        )
        about = or_(audit.c.person_id == person_id, prompted)
        emptied = await self.emptying.empty(and_(before, about), self.emptying.in_full, seal)
        acted = and_(
            audit.c.actor_id == person_id,
            audit.c.person_id.is_distinct_from(person_id),
            audit.c.at <= request.asked_at,
            audit.c.reason != "",
        )
        return emptied + await self.emptying.empty(acted, self.emptying.without_reason, seal)

    async def left(self, request: DeletionRequest) -> int:
        """Return how many reports and reasons of votes are left of the user: those that open questions need."""
        async with self.database.read() as connection:
            count = 0
            for table, condition in ((reports, _reports_of(request)), (votes, _votes_of(request))):
                chosen = select(func.count()).select_from(table).where(condition)
                count += (await connection.execute(chosen)).scalar_one()
        return count


def _reports_of(request: DeletionRequest) -> ColumnElement[bool]:
    return and_(reports.c.person_id == request.person_id, reports.c.created_at <= request.asked_at)


def _votes_of(request: DeletionRequest) -> ColumnElement[bool]:
    written = func.coalesce(votes.c.reason, "") != ""
    return and_(votes.c.person_id == request.person_id, votes.c.cast_at <= request.asked_at, written)


async def _delete_reports(connection: AsyncConnection, request: DeletionRequest, now: datetime) -> None:
    """Delete a user's decided reports, and the words of those about which no question is open.

    One that hid a video for nothing stays for as long as it bars its user from hiding others, without its words.
    """
    theirs = _reports_of(request)
    over = or_(reports.c.outcome.is_not(None), reports.c.guild_id.is_(None))
    if request.asked_at <= now - REPORTS_WAIT:
        over = true()
    bars = and_(
        reports.c.hides,
        func.coalesce(reports.c.outcome == ReportOutcome.STAYS.value, false()),
        func.coalesce(reports.c.decided_at > now - DISMISSAL_COUNTS, false()),
    )
    await connection.execute(delete(reports).where(theirs, over, ~bars))
    asked = exists().where(reviews.c.job_id == reports.c.job_id, _OPEN)
    await connection.execute(update(reports).where(theirs, ~asked).values(words=""))


async def _delete_moderators_words(connection: AsyncConnection, request: DeletionRequest) -> None:
    """Delete the reasons that a user gave as a moderator, but for those in open questions."""
    decided = and_(
        reviews.c.decided_by == request.person_id, reviews.c.decided_at <= request.asked_at, ~_OPEN
    )
    told = select(reviews.c.job_id).where(decided, func.coalesce(reviews.c.reason, "") != "")
    ids = (await connection.execute(told)).scalars().all()
    for start in range(0, len(ids), 200):
        some = ids[start : start + 200]
        await shorten_failures(connection, jobs.c.id.in_(some))
        await connection.execute(update(person_news).where(person_news.c.job_id.in_(some)).values(reason=""))
    await connection.execute(update(reviews).where(decided).values(reason=None))
    closed = votes.c.review_id.in_(select(reviews.c.id).where(~_OPEN))
    await connection.execute(update(votes).where(_votes_of(request), closed).values(reason=None))
