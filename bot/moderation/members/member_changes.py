"""Moderators' decisions about users: each in one transaction with its entry in the audit log."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from bot.moderation.audit.entries import AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditLog
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import ListStatus
from bot.moderation.members.news import News, NewsKind, NewsStore


class MemberChange(StrEnum):
    """Result of a decision about a user."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """The record said so already."""


class MemberChanges:
    """Changes users' records, logs it and has the users told. The caller has checked that `by` may do so.

    Methods raise `bot.storage.errors.StorageError`, and then nothing has changed.
    """

    def __init__(
        self, members: MemberCache, audit_log: AuditLog, news: NewsStore, *, now: Callable[[], datetime]
    ) -> None:
        self._members = members
        self._audit_log = audit_log
        self._news = news
        self._now = now

    async def list_as(
        self, guild_id: int, person_id: int, listed: ListStatus | None, *, by: int
    ) -> MemberChange:
        """Put a user on a list, or with None take the user off both."""
        async with self._audit_log.transaction() as within:
            member = await self._members.as_stored(within.connection, guild_id, person_id)
            if member.listed is listed:
                return MemberChange.UNCHANGED
            await self._members.list_as(within, guild_id, person_id, listed)
            action = AuditAction(listed.value) if listed is not None else AuditAction.UNLISTED
            await within.record(self._entry(guild_id, action, by, person_id))
        return MemberChange.DONE

    async def suspend(
        self, guild_id: int, person_id: int, *, hours: int, reason: str, by: int
    ) -> datetime | None:
        """Suspend a user from now on.

        Returns:
            The end of the suspension, or None if a longer one is in force, which stays.
        """
        now = self._now()
        until = now + timedelta(hours=hours)
        async with self._audit_log.transaction() as within:
            if not await self._members.suspend(
                within, guild_id, person_id, until=until, by=by, reason=reason, now=now
            ):
                return None
            details = {"hours": hours}
            await within.record(
                self._entry(guild_id, AuditAction.SUSPENDED, by, person_id, reason=reason, details=details)
            )
            kind = NewsKind.SUSPENDED
            news = News(guild_id=guild_id, person_id=person_id, kind=kind, at=now, reason=reason, until=until)
            await self._news.add(within, news)
        return until

    async def lift(self, guild_id: int, person_id: int, *, reason: str, by: int) -> MemberChange:
        """Lift the suspension in force."""
        async with self._audit_log.transaction() as within:
            now, kind = self._now(), NewsKind.SUSPENSION_OVER
            member = await self._members.as_stored(within.connection, guild_id, person_id)
            if not member.is_suspended(now):
                return MemberChange.UNCHANGED
            await self._members.lift(within, guild_id, person_id)
            await self._news.add(within, News(guild_id=guild_id, person_id=person_id, kind=kind, at=now))
            details = {"hours": 0}
            entry = self._entry(
                guild_id, AuditAction.SUSPENSION_LIFTED, by, person_id, reason=reason, details=details
            )
            await within.record(entry)
        return MemberChange.DONE

    async def mute_reports(self, guild_id: int, person_id: int, *, muted: bool, by: int) -> MemberChange:
        """Have a user's reports not count, or count again."""
        async with self._audit_log.transaction() as within:
            member = await self._members.as_stored(within.connection, guild_id, person_id)
            if member.reports_muted is muted:
                return MemberChange.UNCHANGED
            await self._members.mute_reports(within, guild_id, person_id, muted=muted)
            details = {"muted": muted}
            entry = self._entry(guild_id, AuditAction.REPORTS_MUTED, by, person_id, details=details)
            await within.record(entry)
        return MemberChange.DONE

    def _entry(
        self,
        guild_id: int,
        action: AuditAction,
        by: int,
        person_id: int,
        *,
        reason: str = "",
        details: Mapping[str, Detail] | None = None,
    ) -> AuditEntry:
        return AuditEntry(guild_id, self._now(), action, by, person_id, None, reason, details or {})
