"""Cache of all users' records, so that no answer waits for the database. Decisions read the rows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.audit.log import AuditedTransaction
from bot.moderation.members.member import ListStatus, Member, Strike, active, suspended_until, with_suspension
from bot.moderation.members.store import MemberStore
from bot.moderation.rules import ServerRules
from bot.storage.change_feed import ChangeKind, OwnChanges


class MemberCache:
    """Users' records, in memory and in the database.

    Methods that change a record do so by its row as it is, in the caller's transaction; the cache follows once that
    is committed. They raise `bot.storage.errors.StorageError`. What another process changes follows by the
    database's feed.
    """

    def __init__(self, store: MemberStore) -> None:
        self._store = store
        self._known: dict[tuple[int, int], Member] = {}
        self._own = OwnChanges()
        store.feed.register(ChangeKind.MEMBER, self._reload)

    async def load(self) -> None:
        """Read all records. Raises `bot.storage.errors.StorageError`."""
        found = await self._own.read(self._store.everything)
        self._known = {(one.guild_id, one.person_id): one for one in found}

    def of(self, guild_id: int | None, person_id: int) -> Member:
        """Return a user's record in a server. Without one, as in direct messages, it is empty."""
        fresh = Member(guild_id or 0, person_id)
        return self._known.get((guild_id, person_id), fresh) if guild_id is not None else fresh

    async def current(self, guild_id: int | None, person_id: int) -> Member:
        """Return a user's record of this moment, also where other processes change it.

        Raises:
            StorageError: It has to be read, and cannot be.
        """
        if guild_id is None or not self._store.is_shared:
            return self.of(guild_id, person_id)
        return await self._store.now_of(guild_id, person_id)

    async def as_stored(self, connection: AsyncConnection, guild_id: int | None, person_id: int) -> Member:
        """Return a user's record as its row says, by a connection in a transaction. Raises `StorageError`."""
        if guild_id is None:
            return Member(0, person_id)
        return await self._store.of(connection, guild_id, person_id)

    async def list_as(
        self, within: AuditedTransaction, guild_id: int, person_id: int, listed: ListStatus | None
    ) -> None:
        """Put a user on a list, or with None take the user off both."""
        member = await self._store.of(within.connection, guild_id, person_id)
        await self._save(within, replace(member, listed=listed))

    async def suspend(
        self,
        within: AuditedTransaction,
        guild_id: int,
        person_id: int,
        *,
        until: datetime,
        by: int | None,
        reason: str,
        now: datetime,
    ) -> bool:
        """Suspend a user, in place of a shorter suspension and its appeal.

        Returns:
            False if a longer suspension is in force, which stays as it is.
        """
        member = await self._store.of(within.connection, guild_id, person_id)
        suspended = with_suspension(member, until=until, by=by, reason=reason, now=now)
        if suspended is not None:
            await self._save(within, suspended)
        return suspended is not None

    async def lift(self, within: AuditedTransaction, guild_id: int, person_id: int) -> None:
        """Lift a suspension."""
        member = await self._store.of(within.connection, guild_id, person_id)
        lifted = replace(member, suspended_until=None, suspended_by=None, suspended_for="", end_is_told=True)
        await self._save(within, lifted)

    def ended(self, now: datetime) -> Sequence[Member]:
        """Return the records of suspensions that ended by themselves, of which the users have not heard."""
        found = [*self._known.values()]
        return [one for one in found if not one.end_is_told and not one.is_suspended(now)]

    async def note_end_told(self, within: AuditedTransaction, member: Member) -> None:
        """Note that a user heard of the end of a suspension."""
        current = await self._store.of(within.connection, member.guild_id, member.person_id)
        await self._save(within, replace(current, end_is_told=True))

    async def appeal(
        self, within: AuditedTransaction, guild_id: int, person_id: int, now: datetime
    ) -> Member | None:
        """Note an appeal against the suspension in force.

        Returns:
            The changed record, or None if there is no suspension or it was appealed against before.
        """
        member = await self._store.of(within.connection, guild_id, person_id)
        if not member.is_suspended(now) or member.appealed_at is not None:
            return None
        appealed = replace(member, appealed_at=now)
        await self._save(within, appealed)
        return appealed

    def appealing(self, guild_id: int) -> Sequence[Member]:
        """Return the records in a server with an appeal, also one that was decided, oldest appeal first."""
        found = [(one.appealed_at, one) for one in self._known.values() if one.guild_id == guild_id]
        appealed = [(at, one) for at, one in found if at is not None]
        return [one for _, one in sorted(appealed, key=lambda pair: (pair[0], pair[1].person_id))]

    async def mute_reports(
        self, within: AuditedTransaction, guild_id: int, person_id: int, *, muted: bool
    ) -> None:
        """Have a user's reports not count, or count again."""
        member = await self._store.of(within.connection, guild_id, person_id)
        await self._save(within, replace(member, reports_muted=muted))

    async def forget_reasons(self, within: AuditedTransaction, person_id: int, *, given: bool = True) -> None:
        """Remove the reasons of a user's suspensions, and if `given` of those that the user decided.

        The suspensions stay in force.
        """
        for one in await self._store.with_reasons(within, person_id, given=given):
            if one.suspended_for:  # not what stands for a row that cannot be read
                await self._save(within, replace(one, suspended_for=""))

    def forget_server(self, guild_id: int) -> None:
        """Drop a server's records from memory, which were deleted."""
        self._known = {key: one for key, one in self._known.items() if one.guild_id != guild_id}
        self._own.note()

    async def strike(self, within: AuditedTransaction, strike: Strike, rules: ServerRules) -> datetime | None:
        """Store a strike, and suspend the user if there are enough.

        Returns:
            The end of the suspension, or None if the strike caused none, or a longer one is in force.
        """
        guild_id, person_id, given_at = strike.guild_id, strike.person_id, strike.given_at
        await self._store.strike(within, strike)
        recent = await self.strikes(guild_id, person_id, rules, given_at, within=within)
        until = suspended_until(recent, rules, given_at)
        if until is not None:
            by, reason = strike.given_by, strike.reason
            suspended = await self.suspend(
                within, guild_id, person_id, until=until, by=by, reason=reason, now=given_at
            )
            return until if suspended else None
        return None

    async def strikes(
        self,
        guild_id: int,
        person_id: int,
        rules: ServerRules,
        now: datetime,
        *,
        within: AuditedTransaction | None = None,
    ) -> Sequence[Strike]:
        """Return a user's strikes that still count, with those of the transaction `within`, if given."""
        since = now - timedelta(days=rules.strike_days)
        return active(await self._store.strikes(guild_id, person_id, since=since, within=within), rules, now)

    async def _save(self, within: AuditedTransaction, member: Member) -> None:
        await self._store.save(within, member)

        def know() -> None:
            self._known[member.guild_id, member.person_id] = member
            self._own.note()

        within.once_committed(know)

    async def _reload(self, key: str | None) -> None:
        guild_id, _, person_id = (key or "").partition(":")
        if not guild_id or not person_id:
            await self.load()
            return
        member = await self._own.read(partial(self._store.now_of, int(guild_id), int(person_id)))
        self._known[member.guild_id, member.person_id] = member
