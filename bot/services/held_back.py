"""Decisions of moderators about a video that is looked for again."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.jobs.job import FailureReason, Job
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import Member
from bot.moderation.memberships import Memberships
from bot.moderation.policy import Person
from bot.moderation.presence import Presence
from bot.texts import jobs as words
from bot.texts import refusals
from bot.texts.messages import Message


class HeldBack(StrEnum):
    """Reason why only moderators may look for a video."""

    DENIED = "denied"
    PUT_AWAY = "put_away"
    """Hidden because of reports, or removed."""
    DELETED = "deleted"
    """By a moderator."""
    BLOCKED = "blocked"
    SUSPENDED = "suspended"
    LEFT = "left"
    """Its owner is no longer a member of its server, as after a ban."""
    UNKNOWN = "unknown"
    """Discord does not say if its owner is a member."""


HELD_BACK_WORDS: Final[Mapping[HeldBack, Message]] = {
    HeldBack.DENIED: words.LOOK_DENIED,
    HeldBack.PUT_AWAY: words.LOOK_PUT_AWAY,
    HeldBack.DELETED: refusals.DELETED_BY_MODERATOR.in_a_row,
    HeldBack.BLOCKED: words.LOOK_BLOCKED,
    HeldBack.SUSPENDED: words.LOOK_SUSPENDED,
    HeldBack.LEFT: words.LOOK_LEFT,
    HeldBack.UNKNOWN: words.NOT_LOOKED_UP,
}
"""Words for the owner."""

_BY_FAILURE: Final[Mapping[FailureReason, HeldBack]] = {
    FailureReason.POSTING_DENIED: HeldBack.DENIED,
    FailureReason.DELETED_BY_MODERATOR: HeldBack.DELETED,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class HeldBackVideos:
    """Knows the videos for which only moderators may look."""

    members: MemberCache
    memberships: Memberships
    is_hidden: Callable[[str], Awaitable[bool]]
    """Tells if a job's video is hidden or was removed because of reports."""
    now: Callable[[], datetime]

    async def reason_for(self, own: Sequence[Job], person: Person) -> HeldBack | None:
        """Return why only moderators may look for a video, or None if its owner may as well.

        Args:
            own: The jobs of the video's task that its owner has, beginning with the one that bought it.
            person: The user who wants to look.

        Raises:
            StorageError: The database could not be read.
        """
        for job in own:
            reason = _BY_FAILURE.get(job.failure.reason) if job.failure is not None else None
            if reason is not None:
                return reason
            if await self.is_hidden(job.id):
                return HeldBack.PUT_AWAY
        guild_id, owner_id = own[0].guild_id, own[0].reply.person_id
        if guild_id is None:
            return None
        reason = _by_record(await self.members.current(guild_id, owner_id), self.now())
        if reason is not None or (person.id == owner_id and person.guild_id == guild_id):
            return reason  # who presses in a server is a member of it
        return _by_presence((await self.memberships.look(guild_id, owner_id)).presence)


def _by_presence(presence: Presence) -> HeldBack | None:
    match presence:
        case Presence.GONE:
            return HeldBack.LEFT
        case Presence.TIMED_OUT:
            return HeldBack.SUSPENDED
        case Presence.UNKNOWN:
            return HeldBack.UNKNOWN
        case Presence.MEMBER | Presence.NO_SERVER:
            return None  # a server that the bot left has no moderators for it


def _by_record(member: Member, now: datetime) -> HeldBack | None:
    if member.status.blocked:
        return HeldBack.BLOCKED
    return HeldBack.SUSPENDED if member.is_suspended(now) else None
