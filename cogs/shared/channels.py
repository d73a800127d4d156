"""Look-ups of servers and channels on the Discord client."""

from typing import Any, Final, Protocol, runtime_checkable

import discord
import structlog

from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.policy import Place
from cogs.shared.attempt import FailedCall, attempt
from cogs.shared.place import parent_of, place_of_channel

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 20.0


@runtime_checkable
class AsksAboutGuilds(Protocol):
    """A client that no gateway tells of all servers."""

    async def look_up_guild(self, guild_id: int) -> discord.Guild | None:
        """Return a server as Discord tells of it now; None if that cannot be told."""
        ...


async def known_guild(client: discord.Client, guild_id: int) -> discord.Guild | None:
    """Return a server as far as this process knows it, without waiting for the gateway."""
    if isinstance(client, AsksAboutGuilds):
        return await client.look_up_guild(guild_id)
    return client.get_guild(guild_id)


async def guild_of(client: discord.Client, guild_id: int) -> discord.Guild | None:
    """Return a server that the bot is in, or None. Waits until the gateway has told of all servers."""
    if isinstance(client, AsksAboutGuilds):
        return await client.look_up_guild(guild_id)
    guild = client.get_guild(guild_id)
    if guild is None or guild.unavailable:
        await client.wait_until_ready()
        guild = client.get_guild(guild_id)
    return guild


async def channel_in(guild: discord.Guild, channel_id: int) -> Any:  # noqa: ANN401 - many kinds
    """Return a channel or thread of a server, or None where the bot sees none such."""
    known = guild.get_channel_or_thread(channel_id)
    if known is not None:
        return known
    # Threads that are archived, or of a server that was asked about, are not in memory.
    found = await attempt(guild.fetch_channel(channel_id), _TIMEOUT_S)
    if isinstance(found, FailedCall):
        log.info("channel_not_seen", **found.facts)
        return None
    return found


class DiscordChannelLookup:
    """Looks at channels as they are now. Waits until the gateway has told of all servers."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def describe(self, guild_id: int | None, channel_id: int | None, *, foreign: bool) -> ChannelInfo:
        """Return the kind of a channel. A channel that cannot be seen counts as not age-restricted.

        A server that is not in this process's memory is asked about, unless the interaction called it foreign.
        """
        if guild_id is None:
            return ChannelInfo(Place.DIRECT_MESSAGE, channel_id)
        guild = await guild_of(self._client, guild_id)
        if guild is None and foreign:
            return ChannelInfo(Place.FOREIGN_SERVER, channel_id)
        if guild is None or guild.unavailable:
            return await self._from_afar(channel_id)
        channel = await channel_in(guild, channel_id) if channel_id is not None else None
        if channel is None:
            return ChannelInfo(Place.OPEN_CHANNEL, channel_id)
        return ChannelInfo(place_of_channel(channel), parent_of(channel) or channel_id)

    async def _from_afar(self, channel_id: int | None) -> ChannelInfo:
        """Look at a channel of a server that is not in memory. Discord shows it only to members of the server."""
        if channel_id is None:
            return ChannelInfo(Place.UNSEEN_SERVER, None)
        found = await attempt(self._client.fetch_channel(channel_id), _TIMEOUT_S)
        if isinstance(found, FailedCall):
            log.warning("server_not_seen", **found.facts)
            return ChannelInfo(Place.UNSEEN_SERVER, channel_id)
        return ChannelInfo(place_of_channel(found), parent_of(found) or channel_id)
