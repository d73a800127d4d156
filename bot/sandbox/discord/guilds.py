"""Servers, channels and threads. Whatever changes here is told to the bot over the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.sandbox.discord import permissions as rights
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.people import GuildMember, Role, User
from bot.sandbox.discord.permissions import Overwrite, OverwriteTarget, Permission
from bot.sandbox.discord.signals import Signal
from bot.sandbox.discord.snowflakes import Snowflakes, moment_of
from bot.sandbox.discord.versions import MessageVersion
from bot.sandbox.discord.wire import (
    KIND_FIELDS,
    PRIVATE_KINDS,
    TEXTLESS_KINDS,
    THREAD_KINDS,
    THREADED_KINDS,
    ChannelKind,
    Intents,
    JsonObject,
    iso,
)

BOOST_UPLOAD_BYTES = {2: 50 * 1024 * 1024, 3: 100 * 1024 * 1024}
"""Upload limit of boosted servers by tier (help centre, "File Attachments FAQ"; discord.py agrees)."""


class Directory(Protocol):
    """The part of the world that servers, channels and messages use."""

    default_upload_limit_bytes: int
    ids: Snowflakes
    users: dict[int, User]
    channels: dict[int, Channel]
    announce: Callable[[Event], None]
    referenced_shown_on_mention: bool
    bot: User

    def names_in(self, text: str) -> dict[str, str]:
        """The text a client shows for each mention in `text`."""
        ...


class ChannelMessage(Protocol):
    """A message as its channel knows it."""

    id: int
    deleted: bool
    versions: list[MessageVersion]

    @property
    def ephemeral(self) -> bool:
        """True if only one user sees the message."""
        ...

    def payload(self, *, redacted: bool = False) -> JsonObject:
        """The message object, `redacted` as apps without the message content intent get it."""
        ...


@dataclass(eq=False)
class Channel:
    """A channel, thread or direct message."""

    world: Directory
    id: int
    kind: ChannelKind
    name: str
    guild: Guild | None = None
    parent: Channel | None = None
    nsfw: bool = False
    recipients: list[User] = field(default_factory=list[User])
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    messages: list[ChannelMessage] = field(default_factory=list[ChannelMessage])
    deleted: bool = False
    archived: bool = False
    locked: bool = False
    changed: Signal = field(default_factory=Signal)

    @property
    def is_thread(self) -> bool:
        """True if this is a thread."""
        return self.kind in THREAD_KINDS

    @property
    def is_private(self) -> bool:
        """True if this is a direct message or a group."""
        return self.kind in PRIVATE_KINDS

    @property
    def holds_messages(self) -> bool:
        """True if users can write here; forums hold posts and categories hold channels."""
        return self.kind not in TEXTLESS_KINDS

    @property
    def bot_present(self) -> bool:
        """True if the bot itself is here; otherwise only users who installed the app bring it along."""
        return self.guild.bot_installed if self.guild is not None else self.kind is not ChannelKind.GROUP_DM

    @property
    def context(self) -> int:
        """The interaction context type: 0 server, 1 direct messages with the bot, 2 other private channels."""
        if self.guild is not None:
            return 0
        return 1 if self.bot_present else 2

    @property
    def speaking(self) -> Permission:
        """The permission that writing here takes."""
        return Permission.SEND_MESSAGES_IN_THREADS if self.is_thread else Permission.SEND_MESSAGES

    @property
    def app_permissions(self) -> Permission:
        """The permissions that an interaction says the app has here."""
        in_group = self.kind is ChannelKind.GROUP_DM
        return rights.APP_IN_GROUP if in_group else self.permissions_of(self.world.bot)

    @property
    def age_restricted(self) -> bool:
        """True if the channel is for adults; a thread goes by its parent."""
        return self.parent.age_restricted if self.parent is not None else self.nsfw

    @property
    def mention(self) -> str:
        """How a message names this channel."""
        return f"<#{self.id}>"

    def add_thread(self, name: str, *, private: bool = False) -> Channel:
        """Open a thread, or a post in a forum; the bot hears of it. Raises `ValueError` where none can be."""
        if self.kind not in THREADED_KINDS or (private and self.kind is ChannelKind.FORUM):
            raise ValueError(f"#{self.name} holds no {'private ' if private else ''}threads")
        kind = ChannelKind.PRIVATE_THREAD if private else ChannelKind.PUBLIC_THREAD
        thread = Channel(self.world, self.world.ids.next(), kind, name, guild=self.guild, parent=self)
        self.world.channels[thread.id] = thread
        self._tell("THREAD_CREATE", thread.payload() | {"newly_created": True})
        return thread

    def set_nsfw(self, nsfw: bool) -> None:  # noqa: FBT001  # reads as Discord's switch
        """Turn the age restriction on or off; the bot hears of it."""
        self.nsfw = nsfw
        self._tell("CHANNEL_UPDATE", self.payload())

    def set_archived(self, archived: bool) -> None:  # noqa: FBT001
        """Archive a thread, or open it again."""
        self.archived = archived
        self._tell("THREAD_UPDATE", self.payload())

    def deny_bot(self, *names: str | Permission) -> None:
        """Take permissions (`"attach_files"`, `"view_channel"`, ...) from the bot in this channel."""
        self.deny(self.world.bot, *names)

    def allow_bot(self, *names: str | Permission) -> None:
        """Give permissions back that `deny_bot` took."""
        self.allow(self.world.bot, *names)

    def deny(self, target: User | Role, *names: str | Permission) -> None:
        """Take permissions from one user, or from a role, in this channel."""
        self._overwrite(target, denied=rights.by_name(names))

    def allow(self, target: User | Role, *names: str | Permission) -> None:
        """Give permissions to one user, or to a role, in this channel."""
        self._overwrite(target, allowed=rights.by_name(names))

    def delete(self) -> None:
        """Delete the channel with everything in it; the bot hears of it."""
        self.deleted = True
        self.world.channels.pop(self.id, None)
        self._tell("THREAD_DELETE" if self.is_thread else "CHANNEL_DELETE", self.payload())

    def permissions_of(self, user: User) -> Permission:
        """The permissions of `user` here."""
        if self.guild is None:
            inside = user in self.recipients or (user is self.world.bot and self.bot_present)
            return rights.PRIVATE if inside else Permission.NONE
        return self.guild.permissions_of(user, self.parent or self)

    async def wait_for_message(
        self, predicate: Callable[[MessageVersion], bool], timeout_s: float
    ) -> ChannelMessage:
        """Wait for the first message here, old or new, whose present state satisfies `predicate`."""

        def found() -> ChannelMessage | None:
            return next((m for m in self.messages if not m.deleted and predicate(m.versions[-1])), None)

        return await self.changed.until(found, timeout_s, f"a message in #{self.name}")

    def payload(self) -> JsonObject:
        """The channel object."""
        body: JsonObject = {"id": str(self.id), "type": int(self.kind), "flags": 0, "last_message_id": None}
        if self.messages:
            body["last_message_id"] = str(self.messages[-1].id)
        if self.is_private:
            body["recipients"] = [user.payload() for user in self.recipients]
            if self.kind is ChannelKind.GROUP_DM:
                body |= {"name": None, "icon": None, "owner_id": str(self.recipients[0].id)}
            return body
        assert self.guild is not None, "a channel that is not private has a server"  # noqa: S101  # an invariant
        body |= {"name": self.name, "guild_id": str(self.guild.id), "rate_limit_per_user": 0}
        if self.parent is not None and self.is_thread:
            return body | self._thread_fields(self.parent)
        body |= {
            "nsfw": self.nsfw,
            "position": 0,
            "topic": None,
            "parent_id": None,
            "permission_overwrites": [entry.payload() for entry in self.overwrites.values()],
        }
        return body | KIND_FIELDS.get(self.kind, {})

    def _thread_fields(self, parent: Channel) -> JsonObject:
        made = iso(moment_of(self.id))
        return {
            "parent_id": str(parent.id),
            "owner_id": str(self.guild.owner.id) if self.guild else None,
            "message_count": len(self.messages),
            "member_count": 1,
            "total_message_sent": len(self.messages),
            **({"applied_tags": []} if parent.kind is ChannelKind.FORUM else {}),
            "thread_metadata": {
                "archived": self.archived,
                "auto_archive_duration": 1440,
                "archive_timestamp": made,
                "create_timestamp": made,
                "locked": self.locked,
            },
        }

    def _overwrite(
        self,
        target: User | Role,
        *,
        allowed: Permission = Permission.NONE,
        denied: Permission = Permission.NONE,
    ) -> None:
        kind = OverwriteTarget.MEMBER if isinstance(target, User) else OverwriteTarget.ROLE
        entry = self.overwrites.setdefault(target.id, Overwrite(target.id, kind))
        entry.allow = entry.allow & ~denied | allowed
        entry.deny = entry.deny & ~allowed | denied
        self._tell("CHANNEL_UPDATE", self.payload())

    def _tell(self, name: str, data: JsonObject) -> None:
        if self.guild is not None:
            self.guild.tell(name, data)


@dataclass(eq=False)
class Guild:
    """A server. Without `bot_installed` only users who installed the app for themselves use it here."""

    world: Directory
    id: int
    name: str
    owner: User
    locale: str = "en-US"
    boost_tier: int = 0
    bot_installed: bool = True
    roles: list[Role] = field(default_factory=list[Role])
    members: dict[int, GuildMember] = field(default_factory=dict[int, GuildMember])
    automod_words: set[str] = field(default_factory=set[str])
    """Words that AutoMod blocks in messages of the bot, as it does with those of user-installed apps."""
    system_channel: Channel | None = None

    @property
    def upload_limit_bytes(self) -> int:
        """The largest file the bot may post here by its own token."""
        return max(self.world.default_upload_limit_bytes, BOOST_UPLOAD_BYTES.get(self.boost_tier, 0))

    @property
    def channels(self) -> list[Channel]:
        """Channels of this server, threads not among them."""
        return [c for c in self.world.channels.values() if c.guild is self and not c.is_thread]

    def add_channel(self, name: str, *, nsfw: bool = False, kind: ChannelKind = ChannelKind.TEXT) -> Channel:
        """Make a channel; the bot hears of it."""
        channel = Channel(self.world, self.world.ids.next(), kind, name, guild=self, nsfw=nsfw)
        self.world.channels[channel.id] = channel
        self.tell("CHANNEL_CREATE", channel.payload())
        return channel

    def add_role(self, name: str, permissions: Permission | list[str] = Permission.NONE) -> Role:
        """Make a role that grants `permissions` (bits or names); the bot hears of it."""
        bits = permissions if isinstance(permissions, Permission) else rights.by_name(permissions)
        role = Role(self.world.ids.next(), name, bits, position=len(self.roles))
        self.roles.append(role)
        self.tell("GUILD_ROLE_CREATE", {"guild_id": str(self.id), "role": role.payload()})
        return role

    def join(self, user: User, roles: list[Role] | None = None) -> GuildMember:
        """`user` becomes a member with `roles`."""
        member = GuildMember(user, list(roles or []))
        self.members[user.id] = member
        self.tell("GUILD_MEMBER_ADD", member.payload() | {"guild_id": str(self.id)}, Intents.GUILD_MEMBERS)
        return member

    def kick(self, user: User) -> None:
        """`user` is thrown out; throwing out the bot takes the server from it."""
        del self.members[user.id]
        if user is self.world.bot:
            self.bot_installed = False
            self.world.announce(Event("GUILD_DELETE", {"id": str(self.id)}, self.id, Intents.GUILDS))
            return
        data = {"guild_id": str(self.id), "user": user.payload()}
        self.tell("GUILD_MEMBER_REMOVE", data, Intents.GUILD_MEMBERS)

    def ban(self, user: User) -> None:
        """`user` is banned."""
        data = {"guild_id": str(self.id), "user": user.payload()}
        self.tell("GUILD_BAN_ADD", data, Intents.GUILD_MODERATION)
        self.kick(user)

    def permissions_of(self, user: User, channel: Channel | None = None) -> Permission:
        """The permissions of `user` in the server, or in one of its channels."""
        member = self.members.get(user.id)
        if member is None:
            return Permission.NONE
        if user is self.owner:
            return rights.ALL
        return rights.resolve(
            everyone_id=self.id,
            everyone=self.roles[0].permissions,
            roles=[(role.id, role.permissions) for role in member.roles],
            member_id=user.id,
            overwrites=channel.overwrites.values() if channel is not None else (),
        )

    def tell(self, name: str, data: JsonObject, needs: Intents = Intents.GUILDS) -> None:
        """Send an event of this server to the bot, if it is here."""
        if self.bot_installed:
            self.world.announce(Event(name, data, self.id, needs))

    def payload(self, *, with_members: bool = False) -> JsonObject:
        """The guild object of GUILD_CREATE; members are the bot alone unless the session may see all."""
        seen = [m for m in self.members.values() if with_members or m.user is self.world.bot]
        mine = self.members.get(self.world.bot.id)
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "splash": None,
            "banner": None,
            "description": None,
            "owner_id": str(self.owner.id),
            "preferred_locale": self.locale,
            "premium_tier": self.boost_tier,
            "premium_subscription_count": 0,
            "features": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "nsfw": False,
            "afk_channel_id": None,
            "afk_timeout": 300,
            "system_channel_id": str(self.system_channel.id) if self.system_channel else None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "safety_alerts_channel_id": None,
            "vanity_url_code": None,
            "max_members": 500_000,
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "joined_at": iso(mine.joined_at) if mine else None,
            "roles": [role.payload() for role in self.roles],
            "channels": [channel.payload() for channel in self.channels],
            "threads": [
                c.payload()
                for c in self.world.channels.values()
                if c.guild is self and c.is_thread and not c.archived
            ],
            "members": [member.payload() for member in seen],
            "emojis": [],
            "stickers": [],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }
