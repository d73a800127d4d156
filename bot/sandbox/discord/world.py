"""Everything that exists in the sandbox before the bot does anything: accounts, servers, channels."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.sandbox.discord import permissions as rights
from bot.sandbox.discord.events import Event
from bot.sandbox.discord.guilds import Channel, Guild
from bot.sandbox.discord.people import GuildMember, Role, User
from bot.sandbox.discord.snowflakes import Snowflakes
from bot.sandbox.discord.wire import ChannelKind, Intents

NITRO_UPLOAD_BYTES = 500 * 1024 * 1024
"""The limit that Discord advertises for callers with Nitro (DOCS reference "Uploading Files")."""
_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>")


def _nobody(event: Event) -> None:
    """Drop the event: no gateway listens yet."""


@dataclass(eq=False)
class World:
    """The accounts, servers and channels. `announce` carries events to the gateway.

    `referenced_shown_on_mention` says whether a message that the bot may read without the message content
    intent opens the message it replies to as well; Discord does not document it.
    """

    default_upload_limit_bytes: int
    application_name: str
    ids: Snowflakes = field(default_factory=Snowflakes)
    users: dict[int, User] = field(default_factory=dict[int, User])
    guilds: dict[int, Guild] = field(default_factory=dict[int, Guild])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    announce: Callable[[Event], None] = _nobody
    referenced_shown_on_mention: bool = False
    harmful_words: set[str] = field(default_factory=set[str])
    """Words by which Discord takes a message of the bot for one with a harmful link, also in direct messages."""

    def __post_init__(self) -> None:
        self.bot = User(self.ids.next(), self.application_name, bot=True)
        self.users[self.bot.id] = self.bot
        self.operator = self.add_user("operator")
        self._direct: dict[int, Channel] = {}

    def add_user(self, name: str, *, locale: str = "en-US", nitro: bool = False, bot: bool = False) -> User:
        """A new account, a user's or another bot's."""
        user = User(self.ids.next(), name, locale=locale, nitro=nitro, bot=bot)
        self.users[user.id] = user
        return user

    def add_guild(
        self, name: str, *, locale: str = "en-US", boost_tier: int = 0, bot_installed: bool = True
    ) -> Guild:
        """A new server with an owner of its own, @everyone, and the bot when it is installed there."""
        guild_id = self.ids.next()
        owner = self.add_user(f"{name} owner")
        guild = Guild(self, guild_id, name, owner, locale, boost_tier, bot_installed)
        guild.roles.append(Role(guild_id, "@everyone", rights.EVERYONE, position=0))
        guild.members[owner.id] = GuildMember(owner)
        self.guilds[guild_id] = guild
        if bot_installed:
            self.invite_bot(guild)
        return guild

    def invite_bot(self, guild: Guild) -> None:
        """Somebody adds the bot to a server, for the first time or again; the bot hears of it."""
        guild.bot_installed = True
        managed = Role(self.ids.next(), self.bot.name, rights.EVERYONE, position=1, managed=True)
        guild.roles.append(managed)
        guild.members[self.bot.id] = GuildMember(self.bot, [managed])
        self.announce(self.joining(guild))

    def joining(self, guild: Guild) -> Event:
        """The event by which the bot hears that it was added to a server.

        Only servers that come back after READY or an outage say `"unavailable": false` (RAN with discord.py, which
        tells the two apart by it).
        """
        payload = {key: value for key, value in guild.payload().items() if key != "unavailable"}
        return Event("GUILD_CREATE", payload, guild.id, Intents.GUILDS)

    def direct_channel(self, user: User) -> Channel:
        """The direct message channel between the bot and `user`; always the same one."""
        channel = self._direct.get(user.id)
        if channel is None:
            channel = Channel(self, self.ids.next(), ChannelKind.DM, user.name, recipients=[user])
            self._direct[user.id] = channel
            self.channels[channel.id] = channel
        return channel

    def add_group(self, users: Sequence[User]) -> Channel:
        """A group of users, made by the first; no bot can be in one. Raises `ValueError` for bots."""
        if not users or any(user.bot for user in users):
            raise ValueError("a group is made of people")
        name = ", ".join(user.name for user in users)
        channel = Channel(self, self.ids.next(), ChannelKind.GROUP_DM, name, recipients=list(users))
        self.channels[channel.id] = channel
        return channel

    def upload_limit_bytes(self, user: User, guild: Guild | None) -> int:
        """The largest file the app may send in reply to `user`: default, boosts or the caller's Nitro."""
        limit = guild.upload_limit_bytes if guild is not None else self.default_upload_limit_bytes
        return max(limit, NITRO_UPLOAD_BYTES) if user.nitro else limit

    def names_in(self, text: str) -> dict[str, str]:
        """The text a client shows for each mention in `text`."""
        return {match[0]: self._shown(match[1], int(match[2])) for match in _MENTION.finditer(text)}

    def _shown(self, sign: str, target_id: int) -> str:
        if sign == "#":
            channel = self.channels.get(target_id)
            return f"#{channel.name}" if channel else "#unknown"
        if sign == "@&":
            roles = (role for guild in self.guilds.values() for role in guild.roles)
            name = next((role.name for role in roles if role.id == target_id), "unknown-role")
            return f"@{name}"
        user = self.users.get(target_id)
        return f"@{user.name}" if user else "@unknown-user"
