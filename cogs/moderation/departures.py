"""Events of members who leave a server, are thrown out or are silenced there.

Bans come with the intent *Guild Moderation*, which is not privileged; kicks and timeouts with the entries of the
server's audit log, where the bot may read it (*View Audit Log*). That somebody left by themselves Discord tells
only bots with a privileged intent, for which this one does not ask.
"""

from typing import Final

import discord
import structlog
from discord.ext import commands

from bot.reviews.departures import Departure, Departures
from bot.storage.errors import StorageError

log: Final = structlog.get_logger(__name__)


class DeparturesCog(commands.Cog):
    """Ends the open requests of those members."""

    def __init__(self, departures: Departures) -> None:
        self._departures = departures

    @commands.Cog.listener()
    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Follow a ban."""
        await self._end(guild.id, user.id, Departure.BANNED)

    @commands.Cog.listener()
    async def on_raw_member_remove(self, event: discord.RawMemberRemoveEvent) -> None:
        """Follow a member who left."""
        await self._end(event.guild_id, event.user.id, Departure.LEFT)

    @commands.Cog.listener()
    async def on_audit_log_entry_create(self, entry: discord.AuditLogEntry) -> None:
        """Follow a kick, a ban or a timeout."""
        departure = _departure_of(entry)
        # The target is not among the users that the client knows: it keeps no members.
        if departure is not None and isinstance(target_id := getattr(entry.target, "id", None), int):
            await self._end(entry.guild.id, target_id, departure, by=entry.user_id)

    async def _end(
        self, guild_id: int, person_id: int, departure: Departure, *, by: int | None = None
    ) -> None:
        try:
            await self._departures.end_requests(guild_id, person_id, departure, by=by)
        except StorageError as error:
            log.warning("departure_not_followed", guild=guild_id, departure=departure, reason=str(error))


def _departure_of(entry: discord.AuditLogEntry) -> Departure | None:
    if entry.action is discord.AuditLogAction.kick:
        return Departure.KICKED
    if entry.action is discord.AuditLogAction.ban:
        return Departure.BANNED
    until = getattr(entry.after, "timed_out_until", None)
    if entry.action is discord.AuditLogAction.member_update and until is not None:
        # Ended timeouts have no such moment, or one that is past.
        return Departure.TIMED_OUT if until > entry.created_at else None
    return None
