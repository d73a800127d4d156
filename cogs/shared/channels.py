"""Look-ups of servers and channels on the Discord client."""

from http import HTTPStatus
from typing import Any, Final, Protocol, cast

import discord
import structlog

from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.places import Place, place_without_server
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.interactions import parent_of
from cogs.shared.place import place_of_channel

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 20.0
_HIDDEN: Final = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""By these Discord says that the bot does not see a channel, such as a private thread that it did not join."""


class _KnowsGuilds(Protocol):
    """The bot's client, of whatever kind."""

    @property
    def is_being_told(self) -> bool:
        """True until Discord has told of all servers for the first time."""
        ...

    async def look_up_guild(self, guild_id: int) -> discord.Guild | None:
        """Return a server as Discord tells of it now; None if that cannot be told."""
        ...

    async def is_in_server(self, guild_id: int) -> bool | None:
        """Return True if the bot is in a server; None if that cannot be told."""
        ...


async def known_guild(client: discord.Client, guild_id: int) -> discord.Guild | None:
    """Return a server as far as this process knows it, without waiting for the gateway."""
    return await cast("_KnowsGuilds", client).look_up_guild(guild_id)


async def has_bot(client: discord.Client, guild_id: int) -> bool | None:
    """Return True if the bot is in a server; None if that cannot be told."""
    return await cast("_KnowsGuilds", client).is_in_server(guild_id)


async def guild_of(client: discord.Client, guild_id: int) -> discord.Guild | None:
    """Return a server that the bot is in, or None. Waits until the gateway has told of all servers."""
    guild = await known_guild(client, guild_id)
    if (guild is None or guild.unavailable) and cast("_KnowsGuilds", client).is_being_told:
        await client.wait_until_ready()
        guild = await known_guild(client, guild_id)
    return guild


class ChannelNotToldError(Exception):
    """Discord did not say if there is such a channel: another try may tell."""


async def channel_in(guild: discord.Guild, channel_id: int) -> Any:  # noqa: ANN401 - many kinds
    """Return a channel or thread of a server, or None where the bot sees none such.

    Raises:
        ChannelNotToldError: Discord does not tell.
    """
    found = await _in_guild(guild, channel_id)
    if isinstance(found, FailedCall):
        log.info("channel_not_seen", **found.facts)
        if found.status not in _HIDDEN:
            raise ChannelNotToldError
        return None
    return found


class DiscordChannelLookup:
    """Looks at channels as they are now. Waits until the gateway has told of all servers."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def describe(
        self, guild_id: int | None, channel_id: int | None, *, rules_channel_id: int | None, foreign: bool
    ) -> ChannelInfo:
        """Return the kind of a channel. One that Discord does not let the bot see counts as not age-restricted.

        Where Discord does not tell, the server is as one that is not seen: another try may say more. The rules are
        those of `rules_channel_id` in either case. A server that is not in this process's memory is asked about,
        unless the interaction called it foreign.
        """
        if guild_id is None:
            return ChannelInfo(place_without_server(foreign=foreign), channel_id)
        guild = await guild_of(self._client, guild_id)
        # Discord, which was asked about it, may not have told: it is no foreign one if it is in memory.
        if guild is None and foreign and self._client.get_guild(guild_id) is None:
            return ChannelInfo(Place.FOREIGN_SERVER, rules_channel_id)
        if guild is not None and guild.unavailable:
            guild = None
        if channel_id is None:
            place = Place.UNSEEN_SERVER if guild is None else Place.OPEN_CHANNEL
            return ChannelInfo(place, rules_channel_id)
        found = await (self._from_afar(channel_id) if guild is None else _in_guild(guild, channel_id))
        if not isinstance(found, FailedCall):
            return ChannelInfo(place_of_channel(found), rules_channel_id or parent_of(found))
        # Of a server that is not in memory the same answer may mean that the bot was removed.
        if guild is not None and found.status in _HIDDEN:
            log.info("channel_not_seen", **found.facts)
            return ChannelInfo(Place.OPEN_CHANNEL, rules_channel_id)
        log.warning("server_not_seen", **found.facts)
        return ChannelInfo(Place.UNSEEN_SERVER, rules_channel_id)

    async def _from_afar(self, channel_id: int) -> Any:  # noqa: ANN401 - many kinds
        """Return a channel of a server that is not in memory, for a thread its parent, or why there is none.

        Discord shows it only to members of the server.
        """
        found = await attempt(self._client.fetch_channel(channel_id), _TIMEOUT_S)
        if isinstance(found, discord.Thread):
            # What is in memory of its parent, if anything, may be old.
            return await attempt(self._client.fetch_channel(found.parent_id), _TIMEOUT_S)
        return found


async def _in_guild(guild: discord.Guild, channel_id: int) -> Any:  # noqa: ANN401 - many kinds
    """Return a channel of a server, or why there is none."""
    known = guild.get_channel_or_thread(channel_id)
    if known is not None:
        return known
    # Threads that are archived, that nobody here joined, or of a server that was asked about, are not in memory.
    return await attempt(guild.fetch_channel(channel_id), _TIMEOUT_S)
