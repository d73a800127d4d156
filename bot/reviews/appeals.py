"""Appeals against suspensions: each is made once, and decided once by somebody who did not suspend."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum

from bot.moderation.audit.entries import AuditAction, AuditEntry
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import AuditFilter
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import Member
from bot.moderation.policy import Person, may_moderate
from bot.moderation.servers.cache import RuleCache


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
        self, members: MemberCache, rules: RuleCache, audit_log: AuditLog, *, now: Callable[[], datetime]
    ) -> None:
        self._members = members
        self._rules = rules
        self._audit_log = audit_log
        self._now = now

    async def receive(
        self, guild_id: int, person_id: int, said: str, reach: Callable[[Member], Awaitable[bool]]
    ) -> Appealing:
        """Put what a suspended person says before moderators; `reach` shows it and says whether one sees it."""
        async with self._audit_log.transaction() as within:
            member = await self._members.appeal(within, guild_id, person_id, self._now())
            if member is None:
                return Appealing.BEFORE
            # Kept as a prompt is: it goes when its author asks for their words to be removed.
            await within.record(
                AuditEntry(guild_id, self._now(), AuditAction.APPEALED, person_id, person_id, prompt=said)
            )
        reached = False
        try:
            reached = await reach(member)
        finally:
            if not reached:  # it can be made once, so it has to be before somebody
                async with self._audit_log.transaction() as within:
                    await self._members.take_appeal_back(within, guild_id, person_id)
        return Appealing.RECEIVED if reached else Appealing.UNREACHED

    async def decide(
        self, decider: Person, guild_id: int, person_id: int, *, until: int, lifts: bool
    ) -> Deciding:
        """End the suspension that ends at `until` (seconds since 1970), or let it run."""
        async with self._audit_log.transaction() as within:
            refused = await self._refused(decider, guild_id, person_id, until)
            if refused is not None:
                return refused
            now = self._now()
            if lifts:
                await self._members.lift(within, guild_id, person_id)
                await within.record(
                    AuditEntry(guild_id, now, AuditAction.SUSPENSION_LIFTED, decider.id, person_id)
                )
            details = {"lifted": lifts}
            await within.record(
                AuditEntry(guild_id, now, AuditAction.APPEAL_DECIDED, decider.id, person_id, details=details)
            )
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
            actions=frozenset({AuditAction.APPEAL_DECIDED}),
            person_id=member.person_id,
            since=member.appealed_at,
        )
        return bool(await self._audit_log.store.read(chosen, limit=1))


def end_of(member: Member) -> int:
    """When a suspension ends, in seconds since 1970: what tells it from a later one; 0 without one."""
    return int(member.suspended_until.timestamp()) if member.suspended_until is not None else 0
