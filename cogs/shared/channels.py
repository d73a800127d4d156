"""What the jobs can learn of Discord besides their own replies: `bot.jobs.Surroundings` on a client."""

import asyncio
from typing import Any, Final

import aiohttp
import discord
import structlog

from bot.moderation.gatekeeper import ChannelInfo
from bot.moderation.policy import Place
from cogs.shared.place import parent_of, place_of_channel

log: Final = structlog.get_logger(__name__)

_TIMEOUT_S: Final = 20.0


async def guild_of(client: discord.Client, guild_id: int) -> discord.Guild | None:
    """A server that the bot is in. While the gateway still tells of the servers, this waits until it has."""
    guild = client.get_guild(guild_id)
    if guild is None or guild.unavailable:
        await client.wait_until_ready()
        guild = client.get_guild(guild_id)
    return guild


class DiscordChannelLookup:
    """Looks at channels as they are now; before the gateway has told of the servers it waits for that."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def describe(self, guild_id: int | None, channel_id: int | None) -> ChannelInfo:
        """What kind of place a channel is; what cannot be told is not restricted."""
        if guild_id is None:
            return ChannelInfo(Place.DIRECT_MESSAGE, channel_id)
        guild = await guild_of(self._client, guild_id)
        if guild is None:
            return ChannelInfo(Place.FOREIGN_SERVER, channel_id)
        channel = await self._channel(guild, channel_id) if channel_id is not None else None
        if channel is None:
            return ChannelInfo(Place.OPEN_CHANNEL, channel_id)
        return ChannelInfo(place_of_channel(channel), parent_of(channel) or channel_id)

    async def _channel(self, guild: discord.Guild, channel_id: int) -> Any:  # noqa: ANN401 - many kinds
        known = guild.get_channel_or_thread(channel_id)
        if known is not None:
            return known
        try:
            # Threads that are archived, or that nobody here joined, are not in memory.
            async with asyncio.timeout(_TIMEOUT_S):
                return await guild.fetch_channel(channel_id)
        except (discord.HTTPException, discord.InvalidData) as error:
            log.info("channel_not_seen", reason=type(error).__name__)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("channel_not_seen", reason=type(error).__name__)
        return None
