"""Limits of what can be uploaded where, as far as they are known before Discord refuses a file."""

from collections.abc import Awaitable, Callable
from typing import Final

import discord

from bot.delivery.messages import ReplyAddress

_MIB_BYTES: Final = 1024 * 1024
UNBOOSTED_BYTES: Final = 20_000_000
"""Limit outside of boosted servers since September 2026. The library knows the one from before, 10 MiB."""
_KNOWN_BYTES: Final = (100 * _MIB_BYTES, 50 * _MIB_BYTES, UNBOOSTED_BYTES, 10 * _MIB_BYTES, 8 * _MIB_BYTES)
"""Limits that Discord has or had, largest first."""


def limit_below(refused_bytes: int) -> int | None:
    """Return the largest known limit that a refused file exceeds; None if it exceeds none."""
    return next((limit for limit in _KNOWN_BYTES if limit < refused_bytes), None)


def bot_limit_bytes(guild: discord.Guild | None) -> int:
    """Return what the bot itself may upload in a server, or outside of servers."""
    return max(UNBOOSTED_BYTES, guild.filesize_limit if guild is not None else 0)


class UploadLimits:
    """Tells the limits of replies."""

    def __init__(self, look_up: Callable[[int], Awaitable[discord.Guild | None]]) -> None:
        """Args: `look_up` returns a server as it is now, by its id; None if that cannot be told."""
        self._look_up = look_up

    async def of_reply(self, address: ReplyAddress, *, by_token: bool) -> int:
        """Return the limit of a file in a reply.

        Args:
            address: The reply.
            by_token: True while the reply's token works, which has the user's limit; the bot's may be smaller.
        """
        if by_token:
            return address.upload_limit_bytes
        guild = await self._look_up(address.guild_id) if address.guild_id is not None else None
        return min(address.upload_limit_bytes, bot_limit_bytes(guild))
