"""News to users of decisions about them, and suspensions that end by themselves.

What a user is to hear is stored in the decision's transaction (`NewsStore.add`), so a process that ends before the
message leaves it to the next one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import structlog

from bot.jobs.job import Job
from bot.jobs.store import JobStore
from bot.moderation.audit.log import AuditLog
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.news import News, NewsKind, NewsStore
from bot.reviews.review import Review, ReviewState, ReviewSubject
from bot.storage.errors import StorageError, UnreadableRowError

log: Final = structlog.get_logger(__name__)

_TOLD_AT_ONCE: Final = 50
_AGAIN_AFTER_S: Final = 30.0
_TRIED_FOR: Final = timedelta(days=3)
_KEPT_FOR: Final = timedelta(days=1)
_KINDS: Final = {
    ReviewState.APPROVED: NewsKind.APPROVED,
    ReviewState.DENIED: NewsKind.DENIED,
    ReviewState.EXPIRED: NewsKind.UNDECIDED,
}


class Told(StrEnum):
    """Result of an attempt to tell a user."""

    TOLD = "told"
    UNREACHABLE = "unreachable"
    """Discord refused: the user takes no direct messages, or is gone."""
    LATER = "later"
    """Discord is away."""


class NewsMessenger(Protocol):
    """Sends news to users."""

    async def send(self, news: News, job: Job | None) -> Told:
        """Send news about `job`. A repetition within some minutes shows nothing twice. Does not raise."""
        ...


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PersonNews:
    """Tells users of decisions, as far as they can be reached. A decision stands all the same."""

    store: NewsStore
    jobs: JobStore
    messenger: NewsMessenger
    now: Callable[[], datetime]

    async def run(self) -> None:
        """Tell users as soon as there are news, until cancelled. What failed is tried again after 30 seconds."""
        while True:
            self.store.added.clear()
            try:
                await self.tell()
                await self.store.remove_told_before(self.now() - _KEPT_FOR)
            except StorageError as error:
                log.warning("person_news_not_told", reason=str(error))
            try:
                await asyncio.wait_for(self.store.added.wait(), _AGAIN_AFTER_S)
            except TimeoutError:
                continue

    async def tell(self) -> None:
        """Tell those who have not heard it yet. Raises `bot.storage.errors.StorageError`."""
        for news in await self.store.untold(_TOLD_AT_ONCE):
            result = await self.messenger.send(news, await self._job_of(news))
            if result is Told.LATER and self.now() - news.at < _TRIED_FOR:
                continue
            if result is not Told.TOLD:
                log.info("person_news_given_up", person=news.person_id, kind=news.kind, result=result)
            await self.store.told(news, self.now())

    async def _job_of(self, news: News) -> Job | None:
        try:
            return await self.jobs.find(news.job_id) if news.job_id is not None else None
        except UnreadableRowError:
            return None  # the news are the same without the address of the reply


def news_of_decision(job: Job, review: Review, now: datetime) -> News | None:
    """Return what a user who waited for moderators hears of their decision, or None."""
    kind, bought = _KINDS.get(review.state), review.subject is ReviewSubject.POSTING
    if kind is None or (kind is NewsKind.APPROVED and bought and job.ping):
        return None  # the video itself mentions them
    # What nobody can tell before the reply was looked at, the card says afterwards: these words must not.
    bought = bought or (kind is NewsKind.DENIED and job.is_behind)
    return News(
        guild_id=review.guild_id,
        person_id=review.person_id,
        kind=kind,
        at=now,
        reason=review.reason if kind is NewsKind.DENIED else "",
        job_id=job.id,
        bought=bought,
    )


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SuspensionEnds:
    """Has users told whose suspension ended by itself, each once."""

    members: MemberCache
    audit: AuditLog
    news: NewsStore
    now: Callable[[], datetime]

    async def tell(self) -> None:
        """Store news for those who have none yet. Raises `bot.storage.errors.StorageError`."""
        for member in self.members.ended(self.now()):
            guild_id, person_id, kind = member.guild_id, member.person_id, NewsKind.SUSPENSION_OVER
            async with self.audit.transaction() as within:
                current = await self.members.as_stored(within.connection, guild_id, person_id)
                if current.end_is_told or current.is_suspended(self.now()):
                    continue  # told by another call, or suspended anew, meanwhile
                await self.members.note_end_told(within, member)
                news = News(guild_id=guild_id, person_id=person_id, kind=kind, at=self.now())
                await self.news.add(within, news)
