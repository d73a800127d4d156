"""Everybody's records at hand, so that no decision waits for the disk to learn them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.moderation.members.member import Listed, Member, Strike, active, suspended_until
from bot.moderation.members.store import MemberStore
from bot.moderation.rules import ServerRules


class MemberBook:
    """The records of those who have one, in memory and on the disk.

    Methods that change something raise `bot.storage.StorageError`, and then nothing has changed. They do so one
    after the other: each changes a part of what the one before left.
    """

    def __init__(self, store: MemberStore) -> None:
        self._store = store
        self._known: dict[tuple[int, int], Member] = {}
        self._changing = asyncio.Lock()

    async def load(self) -> None:
        """Read what is kept. Raises `bot.storage.StorageError`."""
        self._known = {(one.guild_id, one.person_id): one for one in await self._store.everything()}

    def of(self, guild_id: int | None, person_id: int) -> Member:
        """What is kept of somebody; nothing is, of most people and in direct messages."""
        fresh = Member(guild_id or 0, person_id)
        return self._known.get((guild_id, person_id), fresh) if guild_id is not None else fresh

    async def list_as(self, guild_id: int, person_id: int, listed: Listed | None) -> None:
        """Put somebody on a list, or take them off both."""
        async with self._changing:
            await self._save(replace(self.of(guild_id, person_id), listed=listed))

    async def suspend(
        self, guild_id: int, person_id: int, *, until: datetime, by: int | None, reason: str
    ) -> None:
        """Suspend somebody; an earlier suspension, with its appeal, is over."""
        async with self._changing:
            await self._suspend(guild_id, person_id, until, by, reason)

    async def lift(self, guild_id: int, person_id: int) -> None:
        """End a suspension."""
        async with self._changing:
            member = self.of(guild_id, person_id)
            await self._save(replace(member, suspended_until=None, suspended_by=None, suspended_for=""))

    async def appeal(self, guild_id: int, person_id: int, now: datetime) -> bool:
        """Note that a running suspension is appealed against; whether it was for the first time."""
        async with self._changing:
            member = self.of(guild_id, person_id)
            if not member.is_suspended(now) or member.appealed_at is not None:
                return False
            await self._save(replace(member, appealed_at=now))
            return True

    async def take_appeal_back(self, guild_id: int, person_id: int) -> None:
        """Forget an appeal that reached nobody."""
        async with self._changing:
            await self._save(replace(self.of(guild_id, person_id), appealed_at=None))

    async def mute_reports(self, guild_id: int, person_id: int, *, muted: bool) -> None:
        """Have somebody's reports count for nothing, or count again."""
        async with self._changing:
            await self._save(replace(self.of(guild_id, person_id), reports_muted=muted))

    async def strike(self, strike: Strike, rules: ServerRules) -> datetime | None:
        """Give a strike; until when it suspends, if it made them enough. It shortens no suspension."""
        async with self._changing:
            await self._store.strike(strike)
            recent = await self.strikes(strike.guild_id, strike.person_id, rules, strike.given_at)
            until = suspended_until(recent, rules, strike.given_at)
            if until is not None:
                running = self.of(strike.guild_id, strike.person_id).suspended_until
                until = max(until, running or until)
                await self._suspend(strike.guild_id, strike.person_id, until, strike.given_by, strike.reason)
            return until

    async def strikes(
        self, guild_id: int, person_id: int, rules: ServerRules, now: datetime
    ) -> Sequence[Strike]:
        """Somebody's strikes that have not faded."""
        since = now - timedelta(days=rules.strike_days)
        return active(await self._store.strikes(guild_id, person_id, since=since), rules, now)

    async def _suspend(
        self, guild_id: int, person_id: int, until: datetime, by: int | None, reason: str
    ) -> None:
        member = self.of(guild_id, person_id)
        await self._save(
            replace(member, suspended_until=until, suspended_by=by, suspended_for=reason, appealed_at=None)
        )

    async def _save(self, member: Member) -> None:
        await self._store.save(member)
        self._known[member.guild_id, member.person_id] = member
