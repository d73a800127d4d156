"""Appeals against suspensions: one for each, decided once by another moderator, or by the server's owner."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.moderation.audit.entries import PARTS, AuditAction, AuditEntry, Detail
from bot.moderation.audit.log import AuditLog
from bot.moderation.audit.store import AuditFilter
from bot.moderation.members.cache import MemberCache
from bot.moderation.members.member import Member
from bot.moderation.members.news import News, NewsKind, NewsStore
from bot.moderation.policy import Person
from bot.moderation.rights import may_moderate
from bot.moderation.servers.cache import RuleCache


class AppealResult(StrEnum):
    """Result of a user's appeal."""

    RECEIVED = "received"
    BEFORE = "before"
    """The suspension was appealed against before, or is over."""
    UNREACHED = "unreached"
    """It could be shown to no moderator."""


class AppealDecision(StrEnum):
    """Result of a moderator's press on an appeal."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"
    SUSPENDER = "suspender"
    """The moderator decided the suspension."""
    CLOSED = "closed"
    """The appeal was decided before, or the suspension is over."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Appeals:
    """Receives and decides appeals. Methods raise `bot.storage.errors.StorageError`."""

    members: MemberCache
    rules: RuleCache
    audit: AuditLog
    news: NewsStore
    now: Callable[[], datetime]

    async def receive(
        self, guild_id: int, person_id: int, said: str, reach: Callable[[Member], Awaitable[bool]]
    ) -> AppealResult:
        """Show a suspended user's appeal to the moderators.

        Args:
            guild_id: The server.
            person_id: The suspended user.
            said: What the user wrote.
            reach: Shows the appeal. Returns True if it is shown to a moderator.
        """
        async with self.audit.transaction() as within:
            member = await self.members.appeal(within, guild_id, person_id, self.now())
            if member is None:
                return AppealResult.BEFORE
            # Stored as a prompt is: it is removed when the user asks for the removal of their data.
            await within.record(
                AuditEntry(guild_id, self.now(), AuditAction.APPEALED, person_id, person_id, prompt=said)
            )
        reached = False
        try:
            reached = await reach(member)
        finally:
            if not reached:  # the user's only appeal must not be spent on one that no moderator sees
                async with self.audit.transaction() as within:
                    await self.members.take_appeal_back(within, guild_id, person_id)
        return AppealResult.RECEIVED if reached else AppealResult.UNREACHED

    async def decide(
        self, decider: Person, guild_id: int, person_id: int, *, until: int, lifts: bool
    ) -> AppealDecision:
        """Lift a suspension or let it run.

        Args:
            decider: The moderator.
            guild_id: The server.
            person_id: The suspended user.
            until: The end of the suspension in seconds since 1970, as `end_of` gives it. Tells it from a later one.
            lifts: True to lift it.
        """
        async with self.audit.transaction() as within:
            refused = await self._refused(decider, guild_id, person_id, until)
            if refused is not None:
                return refused
            now = self.now()
            suspended_by = self.members.of(guild_id, person_id).suspended_by
            details: dict[str, Detail] = {"lifted": lifts}
            if lifts:
                await self.members.lift(within, guild_id, person_id)
                details[PARTS] = [AuditAction.SUSPENSION_LIFTED.value]
            kind = NewsKind.APPEAL_LIFTED if lifts else NewsKind.APPEAL_KEPT
            await self.news.add(within, News(guild_id=guild_id, person_id=person_id, kind=kind, at=now))
            if suspended_by == decider.id:
                details["own_suspension"] = True
            await within.record(
                AuditEntry(guild_id, now, AuditAction.APPEAL_DECIDED, decider.id, person_id, details=details)
            )
        return AppealDecision.DONE

    async def _refused(
        self, decider: Person, guild_id: int, person_id: int, until: int
    ) -> AppealDecision | None:
        member = self.members.of(guild_id, person_id)
        if not may_moderate(decider, self.rules.of(guild_id), guild_id):
            return AppealDecision.NOT_ALLOWED
        if decider.id == person_id:
            return AppealDecision.OWN
        over = not member.is_suspended(self.now()) or member.appealed_at is None
        if over or end_of(member) != until or await self._is_decided(member):
            return AppealDecision.CLOSED
        # A server may have one moderator alone: its owner decides all the same, which is logged as such.
        own_decision = member.suspended_by == decider.id and not decider.owns
        return AppealDecision.SUSPENDER if own_decision else None

    async def _is_decided(self, member: Member) -> bool:
        """Return True if the appeal was decided. A rejected one leaves its trace in the audit log alone."""
        chosen = AuditFilter(
            guild_id=member.guild_id,
            actions=frozenset({AuditAction.APPEAL_DECIDED}),
            person_id=member.person_id,
            since=member.appealed_at,
        )
        return bool(await self.audit.store.read(chosen, limit=1))


def end_of(member: Member) -> int:
    """Return the end of a suspension in seconds since 1970, which tells it from a later one; 0 without one."""
    return int(member.suspended_until.timestamp()) if member.suspended_until is not None else 0
