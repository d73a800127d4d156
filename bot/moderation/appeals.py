"""Appeals against suspensions: each is made once, and decided once by somebody who did not suspend."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum

from bot.moderation.audit import AuditFilter, AuditTrail, Deed, Entry
from bot.moderation.members import Member, MemberBook
from bot.moderation.policy import Person, may_moderate
from bot.moderation.servers import RuleBook


class Appealing(StrEnum):
    """What came of an appeal that somebody made."""

    RECEIVED = "received"
    BEFORE = "before"
    """Made already, or the suspension is over."""
    UNREACHED = "unreached"


class Deciding(StrEnum):
    """What came of a moderator's decision."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"
    SUSPENDER = "suspender"
    """Who decided the suspension does not decide the appeal."""
    CLOSED = "closed"


class Appeals:
    """Receives and decides appeals. Methods raise `bot.storage.StorageError`."""

    def __init__(
        self, members: MemberBook, rules: RuleBook, trail: AuditTrail, *, now: Callable[[], datetime]
    ) -> None:
        self._members = members
        self._rules = rules
        self._trail = trail
        self._now = now
        self._deciding = asyncio.Lock()

    async def receive(
        self, guild_id: int, person_id: int, said: str, reach: Callable[[Member], Awaitable[bool]]
    ) -> Appealing:
        """Put what a suspended person says before moderators; `reach` shows it and says whether one sees it."""
        if not await self._members.appeal(guild_id, person_id, self._now()):
            return Appealing.BEFORE
        reached = False
        try:
            await self._log(guild_id, Deed.APPEALED, person_id, person_id, said=said)
            reached = await reach(self._members.of(guild_id, person_id))
        finally:
            if not reached:  # it can be made once, so it has to be before somebody
                await self._members.take_appeal_back(guild_id, person_id)
        return Appealing.RECEIVED if reached else Appealing.UNREACHED

    async def decide(
        self, decider: Person, guild_id: int, person_id: int, *, until: int, lifts: bool
    ) -> Deciding:
        """End the suspension that ends at `until` (seconds since 1970), or let it run."""
        async with self._deciding:
            refused = await self._refused(decider, guild_id, person_id, until)
            if refused is not None:
                return refused
            if lifts:
                await self._members.lift(guild_id, person_id)
                await self._log(guild_id, Deed.SUSPENSION_LIFTED, decider.id, person_id)
            await self._log(guild_id, Deed.APPEAL_DECIDED, decider.id, person_id, lifts=lifts)
        return Deciding.DONE

    async def _refused(self, decider: Person, guild_id: int, person_id: int, until: int) -> Deciding | None:
        member = self._members.of(guild_id, person_id)
        if not may_moderate(decider, self._rules.of(guild_id), guild_id):
            return Deciding.NOT_ALLOWED
        if decider.id == person_id:
            return Deciding.OWN
        over = not member.is_suspended(self._now()) or member.appealed_at is None
        if over or end_of(member) != until or await self._is_decided(member):
            return Deciding.CLOSED
        return Deciding.SUSPENDER if member.suspended_by == decider.id else None

    async def _is_decided(self, member: Member) -> bool:
        """Whether somebody said already that the suspension stays: the log knows, in every process."""
        chosen = AuditFilter(
            guild_id=member.guild_id,
            deeds=frozenset({Deed.APPEAL_DECIDED}),
            person_id=member.person_id,
            since=member.appealed_at,
        )
        return bool(await self._trail.store.read(chosen, limit=1))

    async def _log(
        self,
        guild_id: int,
        deed: Deed,
        actor_id: int,
        person_id: int,
        *,
        said: str | None = None,
        lifts: bool | None = None,
    ) -> None:
        details = {"lifted": lifts} if lifts is not None else {}
        # Kept as a prompt is: it goes when the person asks for their words to be removed.
        entry = Entry(guild_id, self._now(), deed, actor_id, person_id, details=details, prompt=said)
        await self._trail.append(entry)


def end_of(member: Member) -> int:
    """When a suspension ends, in seconds since 1970: what tells it from a later one; 0 without one."""
    return int(member.suspended_until.timestamp()) if member.suspended_until is not None else 0
