"""Users and roles of the sandbox's world, and how the API writes them."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.wire import JsonObject, iso, now


@dataclass(eq=False)
class User:
    """An account. `nitro` raises what the app may upload in reply to them."""

    id: int
    name: str
    locale: str = "en-US"
    nitro: bool = False
    bot: bool = False
    accepts_direct_messages: bool = True

    @property
    def mention(self) -> str:
        """How a message names this user."""
        return f"<@{self.id}>"

    def payload(self) -> JsonObject:
        """The user object."""
        return {
            "id": str(self.id),
            "username": self.name.lower().replace(" ", "_"),
            "global_name": None if self.bot else self.name,
            "discriminator": "0",
            "avatar": None,
            "avatar_decoration_data": None,
            "bot": self.bot,
            "banner": None,
            "accent_color": None,
            "public_flags": 0,
            "clan": None,
            "primary_guild": None,
        }


@dataclass(eq=False)
class Role:
    """A role of one server. The role that has the server's id is @everyone."""

    id: int
    name: str
    permissions: Permission
    position: int
    managed: bool = False

    def payload(self) -> JsonObject:
        """The role object."""
        return {
            "id": str(self.id),
            "name": self.name,
            "description": None,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed,
            "mentionable": False,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
        }


@dataclass(eq=False)
class GuildMember:
    """A user in one server, with the roles held there (without @everyone)."""

    user: User
    roles: list[Role] = field(default_factory=list[Role])
    joined_at: datetime = field(default_factory=now)
    nick: str | None = None
    timed_out_until: datetime | None = None

    def payload(self, *, with_user: bool = True) -> JsonObject:
        """The member object; message events leave the user out of it."""
        body: JsonObject = {
            "roles": [str(role.id) for role in self.roles],
            "nick": self.nick,
            "avatar": None,
            "banner": None,
            "joined_at": iso(self.joined_at),
            "premium_since": None,
            "communication_disabled_until": iso(self.timed_out_until),
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }
        if with_user:
            body["user"] = self.user.payload()
        return body
