"""News to users of decisions about them, and suspensions that end by themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.jobs.job import Job
from bot.moderation.audit.log import AuditLog
from bot.moderation.members.cache import MemberCache
from bot.reviews.review import Review


class PersonNews(Protocol):
    """Tells users of decisions, as far as they can be reached. No method raises; a decision stands all the same."""

    async def removed(self, job: Job, reason: str) -> None:
        """Tell the user whose video was removed."""
        ...

    async def struck(self, guild_id: int, person_id: int, reason: str) -> None:
        """Tell a user of a strike."""
        ...

    async def suspended(self, guild_id: int, person_id: int, *, until: datetime, reason: str) -> None:
        """Tell a user of a suspension, with the button to appeal."""
        ...

    async def suspension_over(self, guild_id: int, person_id: int) -> None:
        """Tell a user that a suspension has ended."""
        ...

    async def decided(self, job: Job, review: Review) -> None:
        """Tell a user who waited for moderators that they decided, once."""
        ...


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SuspensionEnds:
    """Tells users whose suspension ended by itself, each once."""

    members: MemberCache
    audit: AuditLog
    news: PersonNews
    now: Callable[[], datetime]

    async def tell(self) -> None:
        """Tell those who have not heard it yet. Raises `bot.storage.errors.StorageError`."""
        for member in self.members.ended(self.now()):
            # Noted first: who cannot be reached is not told for ever.
            async with self.audit.transaction() as within:
                await self.members.note_end_told(within, member)
            await self.news.suspension_over(member.guild_id, member.person_id)
