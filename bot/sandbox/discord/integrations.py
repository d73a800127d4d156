"""A server's *Integrations* page: for whom, and where, the application and its commands may be used.

DOCS "Application Command Permissions", change log of 2022-11-17: what is set for a command comes before what is set
for the application; `default_member_permissions` count as well, unless a command names the user or a role.
"""

from __future__ import annotations

from enum import IntEnum

from bot.sandbox.discord.commands import CommandBook
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.guilds import Channel, Guild
from bot.sandbox.discord.people import Role, User
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.wire import Intents, JsonObject

Target = User | Role | Channel | None
"""Whom a line of the page is about; None is every channel."""


class TargetKind(IntEnum):
    """Application command permission types."""

    ROLE = 1
    USER = 2
    CHANNEL = 3


_Lines = dict[tuple[TargetKind, int], bool]


class Integrations:
    """The pages of all servers. Whatever is set there is told to the bot over the gateway."""

    def __init__(self, application_id: int, commands: CommandBook) -> None:
        self._application_id = application_id
        self._commands = commands
        self._pages: dict[int, dict[int, _Lines]] = {}

    def allow(self, guild: Guild, target: Target, command: str | None = None) -> None:
        """Let a user or a role use a command of this name, or all; or let it be used in a channel."""
        self._set(guild, target, command, allowed=True)

    def deny(self, guild: Guild, target: Target, command: str | None = None) -> None:
        """As `allow`, for the contrary."""
        self._set(guild, target, command, allowed=False)

    def payload(self, guild: Guild) -> list[JsonObject]:
        """What is set, by command and for the application itself."""
        return [self._object(guild, object_id) for object_id in self._pages.get(guild.id, {})]

    def refuses(self, command: JsonObject, user: User, channel: Channel) -> bool:
        """True if a client would not offer a command to a member of the server there."""
        guild = channel.guild
        if guild is None or user.id not in guild.members:
            return False
        if Permission.ADMINISTRATOR in guild.permissions_of(user):
            return False
        page = self._pages.get(guild.id, {})
        own, general = page.get(int(command["id"]), {}), page.get(self._application_id, {})
        places = [(TargetKind.CHANNEL, (channel.parent or channel).id), (TargetKind.CHANNEL, guild.id - 1)]
        here = [lines[place] for lines in (own, general) for place in places if place in lines]
        if here and not here[0]:
            return True
        named = self._named(own, guild, user)
        if named is not None:
            return not named
        everybody = own.get((TargetKind.ROLE, guild.id))
        if everybody is None:
            everybody = self._named(general, guild, user)
        if everybody is None:
            everybody = general.get((TargetKind.ROLE, guild.id), True)
        return not everybody or _lacks_default(command, user, channel)

    def _named(self, lines: _Lines, guild: Guild, user: User) -> bool | None:
        """What is set for a user, or else for the user's roles; everyone is not among them."""
        if (found := lines.get((TargetKind.USER, user.id))) is not None:
            return found
        keys = [(TargetKind.ROLE, role.id) for role in guild.members[user.id].roles]
        of_roles = [lines[key] for key in keys if key in lines]
        return any(of_roles) if of_roles else None

    def _set(self, guild: Guild, target: Target, command: str | None, *, allowed: bool) -> None:
        object_id = self._application_id if command is None else self._id_of(command)
        match target:
            case User():
                key = (TargetKind.USER, target.id)
            case Role():
                key = (TargetKind.ROLE, target.id)
            case Channel():
                key = (TargetKind.CHANNEL, target.id)
            case None:
                key = (TargetKind.CHANNEL, guild.id - 1)
        self._pages.setdefault(guild.id, {}).setdefault(object_id, {})[key] = allowed
        data = self._object(guild, object_id)
        guild.world.announce(Event("APPLICATION_COMMAND_PERMISSIONS_UPDATE", data, guild.id, Intents.NONE))

    def _id_of(self, command: str) -> int:
        found = next((one for one in self._commands.registered() if one["name"] == command), None)
        if found is None:
            raise ValueError(f"no command is called {command!r}")
        return int(found["id"])

    def _object(self, guild: Guild, object_id: int) -> JsonObject:
        lines = self._pages[guild.id][object_id]
        return {
            "id": str(object_id),
            "application_id": str(self._application_id),
            "guild_id": str(guild.id),
            "permissions": [
                {"id": str(target_id), "type": int(kind), "permission": allowed}
                for (kind, target_id), allowed in lines.items()
            ],
        }


def _lacks_default(command: JsonObject, user: User, channel: Channel) -> bool:
    """True if a user lacks what the command itself asks for, by the permissions in the channel."""
    asked = command.get("default_member_permissions")
    if asked is None:
        return False
    wanted = Permission(int(asked)) if int(asked) else Permission.ADMINISTRATOR
    return wanted not in channel.permissions_of(user)
