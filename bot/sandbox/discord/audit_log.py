"""Entries of a server's own audit log, as the gateway tells bots that may read it, and what they are about."""

from datetime import datetime
from enum import IntEnum

from bot.sandbox.discord.guilds import Guild
from bot.sandbox.discord.people import User
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.wire import Intents, JsonObject, iso


class LoggedAction(IntEnum):
    """Types of entries (DOCS "Audit Log Events")."""

    MEMBER_KICK = 20
    MEMBER_UPDATE = 24


def kick(guild: Guild, user: User, *, by: User) -> None:
    """A moderator throws `user` out."""
    guild.kick(user)
    _tell(guild, LoggedAction.MEMBER_KICK, user, by, [])


def time_out(guild: Guild, user: User, until: datetime | None, *, by: User) -> None:
    """A moderator silences `user` until then, or with None ends that."""
    member = guild.members[user.id]
    before, member.timed_out_until = member.timed_out_until, until
    change = {
        "key": "communication_disabled_until",
        "old_value": iso(before),
        "new_value": iso(until),
    }
    given = {key: value for key, value in change.items() if value is not None}
    _tell(guild, LoggedAction.MEMBER_UPDATE, user, by, [given])
    body = member.payload() | {"guild_id": str(guild.id)}
    guild.tell("GUILD_MEMBER_UPDATE", body, Intents.GUILD_MEMBERS)


def _tell(guild: Guild, action: LoggedAction, target: User, actor: User, changes: list[JsonObject]) -> None:
    if Permission.VIEW_AUDIT_LOG not in guild.permissions_of(guild.world.bot):
        return
    entry: JsonObject = {
        "guild_id": str(guild.id),
        "id": str(guild.world.ids.next()),
        "action_type": int(action),
        "user_id": str(actor.id),
        "target_id": str(target.id),
        "changes": changes,
    }
    guild.tell("GUILD_AUDIT_LOG_ENTRY_CREATE", entry, Intents.GUILD_MODERATION)
