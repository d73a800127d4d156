"""Appeals against suspensions: one for each, decided once by another moderator, or by the server's owner."""

from collections.abc import Awaitable, Callable, Sequence
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
from bot.moderation.rules import ServerRules
from bot.moderation.servers.cache import RuleCache


class AppealResult(StrEnum):
    """Result of a user's appeal."""

    RECEIVED = "received"
    BEFORE = "before"
    """The suspension was appealed against before, or is over."""
    QUEUED = "queued"
    """No message reached a moderator: it waits in `/spicy queue`."""


class AppealDecision(StrEnum):
    """Result of a moderator's press on an appeal."""

    DONE = "done"
    NOT_ALLOWED = "not_allowed"
    OWN = "own"
    SUSPENDER = "suspender"
    """The moderator decided the suspension."""
    CLOSED = "closed"
    """The appeal was decided before, or the suspension is over."""


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal that is to be decided. `said` is empty once the user's data was removed."""

    member: Member
    said: str


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
        """Store a suspended user's appeal, which `/spicy queue` shows from then on, and show it to the moderators.

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
        return AppealResult.RECEIVED if await reach(member) else AppealResult.QUEUED

    async def open_in(self, guild_id: int) -> Sequence[OpenAppeal]:
        """Return the appeals in a server that nobody has decided, oldest first."""
        now = self.now()
        return [
            OpenAppeal(member, await self._said(member))
            for member in self.members.appealing(guild_id)
            if member.is_suspended(now) and not await self._is_decided(member)
        ]

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
            member = await self.members.as_stored(within.connection, guild_id, person_id)
            rules = await self.rules.as_stored(within.connection, guild_id)
            refused = await self._refused(decider, member, rules, until)
            if refused is not None:
                return refused
            now = self.now()
            details: dict[str, Detail] = {"lifted": lifts}
            if lifts:
                await self.members.lift(within, guild_id, person_id)
                details[PARTS] = [AuditAction.SUSPENSION_LIFTED.value]
            kind = NewsKind.APPEAL_LIFTED if lifts else NewsKind.APPEAL_KEPT
            await self.news.add(within, News(guild_id=guild_id, person_id=person_id, kind=kind, at=now))
            if member.suspended_by == decider.id:
                details["own_suspension"] = True
            await within.record(
                AuditEntry(guild_id, now, AuditAction.APPEAL_DECIDED, decider.id, person_id, details=details)
            )
        return AppealDecision.DONE

    async def _refused(
        self, decider: Person, member: Member, rules: ServerRules, until: int
    ) -> AppealDecision | None:
        if not may_moderate(decider, rules, member.guild_id):
            return AppealDecision.NOT_ALLOWED
        if decider.id == member.person_id:
            return AppealDecision.OWN
        over = not member.is_suspended(self.now()) or member.appealed_at is None
        if over or end_of(member) != until or await self._is_decided(member):
            return AppealDecision.CLOSED
        # A server may have one moderator alone: its owner decides all the same, which is logged as such.
        own_decision = member.suspended_by == decider.id and not decider.owns
        return AppealDecision.SUSPENDER if own_decision else None

    async def _is_decided(self, member: Member) -> bool:
        """Return True if the appeal was decided. A rejected one leaves its trace in the audit log alone."""
        return bool(await self._last(member, AuditAction.APPEAL_DECIDED))

    async def _said(self, member: Member) -> str:
        entries = await self._last(member, AuditAction.APPEALED)
        return entries[0].prompt or "" if entries else ""

    async def _last(self, member: Member, action: AuditAction) -> Sequence[AuditEntry]:
        """Return the last such entry about the user since the appeal, if there is one."""
        chosen = AuditFilter(
            guild_id=member.guild_id,
            actions=frozenset({action}),
            person_id=member.person_id,
            since=member.appealed_at,
        )
        return await self.audit.store.read(chosen, limit=1)


def end_of(member: Member) -> int:
    """Return the end of a suspension in seconds since 1970, which tells it from a later one; 0 without one."""
    return int(member.suspended_until.timestamp()) if member.suspended_until is not None else 0
